"""Simulated nodules in films without a finding, as the literature on nodule detection trains with them.

Sogancioglu et al. 2024, arXiv:2401.02192 (the NODE21 challenge): real nodules are few, and drawn ones
in real films stand in for them. Here a nodule is an ellipsoid with a lobulated edge: its thickness along the beam is
added to what the film shows, the less the denser the film already is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Film = NDArray[np.float32]
# Shares of the film's side: the smallest and largest diameter drawn, about 8 to 70 mm of a chest film.
SMALLEST, LARGEST = 0.02, 0.16
# Shares of the film's side where lungs lie, as seen on the reader's left and right.
LUNGS: Final = ((0.14, 0.43), (0.57, 0.86))
LUNG_TOP, LUNG_BOTTOM = 0.14, 0.72
TRIES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesion:
    """A nodule or mass in model-input pixels: centre and mean diameter."""

    x: float
    y: float
    diameter: float


def with_nodules(
    film: Film, count: int, random: np.random.Generator
) -> tuple[Film, list[Lesion]]:
    """A copy of a film ``(s, s)`` in 0-1 with so many nodules drawn into its lungs, and where they are."""
    drawn = film.copy()
    lesions: list[Lesion] = []
    while len(lesions) < count:
        x, y = _place(film, random)
        low, high = math.log(SMALLEST), math.log(LARGEST)
        diameter = len(film) * math.exp(random.uniform(low, high))
        lesion = Lesion(x=x, y=y, diameter=diameter)
        _draw(drawn, lesion, random)
        lesions.append(lesion)
    return drawn, lesions


def _place(film: Film, random: np.random.Generator) -> tuple[float, float]:
    """A place in a lung: where the film is darker than its median, if one is found."""
    side = len(film)
    dark = 1.02 * float(np.median(film))
    reach = max(1, side // 64)
    for _ in range(TRIES):
        left, right = LUNGS[int(random.integers(2))]
        x = random.uniform(left, right) * side
        y = random.uniform(LUNG_TOP, LUNG_BOTTOM) * side
        row, column = int(y), int(x)
        around = film[row - reach : row + reach, column - reach : column + reach]
        if around.mean() < dark:
            break
    return x, y


def _draw(film: Film, lesion: Lesion, random: np.random.Generator) -> None:
    row, column = round(lesion.y), round(lesion.x)
    reach = int(0.8 * lesion.diameter) + 3
    thickness = _thickness(lesion.diameter / 2, reach, random)
    rows = slice(max(0, row - reach), min(len(film), row + reach + 1))
    columns = slice(max(0, column - reach), min(len(film), column + reach + 1))
    part = thickness[
        rows.start - row + reach : rows.stop - row + reach,
        columns.start - column + reach : columns.stop - column + reach,
    ]
    # A larger nodule is thicker and so denser; the faintest ones are hardly seen.
    small = 0.06 * len(film)
    contrast = random.uniform(0.08, 0.35) * (0.6 + 0.4 * min(1.0, lesion.diameter / small))
    under = film[rows, columns]
    film[rows, columns] = np.clip(under + contrast * part * (1 - under), 0, 1)


def _thickness(radius: float, reach: int, random: np.random.Generator) -> Film:
    """``(2 reach + 1, 2 reach + 1)`` in about 0-1: an ellipsoid seen from the front, lobulated, soft, grainy."""
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float32)
    turn, stretch = random.uniform(0, math.pi), random.uniform(0.8, 1.25)
    u = (x * math.cos(turn) + y * math.sin(turn)) * stretch
    v = (-x * math.sin(turn) + y * math.cos(turn)) / stretch
    angle = np.arctan2(v, u)
    edge = np.ones_like(angle)
    for wave in (2, 3, 4, 5):
        edge += random.normal(0, 0.07) * np.cos(wave * angle + random.uniform(0, 2 * math.pi))
    apart = np.hypot(u, v) / (radius * edge)
    thickness = np.sqrt(np.clip(1 - apart**2, 0, 1)) ** random.uniform(0.5, 1.2)
    soft = gaussian_filter(thickness, random.uniform(0.6, 2.0) + 0.05 * radius)
    grain = 1 + random.normal(0, 0.08, soft.shape)
    return np.asarray(soft * grain, dtype=np.float32)
