"""What the review panel shows: one frozen state, made by its presenter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from workstation.core.errors import Reason
from workstation.core.ports import IdentityConflict
from workstation.core.review import Actor, Change, FirstImpression, ReviewStatus, Section
from workstation.core.study import PatientIdentity

_OPEN = frozenset({ReviewStatus.NEW, ReviewStatus.DRAFT, ReviewStatus.AMENDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPanelState:
    """Everything the panel shows; `study_uid` is None while no study is open.

    Parameters
    ----------
    identity, identity_by_hand
        Who the patient is, and whether a reader typed that.
    conflicts
        What other studies of the library say otherwise under the patient's ID.
    patient_changed
        That the films name another patient than when the review began.
    impression
        The recorded first impression.
    ai_seen_first
        Whether AI results were drawn before any impression was recorded.
    texts
        The report's texts as they are committed.
    drafts, impression_draft
        What was typed and never committed (a crash, a power cut). Read once, when `study_uid` changes.
    saved_at
        Local time of the last commit, once it is known to be on disk.
    save_failed
        Why the last commit was not stored.
    undo, redo
        The changes that the two buttons take back or bring back; None disables the button.
    blocks
        Why the study cannot be marked as reviewed; empty when it can.
    reviewer, reviewed_at
        Who marked it as reviewed, and when (local time).
    """

    study_uid: str | None = None
    status: ReviewStatus = ReviewStatus.NEW
    identity: PatientIdentity = field(default_factory=PatientIdentity)
    identity_by_hand: bool = False
    conflicts: tuple[IdentityConflict, ...] = ()
    patient_changed: Reason | None = None
    impression: FirstImpression | None = None
    ai_seen_first: bool = False
    impression_draft: str = ""
    texts: Mapping[Section, str] = field(default_factory=dict)
    drafts: Mapping[Section, str] = field(default_factory=dict)
    saved_at: datetime | None = None
    save_failed: Reason | None = None
    undo: Change | None = None
    redo: Change | None = None
    blocks: tuple[Reason, ...] = ()
    reviewer: Actor | None = None
    reviewed_at: datetime | None = None

    @property
    def editable(self) -> bool:
        """Whether the reader may change anything."""
        return self.study_uid is not None and self.status in _OPEN
