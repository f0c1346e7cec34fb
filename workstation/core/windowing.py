"""Windows chosen for the reader: from the film's own histogram, or by dragging."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.core.image import LookupTable, Radiograph, VoiFunction, WindowLevel
from workstation.core.voi import (
    VoiSelection,
    file_vois,
    full_window,
    is_inverted,
    to_modality,
    value_range,
    voi_span,
    window_between,
)

# Dragging over this many pixels changes centre or width by the film's whole value range.
_DRAG_PIXELS = 800.0
_NARROWEST_SHARE = 1.0 / 1000.0
# A histogram needs no more than this many pixels a side.
_GRID = 384
_FLAT_SHARE = 0.04
_SPIKE_SHARE = 0.005
# Where the lungs of a frontal film lie: (from, to) of the collimated height and width.
_LUNG_ROWS = (0.10, 0.75)
_LUNG_COLUMNS = (0.12, 0.88)


def auto_window(film: Radiograph) -> WindowLevel:
    """From the darkest to the brightest per mille of the collimated field, leaving out what is clipped.

    Raises
    ------
    ValueError
        For a colour film.
    """
    values = _unclipped(_collimated(film))
    if values.size == 0:
        return full_window(film)
    low, high = np.percentile(values, (0.1, 99.9)).tolist()
    return window_between(low, high) if high > low else full_window(film)


def chest_presets(film: Radiograph) -> tuple[tuple[str, WindowLevel], ...]:
    """Windows for the parts of a chest, from the film's own histogram; none for a colour film.

    Numbers on radiographs carry no unit that windows could be fixed in, as they are for CT. Inside the collimated field the
    middle, where the lungs lie, is divided into a dark and a bright class by Otsu's threshold
    (doi:10.1109/TSMC.1979.4310076): lung fields against mediastinum, heart and abdomen. With light growing with density:

    - ``lungs``: the dark class, up to the middle of the bright one, so that vessels and lesions keep contrast;
    - ``mediastinum``: from the middle of the dark class to the end of the bright one, so that lines and tubes behind the
      heart and the spine's edges show;
    - ``bones``: the bright class alone;
    - ``soft``: everything with a margin of a quarter, low in contrast.
    """
    if not film.is_monochrome:
        return ()
    sign = -1.0 if is_inverted(film) else 1.0
    field = _collimated(film) * sign
    middle = _unclipped(_middle(field))
    everything = _unclipped(field)
    spans: dict[str, tuple[float, float]] = {}
    if middle.size and everything.size:
        threshold = otsu_threshold(middle)
        dark, bright = middle[middle <= threshold], middle[middle > threshold]
        if dark.size and bright.size:
            low, high = np.percentile(everything, (0.5, 99.8)).tolist()
            darkest, lung = np.percentile(dark, (1, 50)).tolist()
            heart, brightest = np.percentile(bright, (50, 99.8)).tolist()
            margin = (high - low) / 8
            spans = {
                "lungs": (darkest, heart),
                "mediastinum": (lung, brightest),
                "bones": (threshold, max(high, brightest)),
                "soft": (low - margin, high + margin),
            }
    return tuple(
        (name, _between_light(*spans[name], sign) if name in spans else full_window(film))
        for name in ("lungs", "mediastinum", "bones", "soft")
    )


def _between_light(low: float, high: float, sign: float) -> WindowLevel:
    return window_between(*sorted((low * sign, high * sign)))


def drag_window(window: WindowLevel, *, dx: float, dy: float, film: Radiograph) -> WindowLevel:
    """`window` after the mouse moved by `dx` pixels to the right (wider) and `dy` downwards (lower centre).

    A step is a share of the film's own value range. Centre and width stay inside the union of the film's values
    and of what the file's own windows and tables span; a window that starts outside moves only inwards, without a jump.
    """
    low, high = value_range(film)
    step = max(high - low, 1.0) / _DRAG_PIXELS
    spans = [voi_span(voi) for voi in file_vois(film)]
    low, high = min([low, *(s[0] for s in spans)]), max([high, *(s[1] for s in spans)])
    least = max(high - low, 1.0) * _NARROWEST_SHARE
    if window.function is VoiFunction.LINEAR:
        least = max(least, 1.0)
    width = window.width + dx * step
    centre = window.centre - dy * step
    return WindowLevel(
        centre=_between(centre, min(low, window.centre), max(high, window.centre)),
        width=_between(width, min(least, window.width), max(high - low, least, window.width)),
        function=window.function,
        explanation="" if dx or dy else window.explanation,
    )


def _between(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def window_like(voi: VoiSelection) -> WindowLevel:
    """The window to start dragging from: itself, or for a table the one over which its output changes."""
    if isinstance(voi, WindowLevel):
        return voi
    return _window_of_table(voi)


def _window_of_table(table: LookupTable) -> WindowLevel:
    changes = np.flatnonzero(np.diff(table.values.astype(np.int64)))
    if changes.size == 0:
        return window_between(table.first - 0.5, table.first + table.values.size - 0.5)
    first, last = int(changes[0]), int(changes[-1]) + 1
    return window_between(table.first + first, table.first + last)


def otsu_threshold(values: NDArray[np.floating]) -> float:
    """The value that divides `values` into the two classes farthest apart (doi:10.1109/TSMC.1979.4310076)."""
    low, high = (float(v) for v in np.percentile(values, (0.5, 99.5)))
    if not high > low:
        return low
    counts, edges = np.histogram(values, bins=256, range=(low, high))
    centres = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = counts.sum() - below
    sums = np.cumsum(counts * centres)
    difference = (sums[-1] - sums[:-1]) / np.maximum(above, 1) - sums[:-1] / np.maximum(
        below, 1
    )
    between = below * above * difference**2
    # Between two far classes the criterion is flat: the middle of the flat part.
    best = np.flatnonzero(between >= between.max() * (1 - 1e-9))
    return float(edges[1 + round(float(best.mean()))])


def _collimated(film: Radiograph) -> NDArray[np.float64]:
    """Modality values of the collimated field on a coarse grid; NaN where there is padding.

    Outer rows and columns that hardly vary along their length are a collimator's shadow or a blank border.
    """
    stored = film.pixels[_every(film.rows), _every(film.columns)]
    values = to_modality(film, stored)
    if film.padding is not None:
        low, high = film.padding
        values = np.where((stored >= low) & (stored <= high), np.nan, values)
    if np.isnan(values).all():
        return values
    lowest, highest = np.nanpercentile(values, (1, 99)).tolist()
    flat = (highest - lowest) * _FLAT_SHARE
    field = values
    for _ in range(2):
        field = _trimmed(_trimmed(field, flat).T, flat).T
    return field if field.size * 5 >= values.size else values


def _every(length: int) -> slice:
    return slice(None, None, max(length // _GRID, 1))


def _trimmed(values: NDArray[np.float64], flat: float) -> NDArray[np.float64]:
    """`values` without the outer rows whose middle eight tenths vary by less than `flat`."""
    filled = np.where(np.isnan(values), np.nanmin(values), values)
    low, high = np.percentile(filled, (10, 90), axis=1)
    varied = np.flatnonzero(high - low > flat)
    return values[varied[0] : varied[-1] + 1] if varied.size else values


def _middle(field: NDArray[np.float64]) -> NDArray[np.float64]:
    rows, columns = field.shape
    top, bottom = (int(rows * share) for share in _LUNG_ROWS)
    left, right = (int(columns * share) for share in _LUNG_COLUMNS)
    return field[top : max(bottom, top + 1), left : max(right, left + 1)]


def _unclipped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """All numbers, without the least and the greatest where those heap up: blackened corners, saturated air."""
    kept = values[~np.isnan(values)]
    for end in (np.min, np.max):
        if kept.size == 0:
            break
        heap = kept == end(kept)
        if _SPIKE_SHARE < heap.mean() < 1.0:
            kept = kept[~heap]
    return kept
