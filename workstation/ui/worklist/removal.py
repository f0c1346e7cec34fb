"""Asks before something leaves the library: who, what stays, and how it comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from resources.i18n import Texts
from workstation.core.ports import Place, WorklistRow
from workstation.ui.worklist.wording import study_words

MOST_NAMED = 10
"""More studies than can be named are not removed at once: a folder is."""


def ask_about_studies(
    texts: Texts, rows: Sequence[WorklistRow], parent: QWidget, *, agreed: Callable[[], None]
) -> QMessageBox:
    """Ask whether these studies shall leave the list; every patient is named."""
    words = [study_words(row, texts) for row in rows]
    named = "\n".join(f"{word.name} · {word.identity} · {word.description}" for word in words)
    title = (
        texts.tr("Remove this study from the library?")
        if len(rows) == 1
        else texts.tr("Remove these {count} studies from the library?", count=len(rows))
    )
    return _ask(texts, title, named, parent, agreed)


def ask_about_place(
    texts: Texts, place: Place, parent: QWidget, *, agreed: Callable[[], None]
) -> QMessageBox:
    """Ask whether a folder shall leave the library."""
    title = texts.tr("Remove this folder from the library?")
    films = texts.tr("{count} images", count=place.films)
    return _ask(texts, title, f"{place.path}\n{films}", parent, agreed)


def _ask(
    texts: Texts, title: str, about: str, parent: QWidget, agreed: Callable[[], None]
) -> QMessageBox:
    kept = texts.tr(
        "The files stay where they are. Reviews and AI results are kept: open the folder again, and the studies come back with them."
    )
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(texts.tr("Remove from the library"))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"{title}\n\n{about}")
    box.setInformativeText(kept)
    box.addButton(texts.tr("Remove"), QMessageBox.ButtonRole.AcceptRole)
    keep = box.addButton(texts.tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)
    box.accepted.connect(agreed)
    box.open()
    return box
