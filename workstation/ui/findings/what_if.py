"""What if a part of the film were not there? The reader paints it out and the scores move; nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import FindingScore
from workstation.core.geometry import Disc
from workstation.core.jobs import JobContext, Lane, Ticket
from workstation.services.trial import Trial
from workstation.ui.desk import Desk
from workstation.ui.findings.model import FindingsPhase, FindingsState, TrialState
from workstation.ui.findings.presenter import FindingsPresenter
from workstation.ui.jobs.lanes import Lanes


class WhatIfPresenter(QObject):
    """A trial on the film on screen: possible where its result is shown, over when it is not.

    Scores follow the brush: while one forward pass runs, further strokes wait and are scored together.

    Signals
    -------
    trial_changed
        `TrialState`, or None when there is no trial.
    """

    trial_changed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        findings: FindingsPresenter,
        trial: Trial,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._trial = trial
        self._findings = findings
        self._ticket: Ticket | None = None
        self._scored: tuple[Disc, ...] = ()
        self.state: TrialState | None = None
        desk.film_loading.connect(self.end)
        desk.study_opened.connect(self.end)
        findings.state_changed.connect(self._on_findings)

    def begin(self) -> None:
        """Start a trial, or start it over with the whole film."""
        if _may_try(self._findings.state):
            self._drop()
            self._set(TrialState())

    def paint(self, strokes: Sequence[Disc]) -> None:
        """Paint more of the film out."""
        if self.state is not None and self._desk.film is not None:
            region = (*self.state.region, *strokes)
            self._set(TrialState(region=region, scores=self.state.scores))
            if self._ticket is None:
                self._score()

    def end(self) -> None:
        """Forget the trial."""
        self._drop()
        if self.state is not None:
            self._set(None)

    def _on_findings(self, state: FindingsState) -> None:
        if self.state is not None and not _may_try(state):
            self.end()

    def _score(self) -> None:
        film, state = self._desk.film, self.state
        if film is None or state is None:
            return
        self._scored = state.region

        def run(context: JobContext) -> tuple[FindingScore, ...]:
            return self._trial.scores(film, state.region, context)

        self._ticket = self._lanes.submit(
            Lane.COMPUTE, run, done=self._on_scores, failed=self._on_failed
        )

    def _on_scores(self, scores: tuple[FindingScore, ...]) -> None:
        self._ticket = None
        if self.state is None:
            return
        by_code = {score.code: score for score in scores}
        self._set(TrialState(region=self.state.region, scores=by_code))
        if self.state.region != self._scored:
            self._score()

    def _on_failed(self, reason: Reason) -> None:
        self._ticket = None
        if self.state is not None and reason.code is not ErrorCode.CANCELLED:
            self._set(TrialState(region=self.state.region, reason=reason))

    def _drop(self) -> None:
        self._lanes.discard(self._ticket)
        self._ticket = None

    def _set(self, state: TrialState | None) -> None:
        self.state = state
        self.trial_changed.emit(state)


def _may_try(state: FindingsState) -> bool:
    """Only where AI results are shown anyway; the key that removes every AI mark ends a trial too."""
    return state.phase is FindingsPhase.RESULT and state.evidence_shown
