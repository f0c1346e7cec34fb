"""What every window and every export says: research use."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QWidget

from resources.i18n import Texts


class ResearchFooter(QLabel):
    """The line at the window's foot."""

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(texts.tr("Research use, not a registered medical device"), parent)
        self.setProperty("class", "muted small")
        self.setContentsMargins(8, 0, 8, 0)
