"""Scores that mean something: fits of Platt, temperature and isotonic maps, and operating points.

numpy alone, so that an installed program can recalibrate on local cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.runtime.errors import ModelError

Floats = NDArray[np.float64]
NEWTON_STEPS = 50
LARGEST_LOGIT = 30.0


class CalibrationError(ModelError, ValueError):
    """Cases from which nothing can be fitted: one class only, or none at all."""


class Method(Enum):
    """How a logit becomes a probability."""

    PLATT = "platt"
    TEMPERATURE = "temperature"
    ISOTONIC = "isotonic"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """A monotone map from logit to probability.

    Parameters
    ----------
    method
        `NONE` is the plain logistic function of an uncalibrated network.
    slope, intercept
        ``p = 1 / (1 + exp(-(slope * logit + intercept)))`` for all but isotonic.
    knots
        For isotonic: rising logits and their probabilities, interpolated linearly between.
    """

    method: Method = Method.NONE
    slope: float = 1.0
    intercept: float = 0.0
    knots: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept) and self.slope > 0):
            raise ValueError("a calibration rises with the logit and is finite")
        if (self.method is Method.ISOTONIC) != bool(self.knots):
            raise ValueError("knots belong to the isotonic map alone")
        array = np.asarray(self.knots, dtype=np.float64).reshape(-1, 2)
        rising = bool((np.diff(array[:, 0]) > 0).all() and (np.diff(array[:, 1]) >= 0).all())
        inside = bool(((array[:, 1] >= 0) & (array[:, 1] <= 1)).all())
        if not (np.isfinite(array).all() and rising and inside):
            raise ValueError("isotonic knots must rise, within 0-1")

    def apply(self, logits: NDArray[np.floating]) -> Floats:
        """Probabilities of logits of any shape."""
        values = np.asarray(logits, dtype=np.float64)
        if self.method is Method.ISOTONIC:
            knots = np.asarray(self.knots)
            interpolated: Floats = np.interp(values, knots[:, 0], knots[:, 1])
            return interpolated
        return sigmoid(self.slope * values + self.intercept)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a package's metadata."""
        return {
            "method": self.method.value,
            "slope": self.slope,
            "intercept": self.intercept,
            "knots": [list(knot) for knot in self.knots],
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """The inverse of `as_json`; `ValueError`, `KeyError` or `TypeError` for anything else."""
        return cls(
            method=Method(record["method"]),
            slope=float(record["slope"]),
            intercept=float(record["intercept"]),
            knots=tuple((float(a), float(b)) for a, b in record.get("knots", ())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoints:
    """Thresholds on the calibrated probability; a score at or above one is a mark."""

    youden: float
    sens90: float
    sens95: float


def sigmoid(logits: NDArray[np.floating]) -> Floats:
    """The logistic function without overflow."""
    values = np.clip(np.asarray(logits, dtype=np.float64), -LARGEST_LOGIT, LARGEST_LOGIT)
    return 1.0 / (1.0 + np.exp(-values))


def fit(
    logits: NDArray[np.floating], outcomes: NDArray[np.floating], method: Method = Method.PLATT
) -> Calibration:
    """Fit a calibration on logits ``(n,)`` and outcomes ``(n,)`` of 0 and 1.

    Raises
    ------
    CalibrationError
        When one of the classes is missing or a logit is not finite.
    """
    x, y = _checked(logits, outcomes)
    if method is Method.ISOTONIC:
        return Calibration(method=method, knots=_isotonic(x, y))
    if method is Method.NONE:
        return Calibration()
    slope, intercept = _logistic(x, y, with_intercept=method is Method.PLATT)
    if slope <= 0:
        raise CalibrationError("the scores do not rise with the outcome")
    return Calibration(method=method, slope=slope, intercept=intercept)


def _checked(
    logits: NDArray[np.floating], outcomes: NDArray[np.floating]
) -> tuple[Floats, Floats]:
    x = np.asarray(logits, dtype=np.float64).ravel()
    y = np.asarray(outcomes, dtype=np.float64).ravel()
    if x.shape != y.shape or not np.isfinite(x).all() or not np.isin(y, (0.0, 1.0)).all():
        raise CalibrationError("logits must be finite, outcomes 0 or 1, as many of either")
    if not 0 < y.sum() < len(y):
        raise CalibrationError("both classes are needed")
    return x, y


def _logistic(x: Floats, y: Floats, *, with_intercept: bool) -> tuple[float, float]:
    """Newton's method with Platt's softened targets (Platt 1999; Lin et al. 2007, doi:10.1007/s10994-007-5018-6)."""
    positives, negatives = y.sum(), len(y) - y.sum()
    target = np.where(y == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    columns = [x, np.ones_like(x)] if with_intercept else [x]
    design = np.column_stack(columns)
    beta = np.zeros(design.shape[1])
    for _ in range(NEWTON_STEPS):
        p = sigmoid(design @ beta)
        gradient = design.T @ (p - target)
        hessian = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(len(beta))
        move = np.linalg.solve(hessian, gradient)
        # Full steps overshoot on scores far from the origin; a bounded step keeps descending.
        move *= min(1.0, 2.0 / max(float(np.abs(move).max()), 1e-12))
        beta -= move
        if np.abs(move).max() < 1e-10:
            break
    return float(beta[0]), float(beta[1]) if with_intercept else 0.0


def _isotonic(x: Floats, y: Floats) -> tuple[tuple[float, float], ...]:
    """Pool adjacent violators (Barlow et al. 1972), one knot a distinct logit at a block's ends."""
    values, inverse = np.unique(x, return_inverse=True)
    weight = np.bincount(inverse).astype(np.float64)
    mean = np.bincount(inverse, weights=y) / weight
    blocks: list[list[float]] = []
    for position, (m, w) in enumerate(zip(mean, weight, strict=True)):
        blocks.append([m, w, position, position])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            m2, w2, _, last = blocks.pop()
            m1, w1, first, _ = blocks.pop()
            blocks.append([(m1 * w1 + m2 * w2) / (w1 + w2), w1 + w2, first, last])
    knots: list[tuple[float, float]] = []
    for m, _, first, last in blocks:
        knots.append((float(values[int(first)]), float(m)))
        if last > first:
            knots.append((float(values[int(last)]), float(m)))
    return tuple(knots)


def auroc(scores: NDArray[np.floating], outcomes: NDArray[np.floating]) -> float:
    """Area under the ROC curve by ranks, ties counted half; NaN with one class only."""
    s, y = np.asarray(scores, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    known = ~np.isnan(y)
    s, y = s[known], y[known]
    positives = int((y == 1).sum())
    negatives = len(y) - positives
    if not positives or not negatives:
        return float("nan")
    values, inverse, counts = np.unique(s, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    ranks = (upper - (counts - 1) / 2.0)[inverse.reshape(len(s))] if len(values) else s
    return float(
        (ranks[y == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives)
    )


def operating_points(
    probabilities: NDArray[np.floating], outcomes: NDArray[np.floating]
) -> OperatingPoints:
    """Youden's threshold (doi:10.1002/1097-0142(1950)3:1<32) and those of 90 and 95 % sensitivity.

    Raises
    ------
    CalibrationError
        When one of the classes is missing.
    """
    p, y = _checked(probabilities, outcomes)
    candidates = np.unique(p)
    above = p[None, :] >= candidates[:, None]
    sensitivity = above[:, y == 1].mean(axis=1)
    specificity = 1 - above[:, y == 0].mean(axis=1)
    best = int(np.argmax(sensitivity + specificity))
    return OperatingPoints(
        youden=_inside(candidates[best]),
        sens90=_inside(candidates[np.flatnonzero(sensitivity >= 0.90)[-1]]),
        sens95=_inside(candidates[np.flatnonzero(sensitivity >= 0.95)[-1]]),
    )


def _inside(threshold: float) -> float:
    return float(np.clip(threshold, 1e-6, 1 - 1e-6))
