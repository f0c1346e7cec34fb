"""Places on the film: continuous pixel coordinates, affine maps between spaces, lengths and angles.

Film coordinates are ``(x, y)`` in pixels of the stored matrix: x counts columns to the right, y rows
downwards, and the centre of the first pixel is ``(0.0, 0.0)`` (DICOM PS3.3 C.7.6.2.1.1 counts centres too).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine2D:
    """An affine map of the plane: ``x' = a x + b y + c``, ``y' = d x + e y + f``.

    Raises
    ------
    ValueError
        When an entry is not finite or the map is singular.
    """

    a: float = 1.0
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0
    e: float = 1.0
    f: float = 0.0

    def __post_init__(self) -> None:
        if not all(math.isfinite(v) for v in (self.a, self.b, self.c, self.d, self.e, self.f)):
            raise ValueError("an affine map needs finite entries")
        if abs(self.a * self.e - self.b * self.d) < 1e-12:
            raise ValueError("a singular map cannot be inverted")

    @classmethod
    def from_matrix(cls, matrix: NDArray[np.floating]) -> Self:
        """From a ``(2, 3)`` or ``(3, 3)`` array acting on column vectors ``(x, y, 1)``."""
        (a, b, c), (d, e, f) = np.asarray(matrix, dtype=float)[:2, :3].tolist()
        return cls(a=a, b=b, c=c, d=d, e=e, f=f)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The map as a ``(3, 3)`` array acting on column vectors ``(x, y, 1)``."""
        return np.array(
            [[self.a, self.b, self.c], [self.d, self.e, self.f], [0.0, 0.0, 1.0]],
            dtype=np.float64,
        )

    def __call__(self, point: Point) -> Point:
        """Map one point."""
        x, y = point
        return (self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f)

    def then(self, following: Affine2D) -> Affine2D:
        """Compose with another map: ``following(self(p))``."""
        f = following
        return Affine2D(
            a=f.a * self.a + f.b * self.d,
            b=f.a * self.b + f.b * self.e,
            c=f.a * self.c + f.b * self.f + f.c,
            d=f.d * self.a + f.e * self.d,
            e=f.d * self.b + f.e * self.e,
            f=f.d * self.c + f.e * self.f + f.f,
        )

    def inverse(self) -> Affine2D:
        """The map back."""
        determinant = self.a * self.e - self.b * self.d
        a, b = self.e / determinant, -self.b / determinant
        d, e = -self.d / determinant, self.a / determinant
        return Affine2D(
            a=a, b=b, c=-(a * self.c + b * self.f), d=d, e=e, f=-(d * self.c + e * self.f)
        )

    @property
    def scale(self) -> float:
        """Mean factor by which lengths grow (square root of the area factor)."""
        return math.sqrt(abs(self.a * self.e - self.b * self.d))


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A round region of the film: centre and radius in film pixels.

    Raises
    ------
    ValueError
        For a radius that is not positive.
    """

    centre: Point
    radius: float

    def __post_init__(self) -> None:
        if not self.radius > 0:
            raise ValueError("a disc has a positive radius")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orientation:
    """How the reader turned the film: an optional mirror, then quarter turns clockwise.

    The mirror swaps left and right of the stored matrix; it comes first.
    """

    quarter_turns: int = 0
    mirrored: bool = False

    def __post_init__(self) -> None:
        if self.quarter_turns not in range(4):
            raise ValueError("quarter turns run from 0 to 3")

    def rotated_right(self) -> Orientation:
        """A quarter turn clockwise on the screen."""
        return Orientation(quarter_turns=(self.quarter_turns + 1) % 4, mirrored=self.mirrored)

    def rotated_left(self) -> Orientation:
        """A quarter turn counter-clockwise on the screen."""
        return Orientation(quarter_turns=(self.quarter_turns - 1) % 4, mirrored=self.mirrored)

    def flipped(self) -> Orientation:
        """Left and right of the screen swapped."""
        return Orientation(quarter_turns=-self.quarter_turns % 4, mirrored=not self.mirrored)

    def to_turned(self, *, rows: int, columns: int) -> Affine2D:
        """Film coordinates to those of the turned film, whose first pixel centre is ``(0, 0)`` too."""
        result = Affine2D(a=-1.0, c=columns - 1.0) if self.mirrored else Affine2D()
        height = rows
        width = columns
        for _ in range(self.quarter_turns):
            result = result.then(Affine2D(a=0.0, b=-1.0, c=height - 1.0, d=1.0, e=0.0, f=0.0))
            height, width = width, height
        return result

    def apply(self, pixels: NDArray[np.generic]) -> NDArray[np.generic]:
        """`pixels` (rows, columns[, channels]) turned as the reader sees them; a view where possible."""
        turned = pixels[:, ::-1] if self.mirrored else pixels
        return np.rot90(turned, k=-self.quarter_turns)

    def edge_letters(self, row: str, column: str) -> tuple[str, str, str, str]:
        """Patient directions at the screen's (left, top, right, bottom) edges.

        `row` and `column` are Patient Orientation's two values (PS3.3 C.7.6.1.1.1): where rows run to
        (rightwards) and where columns run to (downwards); empty when unknown.
        """
        left, right = opposite_direction(row), row
        top, bottom = opposite_direction(column), column
        if self.mirrored:
            left, right = right, left
        edges = [left, top, right, bottom]
        for _ in range(self.quarter_turns):
            edges = [edges[3], edges[0], edges[1], edges[2]]
        return (edges[0], edges[1], edges[2], edges[3])


_OPPOSITE = str.maketrans("LRAPHF", "RLPAFH")


def opposite_direction(direction: str) -> str:
    """The opposite of an anatomical direction such as ``L`` or ``HL``; empty stays empty."""
    return direction.translate(_OPPOSITE)
