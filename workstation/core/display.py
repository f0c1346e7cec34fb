"""Stored values become light: modality table, VOI, presentation (PS3.3 C.11, PS3.4 N.2).

The one place where that happens. The order is modality transform -> VOI (window or table) -> presentation;
inversion comes after the VOI, never before. Grey is 0 (black) to 255 (white).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from workstation.core.image import LookupTable, Palette, Radiograph, WindowLevel
from workstation.core.shutter import draw_overlays, outside_shutter
from workstation.core.voi import (
    VoiSelection,
    apply_voi,
    default_voi,
    file_vois,
    full_window,
    is_inverted,
    modality_values,
    stored_span,
    to_modality,
    value_range,
)
from workstation.core.windowing import (
    auto_window,
    chest_presets,
    drag_window,
    window_like,
)

__all__ = [
    "GreyLookup",
    "LookupTable",
    "VoiSelection",
    "WindowLevel",
    "auto_window",
    "chest_presets",
    "default_voi",
    "drag_window",
    "file_vois",
    "full_window",
    "grey_lookup",
    "is_inverted",
    "modality_values",
    "palette_colours",
    "present",
    "presented",
    "render",
    "value_range",
    "window_like",
]

_LARGEST_TABLE = 1 << 16
# Pixels mapped at a time: the indices numpy makes of them stay in the second-level cache.
_BLOCK = 1 << 16
# Luminance of RGB, ITU-R BT.601-7 section 2.5.1.
_LUMINANCE = (0.299, 0.587, 0.114)
_Entry = TypeVar("_Entry", bound=np.generic)


@dataclass(frozen=True, slots=True, kw_only=True)
class GreyLookup:
    """The whole pipeline of a monochrome film as one table: ``grey = values[(stored - first) // step]``, clamped.

    `values` is (n,) uint8. `step` is 1 for every film of up to 16 bits; the table then covers the whole integer type
    of its pixels. Wider films have a table over the values between which grey changes, at most 65,536 entries, and
    `padding`, which may lie outside it, is blackened apart.
    """

    first: int
    values: NDArray[np.uint8]
    step: int = 1
    padding: tuple[int, int] | None = None

    def apply(self, stored: NDArray[np.integer]) -> NDArray[np.uint8]:
        """Grey of stored values of any shape."""
        grey = np.empty(stored.shape, dtype=np.uint8)
        source, target = np.ascontiguousarray(stored).reshape(-1), grey.reshape(-1)
        plain = self.first == 0 and self.step == 1 and stored.dtype.kind == "u"
        for start in range(0, source.size, _BLOCK):
            block = source[start : start + _BLOCK]
            index = block if plain else (block.astype(np.int64) - self.first) // self.step
            # mode="clip" also spares numpy the buffering that mode="raise" does with out=
            np.take(self.values, index, mode="clip", out=target[start : start + _BLOCK])
        if self.padding is not None:
            low, high = self.padding
            grey[(stored >= low) & (stored <= high)] = 0
        return grey


def present(
    film: Radiograph, stored: NDArray[np.integer], voi: VoiSelection, *, inverted: bool = False
) -> NDArray[np.float64]:
    """Light in 0 (black) to 1 (white) of `stored` values of any shape; padding is 0."""
    light = _without_padding(film, stored, voi, inverted=inverted)
    if film.padding is not None:
        low, high = film.padding
        light = np.where((stored >= low) & (stored <= high), 0.0, light)
    return light


def grey_lookup(
    film: Radiograph, voi: VoiSelection | None = None, *, inverted: bool = False
) -> GreyLookup:
    """The pipeline of a monochrome film as a table over its stored values; padding is black.

    Raises
    ------
    ValueError
        For a colour film.
    """
    if not film.is_monochrome:
        raise ValueError("only monochrome films have a grey table")
    chosen = voi or default_voi(film)
    if film.pixels.dtype.itemsize <= 2:
        low, light = _changing(film, chosen, inverted=inverted)
        first = int(np.iinfo(film.pixels.dtype).min)
        return GreyLookup(first=first, values=_spread(film, low, _to_grey(light)))
    first, last = _wide_span(film, chosen)
    step = -(-(last - first + 1) // _LARGEST_TABLE)
    stored = first + step // 2 + step * np.arange((last - first) // step + 1, dtype=np.int64)
    unpadded = _without_padding(film, stored, chosen, inverted=inverted)
    return GreyLookup(first=first, values=_to_grey(unpadded), step=step, padding=film.padding)


def _to_grey(light: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.rint(light * 255.0).astype(np.uint8)


def _changing(
    film: Radiograph, voi: VoiSelection, *, inverted: bool
) -> tuple[int, NDArray[np.float64]]:
    """The first stored value at which light changes, and light from there to the last such value."""
    kind = np.iinfo(film.pixels.dtype)
    least, greatest = int(kind.min), int(kind.max)
    low, high = (min(max(end, least), greatest) for end in stored_span(film, voi))
    return low, _without_padding(film, np.arange(low, high + 1), voi, inverted=inverted)


def _spread(film: Radiograph, low: int, entries: NDArray[_Entry]) -> NDArray[_Entry]:
    """`entries` from stored value `low` on as a table over the 8 or 16 bit type of the film's pixels; padding is 0."""
    kind = np.iinfo(film.pixels.dtype)
    least, greatest = int(kind.min), int(kind.max)
    table = np.empty(greatest - least + 1, dtype=entries.dtype)
    start, end = low - least, low - least + entries.size
    table[:start] = entries[0]
    table[start:end] = entries
    table[end:] = entries[-1]
    if film.padding is not None:
        first, last = film.padding
        table[max(first - least, 0) : max(last - least + 1, 0)] = 0
    return table


def _without_padding(
    film: Radiograph, stored: NDArray[np.integer], voi: VoiSelection, *, inverted: bool
) -> NDArray[np.float64]:
    light = apply_voi(to_modality(film, stored), voi)
    return light if is_inverted(film) == inverted else 1.0 - light


def _wide_span(film: Radiograph, voi: VoiSelection) -> tuple[int, int]:
    """Stored values of a film of more than 16 bits that a table has to tell apart."""
    low, high = film.stored_range
    first, last = stored_span(film, voi)
    return min(max(first, low), high), max(min(last, high), low)


def presented(film: Radiograph) -> NDArray[np.float32]:
    """What the model starts from: (rows, columns) in 0 to 1, bright = dense, the file's first VOI applied.

    Colour films give their luminance. No overlay and no shutter; padding is 0.
    """
    if not film.is_monochrome:
        weights = np.array(_LUMINANCE, dtype=np.float32) / np.float32(255)
        return np.asarray(_colours(film) @ weights, dtype=np.float32)
    voi = default_voi(film)
    if film.pixels.dtype.itemsize > 2:
        return present(film, film.pixels, voi).astype(np.float32)
    low, light = _changing(film, voi, inverted=False)
    table = _spread(film, low, light.astype(np.float32))
    least = int(np.iinfo(film.pixels.dtype).min)
    index = film.pixels if least == 0 else film.pixels.astype(np.int32) - least
    return table.take(index, mode="clip")


def render(
    film: Radiograph,
    voi: VoiSelection | None = None,
    *,
    inverted: bool = False,
    overlays: bool = True,
    shutter: bool = True,
) -> NDArray[np.uint8]:
    """The film as shown: (rows, columns) uint8, or (rows, columns, 3) for a colour film.

    `voi` has no meaning for a colour film. Overlays are white; a shutter hides them outside its opening.
    """
    if film.is_monochrome:
        picture = grey_lookup(film, voi, inverted=inverted).apply(film.pixels)
    else:
        colours = _colours(film)
        picture = 255 - colours if inverted else colours.copy()
    if overlays and film.overlays:
        draw_overlays(picture, film.overlays)
    if shutter and film.shutter is not None:
        hidden = outside_shutter(film.shutter, rows=film.rows, columns=film.columns)
        # P-values run from 0 to 65535: 257 of them are one grey level.
        picture[hidden] = round(film.shutter.presentation_value / 257)
    return picture


def _colours(film: Radiograph) -> NDArray[np.uint8]:
    if film.palette is not None:
        return palette_colours(film.palette, film.pixels)
    return film.pixels.astype(np.uint8, copy=False)


def palette_colours(palette: Palette, stored: NDArray[np.integer]) -> NDArray[np.uint8]:
    """RGB (..., 3) of `stored` values (PS3.3 C.7.6.3.1.5 and C.7.9); outside values take the nearest entry."""
    tables = (palette.red, palette.green, palette.blue)
    index = stored.astype(np.int64)
    colours = np.empty((*stored.shape, 3), dtype=np.uint8)
    for channel, table in enumerate(tables):
        entries = np.minimum(table.values * (255.0 / ((1 << table.bits) - 1)), 255.0)
        eight_bits = np.rint(entries).astype(np.uint8)
        colours[..., channel] = eight_bits.take(index - table.first, mode="clip")
    return colours
