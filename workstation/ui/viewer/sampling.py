"""Sampling an image on the screen's pixels: areas when it is scaled down, neighbours when it is magnified."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]  # integers or floats of any kind
Tap = tuple[NDArray[np.intp], NDArray[np.float32]]

# From this magnification on the reader sees the film's own pixels as squares instead of interpolated.
NEAREST_FROM = 6.0
# Rows worked on at a time: what numpy makes of them stays in the second-level cache.
_BLOCK_ROWS = 48
_PHASE_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Where screen pixels lie along one axis of the film: centre of the first, signed step, how many."""

    first: float
    step: float
    count: int

    def offset_in(self, other: Grid) -> int | None:
        """How many pixels after `other`'s first this one starts, when both have the same phase."""
        if abs(self.step - other.step) * max(self.count, other.count) > _PHASE_TOLERANCE * abs(
            self.step
        ):
            return None
        shift = (self.first - other.first) / self.step
        whole = round(shift)
        return whole if abs(shift - whole) <= _PHASE_TOLERANCE else None

    def widened(self, margin: int, *, extent: int) -> Grid:
        """With up to `margin` more pixels at both ends, none beyond a film of `extent` pixels."""
        ends = sorted((edge - self.first) / self.step for edge in (-0.5, extent - 0.5))
        before = min(margin, max(math.floor(-ends[0]), 0))
        after = min(margin, max(math.floor(ends[1]) + 1 - self.count, 0))
        first = self.first - before * self.step
        return replace(self, first=first, count=self.count + before + after)

    def span(self, *, extent: int) -> range:
        """The pixels, of a film of `extent` pixels, that it lies on."""
        low, high = sorted((self.first, self.first + (self.count - 1) * self.step))
        half = abs(self.step) / 2
        first = min(max(math.floor(low - half), 0), extent - 1)
        return range(first, max(min(math.ceil(high + half) + 1, extent), first + 1))

    def on_level(self, number: int) -> Grid:
        """The same on the film halved `number` times."""
        share = 0.5**number
        return replace(self, first=(self.first + 0.5) * share - 0.5, step=self.step * share)


def taps(grid: Grid, extent: int) -> list[Tap]:
    """Which film pixels a screen pixel is made of, and their weights: an area, or two neighbours when magnified."""
    # Rounded, so that whole pixels stay whole and cost no second tap.
    centres = np.round(grid.first + grid.step * np.arange(grid.count), 6)
    size = abs(grid.step)
    if size <= 1.0 / NEAREST_FROM:
        pairs = [(np.rint(centres), np.ones_like(centres))]
    elif size < 1.0:
        left = np.floor(centres)
        pairs = [(left, 1.0 - (centres - left)), (left + 1.0, centres - left)]
    else:
        low = centres - size / 2
        first = np.floor(low + 0.5)
        pairs = [
            (index, _overlap(low, low + size, index) / size)
            for index in (first + tap for tap in range(math.ceil(size) + 1))
        ]
    return [
        (np.clip(index, 0, extent - 1).astype(np.intp), weight.astype(np.float32))
        for index, weight in pairs
        if weight.max() > 1e-5
    ]


def _overlap(
    low: NDArray[np.float64], high: NDArray[np.float64], pixel: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Length that the spans from `low` to `high` share with the pixels around `pixel`."""
    shared = np.minimum(high, pixel + 0.5) - np.maximum(low, pixel - 0.5)
    return np.asarray(np.maximum(shared, 0.0))


def resampled(
    values: Numbers,
    rows: list[Tap],
    columns: list[Tap],
    kind: np.dtype[Any],
) -> NDArray[np.integer]:
    """`values` on the screen's pixels, rounded when `kind` is an integer."""
    first = min(int(index.min()) for index, _ in columns)
    last = max(int(index.max()) for index, _ in columns)
    needed = values[:, first : last + 1]
    columns = [(index - first, weight) for index, weight in columns]
    count = rows[0][0].size
    work = needed.dtype
    if len(rows) + len(columns) > 2:
        work = np.result_type(needed.dtype, np.float32)  # double for more than 16 bits
    result = np.empty((count, columns[0][0].size, *values.shape[2:]), dtype=kind)
    for start in range(0, count, _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        row_taps = [(index[block], weight[block]) for index, weight in rows]
        top = min(int(index.min()) for index, _ in row_taps)
        bottom = max(int(index.max()) for index, _ in row_taps)
        # To floats once, not once a tap.
        part = needed[top : bottom + 1].astype(work, copy=False)
        part = _blended(part, [(index - top, weight) for index, weight in row_taps], 0)
        part = _blended(part, columns, 1)
        if kind.kind in "iu" and part.dtype.kind == "f":
            np.rint(part, out=part)
        result[block] = part
    return result


def _blended(values: Numbers, taps: list[Tap], axis: int) -> Numbers:
    """Weighted sums along one axis; `values` are floats when there is more than one tap."""
    if len(taps) == 1:
        return values.take(taps[0][0], axis=axis)
    shape = tuple(-1 if dimension == axis else 1 for dimension in range(values.ndim))
    parts = []
    for index, weight in taps:
        part = values.take(index, axis=axis)
        part *= weight.reshape(shape)
        parts.append(part)
    total = parts[0]
    for part in parts[1:]:
        total += part
    return total


def nearest(grid: Grid, extent: int) -> NDArray[np.intp]:
    """The film pixel in which the middle of each screen pixel lies."""
    centres = np.rint(np.round(grid.first + grid.step * np.arange(grid.count), 6))
    return np.clip(centres, 0, extent - 1).astype(np.intp)
