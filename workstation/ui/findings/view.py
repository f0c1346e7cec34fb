"""The findings panel: what the model says of the shown film, and the reader's decision on each finding."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.core.findings import FindingCode
from workstation.core.review import Verdict
from workstation.ui.findings.model import FindingsPhase, FindingsState, TrialState
from workstation.ui.findings.notice import Notice
from workstation.ui.findings.result import ResultPage
from workstation.ui.findings.row import RowView
from workstation.ui.findings.wording import model_words
from workstation.ui.panel import (
    GAP,
    INDENT,
    MARGIN,
    Words,
    button,
    in_line,
    indented,
    scrolling,
    stacked,
)

_AREA_PX = 90


class FindingsView(QWidget):
    """Shows one `FindingsState`; every signal comes from the GUI thread and asks for something, nothing is done here.

    Signals
    -------
    analyse_requested, stop_requested, retry_requested, reveal_requested, model_card_requested : ()
        Buttons.
    finding_selected : FindingCode or None
        The reader chose the finding whose evidence is of interest.
    evidence_requested : FindingCode
        The reader asks for the evidence of a finding that is not above its threshold.
    evidence_toggled : bool
        Show or hide every AI mark.
    style_changed : EvidenceControls
        Opacity, cut-off or contour; while a slider moves, too.
    decided : FindingCode, Decision or None
        The reader's word on one finding; None takes it back.
    trial_requested, trial_ended : ()
        Paint a part of the film out and see the scores move, or start over; be done with it.
    """

    analyse_requested = Signal()
    stop_requested = Signal()
    retry_requested = Signal()
    reveal_requested = Signal()
    model_card_requested = Signal()
    finding_selected = Signal(object)
    evidence_requested = Signal(object)
    evidence_toggled = Signal(bool)
    style_changed = Signal(object)
    decided = Signal(object, object)
    trial_requested = Signal()
    trial_ended = Signal()

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._state = FindingsState()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("class", "panel")
        self.model_line = Words(css="muted small")
        self.card_button = button(texts.tr("Model card"), "flat", name="model_card")
        self.notices: dict[FindingsPhase, Notice] = {
            phase: Notice(texts, phase)
            for phase in FindingsPhase
            if phase is not FindingsPhase.RESULT
        }
        self.result = ResultPage(texts)
        title = in_line(Words(texts.tr("AI findings"), "title"), self.card_button)
        body = stacked(
            indented(*self.notices.values()),
            self.result,
            gap=0,
            margins=(MARGIN - INDENT, 0, MARGIN - INDENT, MARGIN),
        )
        head = stacked(title, self.model_line, gap=0, margins=(MARGIN, MARGIN, MARGIN, 6))
        self.area = scrolling(body)
        self.area.setMinimumHeight(_AREA_PX)
        self.setLayout(stacked(head, self.area, gap=0))
        self._connect()
        self.set_state(self._state)
        # Not "none is installed": that is known once the packages have been looked at.
        self.model_line.say(texts.tr("The model is looked for once the library is open."))

    def set_state(self, state: FindingsState) -> None:
        """Show `state`; what is on screen already is changed in place."""
        self._state = state
        self.model_line.say(model_words(self._texts, state.model))
        self.card_button.setVisible(state.model is not None)
        if state.phase is FindingsPhase.RESULT:
            self.result.show_state(state)
        else:
            self.area.verticalScrollBar().setValue(0)
            self.result.clear()
            self.notices[state.phase].show_state(state)
        self.result.setVisible(state.phase is FindingsPhase.RESULT)
        for phase, notice in self.notices.items():
            notice.setVisible(phase is state.phase)

    def show_selected(self) -> None:
        """Bring the selected finding into sight: it was turned to, or decided on, by key."""
        row = self.result.unfolded(self._state.selected)
        if row is not None:
            # Its buttons may just have come: a row has its height only after the layout's own events.
            QTimer.singleShot(0, row, lambda: self._scroll_to(row))

    def edit_selected(self) -> None:
        """Open the editor of the selected finding, where it is above threshold and may be decided on."""
        row = self.result.unfolded(self._state.selected)
        if row is not None and row.buttons[Verdict.EDITED].isVisibleTo(row):
            row.buttons[Verdict.EDITED].click()
            self.show_selected()

    def show_pointer(self, log_odds: Mapping[FindingCode, float]) -> None:
        """Each finding's evidence under the mouse, in log-odds; empty shows none."""
        self.result.show_pointer(log_odds)

    def show_trial(self, trial: TrialState | None) -> None:
        """Scores of a trial beside the film's own; None ends it."""
        self.result.show_trial(trial)

    def _scroll_to(self, row: RowView) -> None:
        self.area.ensureWidgetVisible(row, 0, GAP)
        if row.editor is not None:  # taller than the panel, perhaps: its first field counts
            self.area.ensureWidgetVisible(row.editor.finding, 0, GAP)

    def _connect(self) -> None:
        self.card_button.clicked.connect(self.model_card_requested)
        for phase, signal in (
            (FindingsPhase.NOT_ANALYSED, self.analyse_requested),
            (FindingsPhase.RUNNING, self.stop_requested),
            (FindingsPhase.HIDDEN, self.reveal_requested),
            (FindingsPhase.FAILED, self.retry_requested),
        ):
            self.notices[phase].requested.connect(signal)
        self.result.selected.connect(self.finding_selected)
        self.result.evidence_requested.connect(self.evidence_requested)
        self.result.decided.connect(self.decided)
        self.result.evidence.trial_requested.connect(self.trial_requested)
        self.result.trial.over_requested.connect(self.trial_requested)
        self.result.trial.ended.connect(self.trial_ended)
        self.result.evidence.toggled.connect(self.evidence_toggled)
        self.result.evidence.style_changed.connect(self.style_changed)
