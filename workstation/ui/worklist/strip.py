"""The worklist's foot: how far a scan is, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.core.jobs import Progress
from workstation.core.ports import ImportSummary
from workstation.ui.panel import dress
from workstation.ui.worklist.wording import summary_line


class ImportStrip(QFrame):
    """Hidden while there is nothing to say.

    Signals
    -------
    cancel_requested, details_requested
        Nothing.
    """

    cancel_requested = Signal()
    details_requested = Signal()

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._line = QLabel()
        self._line.setWordWrap(True)
        self._line.setTextFormat(Qt.TextFormat.PlainText)
        self._bar = QProgressBar()
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(6)
        self._bar.setAccessibleName(texts.tr("Import"))
        self._cancel = QPushButton(texts.tr("Stop"))
        self._details = QPushButton(texts.tr("Details"))
        for button in (self._cancel, self._details):
            button.setProperty("class", "flat")
        self._cancel.clicked.connect(self.cancel_requested)
        self._details.clicked.connect(self.details_requested)
        row = QHBoxLayout()
        row.addWidget(self._line, 1)
        row.addWidget(self._cancel)
        row.addWidget(self._details)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self._bar)
        layout.addLayout(row)
        self._running = False
        self._summary: ImportSummary | None = None
        self._show()

    def show_progress(self, progress: Progress | None) -> None:
        """The running scan; None when it ended."""
        self._running = progress is not None
        if progress is not None:
            self._summary = None
            done = progress.done
            text = (
                self._texts.tr("1 file")
                if done == 1
                else self._texts.tr("{count} files", count=done)
            )
            if progress.rate_per_s:
                text += " · " + self._texts.tr(
                    "{rate} a second", rate=f"{progress.rate_per_s:.0f}"
                )
            if progress.refused:
                text += " · " + self._texts.tr("{count} refused", count=progress.refused)
            self._line.setText(text)
        self._show()

    def show_summary(self, summary: ImportSummary | None) -> None:
        """The finished scan."""
        self._summary = summary
        if summary is not None:
            self._line.setText(summary_line(self._texts, summary))
        self._show()

    def _show(self) -> None:
        refused = self._summary is not None and self._summary.refused > 0
        dress(self._line, "warning" if refused else "")
        self._bar.setVisible(self._running)
        self._cancel.setVisible(self._running)
        self._details.setVisible(not self._running and self._summary is not None)
        self.setVisible(self._running or self._summary is not None)
