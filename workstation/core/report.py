"""The findings report as one immutable document, free of layout and of language.

Renderers draw it; every word that is not the reader's or the file's own comes from the catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from workstation.core.annotation import AnnotationKind
from workstation.core.errors import Reason
from workstation.core.findings import (
    AnalysisStatus,
    FindingCode,
    FindingScore,
    ModelInfo,
    NoduleCandidate,
    QualityResult,
)
from workstation.core.measurement import Measurement
from workstation.core.review import Actor, Decision, FirstImpression, ReviewStatus, Section
from workstation.core.study import Age, Instance, PatientIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFinding:
    """One AI finding with the reader's decision beside it; None is undecided."""

    score: FindingScore
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendTick:
    """One mark of an evidence legend: log-odds and its place from 0 (cut-off) to 1."""

    value: float
    position: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceImage:
    """The film with one finding's evidence drawn in: (rows, columns, 3) uint8, and its legend."""

    code: FindingCode
    pixels: NDArray[np.uint8]
    legend_rgb: NDArray[np.uint8]
    ticks: tuple[LegendTick, ...]
    cut_off: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMark:
    """One thing the reader drew on a film: what it measures, None for words alone, and the words."""

    kind: AnnotationKind
    measured: Measurement | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFilm:
    """One film of the study and what the AI said of it.

    `key_image` is (rows, columns) uint8, exactly what the reader saw without AI; None for a film that was refused by
    its tags and never decoded. All pictures and marks are of `frame`, counted from 0.
    """

    instance: Instance
    frame: int = 0
    status: AnalysisStatus | None
    reason: Reason | None
    analysed_utc: datetime | None
    key_image: NDArray[np.uint8] | None
    findings: tuple[ReportedFinding, ...]
    evidence: tuple[EvidenceImage, ...]
    quality: QualityResult
    nodules: tuple[NoduleCandidate, ...] | None
    nodules_reason: Reason | None
    marks: tuple[ReportedMark, ...] = ()
    marked_image: NDArray[np.uint8] | None = None
    """The key image with the marks drawn in, (rows, columns, 3) uint8; None without marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """Everything on the report. Times ending in `_utc` are UTC; the renderer shows local time.

    `reader` wrote the report and is None for an "AI analysis sheet" that no reader has seen; `reviewer` marked it as
    reviewed.
    """

    study_uid: str
    identity: PatientIdentity
    identity_entered_by_hand: bool
    age: Age | None
    institution: str
    department: str
    accession_number: str
    study_description: str
    study_datetime: datetime | None
    prior_datetime: datetime | None
    films: tuple[ReportedFilm, ...]
    key_images: tuple[ReportedFilm, ...]
    """What the reader marked to be shown, without a word of the AI; empty when nothing was marked."""
    first_impression: FirstImpression | None
    ai_seen_first: bool
    """Whether the reader saw AI results before recording any impression."""
    texts: Mapping[Section, str]
    status: ReviewStatus
    reader: Actor | None
    reviewer: Actor | None
    written_utc: datetime | None
    reviewed_utc: datetime | None
    created_utc: datetime
    model: ModelInfo | None
    program_version: str

    @property
    def has_reader(self) -> bool:
        """Whether a reader has seen this study."""
        return self.reader is not None
