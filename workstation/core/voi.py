"""Stored values to modality values to the VOI's output in 0 to 1 (PS3.3 C.11.1, C.11.2), and its direction."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from workstation.core.image import (
    LookupTable,
    Photometric,
    Radiograph,
    Rescale,
    VoiFunction,
    WindowLevel,
)

VoiSelection = WindowLevel | LookupTable

# A sigmoid this many widths from its centre is within 1e-3 of its end: less than half a grey level of 8 bits.
_SIGMOID_REACH = 2.0
# Beyond every stored value of up to 32 bits, and whole when it is a float.
_FAR = 2.0**40


def to_modality(film: Radiograph, stored: NDArray[np.integer]) -> NDArray[np.float64]:
    """Modality values of `stored`, any shape (PS3.3 C.11.1); tables clamp at their ends."""
    transform = film.modality_transform
    if isinstance(transform, LookupTable):
        return look_up(transform, stored.astype(np.int64)).astype(np.float64)
    return stored.astype(np.float64) * transform.slope + transform.intercept


def modality_values(film: Radiograph) -> NDArray[np.float32]:
    """Modality values (rows, columns) of a monochrome film, padding included.

    Raises
    ------
    ValueError
        For a colour film: its numbers are not measurements.
    """
    _require_monochrome(film)
    transform = film.modality_transform
    if isinstance(transform, LookupTable) or film.pixels.dtype.itemsize > 2:
        return to_modality(film, film.pixels).astype(np.float32)
    if transform == Rescale():
        return film.pixels.astype(np.float32)
    return film.pixels * np.float32(transform.slope) + np.float32(transform.intercept)


def value_range(film: Radiograph) -> tuple[float, float]:
    """Least and greatest modality value, padding left out.

    Raises
    ------
    ValueError
        For a colour film.
    """
    _require_monochrome(film)
    low, high = film.stored_range
    transform = film.modality_transform
    if isinstance(transform, Rescale):
        ends = to_modality(film, np.array([low, high]))
        return float(ends.min()), float(ends.max())
    last = transform.values.size - 1  # a table need not be monotonic
    first = min(max(low - transform.first, 0), last)
    reached = transform.values[first : min(max(high - transform.first, 0), last) + 1]
    return float(reached.min()), float(reached.max())


def file_vois(film: Radiograph) -> tuple[VoiSelection, ...]:
    """The file's own windows, then its VOI tables, in the file's order."""
    return (*film.windows, *film.voi_tables)


def full_window(film: Radiograph) -> WindowLevel:
    """The window that shows every value of the film."""
    low, high = value_range(film)
    # A flat film gets a window of one step, and shows mid grey.
    return window_between(low, high) if high > low else window_between(low - 0.5, low + 0.5)


def default_voi(film: Radiograph) -> VoiSelection:
    """The file's first VOI; the full range when it has none."""
    own = file_vois(film)
    return own[0] if own else full_window(film)


def window_between(low: float, high: float, *, explanation: str = "") -> WindowLevel:
    """The window whose ramp starts at modality value `low` and ends at `high`."""
    return WindowLevel(
        centre=(low + high) / 2,
        width=high - low,
        function=VoiFunction.LINEAR_EXACT,
        explanation=explanation,
    )


def voi_span(voi: VoiSelection) -> tuple[float, float]:
    """Modality values between which the VOI's output changes; outside it stays as it is at the ends."""
    if isinstance(voi, LookupTable):
        return float(voi.first), float(voi.first + voi.values.size - 1)
    if voi.function is VoiFunction.SIGMOID:
        reach = _SIGMOID_REACH * voi.width
        return voi.centre - reach, voi.centre + reach
    if voi.function is VoiFunction.LINEAR:
        middle, half = voi.centre - 0.5, (voi.width - 1) / 2
        return middle - half, middle + half
    return voi.centre - voi.width / 2, voi.centre + voi.width / 2


def apply_window(values: NDArray[np.floating], window: WindowLevel) -> NDArray[np.float64]:
    """VOI output in 0 to 1 of modality `values` (PS3.3 C.11.2.1.2.1, C.11.2.1.3.1 and .2)."""
    centre, width = window.centre, window.width
    if window.function is VoiFunction.SIGMOID:
        exponent = np.clip(-4.0 * (values - centre) / width, -700.0, 700.0)
        return np.asarray(1.0 / (1.0 + np.exp(exponent)), dtype=np.float64)
    if window.function is VoiFunction.LINEAR:
        if width <= 1.0:
            return (values > centre - 0.5).astype(np.float64)
        ramp = (values - (centre - 0.5)) / (width - 1.0) + 0.5
    else:
        ramp = (values - centre) / width + 0.5
    return np.asarray(np.clip(ramp, 0.0, 1.0), dtype=np.float64)


def apply_voi(values: NDArray[np.floating], voi: VoiSelection) -> NDArray[np.float64]:
    """VOI output in 0 to 1 of modality `values`; a table's input is the nearest whole value (PS3.3 C.11.2.1.1)."""
    if isinstance(voi, WindowLevel):
        return apply_window(values, voi)
    # Clipped as floats first: a value far outside would not survive the cast to integers.
    low, high = voi_span(voi)
    index = np.rint(np.clip(values, low, high)).astype(np.int64)
    return np.minimum(look_up(voi, index) / float((1 << voi.bits) - 1), 1.0)


def look_up(table: LookupTable, index: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Entries of `table` for input values of any shape; outside ones take the nearest entry."""
    return table.values.take(index - table.first, mode="clip")


def stored_span(film: Radiograph, voi: VoiSelection) -> tuple[int, int]:
    """Stored values between which light changes; outside it stays as it is at the ends, padding apart."""
    transform = film.modality_transform
    if isinstance(transform, LookupTable):
        return transform.first, transform.first + transform.values.size - 1
    ends = [(value - transform.intercept) / transform.slope for value in voi_span(voi)]
    return math.floor(max(min(ends), -_FAR)) - 1, math.ceil(min(max(ends), _FAR)) + 1


def is_inverted(film: Radiograph) -> bool:
    """Whether the VOI's output is inverted for display.

    MONOCHROME1 shows its least value white (PS3.3 C.7.6.3.1.2). Presentation LUT Shape says the same thing in other
    words: DX demands INVERSE with MONOCHROME1 and IDENTITY with MONOCHROME2 (C.8.11.3.1.2), so the two never add up.
    Where a file contradicts itself the shape, which describes the output in P-values (C.11.6), decides; dcmtk does so too.
    """
    if film.presentation_inverse is not None:
        return film.presentation_inverse
    return film.photometric is Photometric.MONOCHROME1


def _require_monochrome(film: Radiograph) -> None:
    if not film.is_monochrome:
        raise ValueError("only monochrome films have modality values")
