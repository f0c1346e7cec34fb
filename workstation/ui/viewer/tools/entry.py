"""One line of text typed on the film."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

_WIDTH = 240
# The field's own menu, or another program's window: the reader comes back.
_AWAY = {Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason}


class TextEntry(QLineEdit):
    """Asks for a line at a place of the canvas; Enter or a click elsewhere keeps it, Escape gives it up.

    Signals, from the window's thread: ``closed()``, once; after it ``entered(str)``, unless it was given up.
    """

    closed = Signal()
    entered = Signal(str)

    def __init__(self, parent: QWidget, place: QPoint, *, label: str, text: str = "") -> None:
        super().__init__(text, parent)
        self.setPlaceholderText(label)
        self.setAccessibleName(label)
        self._film = parent
        self._done = False
        room = parent.rect().adjusted(8, 8, -8, -8)
        self.resize(min(_WIDTH, room.width()), self.sizeHint().height())
        left = min(place.x(), room.right() - self.width())
        top = min(place.y(), room.bottom() - self.height())
        self.move(max(left, room.left()), max(top, room.top()))
        self.returnPressed.connect(lambda: self._finish(self.text()))
        self.selectAll()
        self.show()
        self.setFocus()

    def give_up(self) -> None:
        """Close without a text."""
        self._finish(None)

    def _finish(self, text: str | None) -> None:
        if not self._done:
            self._done = True
            if self.hasFocus():
                self._film.setFocus()
            self.hide()
            self.deleteLater()
            self.closed.emit()
            if text is not None:
                self.entered.emit(text.strip())

    # Qt

    def event(self, event: QEvent) -> bool:
        """Escape is this field's, not the film's."""
        is_override = event.type() is QEvent.Type.ShortcutOverride
        if is_override and cast("QKeyEvent", event).key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape gives it up; every other key stays here."""
        if event.key() == Qt.Key.Key_Escape:
            self.give_up()
        else:
            super().keyPressEvent(event)
            event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What was typed counts when the reader goes on elsewhere."""
        super().focusOutEvent(event)
        if event.reason() not in _AWAY:
            self._finish(self.text())
