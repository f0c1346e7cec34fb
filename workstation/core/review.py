"""The reader's judgement as events: every change carries its before and after, so undo is its inverse.

Nothing is deleted: undo appends the inverse event, and the audit trail keeps both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from workstation.core.annotation import Annotation
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import AnalysisResult, FindingCode
from workstation.core.study import PatientIdentity

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class ReviewStatus(StrEnum):
    """Where a study stands: 未读 / 草稿 / 已审核 / 已签发 / 更正."""

    NEW = "new"
    DRAFT = "draft"
    REVIEWED = "reviewed"
    SIGNED = "signed"
    AMENDED = "amended"


class Section(StrEnum):
    """The report's free texts."""

    CLINICAL_INFORMATION = "clinical_information"
    FINDINGS = "findings"
    IMPRESSION = "impression"
    RECOMMENDATION = "recommendation"


class Verdict(StrEnum):
    """What the reader decided on one AI finding."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EDITED = "edited"


class Certainty(StrEnum):
    """How sure the reader is."""

    DEFINITE = "definite"
    PROBABLE = "probable"
    CANNOT_EXCLUDE = "cannot_exclude"


class Side(StrEnum):
    """Patient's side."""

    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"
    MIDLINE = "midline"


class Zone(StrEnum):
    """Where in the chest, as chest films are read."""

    UPPER = "upper"
    MIDDLE = "middle"
    LOWER = "lower"
    HILUM = "hilum"
    MEDIASTINUM = "mediastinum"
    PLEURA = "pleura"
    DIFFUSE = "diffuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The reader's word on one AI finding; the AI's original stays beside it in the analysis."""

    verdict: Verdict
    code: FindingCode
    side: Side | None = None
    zone: Zone | None = None
    certainty: Certainty | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who did it; `verified` stays False until logins exist."""

    name: str
    verified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstImpression:
    """What the reader saw before any AI result was drawn: a text, or an explicit "no finding noted"."""

    text: str = ""

    @property
    def no_finding(self) -> bool:
        """Whether the reader noted that there is no finding."""
        return not self.text.strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpressionRecorded:
    """The first impression was stored."""

    before: FirstImpression | None
    after: FirstImpression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AiRevealed:
    """AI results were drawn for the first time; `without_impression` when the reader chose so. Cannot be undone."""

    without_impression: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionChanged:
    """The decision on one AI finding of one film changed; None is undecided."""

    sop_uid: str
    code: FindingCode
    before: Decision | None
    after: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChanged:
    """One of the report's texts changed."""

    section: Section
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityEntered:
    """Identity typed by a reader for a film that has none."""

    before: PatientIdentity | None
    after: PatientIdentity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientNoted:
    """Whom the films name as the review begins (no `before`), or that another one they name since is the same person."""

    before: PatientIdentity | None
    after: PatientIdentity | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotationChanged:
    """Something on a film was drawn (no `before`), changed or removed (no `after`)."""

    annotation_id: str
    before: Annotation | None
    after: Annotation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationChanged:
    """The reader said what a column of one film measures in mm; None is the file's own word.

    Raises
    ------
    ValueError
        For a size that no pixel spacing has.
    """

    sop_uid: str
    before: float | None
    after: float | None

    def __post_init__(self) -> None:
        if not all(size is None or 0 < size < 100 for size in (self.before, self.after)):
            raise ValueError("a film column lies between 0 and 100 mm")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyImageChanged:
    """One frame of one film, counted from 0, became a key image or is one no more."""

    sop_uid: str
    frame: int
    before: bool
    after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """The study moved on, or back."""

    before: ReviewStatus
    after: ReviewStatus


Change = (
    ImpressionRecorded
    | AiRevealed
    | DecisionChanged
    | TextChanged
    | IdentityEntered
    | PatientNoted
    | AnnotationChanged
    | CalibrationChanged
    | KeyImageChanged
    | StatusChanged
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEvent:
    """One thing that happened to one study; `undoes` names the event that this one takes back."""

    event_id: str
    study_uid: str
    actor: Actor
    at_utc: datetime
    change: Change
    undoes: str | None = None


def _empty() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewState:
    """What the events of one study add up to."""

    study_uid: str
    status: ReviewStatus = ReviewStatus.NEW
    impression: FirstImpression | None = None
    revealed: bool = False
    ai_seen_first: bool = False
    """Whether AI results were drawn before an impression was stored; one recorded since is no first impression."""
    decisions: Mapping[tuple[str, FindingCode], Decision] = field(default_factory=_empty)
    texts: Mapping[Section, str] = field(default_factory=_empty)
    annotations: Mapping[str, Annotation] = field(default_factory=_empty)
    """By their own identifiers, in the order they were drawn."""
    calibrations: Mapping[str, float] = field(default_factory=_empty)
    """What a column of a film measures in mm, by SOP Instance UID."""
    key_images: tuple[tuple[str, int], ...] = ()
    """SOP Instance UID and frame, counted from 0, in the order they were marked."""
    identity: PatientIdentity | None = None
    patient: PatientIdentity | None = None
    """Whom the films named when the review began, or when a reader confirmed it; None for a review older than that note."""
    last_actor: Actor | None = None
    last_change_utc: datetime | None = None
    reviewer: Actor | None = None
    reviewed_utc: datetime | None = None

    @property
    def is_locked(self) -> bool:
        """Whether only its status can change."""
        return self.status in {ReviewStatus.REVIEWED, ReviewStatus.SIGNED}

    def annotations_of(self, sop_uid: str) -> tuple[Annotation, ...]:
        """What is drawn on the frames of one film."""
        return tuple(a for a in self.annotations.values() if a.sop_uid == sop_uid)


def apply(state: ReviewState, event: ReviewEvent) -> ReviewState:
    """The state after `event`.

    Raises
    ------
    WorkstationError
        ``review_not_allowed`` when a signed study would change, or the event belongs to another study.
    """
    change = event.change
    if event.study_uid != state.study_uid:
        raise WorkstationError(ErrorCode.REVIEW_NOT_ALLOWED, "event of another study")
    if state.is_locked and not isinstance(change, StatusChanged | AiRevealed):
        raise WorkstationError(ErrorCode.REVIEW_NOT_ALLOWED, f"status is {state.status}")
    if isinstance(change, PatientNoted):  # a note beside the work, which it does not begin
        return replace(state, patient=change.after)
    changed = _apply_change(state, event)
    if changed.status is ReviewStatus.NEW:
        changed = replace(changed, status=ReviewStatus.DRAFT)
    return replace(changed, last_actor=event.actor, last_change_utc=event.at_utc)


def _apply_change(state: ReviewState, event: ReviewEvent) -> ReviewState:
    match event.change:
        case ImpressionRecorded(after=impression):
            state = replace(state, impression=impression)
        case AiRevealed():
            first = state.ai_seen_first or (not state.revealed and state.impression is None)
            state = replace(state, revealed=True, ai_seen_first=first)
        case DecisionChanged(sop_uid=sop_uid, code=code, after=decision):
            state = replace(state, decisions=_with(state.decisions, (sop_uid, code), decision))
        case TextChanged(section=section, after=text):
            state = replace(state, texts=MappingProxyType({**state.texts, section: text}))
        case AnnotationChanged(annotation_id=key, after=annotation):
            state = replace(state, annotations=_with(state.annotations, key, annotation))
        case CalibrationChanged(sop_uid=sop_uid, after=size):
            state = replace(state, calibrations=_with(state.calibrations, sop_uid, size))
        case KeyImageChanged(sop_uid=sop_uid, frame=frame, after=marked):
            others = tuple(key for key in state.key_images if key != (sop_uid, frame))
            added = ((sop_uid, frame),) if marked else ()
            state = replace(state, key_images=others + added)
        case IdentityEntered(after=identity):
            state = replace(state, identity=identity)
        case StatusChanged(after=status):
            state = _moved(state, event, status)
    return state


def _with(
    kept: Mapping[_Key, _Value], key: _Key, value: _Value | None
) -> Mapping[_Key, _Value]:
    """`kept` with another value; without it for None."""
    if value is not None:
        return MappingProxyType({**kept, key: value})
    return MappingProxyType({k: v for k, v in kept.items() if k != key})


def _moved(state: ReviewState, event: ReviewEvent, status: ReviewStatus) -> ReviewState:
    """The study in `status`; a signed or amended one keeps who reviewed it."""
    moved = replace(state, status=status)
    if status is ReviewStatus.REVIEWED:
        return replace(moved, reviewer=event.actor, reviewed_utc=event.at_utc)
    if status in {ReviewStatus.NEW, ReviewStatus.DRAFT}:
        return replace(moved, reviewer=None, reviewed_utc=None)
    return moved


def replay(study_uid: str, events: Iterable[ReviewEvent]) -> ReviewState:
    """The state that `events`, oldest first, add up to."""
    state = ReviewState(study_uid=study_uid)
    for event in events:
        state = apply(state, event)
    return state


def inverse(change: Change) -> Change | None:
    """The change that takes `change` back; None for one that cannot be taken back."""
    if isinstance(change, AiRevealed):
        return None
    if isinstance(change, PatientNoted) and change.before is None:
        return None
    if isinstance(change, StatusChanged) and change.after is ReviewStatus.SIGNED:
        return None
    swapped = {"before": change.after, "after": change.before}
    return replace(change, **swapped)  # type: ignore[arg-type]  # each class's own pair


def undecided(
    state: ReviewState, analyses: Iterable[AnalysisResult]
) -> tuple[tuple[str, FindingCode], ...]:
    """AI findings above threshold, as (SOP Instance UID, code), that the reader has not decided on."""
    return tuple(
        (analysis.sop_uid, score.code)
        for analysis in analyses
        if analysis.prediction is not None
        for score in analysis.prediction.above
        if (analysis.sop_uid, score.code) not in state.decisions
    )


def blocks_review(state: ReviewState, analyses: Iterable[AnalysisResult]) -> tuple[Reason, ...]:
    """Why the study cannot be marked as reviewed yet; empty when it can."""
    reasons = []
    open_findings = undecided(state, analyses) if state.revealed else ()
    if open_findings:
        reasons.append(
            Reason(code=ErrorCode.REVIEW_UNDECIDED, parameters={"count": len(open_findings)})
        )
    if state.impression is None and not state.texts.get(Section.IMPRESSION, "").strip():
        reasons.append(Reason(code=ErrorCode.REVIEW_NO_IMPRESSION))
    agreed = any(d.verdict is not Verdict.REJECTED for d in state.decisions.values())
    written = (state.texts.get(s, "") for s in (Section.FINDINGS, Section.IMPRESSION))
    if agreed and not any(text.strip() for text in written):
        reasons.append(Reason(code=ErrorCode.REVIEW_NO_TEXT))
    return tuple(reasons)
