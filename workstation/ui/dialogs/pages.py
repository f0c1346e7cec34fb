"""Dialogs that only show something: the model card, the keys, the program itself."""

from __future__ import annotations

import re
from importlib.resources import files

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.icons import application_icon
from workstation.ui.theme import TOKENS

_GUIDE_STYLE = f"""
h1 {{ font-size: 20px; margin-bottom: 6px; }}
h2 {{ font-size: 15px; color: {TOKENS.accent}; margin-top: 16px; margin-bottom: 2px; }}
p, li {{ line-height: 140%; margin-top: 4px; }}
a {{ color: {TOKENS.accent}; }}
"""
_CARD_STYLE = f"""
{_GUIDE_STYLE}
table {{ border-collapse: collapse; margin-top: 6px; }}
td, th {{ border: 1px solid {TOKENS.line}; padding: 4px 9px; text-align: left; }}
th {{ color: {TOKENS.muted}; }}
"""
_OWN_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


class PageDialog(QDialog):
    """A title, one widget and a button to close."""

    def __init__(
        self, title: str, content: QWidget, *, size: tuple[int, int], parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(content, 1)
        layout.addWidget(buttons)
        self.resize(*size)


def model_card(texts: Texts, html: str, parent: QWidget | None) -> PageDialog:
    """The card of the model in use, a self-contained page."""
    page = QTextBrowser()
    page.setOpenLinks(False)
    page.document().setDefaultStyleSheet(_CARD_STYLE)
    page.setHtml(_OWN_STYLE.sub("", html))  # it is for paper, and glares in a reading room
    page.setAccessibleName(texts.tr("Model card"))
    return PageDialog(texts.tr("Model card"), page, size=(1060, 720), parent=parent)


def guide(texts: Texts, parent: QWidget | None) -> PageDialog:
    """How to read a film here, offline; its link to the model card closes it and is told by `done` with 1."""
    page = QTextBrowser()
    page.setOpenLinks(False)
    page.document().setDefaultStyleSheet(_GUIDE_STYLE)
    page.setHtml((files("resources") / "help" / f"{texts.language}.html").read_text("utf-8"))
    page.setAccessibleName(texts.tr("Guide"))
    dialog = PageDialog(texts.tr("Guide"), page, size=(760, 720), parent=parent)
    page.anchorClicked.connect(dialog.accept)
    return dialog


def about(texts: Texts, version: str, parent: QWidget | None) -> PageDialog:
    """What this program is, and what it is not."""
    content = QWidget()
    layout = QVBoxLayout(content)
    layout.setSpacing(8)
    mark = QLabel()
    mark.setPixmap(application_icon().pixmap(64, 64))
    title = QLabel(f"Thoravue {version}")
    title.setProperty("class", "title")
    lines = (
        texts.tr("An offline reading room for chest X-rays."),
        texts.tr("Research use, not a registered medical device"),
        texts.tr(
            "It assists; it never replaces the reader. The model was trained on public films of adults with labels mined from reports; "
            "its measured performance, its intervals and its known failures stand on the model card."
        ),
        texts.tr(
            "Apache License 2.0. Qt for Python is used under the LGPL; its libraries can be replaced."
        ),
    )
    layout.addWidget(mark)
    layout.addWidget(title)
    for line in lines:
        label = QLabel(line)
        label.setWordWrap(True)
        layout.addWidget(label)
    notices = files("resources") / "THIRD-PARTY-NOTICES.txt"
    if notices.is_file():  # an installed program carries libraries; a source tree does not
        button = QPushButton(texts.tr("Software by others, and its licences…"))
        button.clicked.connect(
            lambda: third_party(texts, notices.read_text("utf-8"), content).open()
        )
        layout.addWidget(button)
    layout.addStretch(1)
    return PageDialog(texts.tr("About Thoravue"), content, size=(520, 380), parent=parent)


def third_party(texts: Texts, notices: str, parent: QWidget | None) -> PageDialog:
    """What the program carries of others: names, versions and the texts of their licences."""
    page = QPlainTextEdit(notices)
    page.setReadOnly(True)
    page.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    page.setAccessibleName(texts.tr("Software by others"))
    return PageDialog(texts.tr("Software by others"), page, size=(860, 720), parent=parent)
