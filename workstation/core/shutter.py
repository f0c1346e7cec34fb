"""What lies over a film: shutters hide its surroundings, overlay planes are drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workstation.core.image import OverlayPlane, Shutter


def outside_shutter(shutter: Shutter, *, rows: int, columns: int) -> NDArray[np.bool_]:
    """Mask (rows, columns) of what the shutter hides (PS3.3 C.7.6.11); pixels count from 1, edges belong inside."""
    row, column = np.ogrid[1 : rows + 1, 1 : columns + 1]
    hidden = np.zeros((rows, columns), dtype=np.bool_)
    if shutter.rectangle is not None:
        left, right, upper, lower = shutter.rectangle
        hidden |= (column < left) | (column > right) | (row < upper) | (row > lower)
    if shutter.circle is not None:
        centre_row, centre_column, radius = shutter.circle
        hidden |= (row - centre_row) ** 2 + (column - centre_column) ** 2 > radius**2
    if len(shutter.polygon) >= 3:
        hidden |= ~_inside_polygon(shutter.polygon, row, column)
    return hidden


def _inside_polygon(
    vertices: Sequence[tuple[int, int]], row: NDArray[np.intp], column: NDArray[np.intp]
) -> NDArray[np.bool_]:
    """Even-odd rule; a pixel on an edge counts as inside."""
    inside = np.zeros(np.broadcast_shapes(row.shape, column.shape), dtype=np.bool_)
    edge = np.zeros_like(inside)
    for (r0, c0), (r1, c1) in zip(vertices, (*vertices[1:], vertices[0]), strict=True):
        cross = (c1 - c0) * (row - r0) - (r1 - r0) * (column - c0)
        within = (
            (row >= min(r0, r1)) & (row <= max(r0, r1))
            & (column >= min(c0, c1)) & (column <= max(c0, c1))
        )  # fmt: skip
        edge |= (cross == 0) & within
        if r0 != r1:
            crosses = (row < max(r0, r1)) & (row >= min(r0, r1))
            inside ^= crosses & (column < c0 + (row - r0) * (c1 - c0) / (r1 - r0))
    return inside | edge


def draw_overlays(picture: NDArray[np.uint8], overlays: Sequence[OverlayPlane]) -> None:
    """Draw overlay planes into `picture` (rows, columns[, 3]) in white; what lies outside is cut off."""
    for plane in overlays:
        top, left = plane.origin[0] - 1, plane.origin[1] - 1
        rows, columns = plane.mask.shape
        first_row, first_column = max(top, 0), max(left, 0)
        last_row = min(top + rows, picture.shape[0])
        last_column = min(left + columns, picture.shape[1])
        if first_row >= last_row or first_column >= last_column:
            continue
        mask = plane.mask[
            first_row - top : last_row - top, first_column - left : last_column - left
        ]
        picture[first_row:last_row, first_column:last_column][mask] = 255
