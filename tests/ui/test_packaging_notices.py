"""The licences of what the installed program carries, from the About page."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from resources.i18n import Texts
from workstation.ui.dialogs import pages

TEXT = "Thoravue: software by others\n\n- Qt 6: LGPL-3.0-only\n"


@pytest.fixture
def about(qtbot, monkeypatch, tmp_path):
    def show():
        monkeypatch.setattr("workstation.ui.dialogs.pages.files", lambda _package: tmp_path)
        dialog = pages.about(Texts("en"), "1.2.3", None)
        qtbot.addWidget(dialog)
        return dialog

    return show


def licences(dialog) -> list[QPushButton]:
    return [b for b in dialog.findChildren(QPushButton) if "licences" in b.text()]


def test_an_installed_program_shows_them(about, tmp_path):
    (tmp_path / "THIRD-PARTY-NOTICES.txt").write_text(TEXT, "utf-8")
    dialog = about()
    (button,) = licences(dialog)
    button.click()
    (page,) = dialog.findChildren(QPlainTextEdit)
    assert page.toPlainText() == TEXT
    assert page.isReadOnly()


def test_a_source_tree_has_none(about):
    assert licences(about()) == []
