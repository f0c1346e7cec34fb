"""Evidence over the film: the window, the report and the files all draw these same numbers.

Values are log-odds. What lies below the cut-off has no colour at all; above it the ramp runs from yellow to deep
purple, in falling lightness, so that order survives every kind of colour blindness and a grey print.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workstation.core.findings import EvidenceMap
from workstation.core.geometry import Affine2D, Point
from workstation.core.report import LegendTick

# Anchors of the ramp, evenly spaced: our own choice, each step darker than the one before.
_RAMP = np.array(
    [[255, 233, 92], [255, 176, 56], [240, 110, 62], [203, 54, 98], [142, 24, 118]], np.float64
)
_DEFAULT_SHARE = 0.35
# Outlines are found on a grid this many times finer than the evidence map's.
_FINER = 8
# Axes that deviate by less than this share count as parallel.
_PARALLEL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceStyle:
    """How evidence is drawn: `cut_off` and `maximum` in log-odds, `opacity` from 0 to 1."""

    cut_off: float
    maximum: float
    opacity: float = 0.45
    contour: bool = True

    def __post_init__(self) -> None:
        if not 0.0 <= self.cut_off < self.maximum:
            raise ValueError("the cut-off is not negative and lies below the maximum")
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError("opacity lies between 0 and 1")


def has_positive_evidence(evidence: EvidenceMap) -> bool:
    """Whether any cell speaks for the finding."""
    return bool(evidence.values.max() > 0)


def default_style(evidence: EvidenceMap) -> EvidenceStyle:
    """Cut-off at about a third of the map's greatest evidence, never below zero."""
    maximum = max(float(evidence.values.max()), 1e-3)
    return EvidenceStyle(cut_off=_DEFAULT_SHARE * maximum, maximum=maximum)


def sample(
    evidence: EvidenceMap, *, target_to_film: Affine2D, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Evidence on a target grid (rows, columns): bilinear between cell centres.

    The outermost cells keep their value up to their own edge; beyond it the result is minus infinity.
    """
    to_cell = target_to_film.then(evidence.to_film.inverse())
    if abs(to_cell.b) + abs(to_cell.d) <= _PARALLEL * to_cell.scale:
        return _sample_parallel(evidence.values, to_cell, shape)
    if abs(to_cell.a) + abs(to_cell.e) <= _PARALLEL * to_cell.scale:
        swapped = Affine2D(a=to_cell.b, c=to_cell.c, e=to_cell.d, f=to_cell.f)
        return _sample_parallel(evidence.values, swapped, shape[::-1]).T
    rows, columns = shape
    y, x = np.arange(rows)[:, None], np.arange(columns)[None, :]
    cell_x = to_cell.a * x + to_cell.b * y + to_cell.c
    cell_y = to_cell.d * x + to_cell.e * y + to_cell.f
    height, width = evidence.values.shape
    result = _bilinear(evidence.values, cell_x, cell_y)
    result[_beyond(cell_x, width) | _beyond(cell_y, height)] = -np.inf
    return result


def evidence_at(evidence: EvidenceMap, place: Point) -> float | None:
    """Log-odds at one place of the film, as they are drawn there; None beyond the map."""
    x, y = place
    here = sample(evidence, target_to_film=Affine2D(c=x, f=y), shape=(1, 1))
    value = float(here[0, 0])
    return value if np.isfinite(value) else None


def _sample_parallel(
    values: NDArray[np.float32], to_cell: Affine2D, shape: tuple[int, int]
) -> NDArray[np.float32]:
    """`sample` where the grids' axes are parallel: rows and columns apart, as two small matrix products."""
    height, width = values.shape
    cell_x = to_cell.a * np.arange(shape[1]) + to_cell.c
    cell_y = to_cell.e * np.arange(shape[0]) + to_cell.f
    result = _interpolation(cell_y, height) @ values @ _interpolation(cell_x, width).T
    result[_beyond(cell_y, height)] = -np.inf
    result[:, _beyond(cell_x, width)] = -np.inf
    return np.asarray(result, dtype=np.float32)


def _interpolation(places: NDArray[np.floating], count: int) -> NDArray[np.float32]:
    """Linear weights (places, count) of `count` cells; the outermost keep their value beyond their centres."""
    distance = np.abs(np.clip(places, 0, count - 1)[:, None] - np.arange(count))
    return np.asarray(np.maximum(1 - distance, 0), dtype=np.float32)


def _beyond(places: NDArray[np.floating], count: int) -> NDArray[np.bool_]:
    return np.asarray((places < -0.5) | (places > count - 0.5))


def _bilinear(
    values: NDArray[np.float32], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float32]:
    height, width = values.shape
    x = np.clip(x, 0, width - 1)
    y = np.clip(y, 0, height - 1)
    left = np.minimum(x.astype(np.intp), max(width - 2, 0))
    top = np.minimum(y.astype(np.intp), max(height - 2, 0))
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = (x - left).astype(np.float32), (y - top).astype(np.float32)
    upper = values[top, left] * (1 - u) + values[top, right] * u
    lower = values[bottom, left] * (1 - u) + values[bottom, right] * u
    return np.asarray(upper * (1 - v) + lower * v, dtype=np.float32)


def ramp(position: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Colours (..., 3) for positions from 0 (cut-off) to 1 (maximum)."""
    place = np.clip(position, 0.0, 1.0) * (len(_RAMP) - 1)
    index = np.arange(len(_RAMP))
    channels = [np.interp(place, index, _RAMP[:, channel]) for channel in range(3)]
    return np.asarray(np.rint(np.stack(channels, axis=-1)), dtype=np.uint8)


def colourise(values: NDArray[np.float32], style: EvidenceStyle) -> NDArray[np.uint8]:
    """RGBA (rows, columns, 4), straight alpha; fully transparent below the cut-off."""
    table = np.zeros((257, 4), np.uint8)  # the first entry is no colour
    table[1:, :3] = ramp(np.linspace(0.0, 1.0, 256))
    table[1:, 3] = round(255 * style.opacity)
    scaled = (values - np.float32(style.cut_off)) * np.float32(
        255.0 / (style.maximum - style.cut_off)
    )
    index = np.clip(scaled + 1, 0, 256).astype(np.uint16)
    index[values < style.cut_off] = 0
    packed = np.ascontiguousarray(table).view(np.uint32)[:, 0]
    rgba = packed.take(index).view(np.uint8)
    return np.asarray(rgba.reshape(*values.shape, 4), dtype=np.uint8)


def blend(grey: NDArray[np.uint8], rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Evidence over a picture, (rows, columns) or (rows, columns, 3): RGB; untouched where alpha is 0."""
    base = np.repeat(grey[..., None], 3, axis=2) if grey.ndim == 2 else grey
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = rgba[..., :3] * alpha + base * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)


def legend(style: EvidenceStyle) -> tuple[NDArray[np.uint8], tuple[LegendTick, ...]]:
    """The ramp as (256, 3) uint8 from cut-off to maximum, and its ticks in log-odds."""
    values = np.linspace(style.cut_off, style.maximum, 4)
    ticks = tuple(
        LegendTick(value=float(value), position=index / 3) for index, value in enumerate(values)
    )
    return ramp(np.linspace(0.0, 1.0, 256)), ticks


def contours(evidence: EvidenceMap, cut_off: float) -> tuple[NDArray[np.float64], ...]:
    """Lines around evidence at the cut-off, each (n, 2) film coordinates; closed ones repeat their first point.

    Marching squares on the cell centres (Lorensen and Cline 1987, doi:10.1145/37402.37422, in the plane), with a
    frame of low values around the map so that every line is closed.
    """
    low = np.float64(min(cut_off, float(evidence.values.min())) - 1.0)
    field = np.pad(evidence.values.astype(np.float64), 1, constant_values=low)
    segments = _segments(field, cut_off)
    matrix = evidence.to_film.matrix
    return tuple(
        (np.column_stack([line - 1.0, np.ones(len(line))]) @ matrix[:2].T)
        for line in _joined(segments)
    )


def outlines(evidence: EvidenceMap, cut_off: float) -> tuple[NDArray[np.float64], ...]:
    """Lines around what `colourise` colours, each (n, 2) film coordinates.

    Found on a finer grid than the map's: colour is bilinear between cell centres, and straight lines across whole cells would
    leave its edge by many pixels.
    """
    rows, columns = evidence.values.shape
    share = 1 / _FINER
    to_cell = Affine2D(a=share, c=share / 2 - 0.5, e=share, f=share / 2 - 0.5)
    to_film = to_cell.then(evidence.to_film)
    values = sample(evidence, target_to_film=to_film, shape=(rows * _FINER, columns * _FINER))
    return contours(replace(evidence, values=values, to_film=to_film), cut_off)


_Edge = tuple[int, int, int]
# Edges of a square: 0 top, 1 right, 2 bottom, 3 left; corner bits: 1 top left, 2 top right, 4 bottom right, 8 bottom left.
_CASES: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((3, 0),), 2: ((0, 1),), 3: ((3, 1),), 4: ((1, 2),), 5: ((3, 0), (1, 2)),
    6: ((0, 2),), 7: ((3, 2),), 8: ((2, 3),), 9: ((2, 0),), 10: ((0, 1), (2, 3)),
    11: ((2, 1),), 12: ((1, 3),), 13: ((1, 0),), 14: ((0, 3),),
}  # fmt: skip


def _segments(
    field: NDArray[np.float64], level: float
) -> list[tuple[tuple[_Edge, tuple[float, float]], tuple[_Edge, tuple[float, float]]]]:
    above = field >= level
    code = above[:-1, :-1] * 1 + above[:-1, 1:] * 2 + above[1:, 1:] * 4 + above[1:, :-1] * 8
    found = []
    for row, column in zip(*np.nonzero((code > 0) & (code < 15)), strict=True):
        for start, end in _CASES[int(code[row, column])]:
            found.append(
                (
                    _crossing(field, level, int(row), int(column), start),
                    _crossing(field, level, int(row), int(column), end),
                )
            )
    return found


def _crossing(
    field: NDArray[np.float64], level: float, row: int, column: int, edge: int
) -> tuple[_Edge, tuple[float, float]]:
    """Name and place ``(x, y)`` of the level's crossing on one edge of a square."""
    horizontal = edge in {0, 2}
    r, c = row + (edge == 2), column + (edge == 1)
    first = field[r, c]
    second = field[r, c + 1] if horizontal else field[r + 1, c]
    share = float((level - first) / (second - first))
    place = (c + share, float(r)) if horizontal else (float(c), r + share)
    return (r, c, int(horizontal)), place


def _joined(
    segments: list[tuple[tuple[_Edge, tuple[float, float]], tuple[_Edge, tuple[float, float]]]],
) -> list[NDArray[np.float64]]:
    following = {start[0]: end for start, end in segments}
    places = {start[0]: start[1] for start, _ in segments}
    lines = []
    while following:
        first, _ = next(iter(following.items()))
        line = [places[first]]
        edge = first
        while edge in following:
            edge, place = following.pop(edge)
            line.append(place)
        lines.append(np.array(line))
    return lines
