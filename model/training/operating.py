"""What is decided on validation: which labels are offered, calibrations, thresholds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from model.evaluation.bootstrap import clustered_interval
from model.runtime.calibration import Method, auroc, fit, operating_points
from model.runtime.labels import ANY_ABNORMALITY, label_name
from model.runtime.metadata import LabelRecord

# design/model.md: a label is offered only with these.
TRAIN_POSITIVES = 30
VAL_POSITIVES = 10
LOWEST_BOUND = 0.60
# Marks on a hundred normal films that the shipped thresholds may make, all labels together.
MARKS_PER_100_NORMALS = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationScores:
    """The network's answers on the validation split.

    Parameters
    ----------
    logits, targets
        ``(films, labels)``; targets of 0, 1 and NaN.
    patients
        One a film: intervals resample patients, not films.
    train_positives
        ``(labels,)`` counts in the training split.
    """

    codes: tuple[str, ...]
    logits: NDArray[np.float64]
    targets: NDArray[np.float64]
    patients: tuple[str, ...]
    train_positives: tuple[int, ...]


def label_records(
    scores: ValidationScores, *, method: Method = Method.PLATT
) -> tuple[LabelRecord, ...]:
    """Calibrate, choose thresholds and apply the rules."""
    plain = [_record(scores, k, method) for k in range(len(scores.codes))]
    normal = _normal_films(scores)
    thresholds = _within_marks(plain, scores, normal)
    return tuple(
        _with_threshold(record, scores, k, thresholds[k], normal)
        for k, record in enumerate(plain)
    )


def marks_per_100_normals(
    records: Sequence[LabelRecord], scores: ValidationScores
) -> float | None:
    """Marks on a hundred normal validation films, all offered labels together; None where no film is known to be normal."""
    normal = _normal_films(scores)
    if not normal.any():
        return None
    total = 0.0
    for k, record in enumerate(records):
        if record.trained and record.threshold is not None:
            p = record.calibration.apply(scores.logits[normal, k])
            total += float((p >= record.threshold).mean())
    return 100.0 * total


def _normal_films(scores: ValidationScores) -> NDArray[np.bool_]:
    if ANY_ABNORMALITY in scores.codes:
        normal = scores.targets[:, scores.codes.index(ANY_ABNORMALITY)] == 0
    else:
        normal = np.nansum(scores.targets, axis=1) == 0
    return np.asarray(normal)


def _record(scores: ValidationScores, k: int, method: Method) -> LabelRecord:
    names = label_name(scores.codes[k])
    y = scores.targets[:, k]
    known = ~np.isnan(y)
    positives, negatives = int((y == 1).sum()), int((y == 0).sum())
    area = auroc(scores.logits[:, k], y)
    low, high = clustered_interval(scores.logits[:, k], y, scores.patients)
    figures = {
        "auroc": area,
        "auroc_low": low,
        "auroc_high": high,
        "positives": positives,
        "negatives": negatives,
        "prevalence": positives / max(1, positives + negatives),
        "train_positives": scores.train_positives[k],
    }
    trained = (
        scores.train_positives[k] >= TRAIN_POSITIVES
        and min(positives, negatives) >= VAL_POSITIVES
        and low > LOWEST_BOUND
    )
    figures = {key: float(v) for key, v in figures.items() if not math.isnan(v)}
    record = LabelRecord(
        code=names.code,
        name=names.name,
        snomed=names.snomed,
        radlex=names.radlex,
        trained=False,
        validation=figures,
    )
    if not trained:
        return record
    calibration = fit(scores.logits[known, k], y[known], method)
    points = operating_points(calibration.apply(scores.logits[known, k]), y[known])
    return replace(
        record,
        trained=True,
        thresholds=points,
        threshold=points.youden,
        calibration=calibration,
    )


def _within_marks(
    records: Sequence[LabelRecord], scores: ValidationScores, normal: NDArray[np.bool_]
) -> list[float | None]:
    """Youden's thresholds, the findings' raised to one false-positive rate that keeps the marks.

    The two-class head keeps Youden's: it answers for the film, not for a finding.
    """
    best: list[float | None] = [record.threshold for record in records]
    for rate in np.linspace(1.0, 0.01, 100):
        marks = 0.0
        for k, record in enumerate(records):
            if record.threshold is None:
                continue
            p = record.calibration.apply(scores.logits[normal, k])
            raised = record.threshold
            if record.code != ANY_ABNORMALITY and len(p):
                raised = max(raised, float(np.quantile(p, 1 - rate, method="higher")))
            best[k] = min(raised, 1 - 1e-6)
            marks += float((p >= raised).mean()) if len(p) else 0.0
        if 100 * marks <= MARKS_PER_100_NORMALS:
            break
    return best


def _with_threshold(
    record: LabelRecord,
    scores: ValidationScores,
    k: int,
    threshold: float | None,
    normal: NDArray[np.bool_],
) -> LabelRecord:
    if threshold is None:
        return record
    p, y = record.calibration.apply(scores.logits[:, k]), scores.targets[:, k]
    figures = {
        "sensitivity": float((p[y == 1] >= threshold).mean()),
        "specificity": float((p[y == 0] < threshold).mean()),
    }
    if normal.any():
        figures["marks_per_100_normals"] = float(100 * (p[normal] >= threshold).mean())
    return replace(record, threshold=threshold, validation={**record.validation, **figures})
