"""Who reads: a name, once a session."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts


class ReaderNameDialog(QDialog):
    """Asks for the reader's name; nothing is filled in, and an empty name cannot be accepted."""

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(texts.tr("Your name"))
        note = QLabel(
            texts.tr(
                "Your name is stored with each of your decisions and printed on the report. It is asked for once a session and "
                "marked as unverified."
            )
        )
        note.setWordWrap(True)
        note.setProperty("class", "muted")
        self.name = QLineEdit()
        self.name.setMaxLength(64)
        self.name.setAccessibleName(texts.tr("Your name"))
        self.name.setPlaceholderText(texts.tr("For example: Dr Li"))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._accept = buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._accept.setProperty("class", "primary")
        self._accept.setEnabled(False)
        self.name.textChanged.connect(lambda text: self._accept.setEnabled(bool(text.strip())))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(12)
        for widget in (note, self.name, buttons):
            layout.addWidget(widget)
        self.setMinimumWidth(420)


def ask_reader_name(texts: Texts, parent: QWidget | None) -> str | None:
    """The reader's name, or None when the reader declines."""
    dialog = ReaderNameDialog(texts, parent)
    accepted = dialog.exec() == QDialog.DialogCode.Accepted
    name = dialog.name.text().strip()
    dialog.deleteLater()
    return name if accepted and name else None
