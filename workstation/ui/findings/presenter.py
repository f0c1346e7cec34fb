"""What the model says of the shown film, and when it may be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from workstation.core.changes import ChangeSet
from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import (
    AnalysisResult,
    AnalysisStatus,
    EvidenceMap,
    FindingCode,
    ModelInfo,
    NoduleCandidate,
)
from workstation.core.geometry import Point
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext, Lane, Progress, Ticket
from workstation.core.overlay import EvidenceStyle, evidence_at
from workstation.core.review import Actor, Decision, ReviewStatus, Verdict
from workstation.services.analysis import Analysis
from workstation.services.review import ReviewService
from workstation.ui.desk import Desk
from workstation.ui.findings.model import (
    EvidenceControls,
    FindingRow,
    FindingsPhase,
    FindingsState,
)
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.record import Record


class RevealPolicy(StrEnum):
    """When AI results may be drawn."""

    AFTER_IMPRESSION = "after_impression"
    ON_REQUEST = "on_request"
    AT_ONCE = "at_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceOverlay:
    """What the viewer draws over the film: one finding's evidence."""

    evidence: EvidenceMap
    style: EvidenceStyle
    model: str


class FindingsPresenter(QObject):
    """Runs analyses, and shows their results once the record says that they were revealed.

    Results are drawn only after `AiRevealed` is committed, so the log always holds the order of things.

    Signals
    -------
    state_changed
        `FindingsState` for the panel.
    overlay_changed
        `EvidenceOverlay`, or None when no AI colour may be drawn; `candidates` that may be marked changed with it.
    """

    state_changed = Signal(object)
    overlay_changed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        record: Record,
        analysis: Analysis,
        model: ModelInfo | None,
        policy: RevealPolicy,
        controls: EvidenceControls,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._record = record
        self._analysis = analysis
        self._model = model
        self._policy = policy
        self._controls = controls
        self._running: dict[str, Ticket] = {}
        self._progress: dict[str, Progress] = {}
        self._selected: FindingCode | None = None
        self._asked: frozenset[FindingCode] = frozenset()
        self._shown = True
        self._reveal_asked_for = ""
        self.state = FindingsState(model=model)
        self.overlay: EvidenceOverlay | None = None
        self.candidates: tuple[NoduleCandidate, ...] = ()
        desk.film_loading.connect(self._on_film_loading)
        desk.film_shown.connect(self._on_film_shown)
        desk.study_opened.connect(self._on_study_opened)
        record.changed.connect(self._update)

    def analyse(self) -> None:
        """Let the model read the film on screen."""
        film, study = self._desk.film, self._desk.study
        if film is None or study is None or film.instance.sop_uid in self._running:
            return
        sop_uid, study_uid = film.instance.sop_uid, study.study_uid

        def run(context: JobContext) -> AnalysisResult:
            return self._analysis.run(film, context)

        def progressed(progress: Progress) -> None:
            self._progress[sop_uid] = progress
            self._update()

        def finished(result: AnalysisResult) -> None:
            self._running.pop(sop_uid, None)
            self._record.keep_analysis(study_uid, result)
            self._update()

        def failed(reason: Reason) -> None:
            self._running.pop(sop_uid, None)
            if reason.code is not ErrorCode.CANCELLED:
                self._record.keep_analysis(study_uid, _failure(film, reason))
            self._update()

        self._progress.pop(sop_uid, None)
        self._running[sop_uid] = self._lanes.submit(
            Lane.COMPUTE, run, done=finished, failed=failed, progress=progressed
        )
        self._update()

    def stop(self) -> None:
        """Stop the running analysis of the film on screen."""
        if self._desk.instance is not None:
            self._lanes.cancel(self._running.get(self._desk.instance.sop_uid))

    def reveal(self) -> None:
        """Show AI results of this study, with or without a first impression; the record says which."""
        without = self._record.state.impression is None
        self._reveal_asked_for = self._record.study_uid

        def command(service: ReviewService, study_uid: str, actor: Actor) -> ChangeSet:
            return service.reveal(study_uid, actor, without_impression=without)

        self._record.perform(command)

    def select(self, code: FindingCode | None) -> None:
        """Turn to another finding; its evidence is drawn when it may be."""
        self._selected = code
        self._update()

    def step(self, by: int = 1) -> None:
        """Turn to the next finding whose evidence may be drawn, round and round."""
        codes = [row.score.code for row in self.state.rows if row.shows_evidence]
        if codes:
            at = codes.index(self._selected) if self._selected in codes else -by
            self.select(codes[(at + by) % len(codes)])

    def ask_evidence(self, code: FindingCode) -> None:
        """Offer the evidence of a finding that is not above its threshold."""
        self._asked |= {code}
        self.select(code)

    def toggle_evidence(self, shown: bool | None = None) -> None:  # noqa: FBT001 - a Qt toggle's payload
        """Show or hide every AI mark."""
        self._shown = not self._shown if shown is None else shown
        self._update()

    def set_controls(self, controls: EvidenceControls) -> None:
        """Draw evidence in another way."""
        self._controls = controls
        self._update()

    def evidence_under(self, place: Point) -> Mapping[FindingCode, float]:
        """Log-odds that each finding's map has at a place of the film; nothing while no AI mark may be seen."""
        result = self._result()
        if result is None or self.state.phase is not FindingsPhase.RESULT or not self._shown:
            return {}
        found = ((evidence.code, evidence_at(evidence, place)) for evidence in result.maps)
        return {code: value for code, value in found if value is not None}

    def decide(self, code: FindingCode, decision: Decision | None) -> None:
        """Store the reader's word on one finding of the film on screen."""
        if self._desk.instance is None:
            return
        sop_uid = self._desk.instance.sop_uid

        def command(service: ReviewService, study_uid: str, actor: Actor) -> ChangeSet:
            return service.decide(
                study_uid, actor, sop_uid=sop_uid, code=code, decision=decision
            )

        self._record.perform(command, about=f"{sop_uid}/{code.value}")

    def pass_verdict(self, verdict: Verdict) -> None:
        """Accept or reject the selected finding, if it is above threshold; once more takes the word back."""
        row = self.state.row(self.state.selected)
        if row is None or not row.score.above or not self.state.editable:
            return
        again = row.decision is not None and row.decision.verdict is verdict
        code = row.score.code
        self.decide(code, None if again else Decision(verdict=verdict, code=code))

    def _on_study_opened(self, _study: object) -> None:
        self._reveal_asked_for = ""
        self._shown = True  # taking the marks away is a look at one study, not a setting
        self._on_film_loading(None)

    def _on_film_loading(self, _instance: object) -> None:
        self._selected, self._asked = None, frozenset()
        self._update()

    def _on_film_shown(self, _film: object) -> None:
        self._update()

    def _update(self) -> None:
        if self._may_reveal(self._result()):
            self.reveal()
        result = self._result()  # another film may lie there: asking for a name takes time
        self.state = self._made_state(result)
        self.overlay = self._made_overlay(result)
        self.candidates = (self.state.nodules or ()) if self.state.evidence_shown else ()
        self.state_changed.emit(self.state)
        self.overlay_changed.emit(self.overlay)

    def _result(self) -> AnalysisResult | None:
        """The stored result of exactly the pixels on screen."""
        film = self._desk.film
        if film is None:
            return None
        result = self._record.analyses.get(film.instance.sop_uid)
        same = result is not None and result.content_sha256 == film.content_sha256
        return result if same else None

    def _may_reveal(self, result: AnalysisResult | None) -> bool:
        """Whether the policy itself reveals now; asked once a study, so that declining to give a name is respected."""
        record = self._record
        if result is None or result.status is not AnalysisStatus.ANALYSED:
            return False
        if not record.is_loaded or record.state.revealed or _is_closed(record.state.status):
            return False
        if self._reveal_asked_for == record.study_uid:
            return False
        recorded = record.state.impression is not None
        return self._policy is RevealPolicy.AT_ONCE or (
            self._policy is RevealPolicy.AFTER_IMPRESSION and recorded
        )

    def _made_state(self, result: AnalysisResult | None) -> FindingsState:
        base = FindingsState(
            model=self._model,
            evidence_shown=self._shown,
            controls=self._controls,
            editable=not _is_closed(self._record.state.status),
        )
        film = self._desk.film
        if film is None:
            return base
        sop_uid = film.instance.sop_uid
        if sop_uid in self._running:
            return replace(
                base, phase=FindingsPhase.RUNNING, progress=self._progress.get(sop_uid)
            )
        if result is None:
            return replace(base, phase=FindingsPhase.NOT_ANALYSED)
        if result.status is not AnalysisStatus.ANALYSED:
            refused = result.status is AnalysisStatus.REFUSED
            phase = FindingsPhase.REFUSED if refused else FindingsPhase.FAILED
            return replace(base, phase=phase, reason=result.reason, quality=result.quality)
        if not self._record.state.revealed:
            return replace(base, phase=FindingsPhase.HIDDEN)
        rows = self._rows(result)
        if self._selected is None:
            self._selected = next((r.score.code for r in rows if r.shows_evidence), None)
        return replace(
            base,
            phase=FindingsPhase.RESULT,
            rows=rows,
            selected=self._selected,
            quality=result.quality,
            nodules=result.nodules,
            nodules_reason=result.nodules_reason,
        )

    def _rows(self, result: AnalysisResult) -> tuple[FindingRow, ...]:
        assert result.prediction is not None  # noqa: S101 - an analysed result has one
        rows = []
        for score in result.prediction.scores:
            evidence = result.map_of(score.code)
            rows.append(
                FindingRow(
                    score=score,
                    decision=self._record.state.decisions.get((result.sop_uid, score.code)),
                    peak_log_odds=None if evidence is None else float(evidence.values.max()),
                    evidence_asked=score.code in self._asked,
                )
            )
        return tuple(sorted(rows, key=_by_margin, reverse=True))

    def _made_overlay(self, result: AnalysisResult | None) -> EvidenceOverlay | None:
        state = self.state
        row = state.row(state.selected)
        if result is None or row is None or not state.evidence_shown or not row.shows_evidence:
            return None
        evidence, prediction = result.map_of(row.score.code), result.prediction
        if evidence is None or prediction is None:
            return None
        maximum = float(evidence.values.max())
        return EvidenceOverlay(
            evidence=evidence,
            style=EvidenceStyle(
                cut_off=state.controls.cut_off_share * maximum,
                maximum=maximum,
                opacity=state.controls.opacity,
                contour=state.controls.contour,
            ),
            model=f"{prediction.model_id} {prediction.model_version}",
        )


def _is_closed(status: ReviewStatus) -> bool:
    return status in {ReviewStatus.REVIEWED, ReviewStatus.SIGNED}


def _by_margin(row: FindingRow) -> tuple[bool, float]:
    """Above threshold first, then by how far the score lies from it on its own side."""
    score = row.score
    return bool(score.above), score.probability / (score.threshold or 1.0)


def _failure(film: Radiograph, reason: Reason) -> AnalysisResult:
    if reason.code is ErrorCode.UNEXPECTED:
        reason = Reason(code=ErrorCode.ANALYSIS_FAILED, detail=reason.detail)
    return AnalysisResult(
        sop_uid=film.instance.sop_uid,
        content_sha256=film.content_sha256,
        status=AnalysisStatus.FAILED,
        reason=reason,
    )
