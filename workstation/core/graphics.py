"""Graphics of presentation states as lines through points (PS3.3 C.10.5.2), and the colours of their layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from workstation.core.geometry import Point

_ROUND = 96
_BETWEEN = 16


class GraphicKind(StrEnum):
    """Graphic Type (0070,0023)."""

    POINT = "POINT"
    POLYLINE = "POLYLINE"
    INTERPOLATED = "INTERPOLATED"
    CIRCLE = "CIRCLE"
    ELLIPSE = "ELLIPSE"

    def takes(self, count: int) -> bool:
        """Whether one of this kind has so many points."""
        exact = {GraphicKind.POINT: 1, GraphicKind.CIRCLE: 2, GraphicKind.ELLIPSE: 4}
        return count == exact[self] if self in exact else count >= 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """Red, green and blue from 0 to 255."""

    red: int = 255
    green: int = 255
    blue: int = 255


def outline(kind: GraphicKind, points: Sequence[Point]) -> list[tuple[Point, ...]]:
    """The lines that `points` of a graphic stand for; a single point stays one.

    A circle has its centre and a place on it, an ellipse the ends of one axis and of the other.
    """
    if kind is GraphicKind.CIRCLE:
        (x, y), (edge_x, edge_y) = points
        radius = math.hypot(edge_x - x, edge_y - y)
        return [_around((x, y), (radius, 0.0), (0.0, radius))]
    if kind is GraphicKind.ELLIPSE:
        (a, b, c, d) = np.array(points, dtype=np.float64)
        centre = (a + b + c + d) / 4
        return [_around(tuple(centre.tolist()), *((b - a) / 2, (d - c) / 2))]
    if kind is GraphicKind.INTERPOLATED:
        return [_through(points)]
    return [tuple(points)]


def _around(
    centre: Point, first: Sequence[float], second: Sequence[float]
) -> tuple[Point, ...]:
    """An ellipse with two half axes."""
    turn = np.linspace(0.0, 2 * np.pi, _ROUND + 1)
    x = centre[0] + first[0] * np.cos(turn) + second[0] * np.sin(turn)
    y = centre[1] + first[1] * np.cos(turn) + second[1] * np.sin(turn)
    return tuple(zip(x.tolist(), y.tolist(), strict=True))


def _through(points: Sequence[Point]) -> tuple[Point, ...]:
    """A smooth line through `points`, a closed one when the last is the first again (Catmull and Rom 1974, in cubic pieces)."""
    known = np.array(points, dtype=np.float64)
    closed = len(known) > 3 and bool((known[0] == known[-1]).all())
    before, after = (known[-2], known[1]) if closed else (known[0], known[-1])
    padded = np.vstack([before, known, after])
    t = np.linspace(0.0, 1.0, _BETWEEN, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        bend = 2 * p0 - 5 * p1 + 4 * p2 - p3
        pieces.append(p1 + 0.5 * t * ((p2 - p0) + t * (bend + t * (3 * (p1 - p2) + p3 - p0))))
    line = np.vstack([*pieces, known[-1:]])
    return tuple((x, y) for x, y in line.tolist())


def grey(p_value: int) -> Colour:
    """A layer's Recommended Display Grayscale Value, 0 black to 65535 white."""
    level = round(min(max(p_value, 0), 65535) / 257)
    return Colour(red=level, green=level, blue=level)


def from_cielab(encoded: tuple[int, int, int]) -> Colour:
    """A layer's Recommended Display CIELab Value in sRGB.

    Encoded as PS3.3 C.10.7.1.1 says, with D50 as white; to linear sRGB by ICC.1's D50 matrix, then IEC 61966-2-1's curve.
    """
    lightness, a, b = (
        encoded[0] * 100 / 65535, encoded[1] * 255 / 65535 - 128, encoded[2] * 255 / 65535 - 128,
    )  # fmt: skip
    y = (lightness + 16) / 116
    linear = _D50_TO_SRGB @ (
        _D50 * np.array([_uncubed(v) for v in (y + a / 500, y, y - b / 200)])
    )
    clipped = np.clip(linear, 0.0, 1.0)
    curved = np.where(
        clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055
    )
    red, green, blue = np.rint(255 * curved).astype(int).tolist()
    return Colour(red=red, green=green, blue=blue)


_D50 = np.array([0.9642, 1.0, 0.8249])
_D50_TO_SRGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)


def _uncubed(value: float) -> float:
    edge = 6 / 29
    return value**3 if value > edge else 3 * edge**2 * (value - 4 / 29)
