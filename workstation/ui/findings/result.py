"""A result in the panel: warnings, findings in the order of their margin, evidence controls, what the scores mean."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.core.findings import FindingCode, FindingScore
from workstation.ui.findings.evidence import EvidenceBox
from workstation.ui.findings.model import FindingsState, TrialState
from workstation.ui.findings.row import RowView
from workstation.ui.findings.trial import TrialCard
from workstation.ui.findings.wording import marks_words, nodule_words
from workstation.ui.icons import icon
from workstation.ui.panel import Words, in_line, indented, rule, stacked, tab_after, told

_ICON_PX = 16


class ResultPage(QWidget):
    """Shows the rows of one result; rows are made anew only when the scores are others.

    Signals
    -------
    selected, evidence_requested : FindingCode
        See `FindingsView`.
    decided : FindingCode, Decision or None
        See `FindingsView`.
    """

    selected = Signal(object)
    evidence_requested = Signal(object)
    decided = Signal(object, object)

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._scores: tuple[FindingScore, ...] = ()
        self._warned: tuple[Reason, ...] | None = None
        self.rows: dict[FindingCode, RowView] = {}
        self._warnings = stacked(gap=4)
        self.none_above = Words(css="heading")
        self._above, self._below = stacked(gap=4), stacked(gap=4)
        self.group = QToolButton()
        self.group.setProperty("class", "flat")
        self.group.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.group.setCheckable(True)
        self.folded = QWidget()
        self.folded.setLayout(self._below)
        self.evidence = EvidenceBox(texts)
        self.marks, self.nodules = Words(css="muted small"), Words(css="muted small")
        self.meaning = Words(
            texts.tr("Scores are not disease probabilities at your hospital's prevalence."),
            "muted small",
        )
        self.trial = TrialCard(texts)
        notes = stacked(self.marks, self.meaning, self.nodules, gap=3)
        self.setLayout(
            stacked(
                indented(self.trial, self._warnings, self.none_above),
                stacked(self._above, self.group, self.folded, gap=4),
                indented(rule(), self.evidence, rule(), notes),
            )
        )
        self.group.toggled.connect(self._unfold)
        self._unfold(shown=False)

    def show_state(self, state: FindingsState) -> None:
        """Show a state of phase RESULT."""
        scores = tuple(row.score for row in state.rows)
        if scores != self._scores:
            self._make_rows(state)
            self._scores = scores
        for row in state.rows:
            self.rows[row.score.code].show_row(
                row, selected=row.score.code is state.selected, editable=state.editable
            )
        if state.quality.warnings != self._warned:
            self._warned = state.quality.warnings
            self._warn()
        self.evidence.show_state(state)
        self.marks.say(marks_words(self._texts, state.model))
        self.nodules.say(nodule_words(self._texts, state))

    def show_pointer(self, log_odds: Mapping[FindingCode, float]) -> None:
        """The evidence of each finding under the mouse."""
        for code, row in self.rows.items():
            row.head.show_pointer(log_odds.get(code))

    def show_trial(self, trial: TrialState | None) -> None:
        """Scores without the painted region beside the film's own; None ends it."""
        if trial is not None and self.trial.isHidden():
            self.group.setChecked(True)  # every score may move
        self.trial.show_trial(trial)
        scores = trial.scores if trial is not None else {}
        for score in self._scores:
            self.rows[score.code].head.show_trial(score, scores.get(score.code))

    def unfolded(self, code: FindingCode | None) -> RowView | None:
        """The row of a finding, with the group it lies in unfolded; None without such a row."""
        row = self.rows.get(code) if code is not None else None
        if row is not None and self.folded.isAncestorOf(row):
            self.group.setChecked(True)
        return row

    def clear(self) -> None:
        """Forget the result, and with it every open editor."""
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows, self._scores = {}, ()

    def _make_rows(self, state: FindingsState) -> None:
        self.clear()
        for row in state.rows:
            code = row.score.code
            made = self.rows[code] = RowView(self._texts, row)
            (self._above if row.score.above else self._below).addWidget(made)
            made.selected.connect(lambda c=code: self.selected.emit(c))
            made.evidence_requested.connect(lambda c=code: self.evidence_requested.emit(c))
            made.decided.connect(lambda word, c=code: self.decided.emit(c, word))
        first, second = (
            [self.rows[row.score.code] for row in state.rows if bool(row.score.above) is above]
            for above in (True, False)
        )
        tab_after(self.group, *first, self.group, *second)
        below = len(second)
        called = [row for row in state.rows if row.score.above is not None]
        tr = self._texts.tr
        self.group.setText(
            tr("Not above threshold ({count})", count=below)
            if called
            else tr("Scores without a call ({count})", count=below)
        )
        self.group.setVisible(below > 0)
        self.group.setChecked(not called)
        none = called and not any(row.score.above for row in called)
        self.none_above.say(tr("No finding is above its threshold.") if none else "")

    def _unfold(self, shown: bool) -> None:  # noqa: FBT001 - a Qt toggle's payload
        self.folded.setVisible(shown)
        self.group.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)

    def _warn(self) -> None:
        _empty(self._warnings)
        for reason in self._warned or ():
            glyph = QLabel()
            glyph.setPixmap(icon("failed").pixmap(QSize(_ICON_PX, _ICON_PX)))
            line = QWidget()
            line.setLayout(in_line(glyph, Words(told(self._texts, reason), "warning small")))
            glyph.setFixedWidth(_ICON_PX)
            self._warnings.addWidget(line)


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
