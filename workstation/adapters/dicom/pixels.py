"""Stored values of one frame, from native or encapsulated Pixel Data (runs in the child)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.adapters.dicom.codecs import decode_frame
from workstation.adapters.dicom.elements import Elements, PixelPlace
from workstation.adapters.dicom.fragments import frame_bytes
from workstation.adapters.dicom.headers import LOSSY_SYNTAXES
from workstation.adapters.dicom.pixel_module import PixelFormat
from workstation.core.errors import ErrorCode, WorkstationError

Stored = NDArray[Any]
_NATIVE = frozenset(
    (
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
    )
)


def read_frame(
    elements: Elements, place: PixelPlace, form: PixelFormat, frame: int
) -> tuple[Stored, Stored]:
    """One frame ready for `Radiograph.pixels`, and the same as it was stored, with unused bits.

    Monochrome and palette: (rows, columns) of the stored type, sign extended, unused bits cleared. Colour:
    (rows, columns, 3) uint8 RGB.

    Raises
    ------
    WorkstationError
        ``short_pixel_data``, ``unsupported_transfer_syntax``, ``malformed`` or ``unsupported_pixels``.
    """
    if place.tag != 0x7FE00010:
        raise WorkstationError(ErrorCode.UNSUPPORTED_PIXELS, "floating point pixels")
    if place.length is not None or elements.transfer_syntax in _NATIVE:
        raw = _native(elements, place, form, frame)
        colour = form.samples == 3
        return (_rgb(raw, form) if colour else _clean_bits(raw, form)), raw
    data = frame_bytes(elements, place, frames=form.frames, frame=frame)
    raw = decode_frame(data, elements, form)
    if form.samples == 3:
        return _eight_bits(raw, form), raw
    if elements.transfer_syntax in LOSSY_SYNTAXES:
        return _clipped(raw, form), raw
    return _clean_bits(raw, form), raw


def _clipped(decoded: Stored, form: PixelFormat) -> Stored:
    """Lossy decoders overshoot: values beyond the stored bits are white or black, they do not wrap around."""
    low, high = (
        (-(1 << form.stored - 1), (1 << form.stored - 1) - 1)
        if form.signed
        else (0, (1 << form.stored) - 1)
    )
    return np.clip(decoded, low, high)


def _native(elements: Elements, place: PixelPlace, form: PixelFormat, frame: int) -> Stored:
    """(rows, columns) or a flat run of samples of one uncompressed frame."""
    subsampled = form.photometric == "YBR_FULL_422" and form.planar == 0
    count = form.rows * form.columns * (2 if subsampled else form.samples)
    end = len(elements.buffer)
    if place.length is not None:
        end = min(end, place.offset + place.length)
    if form.allocated == 1:
        first, last = frame * count, (frame + 1) * count
        start, stop = place.offset + first // 8, place.offset + -(-last // 8)
        if stop > end:
            raise WorkstationError(ErrorCode.SHORT_PIXEL_DATA)
        packed = np.frombuffer(elements.buffer, np.uint8, stop - start, start)
        bits = np.unpackbits(packed, bitorder="little")[first % 8 :][:count]
        return bits.reshape(form.rows, form.columns)
    size = form.allocated // 8
    start = place.offset + frame * count * size
    if start + count * size > end:
        raise WorkstationError(ErrorCode.SHORT_PIXEL_DATA)
    if not elements.little and size == 1 and place.vr == "OW":
        words = np.frombuffer(elements.buffer[start : start + count + count % 2], ">u2")
        samples = words.astype("<u2").view(form.dtype)[:count]
    else:
        stored = form.dtype.newbyteorder("<" if elements.little else ">")
        samples = np.frombuffer(elements.buffer, stored, count, start)
        samples = samples.astype(form.dtype, copy=False)
    return samples.reshape(form.rows, form.columns) if form.samples == 1 else samples


def _clean_bits(raw: Stored, form: PixelFormat) -> Stored:
    """Stored values without what lies outside their bits, sign extended (PS3.5 8.1.1)."""
    above = form.allocated - 1 - form.high_bit
    below = form.high_bit + 1 - form.stored
    if (above == 0 and below == 0) or form.allocated == 1:
        return raw
    if not form.signed and below == 0 and int(raw.max()) >> form.stored == 0:
        return raw
    return np.right_shift(np.left_shift(raw, above), above + below).astype(
        form.dtype, copy=False
    )


def _rgb(samples: Stored, form: PixelFormat) -> NDArray[np.uint8]:
    """RGB of uncompressed colour samples (PS3.3 C.7.6.3.1.2)."""
    if form.photometric == "YBR_FULL_422" and form.planar == 0:
        if form.columns % 2:
            raise WorkstationError(ErrorCode.MALFORMED, "odd columns, subsampled")
        pairs = samples.reshape(form.rows, form.columns // 2, 4)
        luma = pairs[..., :2].reshape(form.rows, form.columns)
        chroma = np.repeat(pairs[..., 2:], 2, axis=1)
        pixels = np.dstack([luma, chroma])
    elif form.planar:
        pixels = np.moveaxis(samples.reshape(3, form.rows, form.columns), 0, 2)
    else:
        pixels = samples.reshape(form.rows, form.columns, 3)
    eight = _eight_bits(pixels, form)
    if form.photometric == "RGB":
        return eight
    if form.photometric in {"YBR_FULL", "YBR_FULL_422"}:
        from pydicom.pixels.processing import convert_color_space

        return np.asarray(convert_color_space(eight, "YBR_FULL", "RGB"), dtype=np.uint8)
    raise WorkstationError(ErrorCode.UNSUPPORTED_PIXELS, form.photometric[:16])


def _eight_bits(pixels: Stored, form: PixelFormat) -> NDArray[np.uint8]:
    """Colour of more than eight bits scaled down to eight."""
    if pixels.dtype == np.uint8:
        return np.ascontiguousarray(pixels)
    if form.signed or pixels.dtype.kind != "u":
        raise WorkstationError(ErrorCode.UNSUPPORTED_PIXELS, "wide colour")
    if form.stored <= 8:
        return pixels.astype(np.uint8)
    return np.right_shift(pixels, form.stored - 8).astype(np.uint8)
