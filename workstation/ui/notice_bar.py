"""A notice above the reading room that stays until the reader has acknowledged it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QToolBar, QWidget

from resources.i18n import Texts
from workstation.ui.panel import Words, button, in_line


class NoticeBar(QToolBar):
    """One line of words and a button.

    Signals
    -------
    acknowledged
        Nothing; the bar is hidden.
    """

    acknowledged = Signal()

    def __init__(self, texts: Texts, message: str) -> None:
        super().__init__(texts.tr("Notice"))
        self.setMovable(False)
        self.words = Words(f"! {message}", "warning")
        self.done = button(texts.tr("Understood"))
        line = in_line(self.words, self.done, margins=(8, 4, 8, 4))
        line.setStretch(0, 1)
        row = QWidget()
        row.setLayout(line)
        self.addWidget(row)
        self.done.clicked.connect(self.hide)
        self.done.clicked.connect(self.acknowledged)
