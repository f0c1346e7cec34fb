"""Analyse one film: eligibility by its tags, preprocessing, prediction, evidence maps.

A refusal is a result: it has a reason and no score. A fault is a failure and never looks like a negative.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from workstation.core.display import presented
from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.findings import AnalysisResult, AnalysisStatus, QualityResult
from workstation.core.image import Photometric, Radiograph
from workstation.core.jobs import JobContext
from workstation.core.ports import FindingsModel
from workstation.core.study import Instance

STAGES = ("eligibility", "preprocess", "predict", "evidence", "nodules")

# Storage classes that hold projection radiographs (PS3.4 B.5).
_RADIOGRAPHY_CLASSES = frozenset({
    "1.2.840.10008.5.1.4.1.1.1",  # Computed Radiography
    "1.2.840.10008.5.1.4.1.1.1.1",  # Digital X-Ray, For Presentation
    "1.2.840.10008.5.1.4.1.1.7",  # Secondary Capture, when its modality says radiography
    "1.2.840.10008.5.1.4.1.1.7.2",  # Multi-frame Grayscale Byte Secondary Capture
    "1.2.840.10008.5.1.4.1.1.7.3",  # Multi-frame Grayscale Word Secondary Capture
    "",  # a picture file
})  # fmt: skip
_RADIOGRAPHY_MODALITIES = frozenset({"CR", "DX", "RG", "DR"})
FRONTAL_VIEWS = frozenset({"PA", "AP"})
CHEST_WORDS = ("CHEST", "THORAX", "LUNG", "胸", "肺")


def tag_refusal(instance: Instance, *, minimum_age: float) -> Reason | None:
    """Why this object cannot be analysed, as far as its tags tell; None when they do not object.

    Unknown tags never refuse: the learned input check looks at the pixels afterwards.
    """
    if instance.is_raw:
        return Reason(code=ErrorCode.FOR_PROCESSING)
    picture = not instance.sop_class_uid
    if instance.sop_class_uid not in _RADIOGRAPHY_CLASSES or not (
        picture or instance.modality in _RADIOGRAPHY_MODALITIES
    ):
        kind = instance.modality or instance.sop_class_uid
        return Reason(code=ErrorCode.WRONG_OBJECT_CLASS, parameters={"modality": kind})
    body_part = instance.body_part.upper()
    if body_part and not any(word in body_part for word in CHEST_WORDS):
        return Reason(code=ErrorCode.NOT_CHEST, parameters={"body_part": instance.body_part})
    view = instance.view_position.upper()
    if view and view not in FRONTAL_VIEWS:
        return Reason(code=ErrorCode.NOT_FRONTAL, parameters={"view": instance.view_position})
    if instance.age is not None and instance.age.years < minimum_age:
        return Reason(
            code=ErrorCode.TOO_YOUNG,
            parameters={
                "age": f"{round(instance.age.years, 1):g}",
                "minimum": f"{minimum_age:g}",
            },
        )
    return None


def tag_warnings(film: Radiograph) -> tuple[Reason, ...]:
    """What a reader should know about this film beside its scores."""
    instance = film.instance
    found = (
        (instance.age is None, ErrorCode.AGE_UNKNOWN),
        (instance.age is not None and instance.age.assumed_years, ErrorCode.AGE_WITHOUT_UNIT),
        (instance.age is not None and instance.age.contradictory, ErrorCode.AGE_CONTRADICTORY),
        (not instance.view_position, ErrorCode.VIEW_UNKNOWN),
        (not instance.patient.is_identified, ErrorCode.UNIDENTIFIED),
        (instance.lossy, ErrorCode.LOSSY_COMPRESSION),
    )
    return tuple(Reason(code=code) for applies, code in found if applies)


def _is_tinted(film: Radiograph) -> bool:
    """Whether an RGB film shows colour: its channels differ by over 16 levels in more than 1 % of it."""
    if film.photometric is not Photometric.RGB:
        return False
    spread = film.pixels.max(axis=2).astype(int) - film.pixels.min(axis=2)
    return bool((spread > 16).mean() > 0.01)


@dataclass(slots=True)
class _Stopwatch:
    """Milliseconds by stage."""

    clock: Callable[[], float] = time.perf_counter
    timings_ms: dict[str, float] = field(default_factory=dict)
    _stage: str = ""
    _started: float = 0.0

    def start(self, stage: str) -> None:
        """Close the running stage and start another; an empty name only closes."""
        now = self.clock()
        if self._stage:
            self.timings_ms[self._stage] = round((now - self._started) * 1e3, 2)
        self._stage, self._started = stage, now


class Analysis:
    """The use case "let the model read this film".

    Parameters
    ----------
    load_model
        Gives the loaded model; called on the first analysis and expected to cache.
    """

    def __init__(self, load_model: Callable[[], FindingsModel]) -> None:
        self._load_model = load_model

    def refusal(self, instance: Instance) -> Reason | None:
        """Why `instance` cannot be analysed, as far as its tags tell; no pixels are needed."""
        return tag_refusal(instance, minimum_age=self._load_model().info.minimum_age)

    def run(self, film: Radiograph, context: JobContext) -> AnalysisResult:
        """Analyse `film`; stages are reported and cancellation is polled between them.

        Raises
        ------
        CancelledError
            When the reader stopped it. Every other expected failure is a result with status ``failed``.
        """
        watch = _Stopwatch()
        try:
            return self._run(film, context, watch)
        except CancelledError:
            raise
        except WorkstationError as error:
            return AnalysisResult(
                sop_uid=film.instance.sop_uid,
                content_sha256=film.content_sha256,
                status=AnalysisStatus.FAILED,
                reason=error.reason,
                timings_ms=watch.timings_ms,
            )

    def _run(self, film: Radiograph, context: JobContext, watch: _Stopwatch) -> AnalysisResult:
        def enter(number: int) -> None:
            watch.start(STAGES[number])
            context.stage(STAGES[number], number, len(STAGES))

        enter(0)
        model = self._load_model()
        context.token.raise_if_cancelled()
        refusal = tag_refusal(film.instance, minimum_age=model.info.minimum_age)
        if refusal is None and _is_tinted(film):
            refusal = Reason(code=ErrorCode.COLOUR_IMAGE)
        if refusal is not None:
            return _refused(film, refusal, QualityResult(), watch)
        enter(1)
        prepared = model.prepare(presented(film), spacing=film.spacing)
        if prepared.quality.refusal is not None:
            return _refused(film, prepared.quality.refusal, prepared.quality, watch)
        enter(2)
        prediction = model.predict(prepared)
        enter(3)
        maps = model.evidence(prepared)
        enter(4)
        nodules = model.nodules(prepared)
        watch.start("")
        return AnalysisResult(
            sop_uid=film.instance.sop_uid,
            content_sha256=film.content_sha256,
            status=AnalysisStatus.ANALYSED,
            prediction=prediction,
            maps=maps,
            quality=replace(
                prepared.quality, warnings=(*tag_warnings(film), *prepared.quality.warnings)
            ),
            nodules=None if isinstance(nodules, Reason) else nodules,
            nodules_reason=nodules if isinstance(nodules, Reason) else None,
            timings_ms=watch.timings_ms,
        )


def _refused(
    film: Radiograph, reason: Reason, quality: QualityResult, watch: _Stopwatch
) -> AnalysisResult:
    watch.start("")
    return AnalysisResult(
        sop_uid=film.instance.sop_uid,
        content_sha256=film.content_sha256,
        status=AnalysisStatus.REFUSED,
        reason=reason,
        quality=quality,
        timings_ms=watch.timings_ms,
    )
