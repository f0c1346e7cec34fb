"""What stands in place of an empty list."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from resources.i18n import Texts

_RECENT = 5


class Opening(QWidget):
    """Until the library is open: whether it holds films is not known yet."""

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = QLabel(texts.tr("Opening the library…"))
        self.words.setProperty("class", "muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 24, 16, 16)
        layout.addWidget(self.words)
        layout.addStretch(1)


class Welcome(QWidget):
    """An empty library: how to begin.

    Signals
    -------
    open_folder_requested, open_files_requested
        Nothing.
    recent_requested
        Path of a folder that was opened before.
    """

    open_folder_requested = Signal()
    open_files_requested = Signal()
    recent_requested = Signal(object)

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(texts.tr("No films yet"))
        title.setProperty("class", "title")
        hint = QLabel(
            texts.tr(
                "Open a folder, a CD or single files, or drop them here. They are only read, never changed."
            )
        )
        hint.setWordWrap(True)
        hint.setProperty("class", "muted")
        folder = QPushButton(texts.tr("Open folder…"))
        folder.setProperty("class", "primary")
        files = QPushButton(texts.tr("Open files…"))
        folder.clicked.connect(self.open_folder_requested)
        files.clicked.connect(self.open_files_requested)
        self._recent_title = QLabel(texts.tr("Opened before"))
        self._recent_title.setProperty("class", "muted small")
        self._recent = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 24, 16, 16)
        layout.setSpacing(10)
        for widget in (title, hint, folder, files, self._recent_title):
            layout.addWidget(widget)
        layout.addLayout(self._recent)
        layout.addStretch(1)
        self.set_recent(())

    def set_recent(self, folders: Sequence[Path]) -> None:
        """Offer folders that were opened before."""
        while self._recent.count():
            self._recent.takeAt(0).widget().deleteLater()
        for folder in folders[:_RECENT]:
            button = QPushButton(folder.name or str(folder))
            button.setToolTip(str(folder))
            button.setProperty("class", "flat")
            button.setStyleSheet("text-align: left;")
            button.clicked.connect(lambda _=False, f=folder: self.recent_requested.emit(f))
            self._recent.addWidget(button)
        self._recent_title.setVisible(bool(folders))


class NothingFound(QWidget):
    """No study matches the search.

    Signals
    -------
    clear_requested
        Nothing: show all studies again.
    """

    clear_requested = Signal()

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(texts.tr("No study matches"))
        title.setProperty("class", "heading")
        button = QPushButton(texts.tr("Show all studies"))
        button.clicked.connect(self.clear_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 24, 16, 16)
        layout.addWidget(title, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(button, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
