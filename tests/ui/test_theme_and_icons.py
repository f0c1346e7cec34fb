"""Contrast of every pair of colours that carries words, and an icon for every command that names one."""

from __future__ import annotations

from itertools import product

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon

from tests.factories.access import contrast
from workstation.ui.commands import SHELL_COMMANDS
from workstation.ui.icons import application_icon, icon
from workstation.ui.theme import TOKENS, style_sheet
from workstation.ui.viewer.actions import COMMANDS


@pytest.mark.parametrize(
    ("words", "surface"),
    [
        *product(("text", "muted", "accent", "amber", "red"), ("window", "panel", "raised")),
        ("window", "accent"),  # the primary button
        ("window", "text"),  # the primary button under the mouse
    ],
)
def test_words_can_be_read_on_every_surface(words, surface):
    assert contrast(getattr(TOKENS, words), getattr(TOKENS, surface)) >= 4.5


def test_every_token_of_the_style_sheet_exists():
    assert "@" not in style_sheet(TOKENS).replace("@media", "")


@pytest.mark.parametrize(
    "name", sorted({c.icon for c in (*COMMANDS, *SHELL_COMMANDS) if c.icon} | {"app"})
)
def test_every_icon_draws_something(qapp, name):
    picture = icon(name).pixmap(QSize(24, 24)).toImage()
    assert any(picture.pixelColor(x, y).alpha() for x in range(24) for y in range(24))


def test_a_checked_icon_differs_from_an_unchecked_one(qapp):
    size, normal = QSize(24, 24), QIcon.Mode.Normal
    on = icon("window").pixmap(size, normal, QIcon.State.On).toImage()
    off = icon("window").pixmap(size, normal, QIcon.State.Off).toImage()
    assert on != off
    assert not application_icon().isNull()
