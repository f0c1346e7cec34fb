"""Lookup tables, windows and palettes of a data set; nonsense is dropped (runs in the child)."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from workstation.adapters.dicom.attributes import Attributes
from workstation.core.image import (
    LookupTable,
    Palette,
    Rescale,
    VoiFunction,
    WindowLevel,
)

_MOST_VOIS = 64
# Each three words of it can grow to 65,535 entries; real ones have some hundred bytes.
_LARGEST_SEGMENTED = 4096


def modality_transform(attributes: Attributes, *, signed: bool) -> Rescale | LookupTable:
    """Modality LUT Sequence, else rescale (PS3.3 C.11.1)."""
    for item in attributes.items(0x00283000)[:1]:
        table = _table(item, signed=signed)
        if table is not None:
            return table
    slope, intercept = attributes.floats(0x00281053), attributes.floats(0x00281052)
    with suppress(ValueError):
        return Rescale(
            slope=slope[0] if slope else 1.0, intercept=intercept[0] if intercept else 0.0
        )
    return Rescale()


def windows(attributes: Attributes) -> tuple[WindowLevel, ...]:
    """Window Center and Width pairs with function and explanations (PS3.3 C.11.2.1.2)."""
    try:
        function = VoiFunction(attributes.word(0x00281056) or VoiFunction.LINEAR)
    except ValueError:
        function = VoiFunction.LINEAR
    explanations = attributes.texts(0x00281055)
    made = []
    pairs = zip(attributes.floats(0x00281050), attributes.floats(0x00281051), strict=False)
    for number, (centre, width) in enumerate(pairs):
        text = explanations[number] if number < len(explanations) else ""
        with suppress(ValueError):
            made.append(
                WindowLevel(centre=centre, width=width, function=function, explanation=text)
            )
    return tuple(made[:_MOST_VOIS])


def voi_tables(
    attributes: Attributes, modality: Rescale | LookupTable, *, signed: bool
) -> tuple[LookupTable, ...]:
    """VOI LUT Sequence (PS3.3 C.11.2.1.1); its input is signed when modality values can be negative."""
    negative = isinstance(modality, Rescale) and (
        signed or modality.intercept < 0 or modality.slope < 0
    )
    tables = [_table(item, signed=negative) for item in attributes.items(0x00283010)]
    return tuple(table for table in tables if table is not None)[:_MOST_VOIS]


def _table(item: Attributes, *, signed: bool) -> LookupTable | None:
    vr = item.vr(0x00283002)
    descriptor = item.shorts(0x00283002)
    data = item.raw(0x00283006)
    if len(descriptor) != 3:
        return None
    first = _signed(descriptor[1]) if vr == "SS" or (vr != "US" and signed) else descriptor[1]
    with suppress(ValueError):
        return LookupTable(
            first=first,
            values=_entries(data, descriptor[0] or 65536, descriptor[2], item.little),
            bits=descriptor[2],
            explanation=(item.texts(0x00283003) or ("",))[0],
        )
    return None


def _entries(data: bytes, count: int, bits: int, little: bool) -> NDArray[np.uint16]:  # noqa: FBT001
    """`count` entries; one byte each where there is no room for two (PS3.3 C.11.1.1.1).

    Raises
    ------
    ValueError
        When there are fewer than declared.
    """
    if len(data) >= 2 * count:
        order = "<u2" if little else ">u2"
        return np.frombuffer(data, order, count).astype(np.uint16)
    if len(data) >= count and bits <= 8:
        words = data if little else np.frombuffer(data[: len(data) & ~1], ">u2").astype("<u2")
        return np.frombuffer(bytes(words), np.uint8)[:count].astype(np.uint16)
    raise ValueError("fewer entries than declared")


def palette(attributes: Attributes, *, signed: bool) -> Palette | None:
    """Red, green and blue tables (PS3.3 C.7.9); None when they are damaged."""
    if attributes.raw(0x00281221):
        return _segmented_palette(attributes, signed=signed)
    tables = []
    for tag in (0x00281101, 0x00281102, 0x00281103):
        descriptor = attributes.shorts(tag)
        if len(descriptor) != 3:
            return None
        count, first, bits = descriptor
        try:
            values = _entries(
                attributes.raw(tag + 0x100), count or 65536, bits, attributes.little
            )
            start = _signed(first) if signed else first
            tables.append(LookupTable(first=start, values=values, bits=bits))
        except ValueError:
            return None
    return Palette(red=tables[0], green=tables[1], blue=tables[2])


def _segmented_palette(attributes: Attributes, *, signed: bool) -> Palette | None:
    """A segmented palette (PS3.3 C.7.9.2), expanded by pydicom."""
    from pydicom.pixels.processing import apply_color_lut

    descriptor = attributes.shorts(0x00281101)
    largest = max(len(attributes.raw(tag)) for tag in (0x00281221, 0x00281222, 0x00281223))
    if len(descriptor) != 3 or largest > _LARGEST_SEGMENTED:
        return None
    first = _signed(descriptor[1]) if signed else descriptor[1]
    index = np.arange(descriptor[0] or 65536, dtype=np.int64) + first
    try:
        colours = apply_color_lut(index, attributes.dataset)
        tables = [
            LookupTable(first=first, values=colours[:, n].astype(np.uint16), bits=descriptor[2])
            for n in range(3)
        ]
    except (ValueError, LookupError, AttributeError):
        return None
    return Palette(red=tables[0], green=tables[1], blue=tables[2])


def _signed(value: int) -> int:
    return value - 65536 if value >= 32768 else value
