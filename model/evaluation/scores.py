"""Figures of a score table: one record a label, subgroups, and the mean over the findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.evaluation.bootstrap import (
    RESAMPLES,
    interval_of,
    percentile_interval,
    resampled_films,
)
from model.evaluation.metrics import (
    Estimate,
    auroc_delong,
    average_precision,
    brier,
    calibration_line,
    confusion,
    perfect_ece,
    reliability,
    roc_curve,
    wilson,
)
from model.evaluation.tables import Floats, ScoreTable
from model.runtime.calibration import auroc
from model.runtime.labels import ANY_ABNORMALITY

# Under so many of either class a figure would be noise: "insufficient".
SUFFICIENT: Final = 10
# The mean AUROC is taken over the findings with so many positives.
POSITIVES_IN_MEAN: Final = 15
BAND_POINTS: Final = 41
BAND_RESAMPLES: Final = 300
Draws = Sequence[NDArray[np.intp]]


def evaluate(table: ScoreTable, *, resamples: int = RESAMPLES) -> dict[str, Any]:
    """All figures of a table as plain values."""
    labels = {
        code: label_figures(table, k, resamples=resamples) for k, code in enumerate(table.codes)
    }
    return {
        "films": len(table.patients),
        "patients": len(set(table.patients)),
        "mean_findings": mean_auroc(table, resamples=resamples),
        "mean_offered": mean_auroc(table, resamples=resamples, offered_only=True),
        "marks_per_100_normals": marks_per_100_normals(table),
        "labels": labels,
    }


def label_figures(table: ScoreTable, k: int, *, resamples: int) -> dict[str, Any]:
    """One label's figures; `insufficient` with fewer than ten of either class."""
    known = ~np.isnan(table.truth[:, k])
    s, y = table.scores[known, k], table.truth[known, k]
    positives = int(y.sum())
    figures: dict[str, Any] = {
        "films": len(y),
        "positives": positives,
        "prevalence": positives / len(y) if len(y) else None,
        "offered": table.is_offered(k),
        "insufficient": min(positives, len(y) - positives) < SUFFICIENT,
    }
    if figures["insufficient"]:
        return figures
    patients = np.asarray(table.patients)[known].tolist()
    draws = resampled_films(patients, resamples=resamples)
    figures |= {
        "auroc": _with(_statistic(auroc, s, y), draws, len(y)),
        "auroc_delong": asdict(auroc_delong(s, y)),
        "roc_band": _roc_band(s, y, draws),
        "auprc": _with(_statistic(average_precision, s, y), draws, len(y)),
        "operating_points": {
            name: _operating_point(s, y, threshold)
            for name, threshold in (table.thresholds[k] if table.thresholds else {}).items()
        },
        "subgroups": _subgroups(table, k, known, resamples=resamples),
    }
    if table.probabilities and table.is_offered(k):
        figures["calibration"] = _calibration(s, y, draws)
    return figures


def mean_auroc(
    table: ScoreTable, *, resamples: int = RESAMPLES, offered_only: bool = False
) -> dict[str, Any]:
    """The mean over the findings with at least 15 positives; the same patients are drawn for all."""
    chosen = [
        k
        for k, code in enumerate(table.codes)
        if code != ANY_ABNORMALITY
        and np.nansum(table.truth[:, k]) >= POSITIVES_IN_MEAN
        and (table.truth[:, k] == 0).any()
        and (table.is_offered(k) or not offered_only)
    ]
    if not chosen:
        return {"findings": [], "insufficient": True}

    def mean(films: NDArray[np.intp]) -> float:
        return float(
            np.nanmean([auroc(table.scores[films, k], table.truth[films, k]) for k in chosen])
        )

    draws = resampled_films(table.patients, resamples=resamples)
    figures = _with(mean, draws, len(table.patients))
    return {"findings": [table.codes[k] for k in chosen], "insufficient": False, **figures}


def marks_per_100_normals(table: ScoreTable, point: str = "default") -> float | None:
    """Marks on a hundred films without any abnormality, all labels together; None without thresholds."""
    if ANY_ABNORMALITY not in table.codes or not table.thresholds:
        return None
    normal = table.truth[:, table.codes.index(ANY_ABNORMALITY)] == 0
    if not normal.any():
        return None
    marked = [
        (table.scores[normal, k] >= points[point]).mean()
        for k, points in enumerate(table.thresholds)
        if point in points
    ]
    return float(100 * np.sum(marked)) if marked else None


def _statistic(
    figure: Callable[[Floats, Floats], float], s: Floats, y: Floats
) -> Callable[[NDArray[np.intp]], float]:
    return lambda films: figure(s[films], y[films])


def _with(
    statistic: Callable[[NDArray[np.intp]], float], draws: Draws, films: int
) -> dict[str, float]:
    """A statistic of all films and its patient-clustered interval."""
    return _estimate(statistic(np.arange(films)), interval_of(statistic, draws))


def _operating_point(s: Floats, y: Floats, threshold: float) -> dict[str, Any]:
    counts = confusion(s, y, threshold)
    shares = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
    return {
        "threshold": threshold,
        **asdict(counts),
        **{name: asdict(getattr(counts, name)) for name in shares},
        "f1": counts.f1,
    }


def _calibration(s: Floats, y: Floats, draws: Draws) -> dict[str, Any]:
    slope, intercept = calibration_line(s, y)
    lines = np.array([calibration_line(s[d], y[d]) for d in draws])
    curve = reliability(s, y)
    return {
        "brier": brier(s, y),
        "brier_of_prevalence": float(y.mean() * (1 - y.mean())),
        "ece": curve.ece,
        "ece_if_perfect": perfect_ece(s),
        "slope": _estimate(slope, percentile_interval(lines[:, 0].tolist())),
        "intercept": _estimate(intercept, percentile_interval(lines[:, 1].tolist())),
        "mean_score": float(s.mean()),
        "curve": [
            [float(p), float(o), int(n), *_wilson_bounds(o, n)]
            for p, o, n in zip(curve.predicted, curve.observed, curve.counts, strict=True)
        ],
    }


def _wilson_bounds(observed: float, films: int) -> tuple[float, float]:
    bounds = wilson(round(observed * films), int(films))
    return bounds.low, bounds.high


def _roc_band(s: Floats, y: Floats, draws: Draws) -> list[list[float]]:
    """The middle 95 % of the resampled curves: false positive rate, lowest and highest sensitivity."""
    at = np.linspace(0, 1, BAND_POINTS)
    curves = [np.interp(at, *roc_curve(s[d], y[d])) for d in draws[:BAND_RESAMPLES]]
    low, high = np.percentile(curves, (2.5, 97.5), axis=0)
    band: list[list[float]] = np.column_stack([at, low, high]).tolist()
    return band


def _estimate(value: float, interval: tuple[float, float]) -> dict[str, float]:
    return asdict(Estimate(value=value, low=interval[0], high=interval[1]))


def _subgroups(
    table: ScoreTable, k: int, known: NDArray[np.bool_], *, resamples: int
) -> dict[str, Any]:
    return {
        kind: {
            str(name): _subgroup(table, k, known & (names == name), resamples=resamples)
            for name in np.unique(names[known])
        }
        for kind, names in table.groups.items()
    }


def _subgroup(
    table: ScoreTable, k: int, chosen: NDArray[np.bool_], *, resamples: int
) -> Mapping[str, Any]:
    s, y = table.scores[chosen, k], table.truth[chosen, k]
    positives = int(y.sum())
    figures: dict[str, Any] = {"films": len(y), "positives": positives}
    if min(positives, len(y) - positives) < SUFFICIENT:
        return figures | {"insufficient": True}
    draws = resampled_films(np.asarray(table.patients)[chosen].tolist(), resamples=resamples)
    figures |= {"insufficient": False, "auroc": _with(_statistic(auroc, s, y), draws, len(y))}
    if table.thresholds and table.thresholds[k]:
        point = _operating_point(s, y, next(iter(table.thresholds[k].values())))
        figures |= {name: point[name] for name in ("sensitivity", "specificity")}
    return figures
