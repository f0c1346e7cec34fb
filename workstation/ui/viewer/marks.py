"""What a film's file draws over its pixels or hides: overlay planes and a shutter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.core.image import Radiograph
from workstation.core.shutter import draw_overlays, outside_shutter
from workstation.ui.viewer.sampling import Grid, nearest, resampled, taps


class Marks:
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
