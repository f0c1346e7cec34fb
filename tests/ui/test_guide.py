"""The guide: in both languages, of the same shape, with a way to the model card."""

import re
from importlib.resources import files

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QTextBrowser

from resources.i18n import LANGUAGES, Texts
from workstation.ui.dialogs.pages import guide


def page(language):
    return (files("resources") / "help" / f"{language}.html").read_text("utf-8")


def test_both_languages_have_the_same_parts_and_keys():
    shapes = [
        re.findall(r"<(h1|h2|li|p|ol)>|<b>([A-Z0-9+]+)</b>", page(lang)) for lang in LANGUAGES
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_opens_and_leads_to_the_model_card(qtbot, language):
    dialog = guide(Texts(language), None)
    qtbot.addWidget(dialog)
    dialog.show()
    browser = dialog.findChild(QTextBrowser)
    assert len(browser.toPlainText()) > 700
    with qtbot.waitSignal(dialog.accepted):
        browser.anchorClicked.emit(QUrl("card"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_never_calls_a_film_normal(language):
    assert "normal" not in page(language).lower()
    assert "正常" not in page(language)
