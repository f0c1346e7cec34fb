"""Batches of crops: round real nodules, round simulated ones, and of lungs without any."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from model.evaluation.nodules import lesion_boxes, without_finding
from model.films.cache import CachedFilms
from model.films.manifest import Row
from model.films.simulated import Film, Lesion, with_nodules
from model.runtime.nodules import REFERENCE_DIAMETER, STRIDE
from model.runtime.preprocess import GRID
from model.training.nodules.config import NoduleConfig

ROTATION_DEGREES = 15.0
SCALE, GAMMA, NOISE = 0.25, 0.3, 0.02
# How far a crop's centre may lie from its lesion, as a share of the crop.
SHIFT = 0.3
# A share of the crops is seen as blurred as a film of low resolution.
BLURRED, COARSEST = 0.3, 2.5
# A cell's target: a Gaussian of this share of the diameter, but never narrower than this many pixels.
SPREAD, NARROWEST = 0.2, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Crops:
    """A batch.

    Parameters
    ----------
    inputs
        ``(n, 1, c, c)`` float32 in 0-1.
    heat
        ``(n, c / 8, c / 8)``: 1 at a lesion's centre, falling off as a Gaussian.
    diameters
        The same shape: logarithm of the nearest lesion's diameter by `REFERENCE_DIAMETER`.
    """

    inputs: Tensor
    heat: Tensor
    diameters: Tensor


def lesions_of(row: Row, to_film: NDArray[np.float64]) -> list[Lesion]:
    """The boxed nodules and masses of a film in model-input pixels."""
    (sx, _, ox), (_, sy, oy) = to_film
    return [
        Lesion(
            x=(box.x + box.width / 2 - 0.5 - ox) / sx,
            y=(box.y + box.height / 2 - 0.5 - oy) / sy,
            diameter=math.sqrt(box.width / sx * box.height / sy),
        )
        for box in lesion_boxes(row)
    ]


class CropSource:
    """Draws crops from one split.

    Parameters
    ----------
    films
        The cache of all splits.
    split
        Which rows to take: those with a boxed nodule or mass, and those without a finding.
    config
        The recipe.
    """

    def __init__(self, films: CachedFilms, split: str, config: NoduleConfig) -> None:
        self._inputs = films.inputs
        self._config = config
        index = [i for i, row in enumerate(films.rows) if row.split == split]
        self.lesions = {
            i: found for i in index if (found := lesions_of(films.rows[i], films.to_film[i]))
        }
        self.plain = [i for i in index if without_finding(films.rows[i])]

    def film(self, index: int) -> Film:
        """One model input ``(s, s)``."""
        return np.asarray(self._inputs[index], dtype=np.float32) / np.float32(GRID)

    def batch(self, random: np.random.Generator) -> Crops:
        """One batch; a function of the generator alone."""
        config, side = self._config, self._config.crop // STRIDE
        kinds = random.random(config.batch_size)
        inputs = torch.empty((config.batch_size, 1, config.crop, config.crop))
        heat = np.zeros((config.batch_size, side, side), np.float32)
        diameters = np.zeros_like(heat)
        for k, kind in enumerate(kinds):
            film, lesions = self._shown(kind, random)
            focus = lesions[int(random.integers(len(lesions)))] if lesions else None
            crop, moved = _cropped(film, lesions, focus, config.crop, random)
            inputs[k, 0] = _toned(crop, random)
            heat[k], diameters[k] = targets(moved, side)
        return Crops(
            inputs=inputs,
            heat=torch.from_numpy(heat),
            diameters=torch.from_numpy(diameters),
        )

    def _shown(self, kind: float, random: np.random.Generator) -> tuple[Film, list[Lesion]]:
        config = self._config
        if kind < config.real and self.lesions:
            index = list(self.lesions)[int(random.integers(len(self.lesions)))]
            return self.film(index), self.lesions[index]
        film = self.film(self.plain[int(random.integers(len(self.plain)))])
        if kind < config.real + config.simulated:
            return with_nodules(film, int(random.integers(1, 3)), random)
        return film, []


def targets(lesions: Sequence[Lesion], side: int) -> tuple[Film, Film]:
    """Heat and diameters ``(side, side)`` of lesions in crop pixels."""
    y, x = np.mgrid[0:side, 0:side] * STRIDE + (STRIDE - 1) / 2
    heat, diameters = np.zeros((side, side)), np.zeros((side, side))
    for lesion in lesions:
        spread = max(NARROWEST, SPREAD * lesion.diameter)
        near = np.exp(-((x - lesion.x) ** 2 + (y - lesion.y) ** 2) / (2 * spread * spread))
        logarithm = math.log(max(lesion.diameter, 1.0) / REFERENCE_DIAMETER)
        diameters = np.where(near > heat, logarithm, diameters)
        heat = np.maximum(heat, near)
        row, column = (int((place + 0.5) // STRIDE) for place in (lesion.y, lesion.x))
        if 0 <= row < side and 0 <= column < side:
            # The cell it lies in is a centre, wherever in it; its diameter is what this cell learns.
            heat[row, column], diameters[row, column] = 1.0, logarithm
    return heat.astype(np.float32), diameters.astype(np.float32)


def _cropped(
    film: Film,
    lesions: Sequence[Lesion],
    focus: Lesion | None,
    size: int,
    random: np.random.Generator,
) -> tuple[Tensor, list[Lesion]]:
    """A turned and scaled crop ``(size, size)`` near a lesion, or anywhere, and the lesions in its pixels."""
    side = len(film)
    scale = math.exp(random.uniform(-SCALE, SCALE))
    angle = math.radians(random.uniform(-ROTATION_DEGREES, ROTATION_DEGREES))
    if focus is None:
        centre = random.uniform(0.1, 0.9, 2) * side
    else:
        centre = np.array([focus.x, focus.y]) + random.uniform(-SHIFT, SHIFT, 2) * size
    # From crop to film pixels, both seen from their centres.
    turn = scale * np.array(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
    theta = np.column_stack([turn * size / side, (centre + 0.5) * 2 / side - 1])
    grid = functional.affine_grid(
        torch.from_numpy(theta[None]).float(), [1, 1, size, size], align_corners=False
    )
    crop = functional.grid_sample(torch.from_numpy(film)[None, None], grid, align_corners=False)
    back = np.linalg.inv(turn)
    moved = []
    for lesion in lesions:
        x, y = back @ (np.array([lesion.x, lesion.y]) - centre) + (size - 1) / 2
        moved.append(replace(lesion, x=float(x), y=float(y), diameter=lesion.diameter / scale))
    return crop[0, 0], moved


def _toned(crop: Tensor, random: np.random.Generator) -> Tensor:
    """Another exposure, noise and, now and then, resolution."""
    if random.random() < BLURRED:
        coarse = round(len(crop) / random.uniform(1.2, COARSEST))
        small = functional.interpolate(crop[None, None], size=(coarse, coarse), mode="area")
        crop = functional.interpolate(
            small, size=tuple(crop.shape), mode="bilinear", align_corners=False
        )[0, 0]
    toned = crop.clamp(0, 1) ** math.exp(random.uniform(-GAMMA, GAMMA))
    noise = random.standard_normal(crop.shape, dtype=np.float32)
    return (toned + random.uniform(0, NOISE) * torch.from_numpy(noise)).clamp(0, 1)
