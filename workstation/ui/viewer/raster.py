"""A film at screen resolution: cropped and averaged to the screen's pixels first, turned into grey after that.

Dragging the window then costs one table look-up a screen pixel, whatever the film's size. Averages are over areas, of
stored values for a monochrome film (padding left out) and of colours otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.core.display import VoiSelection, grey_lookup, palette_colours
from workstation.core.image import Radiograph
from workstation.core.shutter import draw_overlays, outside_shutter
from workstation.ui.viewer.sampling import Grid, Numbers, nearest, resampled, taps

# Pixels looked up at a time: what numpy makes of them stays in the second-level cache.
_BLOCK = 1 << 16
# When the film is panned, this much more is prepared on every side.
_MARGIN = 192


class FilmRaster:
    """One film's pyramid and its part on the screen. It belongs to the window's thread."""

    def __init__(self, film: Radiograph) -> None:
        self.film = film
        self._levels = [_base_level(film)]
        self._indexed = film.is_monochrome and film.pixels.dtype.itemsize <= 2
        self._buffer = np.empty((0, 0), dtype=np.uint32)
        self._sampled: tuple[Grid, Grid, NDArray[np.integer]] | None = None
        self._place: tuple[Grid, Grid] | None = None
        self._places: NDArray[np.intp] | None = None
        self._marks = _Marks(film) if film.overlays or film.shutter is not None else None

    def screen(
        self, rows: Grid, columns: Grid, *, voi: VoiSelection | None, inverted: bool
    ) -> NDArray[np.uint32]:
        """The same as `picture` in the screen's own format, 0xffRRGGBB: looked up at once, painted without conversion.

        The array is written anew by the next call: a fresh one for every mouse move would cost page faults.
        """
        if self._indexed and self._marks is None:
            lookup = grey_lookup(self.film, voi, inverted=inverted)
            index = self._index(rows, columns)
            if self._buffer.shape != index.shape:
                self._buffer = np.empty(index.shape, dtype=np.uint32)
            _look_up(_packed(lookup.values), index, self._buffer)
            return self._buffer
        return _packed(self.picture(rows, columns, voi=voi, inverted=inverted))

    def picture(
        self, rows: Grid, columns: Grid, *, voi: VoiSelection | None, inverted: bool
    ) -> NDArray[np.uint8]:
        """Grey (rows, columns) or RGB (rows, columns, 3) on the given screen pixels, along the film's axes.

        Agrees with `core.display.render` where a screen pixel is a film pixel.
        """
        values = self._values(rows, columns)
        if self.film.is_monochrome:
            lookup = grey_lookup(self.film, voi, inverted=inverted)
            picture = lookup.apply(
                values.astype(np.int64) + lookup.first if self._indexed else values
            )
        else:
            colours = values.astype(np.uint8)
            picture = 255 - colours if inverted else colours
        if self._marks is not None:
            self._marks.draw(picture, rows, columns)
        return picture

    def _index(self, rows: Grid, columns: Grid) -> NDArray[np.integer]:
        """What the table is asked for: in numpy's own index type once a second frame shows the same pixels."""
        grids = (rows, columns)
        if self._place == grids:
            if self._places is None:
                self._places = self._values(rows, columns).astype(np.intp)
            return self._places
        self._place, self._places = grids, None
        return self._values(rows, columns)

    def _values(self, rows: Grid, columns: Grid) -> NDArray[np.integer]:
        """Averaged values on the screen's pixels, or where the table has them: kept while the screen stays on them."""
        margin = 0
        if self._sampled is not None:
            old_rows, old_columns, values = self._sampled
            top, left = rows.offset_in(old_rows), columns.offset_in(old_columns)
            if top is not None and left is not None:
                bottom, right = top + rows.count, left + columns.count
                height, width = values.shape[:2]
                if min(top, left) >= 0 and bottom <= height and right <= width:
                    return values[top:bottom, left:right]
                margin = _MARGIN
        top, wide_rows = rows.widened(margin, extent=self.film.rows)
        left, wide_columns = columns.widened(margin, extent=self.film.columns)
        values = self._sample(wide_rows, wide_columns)
        if self._indexed:
            values = _table_index(values)
        self._sampled = (wide_rows, wide_columns, values)
        return values[top : top + rows.count, left : left + columns.count]

    def _sample(self, rows: Grid, columns: Grid) -> NDArray[np.integer]:
        finest = min(abs(rows.step), abs(columns.step))
        number = max(math.floor(math.log2(finest) + 1e-9), 0)
        level = self._level(number)
        row_taps = taps(rows.on_level(number), level.values.shape[0])
        column_taps = taps(columns.on_level(number), level.values.shape[1])
        kind = level.values.dtype
        if level.image is None:
            return resampled(level.values, row_taps, column_taps, kind)
        share = resampled(level.image, row_taps, column_taps, np.dtype(np.float32))
        total = resampled(level.values, row_taps, column_taps, np.dtype(np.float64))
        mean = np.rint(total / np.maximum(share, np.float32(1e-6)))
        padding = self.film.padding[0] if self.film.padding else 0
        return np.where(share >= np.float32(0.5), mean, padding).astype(kind)

    def _level(self, number: int) -> _Level:
        while len(self._levels) <= number:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[number]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """Stored values or colours; where `image` is 0 instead of 1 there is padding, and the value is 0."""

    values: NDArray[np.integer]
    image: NDArray[np.float32] | None


def _base_level(film: Radiograph) -> _Level:
    if film.palette is not None:
        return _Level(values=palette_colours(film.palette, film.pixels), image=None)
    if film.padding is None or not film.is_monochrome:
        return _Level(values=film.pixels, image=None)
    image = (film.pixels < film.padding[0]) | (film.pixels > film.padding[1])
    if image.all():
        return _Level(values=film.pixels, image=None)
    return _Level(values=film.pixels * image, image=image.astype(np.float32))


def _halved(level: _Level) -> _Level:
    """Means of 2 x 2 pixels; a pixel is image where at least half of it is."""
    wide = np.dtype(np.int64 if level.values.dtype.itemsize > 2 else np.int32)
    total = _summed(level.values, wide)
    if level.image is None:
        return _Level(values=((total + 2) >> 2).astype(level.values.dtype), image=None)
    count = _summed(level.image, np.dtype(np.float32))
    image = count >= 2
    mean = np.rint(total / np.maximum(count, np.float32(1))) * image
    return _Level(values=mean.astype(level.values.dtype), image=image.astype(np.float32))


def _summed(values: Numbers, kind: np.dtype[Any]) -> Numbers:
    """Sums of 2 x 2 pixels; the last row and column of an odd size count twice."""
    odd = [(0, size % 2) for size in values.shape[:2]] + [(0, 0)] * (values.ndim - 2)
    even = np.pad(values, odd, mode="edge") if any(after for _, after in odd) else values
    total = np.add(even[0::2, 0::2], even[1::2, 0::2], dtype=kind)
    total += even[0::2, 1::2]
    total += even[1::2, 1::2]
    return np.asarray(total)


class _Marks:
    """A film's overlay planes and shutter on the screen's pixels, kept while these do not change."""

    def __init__(self, film: Radiograph) -> None:
        self._planes = np.zeros((film.rows, film.columns), dtype=np.uint8)
        draw_overlays(self._planes, film.overlays)
        self._hidden: NDArray[np.bool_] | None = None
        self._hidden_grey = 0
        if film.shutter is not None:
            self._hidden = outside_shutter(film.shutter, rows=film.rows, columns=film.columns)
            # As core.display.render has it: 257 P-values are one grey level.
            self._hidden_grey = round(film.shutter.presentation_value / 257)

    def draw(self, picture: NDArray[np.uint8], rows: Grid, columns: Grid) -> None:
        """Draw into `picture` (rows, columns[, 3])."""
        extents = self._planes.shape
        coverage = resampled(
            self._planes,
            taps(rows, extents[0]),
            taps(columns, extents[1]),
            np.dtype(np.float32),
        )
        # A line one film pixel wide keeps its full light however far the film is scaled down.
        light = coverage * np.float32(max(abs(rows.step), abs(columns.step), 1.0))
        share = np.minimum(light / np.float32(255), 1)
        marked = share > 0
        weight = share[marked] if picture.ndim == 2 else share[marked][:, None]
        picture[marked] = np.rint(picture[marked] + (255 - picture[marked]) * weight)
        if self._hidden is not None:
            picture[
                self._hidden[np.ix_(nearest(rows, extents[0]), nearest(columns, extents[1]))]
            ] = self._hidden_grey
