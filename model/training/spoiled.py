"""Usable films, and what becomes of them when something is wrong: what the input check learns from.

Everything is made from the training films themselves or drawn (`model.training.phantoms`); no collection of
odd images is needed. Films are ``(rows, columns)`` in 0-1, bright = dense.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from model.runtime.quality import Look
from model.training.phantoms import PHANTOMS

Film = NDArray[np.floating[Any]]
Spoil = Callable[[Film, np.random.Generator], Film]


def resized(film: Film, rows: int, columns: int) -> Film:
    """Linear interpolation to another shape."""
    factors = (max(rows, 40) / film.shape[0], max(columns, 40) / film.shape[1])
    return np.asarray(ndimage.zoom(film, factors, order=1))


def as_elsewhere(film: Film, random: np.random.Generator) -> Film:
    """A usable film as another department may present it: tone, tilt, collimation, borders, a marker."""
    film = film ** np.exp(random.uniform(-0.5, 0.5))
    if random.random() < 0.5:
        film = ndimage.rotate(film, random.uniform(-8, 8), reshape=False, order=1)
    if random.random() < 0.5:
        film = _trimmed(film, random, 0.08)
    if random.random() < 0.4:
        pad = (np.repeat(film.shape, 2) * random.uniform(0, 0.12, 4)).astype(int)
        grey = float(random.choice([0.0, 0.0, 1.0]))
        film = np.pad(film, (tuple(pad[:2]), tuple(pad[2:])), constant_values=grey)
    if random.random() < 0.4:
        _mark(film, random)
    if random.random() < 0.3:
        film = film + random.normal(0, random.uniform(0, 0.04), film.shape)
    if random.random() < 0.3:
        film = ndimage.gaussian_filter(film, min(film.shape) * random.uniform(0.001, 0.006))
    low = np.quantile(film, random.uniform(0, 0.03))
    high = np.quantile(film, random.uniform(0.97, 1))
    toned: Film = np.clip((film - low) / max(high - low, 0.1), 0, 1)
    return toned


def _trimmed(film: Film, random: np.random.Generator, most: float) -> Film:
    rows, columns = film.shape
    top, bottom, left, right = random.uniform(0, most, 4)
    part: Film = film[
        int(top * rows) : rows - int(bottom * rows),
        int(left * columns) : columns - int(right * columns),
    ]
    return part.copy()


def _mark(film: Film, random: np.random.Generator) -> None:
    """A lead letter's patch near an edge."""
    side = int(min(film.shape) * random.uniform(0.03, 0.09))
    top = int((film.shape[0] - side) * random.choice([random.uniform(0, 0.15), 0.9]))
    left = int((film.shape[1] - side) * random.choice([0.03, 0.95, random.random()]))
    film[top : top + side, left : left + max(2, side // 2)] = random.choice([1.0, 1.0, 0.0])


def _inverted(film: Film, _: np.random.Generator) -> Film:
    return 1 - film


def _turned(film: Film, random: np.random.Generator) -> Film:
    return np.rot90(film, int(random.integers(1, 4)))


def _upside_down(film: Film, _: np.random.Generator) -> Film:
    return film[::-1]


def _oblique(film: Film, random: np.random.Generator) -> Film:
    angle = random.choice([-1, 1]) * random.uniform(40, 140)
    return np.asarray(ndimage.rotate(film, angle, order=1))


def _mirrored(film: Film, _: np.random.Generator) -> Film:
    return film[:, ::-1]


def _cropped(film: Film, random: np.random.Generator) -> Film:
    rows, columns = film.shape
    share = random.uniform(0.25, 0.5)
    top, left = random.uniform(0, 1 - share, 2)
    part = film[int(top * rows) :, int(left * columns) :]
    part = part[: max(40, int(share * rows)), : max(40, int(share * columns))]
    return np.rot90(part, int(random.choice([0, 0, 1, 2, 3])))


def _one_side(film: Film, random: np.random.Generator) -> Film:
    """One lung alone, widened: as near to a lateral view as a frontal film gets."""
    rows, columns = film.shape
    share = int(columns * random.uniform(0.35, 0.52))
    side = film[:, :share] if random.random() < 0.5 else film[:, -share:]
    return resized(side, rows, int(columns * random.uniform(0.5, 1)))


def _shuffled(film: Film, random: np.random.Generator) -> Film:
    count = int(random.integers(2, 6))
    rows, columns = (side // count for side in film.shape)
    tiles = film[: rows * count, : columns * count].reshape(count, rows, count, columns)
    parts = tiles.transpose(0, 2, 1, 3).reshape(-1, rows, columns)
    parts = parts[random.permutation(count * count)]
    mixed = parts.reshape(count, count, rows, columns).transpose(0, 2, 1, 3)
    return mixed.reshape(rows * count, columns * count)


def _several(film: Film, random: np.random.Generator) -> Film:
    small = resized(film, 128, 128)
    count = int(random.integers(2, 4))
    return np.tile(small, (count if random.random() < 0.5 else 1, count))


def _pasted(film: Film, random: np.random.Generator) -> Film:
    """A film as a small picture on a page."""
    side = int(random.integers(60, 120))
    sheet = np.full((256, 256), float(random.integers(0, 2)))
    top, left = random.integers(0, 256 - side, 2)
    sheet[top : top + side, left : left + side] = resized(film, side, side)[:side, :side]
    return sheet


def _squeezed(film: Film, random: np.random.Generator) -> Film:
    rows, columns = film.shape
    factor = random.uniform(2, 3.2)
    wide = random.random() < 0.5
    return (
        resized(film, rows, int(columns * factor))
        if wide
        else resized(film, int(rows * factor), columns)
    )


def _drawn(_: Film, random: np.random.Generator) -> Film:
    return PHANTOMS[int(random.integers(len(PHANTOMS)))](random)


def _noisy(film: Film, random: np.random.Generator) -> Film:
    noise = random.normal(0, random.uniform(0.35, 0.9), film.shape)
    return np.clip(film * random.uniform(0.2, 0.8) + noise, 0, 1)


def _blurred(film: Film, random: np.random.Generator) -> Film:
    return np.asarray(
        ndimage.gaussian_filter(film, min(film.shape) * random.uniform(0.04, 0.1))
    )


def _burnt(film: Film, random: np.random.Generator) -> Film:
    """Nearly black and white: an exposure beyond the detector's range."""
    level = np.quantile(film, random.uniform(0.15, 0.85))
    return np.clip((film - level) * random.uniform(12, 50) + 0.5, 0, 1)


SPOILS: Mapping[Look, tuple[Spoil, ...]] = MappingProxyType(
    {
        Look.INVERTED: (_inverted,),
        Look.ROTATED: (_turned, _turned, _upside_down, _oblique),
        Look.MIRRORED: (_mirrored,),
        Look.UNLIKE: (
            _cropped,
            _one_side,
            _shuffled,
            _several,
            _pasted,
            _squeezed,
            _drawn,
            _drawn,
            _drawn,
            _drawn,
        ),
        Look.POOR: (_noisy, _blurred, _burnt),
    }
)


def spoiled(film: Film, look: Look, random: np.random.Generator) -> Film:
    """A film of a wrong look; of the usable look, as it may come from elsewhere."""
    if look is Look.USABLE:
        return as_elsewhere(film, random)
    ways = SPOILS[look]
    # What is wrong with a film must show in another department's films too.
    return ways[int(random.integers(len(ways)))](as_elsewhere(film, random), random)
