"""What an annotation measures: lengths with what their millimetres rest on, angles, regions, the cardiothoracic ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workstation.core.annotation import Annotation, AnnotationKind
from workstation.core.geometry import Point
from workstation.core.image import LookupTable, PixelSpacing, Radiograph, SpacingSource
from workstation.core.voi import to_modality

USUAL_CARDIOTHORACIC_RATIO = 0.5
"""Above it a heart on a PA film is usually called enlarged (review: doi:10.3390/jcm10092016)."""

# Values worked on at a time: what numpy makes of them stays in the second-level cache.
_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Units a film column (`x`) and a film row (`y`), and what a millimetre rests on; without `source` the unit is a pixel.

    Imager Pixel Spacing is a distance on the detector, not in the patient; divided by the Estimated Radiographic Magnification
    Factor (0018,1114) it holds at the depth that the modality assumed; Pixel Spacing was corrected at the modality where it
    differs from it or has a calibration type (PS3.3 10.7.1.1 and 10.7.1.2). The reader of files has chosen among them: here
    nothing is corrected again, and the source is said with every length.
    """

    x: float = 1.0
    y: float = 1.0
    source: SpacingSource | None = None

    @classmethod
    def of(cls, spacing: PixelSpacing | None) -> Scale:
        """What `spacing` says; pixels without one."""
        if spacing is None:
            return cls()
        return cls(x=spacing.column_mm, y=spacing.row_mm, source=spacing.source)

    def vector(self, start: Point, end: Point) -> Point:
        """From `start` to `end`, film coordinates, in this unit."""
        return (end[0] - start[0]) * self.x, (end[1] - start[1]) * self.y

    def length(self, value: float) -> Extent:
        """A length in this unit."""
        return Extent(
            value=value, unit="px" if self.source is None else "mm", source=self.source
        )

    def area(self, value: float) -> Extent:
        """An area in this unit."""
        return Extent(
            value=value, unit="px²" if self.source is None else "mm²", source=self.source
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A length or an area; `source` is None for pixels."""

    value: float
    unit: str
    source: SpacingSource | None

    @property
    def figure(self) -> str:
        """Number and unit, the same in every language."""
        digits = 1 if self.unit in {"mm", "px"} or self.value < 100 else 0
        return f"{self.value:.{digits}f} {self.unit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueStatistics:
    """Modality values of the pixels whose centres lie in a region; `deviation` is their own (divided by `count`)."""

    mean: float
    deviation: float
    least: float
    greatest: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Angle:
    """The smaller angle between two legs."""

    degrees: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """An area and what lies in it; no `statistics` for a colour film or a region without a pixel."""

    area: Extent
    statistics: ValueStatistics | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardiothoracicRatio:
    """The reader's heart and thorax widths, both across the midline, and their ratio."""

    heart: Extent
    thorax: Extent

    @property
    def ratio(self) -> float:
        """Heart to thorax."""
        return self.heart.value / self.thorax.value

    @property
    def is_above_mark(self) -> bool:
        """Whether it lies above the usual mark."""
        return self.ratio > USUAL_CARDIOTHORACIC_RATIO


Measurement = Extent | Angle | Region | CardiothoracicRatio


def calibrated(film: Radiograph, mm_per_column: float | None) -> PixelSpacing | None:
    """The film's spacing, or the reader's calibration, which keeps the shape of the film's pixels.

    Raises
    ------
    ValueError
        When a pixel would not lie between 0 and 100 mm.
    """
    own = film.spacing
    if mm_per_column is None:
        return own
    tall = own.row_mm / own.column_mm if own is not None else 1.0
    return PixelSpacing(
        row_mm=mm_per_column * tall,
        column_mm=mm_per_column,
        source=SpacingSource.USER_CALIBRATED,
    )


def mm_per_column(film: Radiograph, start: Point, end: Point, *, length_mm: float) -> float:
    """What a film column measures when the line from `start` to `end` is `length_mm` long.

    Raises
    ------
    ValueError
        When the line has no length, or a pixel would not lie between 0 and 100 mm.
    """
    own = Scale.of(film.spacing)
    columns = math.hypot(*own.vector(start, end)) / own.x
    if columns == 0:
        raise ValueError("a line without a length calibrates nothing")
    spacing = calibrated(film, length_mm / columns)
    assert spacing is not None  # noqa: S101 - it was given
    return spacing.column_mm


def measure(
    annotation: Annotation,
    film: Radiograph,
    spacing: PixelSpacing | None,
    *,
    with_statistics: bool = True,
) -> Measurement | None:
    """What `annotation` measures on its film; None for words, and where a line without a length makes it meaningless.

    Without statistics a region costs nothing, however large it is.
    """
    scale, points = Scale.of(spacing), annotation.points
    match annotation.kind:
        case AnnotationKind.DISTANCE:
            return scale.length(math.hypot(*scale.vector(points[0], points[1])))
        case AnnotationKind.ANGLE:
            return _angle(scale, *points)
        case AnnotationKind.ELLIPSE | AnnotationKind.RECTANGLE:
            region = _region(annotation, scale)
            values = region_pixels(annotation, film) if with_statistics else film.pixels[0, :0]
            return replace(region, statistics=_statistics(film, values))
        case AnnotationKind.CARDIOTHORACIC_RATIO:
            return _cardiothoracic_ratio(scale, points)
        case _:
            return None


def _angle(scale: Scale, start: Point, vertex: Point, end: Point) -> Angle | None:
    one, other = scale.vector(vertex, start), scale.vector(vertex, end)
    if not any(one) or not any(other):
        return None
    turn = math.atan2(other[1], other[0]) - math.atan2(one[1], one[0])
    return Angle(degrees=abs(math.degrees(math.remainder(turn, math.tau))))


def _cardiothoracic_ratio(
    scale: Scale, points: tuple[Point, ...]
) -> CardiothoracicRatio | None:
    """Both widths at right angles to the midline, wherever along it their ends lie.

    The heart's is then the sum of its greatest distances to the right and to the left of the midline, as it is usually measured
    (review: doi:10.3390/jcm10092016).
    """
    along = scale.vector(points[0], points[1])
    length = math.hypot(*along)
    if length == 0:
        return None
    across = (-along[1] / length, along[0] / length)
    heart, thorax = (
        abs(dx * across[0] + dy * across[1])
        for dx, dy in (scale.vector(points[2], points[3]), scale.vector(points[4], points[5]))
    )
    if thorax == 0:
        return None
    return CardiothoracicRatio(heart=scale.length(heart), thorax=scale.length(thorax))


def _region(annotation: Annotation, scale: Scale) -> Region:
    start, end = annotation.points
    width, height = (abs(part) for part in scale.vector(start, end))
    share = math.pi / 4 if annotation.kind is AnnotationKind.ELLIPSE else 1.0
    return Region(area=scale.area(width * height * share))


def region_pixels(annotation: Annotation, film: Radiograph) -> NDArray[np.integer]:
    """Stored values, (n,) or (n, 3), of the film's pixels whose centres lie in an ellipse or a rectangle."""
    (x0, x1), (y0, y1) = (sorted(parts) for parts in zip(*annotation.points, strict=True))
    rows = range(max(math.ceil(y0), 0), min(math.floor(y1), film.rows - 1) + 1)
    spans = []
    for row in rows:
        half = (x1 - x0) / 2
        if annotation.kind is AnnotationKind.ELLIPSE:
            off = (row - (y0 + y1) / 2) / ((y1 - y0) / 2) if y1 > y0 else 0.0
            half *= math.sqrt(max(1.0 - off * off, 0.0))
        middle = (x0 + x1) / 2
        left, right = math.ceil(middle - half), math.floor(middle + half)
        spans.append(film.pixels[row, max(left, 0) : max(right + 1, 0)])
    return np.concatenate(spans) if spans else film.pixels[0, :0]


def _statistics(film: Radiograph, stored: NDArray[np.integer]) -> ValueStatistics | None:
    if not film.is_monochrome:
        return None
    if film.padding is not None:
        low, high = film.padding
        stored = stored[(stored < low) | (stored > high)]
    if stored.size == 0:
        return None
    if isinstance(film.modality_transform, LookupTable):
        return _described(to_modality(film, stored))
    # A straight line: statistics of stored values, whole numbers, are many times cheaper.
    slope = film.modality_transform.slope
    raw = _described(stored)
    ends = to_modality(film, np.array([stored.min(), stored.max()]))
    return ValueStatistics(
        mean=raw.mean * slope + film.modality_transform.intercept,
        deviation=raw.deviation * abs(slope),
        least=float(ends.min()),
        greatest=float(ends.max()),
        count=raw.count,
    )


def _described(values: NDArray[np.number]) -> ValueStatistics:
    mean = float(values.mean(dtype=np.float64))
    blocks = (
        values[at : at + _BLOCK] - np.float64(mean) for at in range(0, values.size, _BLOCK)
    )
    squares = sum(float(off @ off) for off in blocks)
    return ValueStatistics(
        mean=mean,
        deviation=math.sqrt(squares / values.size),
        least=float(values.min()),
        greatest=float(values.max()),
        count=values.size,
    )
