"""The reader's judgement on a study: each command appends one event, undo and redo append inverse ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from workstation.core.annotation import Annotation
from workstation.core.changes import ChangeSet
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import AnalysisResult, FindingCode
from workstation.core.ports import ReviewStore
from workstation.core.review import (
    Actor,
    AiRevealed,
    AnnotationChanged,
    CalibrationChanged,
    Change,
    Decision,
    DecisionChanged,
    FirstImpression,
    IdentityEntered,
    ImpressionRecorded,
    KeyImageChanged,
    PatientNoted,
    ReviewEvent,
    ReviewState,
    ReviewStatus,
    Section,
    StatusChanged,
    TextChanged,
    apply,
    blocks_review,
    inverse,
    replay,
)
from workstation.core.study import PatientIdentity, Study


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewHistory:
    """Where a review stands, and the events that undo and redo would take back; None when there is none."""

    state: ReviewState
    undoable: ReviewEvent | None
    redoable: ReviewEvent | None


def history_of(study_uid: str, events: Iterable[ReviewEvent]) -> ReviewHistory:
    """Add up `events`, oldest first.

    Undo goes back change by change and never across one that cannot be taken back; a new change forgets what could be
    redone. Revealing the AI's results closes the first impression: it can no longer be undone or redone.
    """
    log = tuple(events)
    done: list[ReviewEvent] = []
    undone: list[ReviewEvent] = []
    for event in log:
        if isinstance(event.change, AiRevealed):
            done = [e for e in done if not isinstance(e.change, ImpressionRecorded)]
            undone = [e for e in undone if not isinstance(e.change, ImpressionRecorded)]
            continue
        if event.undoes is None:
            undone.clear()
            done.append(event)
        elif done and done[-1].event_id == event.undoes:
            done.pop()
            undone.append(event)
        else:
            undone.pop()
            done.append(event)
    return ReviewHistory(
        state=replay(study_uid, log),
        undoable=done[-1] if done and _can_be_taken_back(done[-1]) else None,
        redoable=undone[-1] if undone and _can_be_taken_back(undone[-1]) else None,
    )


def _can_be_taken_back(event: ReviewEvent) -> bool:
    """Whether there is an inverse, and it closes no review: that is done by `mark_reviewed` alone, with its checks."""
    change = inverse(event.change)
    closes = isinstance(change, StatusChanged) and change.after is ReviewStatus.REVIEWED
    return change is not None and not closes


def patient_changed(state: ReviewState, study: Study) -> Reason | None:
    """Why the review may be of somebody else than the films name now; None when it is not."""
    if state.patient is None or state.patient == study.patient:
        return None
    names = {"before": state.patient.brief, "after": study.patient.brief}
    return Reason(code=ErrorCode.PATIENT_CHANGED, parameters=names)


def blocks(
    state: ReviewState, study: Study, analyses: Iterable[AnalysisResult]
) -> tuple[Reason, ...]:
    """Why `study` cannot be marked as reviewed yet; empty when it can."""
    reasons = list(blocks_review(state, analyses))
    changed = patient_changed(state, study)
    if changed is not None:
        reasons.insert(0, changed)
    identities = {instance.patient for instance, _ in study.instances}
    if len(identities) > 1:
        reasons.append(Reason(code=ErrorCode.IDENTITY_MISMATCH))
    if not (state.identity or study.patient).is_identified:
        reasons.append(Reason(code=ErrorCode.IDENTITY_MISSING))
    return tuple(reasons)


class ReviewService:
    """The use case "judge this study"; every command says who does it and returns what changed.

    Parameters
    ----------
    store
        Keeps events; when it returns they are on disk.
    clock
        Gives UTC.
    new_id
        Gives an identifier that was never given before.
    """

    def __init__(
        self, store: ReviewStore, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    def history(self, study_uid: str) -> ReviewHistory:
        """Where the review stands."""
        return history_of(study_uid, self._store.events(study_uid))

    def begin(self, study_uid: str, actor: Actor, patient: PatientIdentity) -> None:
        """Note whom the films name, once, before the first change; a closed review stays as it is."""
        state = self.history(study_uid).state
        if state.patient is None and not state.is_locked:
            self._append(study_uid, actor, PatientNoted(before=None, after=patient))

    def confirm_patient(
        self, study_uid: str, actor: Actor, patient: PatientIdentity
    ) -> ChangeSet:
        """Store the reader's word that the films' patient of now is the review's."""
        before = self.history(study_uid).state.patient
        return self._change(study_uid, actor, PatientNoted(before=before, after=patient))

    def record_impression(
        self, study_uid: str, actor: Actor, impression: FirstImpression
    ) -> ChangeSet:
        """Store the first impression.

        Raises
        ------
        WorkstationError
            ``review_not_allowed`` when another one was recorded and AI results were drawn since.
        """
        state = self.history(study_uid).state
        if state.revealed and state.impression not in {None, impression}:
            raise WorkstationError(
                ErrorCode.REVIEW_NOT_ALLOWED, "AI results were drawn already"
            )
        before = state.impression
        return self._change(
            study_uid, actor, ImpressionRecorded(before=before, after=impression)
        )

    def reveal(self, study_uid: str, actor: Actor, *, without_impression: bool) -> ChangeSet:
        """Note that AI results are drawn from now on; a second time changes nothing."""
        if self.history(study_uid).state.revealed:
            return ChangeSet()
        return self._append(study_uid, actor, AiRevealed(without_impression=without_impression))

    def decide(
        self,
        study_uid: str,
        actor: Actor,
        *,
        sop_uid: str,
        code: FindingCode,
        decision: Decision | None,
    ) -> ChangeSet:
        """Store the reader's word on one AI finding of one film; None takes it back."""
        before = self.history(study_uid).state.decisions.get((sop_uid, code))
        change = DecisionChanged(sop_uid=sop_uid, code=code, before=before, after=decision)
        return self._change(study_uid, actor, change)

    def write(self, study_uid: str, actor: Actor, section: Section, text: str) -> ChangeSet:
        """Store one of the report's texts."""
        before = self.history(study_uid).state.texts.get(section, "")
        return self._change(
            study_uid, actor, TextChanged(section=section, before=before, after=text)
        )

    def identify(self, study_uid: str, actor: Actor, identity: PatientIdentity) -> ChangeSet:
        """Store an identity typed for a film that has none."""
        before = self.history(study_uid).state.identity
        return self._change(study_uid, actor, IdentityEntered(before=before, after=identity))

    def annotate(
        self, study_uid: str, actor: Actor, annotation_id: str, annotation: Annotation | None
    ) -> ChangeSet:
        """Store what is drawn on a film; None removes it.

        It is the reader's own work, so it may come before the AI's results are drawn.
        """
        before = self.history(study_uid).state.annotations.get(annotation_id)
        change = AnnotationChanged(annotation_id=annotation_id, before=before, after=annotation)
        return self._change(study_uid, actor, change)

    def calibrate(
        self, study_uid: str, actor: Actor, *, sop_uid: str, mm_per_column: float | None
    ) -> ChangeSet:
        """Store what a column of a film measures; None goes back to what its file says."""
        before = self.history(study_uid).state.calibrations.get(sop_uid)
        change = CalibrationChanged(sop_uid=sop_uid, before=before, after=mm_per_column)
        return self._change(study_uid, actor, change)

    def mark_key_image(
        self, study_uid: str, actor: Actor, *, sop_uid: str, frame: int, marked: bool
    ) -> ChangeSet:
        """Make one frame of a film, counted from 0, a key image, or no more."""
        before = (sop_uid, frame) in self.history(study_uid).state.key_images
        change = KeyImageChanged(sop_uid=sop_uid, frame=frame, before=before, after=marked)
        return self._change(study_uid, actor, change)

    def mark_reviewed(
        self, study_uid: str, actor: Actor, *, study: Study, analyses: Iterable[AnalysisResult]
    ) -> ChangeSet:
        """Close the review.

        Raises
        ------
        WorkstationError
            The first of the reasons that `blocks` gives; ``review_not_allowed`` when it is closed already.
        """
        state = self.history(study_uid).state
        if state.status in {ReviewStatus.REVIEWED, ReviewStatus.SIGNED}:
            raise WorkstationError(ErrorCode.REVIEW_NOT_ALLOWED, f"status is {state.status}")
        for reason in blocks(state, study, analyses):
            raise WorkstationError(reason.code, **reason.parameters)
        change = StatusChanged(before=state.status, after=ReviewStatus.REVIEWED)
        return self._change(study_uid, actor, change)

    def reopen(self, study_uid: str, actor: Actor) -> ChangeSet:
        """Open a closed review again, as a draft; a signed one stays closed.

        Raises
        ------
        WorkstationError
            ``review_not_allowed`` when it is not a reviewed one.
        """
        status = self.history(study_uid).state.status
        if status is not ReviewStatus.REVIEWED:
            raise WorkstationError(ErrorCode.REVIEW_NOT_ALLOWED, f"status is {status}")
        change = StatusChanged(before=status, after=ReviewStatus.DRAFT)
        return self._change(study_uid, actor, change)

    def undo(self, study_uid: str, actor: Actor) -> ChangeSet:
        """Take the last change back; nothing happens when there is none."""
        return self._take_back(study_uid, actor, self.history(study_uid).undoable)

    def redo(self, study_uid: str, actor: Actor) -> ChangeSet:
        """Bring back what was taken back last; nothing happens when there is nothing."""
        return self._take_back(study_uid, actor, self.history(study_uid).redoable)

    def _take_back(self, study_uid: str, actor: Actor, event: ReviewEvent | None) -> ChangeSet:
        change = None if event is None else inverse(event.change)
        if event is None or change is None:
            return ChangeSet()
        return self._append(study_uid, actor, change, undoes=event.event_id)

    def _change(self, study_uid: str, actor: Actor, change: Change) -> ChangeSet:
        """Append `change` unless it changes nothing."""
        if not isinstance(change, AiRevealed) and change.before == change.after:
            return ChangeSet()
        return self._append(study_uid, actor, change)

    def _append(
        self, study_uid: str, actor: Actor, change: Change, *, undoes: str | None = None
    ) -> ChangeSet:
        event = ReviewEvent(
            event_id=self._new_id(),
            study_uid=study_uid,
            actor=actor,
            at_utc=self._clock(),
            change=change,
            undoes=undoes,
        )
        apply(self.history(study_uid).state, event)  # refuses what is not allowed
        return self._store.append(event)
