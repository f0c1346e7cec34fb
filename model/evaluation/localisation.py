"""Where the evidence lies against where the boxes are: pointing game and overlap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.evaluation.metrics import wilson
from model.films.manifest import Box

# The reading room draws evidence from this share of a map's maximum on.
CUT_OFF: Final = 0.35
# Cells are divided so often for the overlap, as the screen interpolates between them.
FINER: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """One boxed finding of one film: whether the hottest cell lies in a box, overlap, and whether it was marked."""

    label: str
    hit: bool
    overlap: float
    marked: bool


def located(
    evidence: NDArray[np.float32],
    to_film: NDArray[np.float64],
    boxes: Sequence[Box],
    *,
    marked: bool,
) -> Located:
    """Compare a map with the boxes of its finding; all of them together are one try.

    Parameters
    ----------
    evidence
        ``(h, w)`` log-odds.
    to_film
        ``(2, 3)`` from cell centres to film pixels (`model.runtime.explain.cell_to_film`), without shear.
    boxes
        In film pixels, as the manifest has them; box edges are continuous, pixel centres whole numbers.
    marked
        Whether the score reached its threshold.
    """
    row, column = np.unravel_index(int(np.argmax(evidence)), evidence.shape)
    x, y = to_film @ np.array([column, row, 1.0])
    fine, columns, rows = _finer(evidence)
    film_x = to_film[0, 0] * columns + to_film[0, 2]
    film_y = to_film[1, 1] * rows + to_film[1, 2]
    truth = np.zeros(fine.shape, dtype=bool)
    for box in boxes:
        truth |= inside(box, film_x[None, :], film_y[:, None])
    shown = (fine >= CUT_OFF * fine.max()) & (fine > 0)
    union = int((shown | truth).sum())
    return Located(
        label=boxes[0].label,
        hit=any(bool(inside(box, x, y)) for box in boxes),
        overlap=int((shown & truth).sum()) / union if union else 0.0,
        marked=marked,
    )


def summary(found: Sequence[Located]) -> dict[str, Any]:
    """Pointing game and overlap over all boxed findings and over the marked ones, with intervals."""
    parts = {"all": list(found), "marked": [f for f in found if f.marked]}
    return {
        "cut_off_share": CUT_OFF,
        **{name: _figures(part) for name, part in parts.items()},
        "labels": {
            label: _figures([f for f in found if f.label == label])
            for label in sorted({f.label for f in found})
        },
    }


def _figures(found: Sequence[Located]) -> dict[str, Any]:
    overlaps = [f.overlap for f in found]
    return {
        "boxed": len(found),
        "pointing": asdict(wilson(sum(f.hit for f in found), len(found))),
        "overlap": float(np.mean(overlaps)) if overlaps else None,
        "overlap_at_least_0.1": asdict(wilson(sum(o >= 0.1 for o in overlaps), len(found))),
    }


def inside(
    box: Box, x: NDArray[np.float64] | float, y: NDArray[np.float64] | float
) -> NDArray[np.bool_]:
    """Whether film positions lie in a box; pixel centres are whole numbers."""
    left, top = box.x - 0.5, box.y - 0.5
    return np.asarray(
        (x >= left) & (x <= left + box.width) & (y >= top) & (y <= top + box.height)
    )


def _finer(
    evidence: NDArray[np.float32],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """The map interpolated linearly between cell centres, with its cell columns and rows."""
    height, width = evidence.shape
    columns = (np.arange(width * FINER) + 0.5) / FINER - 0.5
    rows = (np.arange(height * FINER) + 0.5) / FINER - 0.5
    wide = np.array([np.interp(columns, np.arange(width), line) for line in evidence])
    fine = np.array([np.interp(rows, np.arange(height), line) for line in wide.T]).T
    return fine, columns, rows
