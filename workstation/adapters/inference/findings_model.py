"""A model package behind the `FindingsModel` port: arrays in, core types out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from model.runtime.explain import cell_to_film, evidence_maps
from model.runtime.nodules import Candidate, nodule_detector
from model.runtime.occlusion import what_if
from model.runtime.package import ModelPackage
from model.runtime.predict import Predictor, RawPrediction
from model.runtime.preprocess import (
    Denoise,
    Preprocessed,
    PreprocessError,
    RefusalReason,
    preprocess,
)
from model.runtime.quality import Look, Verdict, quality_check
from workstation.adapters.inference.packages import model_info, offered_labels
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import (
    EvidenceMap,
    FindingCode,
    FindingScore,
    ModelInfo,
    NoduleCandidate,
    Prediction,
    QualityResult,
)
from workstation.core.geometry import Affine2D, Disc
from workstation.core.image import PixelSpacing
from workstation.core.ports import PreparedFilm

_UNUSABLE = {
    RefusalReason.FLAT: ErrorCode.FLAT_IMAGE,
    RefusalReason.TOO_SMALL: ErrorCode.TOO_SMALL,
    RefusalReason.NOT_FINITE: ErrorCode.UNSUPPORTED_PIXELS,
    RefusalReason.NOT_A_FILM: ErrorCode.COLOUR_IMAGE,
}
_LOOKS = {
    Look.INVERTED: ErrorCode.LOOKS_INVERTED,
    Look.ROTATED: ErrorCode.LOOKS_ROTATED,
    Look.UNLIKE: ErrorCode.LOOKS_UNLIKE_CHEST,
    Look.POOR: ErrorCode.POOR_QUALITY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Passed:
    """One film's forward pass, and what the nodule detector will look at."""

    preprocessed: Preprocessed
    raw: RawPrediction
    for_nodules: Preprocessed | None
    spacing: PixelSpacing | None


class PackageModel:
    """One loaded package.

    `prepare` judges the film and makes the one forward pass; a refused film never reaches the network.

    Raises
    ------
    PackageError
        When the weights do not fit, or this computer does not reproduce the package's golden vectors.
    """

    def __init__(
        self, package: ModelPackage, *, threads: int | None = None, denoise: str = "none"
    ) -> None:
        self._package = package
        self._predictor = Predictor(package, threads=threads)
        self._predictor.check_golden()
        self._check = quality_check(package)
        self._detector = nodule_detector(package)
        if self._detector is not None:
            self._detector.check_golden()
        self._denoise = Denoise(denoise)
        self._info = model_info(package)
        self._offered = offered_labels(package)

    @property
    def info(self) -> ModelInfo:
        """What the package is."""
        return self._info

    def prepare(
        self, presented: NDArray[np.float32], *, spacing: PixelSpacing | None
    ) -> PreparedFilm:
        """Preprocess and check a presented film, (rows, columns) float32 in 0 to 1, bright = dense."""
        try:
            preprocessed = self._preprocessed(presented, self._predictor.input_size, spacing)
        except PreprocessError as error:
            code = _UNUSABLE[error.reason]
            return PreparedFilm(quality=QualityResult(refusal=Reason(code=code)), state=None)
        quality = QualityResult()
        if self._check is not None:
            quality = _quality(self._check.judge(preprocessed.model_input))
        if quality.refusal is not None:
            return PreparedFilm(quality=quality, state=None)
        raw = self._predictor.predict(preprocessed.model_input)
        for_nodules = None
        if self._detector is not None and self._detector.record.shown:
            size = self._detector.record.input_size
            for_nodules = self._preprocessed(presented, size, spacing)
        passed = _Passed(
            preprocessed=preprocessed, raw=raw, for_nodules=for_nodules, spacing=spacing
        )
        return PreparedFilm(quality=quality, state=passed)

    def _preprocessed(
        self, presented: NDArray[np.float32], size: int, spacing: PixelSpacing | None
    ) -> Preprocessed:
        aspect = 1.0 if spacing is None else spacing.row_mm / spacing.column_mm
        return preprocess(
            presented,
            size=size,
            denoise=self._denoise,
            pixel_aspect=min(max(aspect, 0.1), 10.0),
        )

    def predict(self, prepared: PreparedFilm) -> Prediction:
        """Scores of the offered labels."""
        passed = _passed(prepared)
        return self._prediction(passed.raw, denoise=passed.preprocessed.denoise)

    def without(self, prepared: PreparedFilm, region: Sequence[Disc]) -> Prediction:
        """Scores after another forward pass, of the film with `region` filled from its surroundings."""
        preprocessed = _passed(prepared).preprocessed
        model_input = preprocessed.model_input
        to_film = Affine2D.from_matrix(preprocessed.to_film)
        painted = _painted(region, to_film, model_input.shape)
        if painted.all():
            raise WorkstationError(ErrorCode.REGION_TOO_LARGE, "the whole film is painted out")
        raw = what_if(self._predictor, model_input, painted)
        return self._prediction(raw, denoise=preprocessed.denoise)

    def _prediction(self, raw: RawPrediction, *, denoise: str) -> Prediction:
        calibration = self._package.metadata.calibration_id
        scores = tuple(
            FindingScore(
                code=FindingCode(label.code),
                probability=float(raw.probabilities[index]),
                threshold=label.threshold if calibration else None,
                calibration_id=calibration if label.threshold is not None else None,
            )
            for index, label in self._offered
        )
        return Prediction(
            scores=scores,
            model_id=self._info.model_id,
            model_version=self._info.version,
            package_sha256=self._info.package_sha256,
            weights_sha256=self._info.weights_sha256,
            preprocess_version=self._package.metadata.preprocess_version,
            created_utc=datetime.now(UTC),
            device="cpu",
            denoise=denoise,
        )

    def evidence(self, prepared: PreparedFilm) -> tuple[EvidenceMap, ...]:
        """Maps of the offered labels from the same forward pass."""
        passed = _passed(prepared)
        maps = evidence_maps(passed.raw, self._predictor)
        to_film = Affine2D.from_matrix(
            cell_to_film(
                (maps.shape[1], maps.shape[2]),
                self._predictor.input_size,
                passed.preprocessed.to_film,
            )
        )
        return tuple(
            EvidenceMap(
                code=FindingCode(label.code),
                values=np.ascontiguousarray(maps[index]),
                to_film=to_film,
                method="class activation map",
            )
            for index, label in self._offered
        )

    def nodules(self, prepared: PreparedFilm) -> tuple[NoduleCandidate, ...] | Reason:
        """Candidates at or above the detector's threshold, the best first."""
        passed = _passed(prepared)
        if self._detector is None:
            return Reason(code=ErrorCode.NODULES_NOT_IN_PACKAGE)
        if passed.for_nodules is None:
            return Reason(code=ErrorCode.NODULES_TOO_UNRELIABLE)
        threshold = self._detector.record.threshold
        return tuple(
            _candidate(found, passed.spacing)
            for found in self._detector.find(passed.for_nodules)
            if found.score >= threshold
        )


def _candidate(found: Candidate, spacing: PixelSpacing | None) -> NoduleCandidate:
    return NoduleCandidate(
        centre=(found.x, found.y),
        diameter_px=found.diameter,
        diameter_mm=None if spacing is None else found.diameter * spacing.column_mm,
        spacing_source=None if spacing is None else spacing.source,
        score=found.score,
    )


def _quality(verdict: Verdict) -> QualityResult:
    mirrored = Reason(code=ErrorCode.LOOKS_MIRRORED)
    return QualityResult(
        measures={
            "wrong": verdict.wrong,
            "mirrored": verdict.mirrored,
            "distance": verdict.distance,
        },
        warnings=(mirrored,) if verdict.looks_mirrored else (),
        refusal=None if verdict.refusal is None else Reason(code=_LOOKS[verdict.refusal]),
    )


def _painted(
    region: Sequence[Disc], to_film: Affine2D, shape: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Which model pixels have their centre inside a disc of the film."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    film_x = to_film.a * x + to_film.b * y + to_film.c
    film_y = to_film.d * x + to_film.e * y + to_film.f
    painted = np.zeros(shape, np.bool_)
    for disc in region:
        across, down = film_x - disc.centre[0], film_y - disc.centre[1]
        painted |= across**2 + down**2 <= disc.radius**2
    return painted


def _passed(prepared: PreparedFilm) -> _Passed:
    if not isinstance(prepared.state, _Passed):
        raise WorkstationError(ErrorCode.ANALYSIS_FAILED, "the film was refused before")
    return prepared.state
