"""Free-response figures of marks against boxed lesions, with intervals that draw whole patients.

A mark hits when its centre lies in a lesion's box (Bunch et al. 1977, doi:10.1117/12.955926).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from model.evaluation.bootstrap import (
    RESAMPLES,
    interval_of,
    percentile_interval,
    resampled_films,
)
from model.evaluation.localisation import inside
from model.evaluation.metrics import Estimate, froc, sensitivity_at
from model.films.manifest import Box
from model.runtime.nodules import Candidate

FALSE_MARKS: Final = (0.25, 0.5, 1.0, 2.0, 4.0)
SUFFICIENT: Final = 10
# A threshold lies under 1, even where no score keeps the false marks.
HIGHEST: Final = 1 - 1e-6
# The band is given up to so many false marks a film.
BAND_REACH: Final = 8.0
BAND_POINTS: Final = 65
Curve = list[tuple[float, float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedFilm:
    """One film: its lesions and a detector's marks, both in the same pixels, the best mark first."""

    patient: str
    lesions: tuple[Box, ...]
    marks: tuple[Candidate, ...]

    def hit(self, mark: Candidate) -> int | None:
        """Which lesion's box a mark's centre lies in; None for a false mark."""
        within = (bool(inside(box, mark.x, mark.y)) for box in self.lesions)
        return next((k for k, hit in enumerate(within) if hit), None)


def curve_of(films: Sequence[MarkedFilm]) -> Curve:
    """The free-response curve of films: (threshold, false marks a film, sensitivity)."""
    return _curve([_summary(film) for film in films])


def figures_of(
    films: Sequence[MarkedFilm], threshold: float, *, resamples: int = RESAMPLES
) -> dict[str, Any]:
    """Sensitivity by false marks and at the threshold, and how well diameters fit; few lesions are insufficient."""
    lesions = sum(len(film.lesions) for film in films)
    figures: dict[str, Any] = {
        "films": len(films),
        "films_with_lesion": sum(bool(film.lesions) for film in films),
        "patients": len({film.patient for film in films}),
        "lesions": lesions,
        "insufficient": lesions < SUFFICIENT,
    }
    if figures["insufficient"]:
        return figures
    summaries = [_summary(film) for film in films]
    draws = resampled_films([film.patient for film in films], resamples=resamples)
    whole = _curve(summaries)
    curves = [_curve([summaries[k] for k in drawn]) for drawn in draws]
    figures["sensitivity_at"] = {
        f"{false:g}": _estimate([sensitivity_at(c, false) for c in (whole, *curves)])
        for false in FALSE_MARKS
    }
    points = [_point(curve, threshold) for curve in (whole, *curves)]
    figures["threshold"] = threshold
    figures["sensitivity"] = _estimate([sensitivity for _, sensitivity in points])
    figures["false_marks_a_film"] = _estimate([false for false, _ in points])
    figures["diameter"] = diameter_figures(films, threshold)
    figures["curve"] = [[false, sensitivity] for _, false, sensitivity in whole]
    figures["band"] = _band(curves)
    return figures


def _band(curves: Sequence[Curve]) -> list[list[float]]:
    """The middle 95 % of resampled curves: false marks a film, lowest and highest sensitivity."""
    at = np.linspace(0, BAND_REACH, BAND_POINTS)
    reached = []
    for curve in curves:
        false, found = np.array([(0.0, 0.0), *((f, s) for _, f, s in curve)]).T
        reached.append(found[np.searchsorted(false, at, side="right") - 1])
    low, high = np.percentile(reached, (2.5, 97.5), axis=0)
    band: list[list[float]] = np.column_stack([at, low, high]).tolist()
    return band


def diameter_figures(films: Sequence[MarkedFilm], threshold: float) -> dict[str, Any]:
    """Found by true diameter of the lesions hit at a threshold: quartiles, and the share within a quarter."""
    ratios = []
    for film in films:
        best: dict[int, Candidate] = {}
        for mark in film.marks:
            lesion = film.hit(mark)
            if lesion is not None and mark.score >= threshold:
                best.setdefault(lesion, mark)
        ratios += [
            mark.diameter / float(np.sqrt(film.lesions[k].width * film.lesions[k].height))
            for k, mark in best.items()
        ]
    if not ratios:
        return {"lesions": 0}
    low, middle, high = np.percentile(ratios, (25, 50, 75))
    near = np.mean([0.75 <= ratio <= 1.25 for ratio in ratios])
    return {
        "lesions": len(ratios),
        "ratio_quartiles": [float(low), float(middle), float(high)],
        "within_a_quarter": float(near),
    }


def marks_a_film(films: Sequence[MarkedFilm], threshold: float) -> dict[str, Any]:
    """Marks a film on films without a lesion."""
    counts = np.array([sum(m.score >= threshold for m in film.marks) for film in films])
    if not len(counts):
        return {"films": 0}
    draws = resampled_films([film.patient for film in films])
    low, high = interval_of(lambda drawn: float(counts[drawn].mean()), draws)
    estimate = Estimate(value=float(counts.mean()), low=low, high=high)
    return {"films": len(films), "marks_a_film": asdict(estimate)}


def threshold_at(films: Sequence[MarkedFilm], false_marks: float) -> float:
    """The lowest threshold with at most so many false marks a film."""
    fitting = [score for score, false, _ in curve_of(films) if false <= false_marks]
    return min([*fitting, HIGHEST])


def _summary(film: MarkedFilm) -> tuple[int, list[tuple[int | None, float]]]:
    """Number of lesions, and each mark's lesion and score."""
    return len(film.lesions), [(film.hit(mark), mark.score) for mark in film.marks]


def _curve(summaries: Sequence[tuple[int, list[tuple[int | None, float]]]]) -> Curve:
    marks: list[tuple[int, float, bool]] = []
    lesions = 0
    for count, found in summaries:
        marks += [(lesions + (hit or 0), score, hit is not None) for hit, score in found]
        lesions += count
    return froc(marks, lesions=lesions, films=len(summaries))


def _point(curve: Curve, threshold: float) -> tuple[float, float]:
    """False marks a film and sensitivity at a threshold."""
    reached = [(false, found) for score, false, found in curve if score >= threshold]
    return reached[-1] if reached else (0.0, 0.0)


def _estimate(values: Sequence[float]) -> dict[str, float]:
    """The first value, and the interval of the resampled others."""
    first, *others = values
    low, high = percentile_interval(others)
    return asdict(Estimate(value=first, low=low, high=high))
