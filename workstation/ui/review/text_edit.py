"""A plain text editor that grows with its text and says when typing pauses."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QSizePolicy

PAUSE_MS = 600
_STAYS = frozenset({Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason})
"""A menu, an input method's list or another window over the editor: the reader is not done."""


class TextEdit(QPlainTextEdit):
    """Grows instead of scrolling; Tab moves on.

    Signals
    -------
    paused : str
        Typing stopped for `PAUSE_MS`.
    left : ()
        The reader moved on to something else in this window.
    cursor_moved : ()
        The cursor is elsewhere in the panel.
    """

    paused = Signal(str)
    left = Signal()
    cursor_moved = Signal()

    def __init__(self, name: str, *, lines: int) -> None:
        super().__init__()
        self._lines = lines
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(lambda: self.paused.emit(self.toPlainText()))
        self.setAccessibleName(name)
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().documentLayout().documentSizeChanged.connect(self._grow)
        self.cursorPositionChanged.connect(self.cursor_moved)
        self.textChanged.connect(self._pause.start)
        self._grow()

    @property
    def text(self) -> str:
        """What is typed."""
        return self.toPlainText()

    @property
    def is_typing(self) -> bool:
        """Whether typing has not paused yet."""
        return self._pause.isActive()

    def put(self, text: str) -> None:
        """Show `text` without this counting as typing; the cursor stays as near as it can."""
        if text == self.text:
            return
        at = self.textCursor().position()
        self.setPlainText(text)
        self._pause.stop()
        cursor = self.textCursor()
        cursor.setPosition(min(at, len(text)))
        self.setTextCursor(cursor)

    def pause(self) -> None:
        """Announce a pause now when typing has not paused yet."""
        if self.is_typing:
            self._pause.stop()
            self.paused.emit(self.text)

    def settle(self) -> None:
        """Announce no pause for what was typed until now."""
        self._pause.stop()

    def _grow(self) -> None:
        lines = max(self._lines, math.ceil(self.document().size().height()))
        self.ensurePolished()
        frame = self.contentsMargins()
        margins = frame.top() + frame.bottom() + 2 * self.document().documentMargin()
        self.setFixedHeight(math.ceil(lines * self.fontMetrics().lineSpacing() + margins))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Tell when the reader is done here; keep what was typed when only the window lost its focus."""
        super().focusOutEvent(event)
        if event.reason() not in _STAYS:
            self.left.emit()
        else:
            self.pause()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Grow with narrower lines."""
        super().resizeEvent(event)
        self._grow()
