"""A film halved again and again: where little of it is seen of much, few pixels have to be averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.core.display import palette_colours
from workstation.core.image import Radiograph
from workstation.ui.viewer.sampling import Numbers

# Rows halved at a time, an even number: what numpy makes of them stays in the second-level cache.
_BLOCK_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Stored values or colours; where `image` is 0 instead of 1 there is padding, and the value is 0."""

    values: NDArray[np.integer]
    image: NDArray[np.float32] | None


class Pyramid:
    """Levels of one film, each made when it is first asked for. It belongs to one thread at a time."""

    def __init__(self, film: Radiograph) -> None:
        self.film = film
        self._levels = [_base_level(film)]

    def level(self, number: int) -> Level:
        """The film halved `number` times."""
        while len(self._levels) <= number:
            self._levels.append(_halved(self._levels[-1]))
        return self._levels[number]


def _base_level(film: Radiograph) -> Level:
    if film.palette is not None:
        return Level(values=palette_colours(film.palette, film.pixels), image=None)
    if film.padding is None or not film.is_monochrome:
        return Level(values=film.pixels, image=None)
    image = (film.pixels < film.padding[0]) | (film.pixels > film.padding[1])
    if image.all():
        return Level(values=film.pixels, image=None)
    return Level(values=film.pixels * image, image=image.astype(np.float32))


def _halved(level: Level) -> Level:
    """Means of 2 x 2 pixels; a pixel is image where at least half of it is."""
    blocks = [
        slice(start, start + _BLOCK_ROWS)
        for start in range(0, level.values.shape[0], _BLOCK_ROWS)
    ]
    if level.image is None:
        return Level(
            values=np.concatenate([_mean(level.values[b]) for b in blocks]), image=None
        )
    parts = [_mean_of_image(level.values[b], level.image[b]) for b in blocks]
    values, image = (np.concatenate(kind) for kind in zip(*parts, strict=True))
    return Level(values=values, image=image)


def _mean(values: Numbers) -> Numbers:
    total = _summed(values, _wide(values.dtype))
    total += 2
    total >>= 2
    return total.astype(values.dtype)


def _mean_of_image(values: Numbers, image: NDArray[np.float32]) -> tuple[Numbers, Numbers]:
    count = _summed(image, np.dtype(np.float32))
    half = count >= 2
    total = _summed(values, _wide(values.dtype))
    mean = np.rint(total / np.maximum(count, np.float32(1))) * half
    return mean.astype(values.dtype), half.astype(np.float32)


def _wide(kind: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(np.int64 if kind.itemsize > 2 else np.int32)


def _summed(values: Numbers, kind: np.dtype[Any]) -> Numbers:
    """Sums of 2 x 2 pixels; the last row and column of an odd size count twice."""
    odd = [(0, size % 2) for size in values.shape[:2]] + [(0, 0)] * (values.ndim - 2)
    even = np.pad(values, odd, mode="edge") if any(after for _, after in odd) else values
    pairs = np.add(even[0::2], even[1::2], dtype=kind)
    return np.asarray(pairs[:, 0::2] + pairs[:, 1::2])
