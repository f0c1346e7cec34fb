"""What the findings panel shows: one frozen state, made by its presenter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from workstation.core.errors import Reason
from workstation.core.findings import (
    FindingCode,
    FindingScore,
    ModelInfo,
    NoduleCandidate,
    QualityResult,
)
from workstation.core.geometry import Disc
from workstation.core.jobs import Progress
from workstation.core.review import Decision


class FindingsPhase(StrEnum):
    """Where the analysis of the shown film stands.

    HIDDEN: there is a result, and it is not shown until the reader has recorded a first impression or reveals it.
    """

    NO_FILM = "no_film"
    NOT_ANALYSED = "not_analysed"
    RUNNING = "running"
    HIDDEN = "hidden"
    RESULT = "result"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceControls:
    """How the reader wants evidence drawn: `cut_off_share` is a share (0 to below 1) of a map's greatest log-odds."""

    opacity: float = 0.45
    cut_off_share: float = 0.35
    contour: bool = True

    def __post_init__(self) -> None:
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError("opacity lies between 0 and 1")
        if not 0.0 <= self.cut_off_share < 1.0:
            raise ValueError("the cut-off is a share below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding: the AI's score, the reader's decision (None: undecided) and the peak of its evidence map.

    `peak_log_odds` is None when there is no map. `evidence_asked`: the reader asked to see the evidence although the
    score is not above its threshold.
    """

    score: FindingScore
    decision: Decision | None = None
    peak_log_odds: float | None = None
    evidence_asked: bool = False

    @property
    def shows_evidence(self) -> bool:
        """Whether this finding's map may be drawn: above threshold, or asked for; and something speaks for it."""
        wanted = bool(self.score.above) or self.evidence_asked
        return wanted and self.peak_log_odds is not None and self.peak_log_odds > 0


def _no_scores() -> Mapping[FindingCode, FindingScore]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialState:
    """A part of the film painted out, and the scores without it; `reason` says why there are none. Never stored."""

    region: tuple[Disc, ...] = ()
    scores: Mapping[FindingCode, FindingScore] = field(default_factory=_no_scores)
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsState:
    """Everything the panel shows.

    `rows` and what belongs to them exist in phase RESULT alone; `reason` in REFUSED and FAILED; `progress` in RUNNING.
    `model` is the package in use, None when there is none. `editable` is False once the study is reviewed or signed.
    """

    phase: FindingsPhase = FindingsPhase.NO_FILM
    model: ModelInfo | None = None
    progress: Progress | None = None
    reason: Reason | None = None
    rows: tuple[FindingRow, ...] = ()
    selected: FindingCode | None = None
    evidence_shown: bool = True
    controls: EvidenceControls = field(default_factory=EvidenceControls)
    quality: QualityResult = field(default_factory=QualityResult)
    nodules: tuple[NoduleCandidate, ...] | None = None
    nodules_reason: Reason | None = None
    editable: bool = True

    def row(self, code: FindingCode | None) -> FindingRow | None:
        """The row of one finding."""
        return next((row for row in self.rows if row.score.code is code), None)
