"""How far a batch of analyses is, with its brakes."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QProgressBar

from resources.i18n import Texts
from workstation.ui.panel import Words, button, in_line, stacked
from workstation.ui.worklist.batch import BatchState


class BatchStrip(QFrame):
    """Hidden until there is a batch, and once its end was acknowledged.

    Signals
    -------
    pause_requested
        True to pause, False to go on.
    stop_requested, details_requested
        Nothing.
    """

    pause_requested = Signal(bool)
    stop_requested = Signal()
    details_requested = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._state = BatchState()
        tr = texts.tr
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(tr("Films that the AI has read"))
        self.line = Words()
        self.pause = button(tr("Pause"), "flat", name="pause_batch")
        self.stop = button(tr("Stop"), "flat", name="stop_batch")
        self.details = button(tr("Details"), "flat", name="batch_details")
        self.dismiss = button("✕", "flat", name="dismiss_batch")
        self.dismiss.setToolTip(tr("Close"))
        self.dismiss.setAccessibleName(tr("Close"))
        row = in_line(self.line, self.pause, self.stop, self.details, self.dismiss, gap=0)
        row.setStretch(0, 1)
        self.setLayout(stacked(self.bar, row, gap=6, margins=(12, 8, 8, 8)))
        self.pause.clicked.connect(lambda: self.pause_requested.emit(not self._state.paused))
        self.stop.clicked.connect(self.stop_requested)
        self.details.clicked.connect(self.details_requested)
        self.dismiss.clicked.connect(self.hide)
        self.hide()

    def show_state(self, state: BatchState) -> None:
        """Show how far it is."""
        self._state = state
        ran = state.running or state.stopped or state.total > 0
        self.bar.setMaximum(max(state.total, 1))
        self.bar.setValue(state.done)
        self.bar.setVisible(state.running)
        self.line.say(batch_words(state, self._texts))
        self.pause.setText(self._texts.tr("Go on") if state.paused else self._texts.tr("Pause"))
        for one, shown in (
            (self.pause, state.running),
            (self.stop, state.running),
            (self.details, not state.running and state.refused + state.failed > 0),
            (self.dismiss, not state.running),
        ):
            one.setVisible(shown)
        self.setVisible(ran)


def batch_words(state: BatchState, texts: Texts) -> str:
    """The counts of a batch in one line; never a score."""
    tr = texts.tr
    one = state.total == 1
    counted = tr("AI: {done} of {total} films", done=state.done, total=state.total)
    parts = [tr("AI: {done} of 1 film", done=state.done) if one else counted]
    if state.paused:
        parts.append(tr("paused"))
    elif state.running and state.rate_per_s:
        rate = f"{state.rate_per_s:.1f}"
        parts.append(tr("{rate} a second", rate=rate))
    if state.refused:
        parts.append(tr("{count} refused", count=state.refused))
    if state.failed:
        parts.append(tr("{count} failed", count=state.failed))
    line = " · ".join(parts)
    return tr("{counts} (stopped)", counts=line) if state.stopped else line
