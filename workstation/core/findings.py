"""What a model says of a film: scores against thresholds, evidence maps, and refusals with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from workstation.core.errors import Reason
from workstation.core.geometry import Affine2D
from workstation.core.image import SpacingSource


class FindingCode(StrEnum):
    """NIH's 14 findings, the two-class question, and what known imported networks add."""

    ANY_ABNORMALITY = "any_abnormality"
    ATELECTASIS = "atelectasis"
    CARDIOMEGALY = "cardiomegaly"
    EFFUSION = "effusion"
    INFILTRATION = "infiltration"
    MASS = "mass"
    NODULE = "nodule"
    PNEUMONIA = "pneumonia"
    PNEUMOTHORAX = "pneumothorax"
    CONSOLIDATION = "consolidation"
    EDEMA = "edema"
    EMPHYSEMA = "emphysema"
    FIBROSIS = "fibrosis"
    PLEURAL_THICKENING = "pleural_thickening"
    HERNIA = "hernia"
    LUNG_LESION = "lung_lesion"
    FRACTURE = "fracture"
    LUNG_OPACITY = "lung_opacity"
    ENLARGED_CARDIOMEDIASTINUM = "enlarged_cardiomediastinum"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingScore:
    """A calibrated score beside its operating threshold.

    `threshold` and `calibration_id` are None for a model that was never calibrated: no call is made then.
    """

    code: FindingCode
    probability: float
    threshold: float | None
    calibration_id: str | None

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError("a probability lies between 0 and 1")
        if self.threshold is not None and not 0.0 < self.threshold < 1.0:
            raise ValueError("a threshold lies between 0 and 1")
        if (self.threshold is None) != (self.calibration_id is None):
            raise ValueError("a threshold belongs to a calibration")

    @property
    def above(self) -> bool | None:
        """Whether the score reaches its threshold; None when there is none."""
        return None if self.threshold is None else self.probability >= self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """All scores of one film and what made them."""

    scores: tuple[FindingScore, ...]
    model_id: str
    model_version: str
    package_sha256: str
    weights_sha256: str
    preprocess_version: str
    created_utc: datetime
    device: str
    denoise: str = "none"

    def score(self, code: FindingCode) -> FindingScore | None:
        """The score of one finding, or None when the model does not offer it."""
        return next((s for s in self.scores if s.code is code), None)

    @property
    def above(self) -> tuple[FindingScore, ...]:
        """The scores that reach their threshold."""
        return tuple(s for s in self.scores if s.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceMap:
    """Where one score comes from: (h, w) float32 log-odds, whose mean plus a bias is the logit.

    `to_film` maps cell centres ``(x, y)`` to film coordinates.
    """

    code: FindingCode
    values: NDArray[np.float32]
    to_film: Affine2D
    method: str

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.dtype != np.float32:
            raise ValueError("an evidence map is a float32 matrix")
        self.values.setflags(write=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityResult:
    """What the input check found: measures by name, warnings that a reader should see."""

    measures: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[Reason, ...] = ()
    refusal: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoduleCandidate:
    """A place where a nodule may lie: centre in film pixels, diameter in pixels along a row.

    The diameter in mm is None, and with it what it rests on, without known spacing. The score ranks candidates and
    is no probability.
    """

    centre: tuple[float, float]
    diameter_px: float
    diameter_mm: float | None
    score: float
    spacing_source: SpacingSource | None = None


class AnalysisStatus(StrEnum):
    """How an analysis ended; a refusal is a result, a failure is a fault."""

    ANALYSED = "analysed"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """Everything the program says about one film.

    Scores exist only when the status is ANALYSED; otherwise `reason` says why not. `nodules` is None with
    `nodules_reason` when the detector is switched off, never an empty tuple then.
    """

    sop_uid: str
    content_sha256: str
    status: AnalysisStatus
    reason: Reason | None = None
    prediction: Prediction | None = None
    maps: tuple[EvidenceMap, ...] = ()
    quality: QualityResult = field(default_factory=QualityResult)
    nodules: tuple[NoduleCandidate, ...] | None = None
    nodules_reason: Reason | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        analysed = self.status is AnalysisStatus.ANALYSED
        if analysed != (self.prediction is not None) or analysed == (self.reason is not None):
            raise ValueError("an analysed film has a prediction, any other a reason")

    def map_of(self, code: FindingCode) -> EvidenceMap | None:
        """The evidence map of one finding."""
        return next((m for m in self.maps if m.code is code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """What the face needs to know of a model package."""

    model_id: str
    version: str
    package_sha256: str
    weights_sha256: str
    trust: str
    codes: tuple[FindingCode, ...]
    calibrated: bool
    minimum_age: float
    marks_per_100_normal: float | None
    card_html: Mapping[str, str]
    """Model card by language, ``zh`` and ``en``: two self-contained pages."""
