"""The figures of a two-class score, each with its source; undefined ones are NaN, never a default."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.runtime.calibration import sigmoid

Floats = NDArray[np.float64]
# The standard normal's 97.5 % point: every interval is a two-sided 95 %.
Z: Final = 1.959963984540054
BINS: Final = 15
SMALLEST_PROBABILITY: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts at one threshold: a score at or above it is a mark."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def sensitivity(self) -> Estimate:
        """Marked among the positives."""
        return wilson(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def specificity(self) -> Estimate:
        """Unmarked among the negatives."""
        return wilson(self.true_negatives, self.true_negatives + self.false_positives)

    @property
    def ppv(self) -> Estimate:
        """Positives among the marked."""
        return wilson(self.true_positives, self.true_positives + self.false_positives)

    @property
    def npv(self) -> Estimate:
        """Negatives among the unmarked."""
        return wilson(self.true_negatives, self.true_negatives + self.false_negatives)

    @property
    def accuracy(self) -> Estimate:
        """Right ones among all: says little where one class is rare."""
        right = self.true_positives + self.true_negatives
        return wilson(right, right + self.false_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """Harmonic mean of sensitivity and PPV; NaN without a positive and a mark."""
        twice = 2 * self.true_positives
        total = twice + self.false_positives + self.false_negatives
        return twice / total if total else float("nan")


def wilson(successes: int, trials: int) -> Estimate:
    """A share and its score interval (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    if not trials:
        return Estimate(value=float("nan"), low=float("nan"), high=float("nan"))
    share, square = successes / trials, Z * Z
    centre = (share + square / (2 * trials)) / (1 + square / trials)
    spread = share * (1 - share) / trials + square / (4 * trials * trials)
    half = Z * math.sqrt(spread) / (1 + square / trials)
    return Estimate(value=share, low=max(0.0, centre - half), high=min(1.0, centre + half))


def confusion(scores: Floats, outcomes: Floats, threshold: float) -> Confusion:
    """Counts at a threshold, for scores and outcomes ``(n,)``."""
    marked, positive = scores >= threshold, outcomes == 1
    return Confusion(
        true_positives=int((marked & positive).sum()),
        false_positives=int((marked & ~positive).sum()),
        false_negatives=int((~marked & positive).sum()),
        true_negatives=int((~marked & ~positive).sum()),
    )


def auroc_delong(scores: Floats, outcomes: Floats) -> Estimate:
    """AUROC with DeLong's interval (doi:10.2307/2531595; midranks: doi:10.1109/LSP.2014.2337313)."""
    positive, negative = scores[outcomes == 1], scores[outcomes == 0]
    m, n = len(positive), len(negative)
    if m < 2 or n < 2:
        return Estimate(value=float("nan"), low=float("nan"), high=float("nan"))
    together = midranks(np.concatenate([positive, negative]))
    above = (together[:m] - midranks(positive)) / n
    below = 1 - (together[m:] - midranks(negative)) / m
    area = float(above.mean())
    error = math.sqrt(float(above.var(ddof=1)) / m + float(below.var(ddof=1)) / n)
    return Estimate(value=area, low=max(0.0, area - Z * error), high=min(1.0, area + Z * error))


def midranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    return np.asarray((upper - (counts - 1) / 2)[inverse.reshape(len(values))])


def average_precision(scores: Floats, outcomes: Floats) -> float:
    """Area under the precision-recall curve as a step function, without interpolation.

    Davis and Goadrich 2006, doi:10.1145/1143844.1143874: a straight line between points flatters.
    """
    positives = float((outcomes == 1).sum())
    if not positives or not len(outcomes):
        return float("nan")
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(outcomes[order] == 1)
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    precision, recall = hits[last] / (last + 1), hits[last] / positives
    return float((np.diff(np.append(0.0, recall)) * precision).sum())


def roc_curve(scores: Floats, outcomes: Floats) -> tuple[Floats, Floats]:
    """False and true positive rates from (0, 0) to (1, 1), one point a distinct score."""
    order = np.argsort(-scores, kind="stable")
    ranked, y = scores[order], outcomes[order] == 1
    last = np.append(np.flatnonzero(np.diff(ranked)), len(ranked) - 1)
    hits, misses = np.cumsum(y)[last], np.cumsum(~y)[last]
    return (
        np.append(0.0, misses / max(1, (~y).sum())),
        np.append(0.0, hits / max(1, y.sum())),
    )


def precision_recall_curve(scores: Floats, outcomes: Floats) -> tuple[Floats, Floats]:
    """Recall and precision, one point a distinct score, by falling score."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(outcomes[order] == 1)
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    return hits[last] / max(1, hits[-1]), hits[last] / (last + 1)


def brier(probabilities: Floats, outcomes: Floats) -> float:
    """Mean squared error of the probability (Brier 1950)."""
    return float(((probabilities - outcomes) ** 2).mean()) if len(outcomes) else float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Bins of equally many films: mean probability, share of positives, number of films."""

    predicted: Floats
    observed: Floats
    counts: NDArray[np.intp]

    @property
    def ece(self) -> float:
        """Expected calibration error: the bins' distances, weighted by their films."""
        return float(
            (self.counts * np.abs(self.predicted - self.observed)).sum() / self.counts.sum()
        )


def reliability(probabilities: Floats, outcomes: Floats, bins: int = BINS) -> Reliability:
    """Observed against predicted in bins of equal size (Nguyen and O'Connor 2015, arXiv:1508.05154)."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return Reliability(
        predicted=np.array([probabilities[part].mean() for part in parts]),
        observed=np.array([outcomes[part].mean() for part in parts]),
        counts=np.array([len(part) for part in parts]),
    )


def perfect_ece(probabilities: Floats, *, bins: int = BINS, repeats: int = 200) -> float:
    """The mean ECE of a perfectly calibrated model with these probabilities: chance alone is not nothing."""
    generator = np.random.default_rng(0)
    values = []
    for _ in range(repeats):
        outcomes = (generator.random(len(probabilities)) < probabilities).astype(np.float64)
        values.append(reliability(probabilities, outcomes, bins).ece)
    return float(np.mean(values))


def calibration_line(probabilities: Floats, outcomes: Floats) -> tuple[float, float]:
    """Slope and intercept of the outcome on the score's log-odds; (1, 0) is perfect (Cox 1958).

    Plain maximum likelihood, without Platt's softened targets; NaN when one class is missing.
    """
    if not 0 < outcomes.sum() < len(outcomes):
        return float("nan"), float("nan")
    p = np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    design = np.column_stack([np.log(p / (1 - p)), np.ones(len(p))])
    beta = np.array([1.0, 0.0])
    for _ in range(50):
        q = sigmoid(design @ beta)
        hessian = (design * (q * (1 - q))[:, None]).T @ design + 1e-9 * np.eye(2)
        move = np.linalg.solve(hessian, design.T @ (q - outcomes))
        move *= min(1.0, 2.0 / max(float(np.abs(move).max()), 1e-12))
        beta -= move
        if np.abs(move).max() < 1e-9:
            break
    return float(beta[0]), float(beta[1])


def froc(
    candidates: list[tuple[int, float, bool]], *, lesions: int, films: int
) -> list[tuple[float, float, float]]:
    """Free-response curve: (threshold, false marks a film, sensitivity), by falling threshold.

    Parameters
    ----------
    candidates
        One a mark: the lesion it hits (any number where it hits none), its score, whether it hits.
        Several marks on one lesion count once, and none of them is false.
    lesions, films
        How many there are in all (Bunch et al. 1977, doi:10.1117/12.955926).
    """
    found: set[int] = set()
    false = 0
    curve: list[tuple[float, float, float]] = []
    for lesion, score, hit in sorted(candidates, key=lambda c: -c[1]):
        if hit:
            found.add(lesion)
        else:
            false += 1
        point = (score, false / films, len(found) / lesions if lesions else float("nan"))
        if curve and curve[-1][0] == score:
            curve[-1] = point
        else:
            curve.append(point)
    return curve


def sensitivity_at(curve: list[tuple[float, float, float]], false_marks: float) -> float:
    """The best sensitivity of a free-response curve with at most so many false marks a film."""
    return max((s for _, false, s in curve if false <= false_marks), default=0.0)
