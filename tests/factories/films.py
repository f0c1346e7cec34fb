"""Radiographs, instances, evidence and analysis results made in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.core.annotation import Annotation, AnnotationKind
from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import (
    AnalysisResult,
    AnalysisStatus,
    EvidenceMap,
    FindingCode,
    FindingScore,
    Prediction,
)
from workstation.core.geometry import Affine2D, Point
from workstation.core.image import Photometric, Radiograph
from workstation.core.review import Actor, Change, ReviewEvent
from workstation.core.study import Age, Instance, PatientIdentity, PersonName, Sex

NOON = datetime(2024, 5, 6, 12, 0, tzinfo=UTC)
STUDY_UID = "1.2.826.0.1.3680043.8.498.1"


def make_patient(**changes: Any) -> PatientIdentity:
    values: dict[str, Any] = {
        "name": PersonName(alphabetic="Wang Xiao Dong", ideographic="王小东"),
        "patient_id": "P-0001",
        "birth_date": date(1960, 2, 3),
        "sex": Sex.MALE,
    }
    return PatientIdentity(**values | changes)


def make_instance(**changes: Any) -> Instance:
    """A frontal DX chest of an adult, unless `changes` say otherwise."""
    values: dict[str, Any] = {
        "patient": make_patient(),
        "study_uid": STUDY_UID,
        "series_uid": f"{STUDY_UID}.1",
        "sop_uid": f"{STUDY_UID}.1.1",
        "sop_class_uid": "1.2.840.10008.5.1.4.1.1.1.1",
        "transfer_syntax_uid": "1.2.840.10008.1.2.1",
        # Times in files are local times without a zone.
        "study_datetime": datetime(2024, 5, 6, 9, 30),  # noqa: DTZ001
        "study_description": "CHEST PA",
        "accession_number": "A-17",
        "institution": "County Hospital",
        "series_number": 1,
        "instance_number": 1,
        "modality": "DX",
        "body_part": "CHEST",
        "view_position": "PA",
        "patient_orientation": ("L", "F"),
        "presentation_intent": "FOR PRESENTATION",
        "age": Age(years=64.0),
        "rows": 64,
        "columns": 48,
    }
    return Instance(**values | changes)


def make_pixels(
    rows: int = 64, columns: int = 48, *, bits: int = 12, seed: int = 1
) -> NDArray[np.uint16]:
    """Stored values of a made chest: soft tissue bright, two dark lung fields, some grain."""
    y, x = np.mgrid[0:rows, 0:columns]
    u, v = x / max(columns - 1, 1), y / max(rows - 1, 1)
    lungs = np.zeros((rows, columns))
    for centre in (0.3, 0.7):
        lungs += np.exp(-(((u - centre) / 0.13) ** 4) - (((v - 0.48) / 0.3) ** 4))
    grain = np.random.default_rng(seed).normal(0.0, 0.01, (rows, columns))
    light = np.clip(0.75 - 0.5 * lungs + 0.1 * v + grain, 0.0, 1.0)
    return np.rint(light * ((1 << bits) - 1)).astype(np.uint16)


def make_film(pixels: ArrayLike | None = None, **changes: Any) -> Radiograph:
    """A MONOCHROME2 film of 12 bits, unless `changes` say otherwise."""
    array = make_pixels() if pixels is None else np.array(pixels)
    if array.dtype.kind not in "iu":
        raise TypeError("stored values are integers")
    values: dict[str, Any] = {
        "instance": make_instance(rows=array.shape[0], columns=array.shape[1]),
        "photometric": Photometric.RGB if array.ndim == 3 else Photometric.MONOCHROME2,
        "bits_stored": 8 if array.dtype.itemsize == 1 else 12,
        "content_sha256": hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest(),
    }
    return Radiograph(pixels=array, **values | changes)


def make_evidence(values: ArrayLike | None = None, **changes: Any) -> EvidenceMap:
    """A 7 x 7 map over a 48 x 64 film with its evidence at one place."""
    if values is None:
        y, x = np.mgrid[0:7, 0:7]
        values = 3.0 * np.exp(-((x - 4.0) ** 2 + (y - 2.0) ** 2) / 2.0) - 0.5
    array = np.array(values, dtype=np.float32)
    height, width = array.shape
    fields: dict[str, Any] = {
        "code": FindingCode.NODULE,
        "to_film": Affine2D(
            a=48 / width, c=24 / width - 0.5, e=64 / height, f=32 / height - 0.5
        ),
        "method": "cam",
    }
    return EvidenceMap(values=array, **fields | changes)


def make_prediction(
    probabilities: Mapping[FindingCode, float] | None = None,
    *,
    threshold: float | None = 0.5,
    **changes: Any,
) -> Prediction:
    """Scores against one threshold; None makes a model that was never calibrated."""
    chosen = (
        {FindingCode.NODULE: 0.8, FindingCode.EFFUSION: 0.2}
        if probabilities is None
        else probabilities
    )
    fields: dict[str, Any] = {
        "scores": tuple(
            FindingScore(
                code=code,
                probability=probability,
                threshold=threshold,
                calibration_id=None if threshold is None else "cal-1",
            )
            for code, probability in chosen.items()
        ),
        "model_id": "test-model",
        "model_version": "1.0.0",
        "package_sha256": "a" * 64,
        "weights_sha256": "b" * 64,
        "preprocess_version": "1",
        "created_utc": NOON,
        "device": "cpu",
    }
    return Prediction(**fields | changes)


def make_analysis(
    probabilities: Mapping[FindingCode, float] | None = None, **changes: Any
) -> AnalysisResult:
    """An analysed film with scores and a map of each."""
    prediction = make_prediction(probabilities)
    fields: dict[str, Any] = {
        "sop_uid": f"{STUDY_UID}.1.1",
        "content_sha256": "c" * 64,
        "status": AnalysisStatus.ANALYSED,
        "prediction": prediction,
        "maps": tuple(make_evidence(code=score.code) for score in prediction.scores),
        "nodules_reason": Reason(code=ErrorCode.NODULES_NOT_IN_PACKAGE),
        "timings_ms": {"preprocess": 20.0, "predict": 40.0, "evidence": 3.0},
    }
    return AnalysisResult(**fields | changes)


def make_refusal(code: ErrorCode = ErrorCode.NOT_FRONTAL, **changes: Any) -> AnalysisResult:
    """A film that was refused, with its reason."""
    fields: dict[str, Any] = {
        "sop_uid": f"{STUDY_UID}.1.1",
        "content_sha256": "c" * 64,
        "status": AnalysisStatus.REFUSED,
        "reason": Reason(code=code),
    }
    return AnalysisResult(**fields | changes)


def make_event(change: Change, number: int = 1, **changes: Any) -> ReviewEvent:
    """One event of the made study."""
    fields: dict[str, Any] = {
        "event_id": f"event-{number}",
        "study_uid": STUDY_UID,
        "actor": Actor(name="Dr Li"),
        "at_utc": NOON,
    }
    return ReviewEvent(change=change, **fields | changes)


def make_annotation(
    kind: AnnotationKind = AnnotationKind.DISTANCE, *points: Point, **changes: Any
) -> Annotation:
    """Something drawn on the made film, with as many points as its kind has."""
    fields: dict[str, Any] = {
        "annotation_id": "mark-1",
        "sop_uid": f"{STUDY_UID}.1.1",
        "kind": kind,
        "points": points or tuple((10.0 + 5 * n, 20.0 + n) for n in range(kind.points_needed)),
    }
    return Annotation(**fields | changes)
