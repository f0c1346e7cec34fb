"""What stands at the window's foot all the time: research use, and that the display is not calibrated."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from resources.i18n import Texts
from workstation.ui.panel import button, in_line


class Footer(QWidget):
    """Two notes; the one about the display leads to its check.

    Signals
    -------
    check_requested
        Nothing; the reader wants to see the test pattern.
    """

    check_requested = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        research = QLabel(texts.tr("Research use, not a registered medical device"))
        research.setProperty("class", "muted small")
        self.display = button(texts.tr("Uncalibrated display"), "flat small")
        self.display.setToolTip(
            texts.tr(
                "This program neither measures nor corrects the luminance of the display. Click to check it with a test pattern."
            )
        )
        self.display.clicked.connect(self.check_requested)
        self.setLayout(in_line(self.display, research, margins=(8, 0, 8, 0)))
