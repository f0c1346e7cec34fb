"""Intervals by drawing whole patients: films of one patient are no independent evidence.

Efron and Tibshirani 1993, "An Introduction to the Bootstrap", section 13.3 (percentile interval).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from model.runtime.calibration import auroc

RESAMPLES = 1000
Interval = tuple[float, float]


def resampled_films(
    patients: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[NDArray[np.intp]]:
    """For every resample the positions of its films: as many patients as there are, with replacement."""
    if not len(patients):
        return []
    _, owner = np.unique(np.asarray(patients), return_inverse=True)
    order = np.argsort(owner, kind="stable")
    films = np.split(order, np.cumsum(np.bincount(owner))[:-1])
    generator = np.random.default_rng(seed)
    return [
        np.concatenate([films[k] for k in generator.integers(0, len(films), len(films))])
        for _ in range(resamples)
    ]


def percentile_interval(values: Sequence[float]) -> Interval:
    """The middle 95 % of resampled values; NaN where there are none."""
    usable = [value for value in values if not math.isnan(value)]
    if not usable:
        return float("nan"), float("nan")
    low, high = np.percentile(usable, (2.5, 97.5))
    return float(low), float(high)


def interval_of(
    statistic: Callable[[NDArray[np.intp]], float], draws: Sequence[NDArray[np.intp]]
) -> Interval:
    """95 % interval of a statistic of film positions over the resamples."""
    return percentile_interval([statistic(drawn) for drawn in draws])


def clustered_interval(
    scores: NDArray[np.floating],
    outcomes: NDArray[np.floating],
    patients: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """95 % interval of the AUROC, drawing whole patients; films of unknown outcome (NaN) stay out."""
    known = ~np.isnan(outcomes)
    s, y = np.asarray(scores)[known], np.asarray(outcomes)[known]
    names = np.asarray(patients)[known].tolist()
    draws = resampled_films(names, resamples=resamples, seed=seed)
    return interval_of(lambda drawn: auroc(s[drawn], y[drawn]), draws)
