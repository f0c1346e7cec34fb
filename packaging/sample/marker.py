"""The lead letter that a radiographer puts beside the patient."""

from itertools import pairwise

import numpy as np
from raster import Grid, Image64, add_tube

BRIGHTNESS = 0.97
STROKES = {
    "R": (
        [(0, 12), (0, 0), (6, 0), (8, 1.6), (8, 4.6), (6, 6.2), (0, 6.2)],
        [(4, 6.2), (8.4, 12)],
    ),
    "L": ([(0, 0), (0, 12), (7.5, 12)],),
}
"""Strokes of the letters in mm, 12 high."""


def lead_letter(grid: Grid, letter: str, at_mm: tuple[float, float]) -> Image64:
    """Return the display value of the letter with its top left at `at_mm`, 0 elsewhere.

    Raises KeyError for another letter than R or L.
    """
    lead = grid.empty()
    for stroke in STROKES[letter]:
        corners = np.asarray(stroke, np.float64) + at_mm
        for start, end in pairwise(corners):
            add_tube(lead, grid, np.linspace(start, end, 60), 0.9)
    return BRIGHTNESS * np.clip(lead / 1.2, 0.0, 1.0)
