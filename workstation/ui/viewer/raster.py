"""A film at screen resolution: cropped and averaged to the screen's pixels first, turned into grey after that.

Dragging the window then costs one table look-up a screen pixel, whatever the film's size. Averages are over areas, of
stored values for a monochrome film (padding left out) and of colours otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workstation.core.display import VoiSelection, grey_lookup
from workstation.core.image import Radiograph
from workstation.ui.viewer.marks import Marks
from workstation.ui.viewer.pyramid import Level, Pyramid
from workstation.ui.viewer.sampling import Grid, Numbers, resampled, taps

# Pixels looked up at a time: what numpy makes of them stays in the second-level cache.
_BLOCK = 1 << 16
# When the film is panned, this much more is prepared on every side.
_MARGIN = 192


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How stored values become light; `voi` is None for a colour film."""

    voi: VoiSelection | None
    inverted: bool = False

    def same_as(self, other: Look | None) -> bool:
        """Whether both are the same; tables count as the same only when they are one object."""
        return other is not None and self.voi is other.voi and self.inverted is other.inverted


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patch:
    """What stands on the screen pixels of two grids."""

    rows: Grid
    columns: Grid
    pixels: Numbers

    def has_phase_of(self, rows: Grid, columns: Grid) -> bool:
        """Whether its pixels and the given ones lie on the same lattice."""
        shifts = (rows.offset_in(self.rows), columns.offset_in(self.columns))
        return None not in shifts

    def part(self, rows: Grid, columns: Grid) -> _Patch | None:
        """What stands on some of its pixels; None when they lie elsewhere."""
        top, left = rows.offset_in(self.rows), columns.offset_in(self.columns)
        if top is None or left is None or min(top, left) < 0:
            return None
        if top + rows.count > self.rows.count or left + columns.count > self.columns.count:
            return None
        pixels = self.pixels[top : top + rows.count, left : left + columns.count]
        return _Patch(rows=rows, columns=columns, pixels=pixels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Part of a film halved `number` times, for a scene in motion: about the screen's resolution, to be scaled to it.

    `picture` is 0xffRRGGBB, its first pixel in row `top` and column `left` of the halved film.
    """

    picture: NDArray[np.uint32]
    number: int
    top: int
    left: int
    look: Look

    def shows(self, rows: range, columns: range) -> bool:
        """Whether it contains these rows and columns of the halved film."""
        height, width = self.picture.shape
        down = self.top <= rows.start and rows.stop <= self.top + height
        return down and self.left <= columns.start and columns.stop <= self.left + width


class FilmRaster:
    """One film's part on the screen. It belongs to the window's thread."""

    def __init__(self, film: Radiograph, pyramid: Pyramid | None = None) -> None:
        self.film = film
        self._pyramid = pyramid or Pyramid(film)
        self._indexed = film.is_monochrome and film.pixels.dtype.itemsize <= 2
        self._buffer = np.empty((0, 0), dtype=np.uint32)
        self._sampled: _Patch | None = None
        self._asked: tuple[Grid, Grid] | None = None
        self._index: NDArray[np.intp] | None = None
        self._shown: tuple[_Patch, Look] | None = None
        self._draft: Draft | None = None
        self._marks = Marks(film) if film.overlays or film.shutter is not None else None

    def another(self) -> FilmRaster:
        """The same film with its own caches, without building a pyramid again."""
        return FilmRaster(self.film, self._pyramid)

    def screen(self, rows: Grid, columns: Grid, look: Look) -> NDArray[np.uint32]:
        """The film on the given screen pixels, along its own axes, in the screen's own format, 0xffRRGGBB: painted without conversion.

        Agrees with `core.display.render` where a screen pixel is a film pixel.
        The array is written anew by later calls: a fresh one for every mouse move would cost page faults.
        """
        moving = self._shown is not None and look.same_as(self._shown[1])
        if self._shown is not None and moving:
            part = self._shown[0].part(rows, columns)
            if part is not None:
                return part.pixels
        place = self._values(rows, columns)
        if moving and self._sampled is not None:
            place = self._sampled  # the next frames show what is prepared beside
        shown = replace(place, pixels=self._light_on(place, look))
        self._shown = (shown, look)
        return (shown.part(rows, columns) or shown).pixels

    def draft(self, rows: Grid, columns: Grid, look: Look) -> Draft | None:
        """What is seen on the given screen pixels, and more; None for a film with overlays or a shutter."""
        if self._marks is not None:
            return None
        number = max(round(_depth(rows, columns)), 0)
        level = self._pyramid.level(number)
        height, width = level.values.shape[:2]
        seen = (
            rows.on_level(number).span(extent=height),
            columns.on_level(number).span(extent=width),
        )
        kept = self._draft
        if (
            kept is None
            or kept.number != number
            or not kept.look.same_as(look)
            or not kept.shows(*seen)
        ):
            down, across = _wider(seen[0], height), _wider(seen[1], width)
            values = self._on_level(level, down, across)
            kept = Draft(
                picture=self._packed_light(values, look),
                number=number,
                top=down.start,
                left=across.start,
                look=look,
            )
            self._draft = kept
        return kept

    def _values(self, rows: Grid, columns: Grid) -> _Patch:
        """Averaged values on the screen's pixels, or where the table has them: kept while the screen stays on them."""
        margin = 0
        if self._sampled is not None:
            part = self._sampled.part(rows, columns)
            if part is not None:
                return part
            margin = _MARGIN if self._sampled.has_phase_of(rows, columns) else 0
        wide_rows = rows.widened(margin, extent=self.film.rows)
        wide_columns = columns.widened(margin, extent=self.film.columns)
        values = self._sample(wide_rows, wide_columns)
        if self._indexed:
            values = _table_index(values)
        self._sampled = _Patch(rows=wide_rows, columns=wide_columns, pixels=values)
        return self._sampled.part(rows, columns) or self._sampled

    def _sample(self, rows: Grid, columns: Grid) -> NDArray[np.integer]:
        number = max(math.floor(_depth(rows, columns) + 1e-9), 0)
        level = self._pyramid.level(number)
        row_taps = taps(rows.on_level(number), level.values.shape[0])
        column_taps = taps(columns.on_level(number), level.values.shape[1])
        kind = level.values.dtype
        if level.image is None:
            return resampled(level.values, row_taps, column_taps, kind)
        share = resampled(level.image, row_taps, column_taps, np.dtype(np.float32))
        total = resampled(level.values, row_taps, column_taps, np.dtype(np.float64))
        mean = np.rint(total / np.maximum(share, np.float32(1e-6)))
        return np.where(share >= np.float32(0.5), mean, self._padding).astype(kind)

    def _on_level(self, level: Level, rows: range, columns: range) -> NDArray[np.integer]:
        """Values of one level's own pixels, or where the table has them."""
        block = (slice(rows.start, rows.stop), slice(columns.start, columns.stop))
        values = level.values[block]
        if level.image is not None:
            values = np.where(level.image[block] > 0, values, values.dtype.type(self._padding))
        return _table_index(values) if self._indexed else values

    @property
    def _padding(self) -> int:
        return self.film.padding[0] if self.film.padding else 0

    def _light_on(self, place: _Patch, look: Look) -> NDArray[np.uint32]:
        """`place` in the screen's own format, where possible in the buffer of the frame before."""
        if not self._indexed or self._marks is not None:
            return _packed(self._drawn(place, look))
        if self._buffer.shape != place.pixels.shape:
            self._buffer = np.empty(place.pixels.shape, dtype=np.uint32)
        _look_up(self._table(look), self._repeated(place), self._buffer)
        return self._buffer

    def _repeated(self, place: _Patch) -> NDArray[np.integer]:
        """The pixels of `place`, in numpy's own index type once a second frame asks for them."""
        if self._asked != (place.rows, place.columns):
            self._asked, self._index = (place.rows, place.columns), None
            return place.pixels
        if self._index is None:
            self._index = place.pixels.astype(np.intp)
        return self._index

    def _drawn(self, place: _Patch, look: Look) -> NDArray[np.uint8]:
        picture = self._light(place.pixels, look)
        if self._marks is not None:
            self._marks.draw(picture, place.rows, place.columns)
        return picture

    def _light(self, values: NDArray[np.integer], look: Look) -> NDArray[np.uint8]:
        if not self.film.is_monochrome:
            colours = values.astype(np.uint8)
            return 255 - colours if look.inverted else colours
        lookup = grey_lookup(self.film, look.voi, inverted=look.inverted)
        if self._indexed:
            return lookup.values.take(values)
        return lookup.apply(values)

    def _packed_light(self, values: NDArray[np.integer], look: Look) -> NDArray[np.uint32]:
        if not self._indexed:
            return _packed(self._light(values, look))
        picture = np.empty(values.shape, dtype=np.uint32)
        _look_up(self._table(look), values, picture)
        return picture

    def _table(self, look: Look) -> NDArray[np.uint32]:
        return _packed(grey_lookup(self.film, look.voi, inverted=look.inverted).values)


def _depth(rows: Grid, columns: Grid) -> float:
    """How often the film may be halved before its pixels are as large as the screen's."""
    return math.log2(min(abs(rows.step), abs(columns.step)))


def _wider(span: range, extent: int) -> range:
    """`span` and a quarter more at both ends, within `extent`."""
    more = len(span) // 4 + 1
    return range(max(span.start - more, 0), min(span.stop + more, extent))


def _packed(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Grey of any shape, or RGB (rows, columns, 3), as 0xffRRGGBB."""
    if colours.ndim < 3:
        return colours * np.uint32(0x010101) + np.uint32(0xFF000000)
    red, green, blue = (colours[..., channel].astype(np.uint32) for channel in range(3))
    return np.uint32(0xFF000000) + (red << 16) + (green << 8) + blue


def _table_index(values: NDArray[np.integer]) -> NDArray[np.integer]:
    """Stored values counted from the least of their type, as unsigned integers of the same size."""
    if values.dtype.kind == "u":
        return values
    unsigned = values.view(f"u{values.dtype.itemsize}")
    return np.asarray(unsigned ^ (1 << (8 * values.dtype.itemsize - 1)))


def _look_up(
    table: NDArray[np.uint32], index: NDArray[np.integer], result: NDArray[np.uint32]
) -> None:
    """Write entries of `table` into `result`, in blocks of rows that stay in the second-level cache."""
    rows = max(_BLOCK // index.shape[1], 1)
    for start in range(0, index.shape[0], rows):
        block = slice(start, start + rows)
        # mode="clip" also spares numpy the buffering that mode="raise" does with out=
        np.take(table, index[block], mode="clip", out=result[block])
