"""Lookup tables, windows and palettes of a data set; nonsense is dropped (runs in the child)."""

from __future__ import annotations

from collections.abc import Sequence
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
_LARGEST_SEGMENTED = 1 << 18


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
    """A segmented palette (PS3.3 C.7.9.2)."""
    tables = []
    for tag in (0x00281101, 0x00281102, 0x00281103):
        descriptor, data = attributes.shorts(tag), attributes.raw(tag + 0x120)
        if len(descriptor) != 3 or len(data) > _LARGEST_SEGMENTED:
            return None
        count, first, bits = descriptor
        words = list(data) if bits == 8 else attributes.shorts(tag + 0x120)
        try:
            values = _expanded(words, count or 65536, offset_words=4 if bits == 8 else 2)
            start = _signed(first) if signed else first
            table = LookupTable(first=start, values=np.array(values, np.uint16), bits=bits)
        except (ValueError, IndexError):
            return None
        tables.append(table)
    return Palette(red=tables[0], green=tables[1], blue=tables[2])


def _expanded(words: Sequence[int], count: int, *, offset_words: int) -> list[int]:
    """`count` entries of discrete, linear and indirect segments (PS3.3 C.7.9.2.1 to .3).

    pydicom expands all that is declared, tens of millions of entries of a hostile file.

    Raises
    ------
    ValueError, IndexError
        When there are fewer, or the segments make no sense.
    """
    entries: list[int] = []
    # `back` is where to go on after `copied` more segments of an indirect one; 0 outside of one.
    at, copied, back = 0, 0, 0
    while len(entries) < count:
        if back and not copied:
            at, back = back, 0
        copied -= 1
        kind, length = words[at], words[at + 1]
        at += 2
        if kind == 0:
            entries += words[at : at + length]
            at += length
        elif kind == 1:
            start, step = entries[-1], (words[at] - entries[-1]) / max(length, 1)
            entries += [round(start + step * n) for n in range(1, length + 1)]
            at += 1
        elif kind == 2 and not back:
            copied, back = length, at + offset_words
            bytes_a_word = 4 // offset_words
            parts = enumerate(words[at:back])
            at = sum(word << 8 * bytes_a_word * n for n, word in parts) // bytes_a_word
        else:
            raise ValueError("impossible segment")
    return entries[:count]


def _signed(value: int) -> int:
    return value - 65536 if value >= 32768 else value
