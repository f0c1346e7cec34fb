"""A test pattern for the reader's display, in the manner of the AAPM's TG18-QC.

Our own drawing of what that pattern shows: geometry, sixteen grey patches, the 5 % and 95 % insets, and line pairs at the
display's own resolution. Source: AAPM On-Line Report 03 (TG18), 2005, and AAPM Report 270 (TG270), 2019.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BACKGROUND = 128
_GRID = 191
_WHITE = 255
# TG18-QC: sixteen levels from 8 to 248; each patch holds two corners 4 levels beside its own.
PATCH_LEVELS = tuple(range(8, 256, 16))
_CORNER_STEP = 4
# 5 % and 95 % of full drive.
_NEAR_BLACK, _NEAR_WHITE = 13, 242
_LOW_CONTRAST = 2
_SMALLEST = 240


def quality_pattern(rows: int, columns: int) -> NDArray[np.uint8]:
    """The pattern for a display of `rows` x `columns` pixels, one value a device pixel, 0 black to 255 white.

    Raises
    ------
    ValueError
        Under 240 pixels a side, where the line pairs do not fit.
    """
    if min(rows, columns) < _SMALLEST:
        raise ValueError(f"a display of {columns} x {rows} pixels is too small for the pattern")
    pattern = np.full((rows, columns), _BACKGROUND, np.uint8)
    unit = min(rows, columns) // 12
    _grid(pattern, unit)
    top, left = rows // 2 - 4 * unit, columns // 2 - 4 * unit
    _patches(pattern[top : top + 8 * unit, left : left + 8 * unit], 2 * unit)
    _insets(pattern, unit)
    _ramps(pattern, unit)
    for row in (unit, rows - 2 * unit):
        for column in (unit, columns - 3 * unit):
            _line_pairs(pattern[row : row + unit, column : column + 2 * unit])
    middle = pattern[rows // 2 - unit // 2 :, columns // 2 - unit :]
    _line_pairs(middle[:unit, : 2 * unit])
    return pattern


def _grid(pattern: NDArray[np.uint8], unit: int) -> None:
    rows, columns = pattern.shape
    pattern[rows // 2 % unit :: unit] = _GRID
    pattern[:, columns // 2 % unit :: unit] = _GRID
    for edge in (0, 1, -2, -1):  # a display that cuts its edges off is seen at once
        pattern[edge] = pattern[:, edge] = _WHITE


def _patches(square: NDArray[np.uint8], side: int) -> None:
    corner = side // 4
    for number, level in enumerate(PATCH_LEVELS):
        row, column = divmod(number, 4)
        patch = square[row * side : (row + 1) * side, column * side : (column + 1) * side]
        patch[:] = level
        patch[:corner, :corner] = level + _CORNER_STEP
        patch[-corner:, -corner:] = level - _CORNER_STEP


def _insets(pattern: NDArray[np.uint8], unit: int) -> None:
    rows, columns = pattern.shape
    top = rows // 2 + 4 * unit + unit // 4
    for middle, ground, inset in (
        (columns // 2 - 2 * unit, 0, _NEAR_BLACK),
        (columns // 2 + 2 * unit, _WHITE, _NEAR_WHITE),
    ):
        box = pattern[top : top + unit, middle - unit // 2 : middle + unit // 2]
        box[:] = ground
        quarter = unit // 4
        box[quarter:-quarter, quarter:-quarter] = inset


def _ramps(pattern: NDArray[np.uint8], unit: int) -> None:
    rows, columns = pattern.shape
    height = 8 * unit
    ramp = np.linspace(0, _WHITE, height).round().astype(np.uint8)[:, None]
    top = rows // 2 - 4 * unit
    for left, values in (
        (columns // 2 - 6 * unit + 2, ramp),
        (columns // 2 + 5 * unit, ramp[::-1]),
    ):
        pattern[top : top + height, left : left + unit - 4] = values


def _line_pairs(box: NDArray[np.uint8]) -> None:
    """Black and white lines of one pixel, upright left and level right; fainter ones below."""
    rows, columns = box.shape
    half, right = rows // 2, columns // 2
    box[:half] = 0
    box[:half, :right:2] = _WHITE
    box[:half:2, right:] = _WHITE
    box[half:] = _BACKGROUND
    box[half:, :right:2] = _BACKGROUND + _LOW_CONTRAST
    box[half::2, right:] = _BACKGROUND + _LOW_CONTRAST
