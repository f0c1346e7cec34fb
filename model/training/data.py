"""Batches: which films an epoch draws, in which order, as tensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.films.cache import CachedFilms
from model.runtime.preprocess import GRID


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Films and what is known of them.

    Parameters
    ----------
    inputs
        ``(n, 1, s, s)`` float32 in 0-1.
    targets
        ``(n, labels)`` of 0, 1 and NaN (unknown).
    boxes
        ``(m, 6)``: film in the batch, label, x0, y0, x1, y1 in model-input pixels.
    """

    inputs: Tensor
    targets: Tensor
    boxes: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(
            inputs=self.inputs.to(device),
            targets=self.targets.to(device),
            boxes=self.boxes.to(device),
        )


class FilmSet:
    """One split's films at one size, ready to be drawn by index.

    Parameters
    ----------
    films
        The cache of all splits.
    codes
        The vocabulary, in the order of the labels.
    split
        Which rows to take.
    trainable
        Labels that are masked everywhere when False.
    """

    def __init__(
        self,
        films: CachedFilms,
        codes: Sequence[str],
        split: str,
        trainable: Sequence[bool] | None = None,
    ) -> None:
        self.index = np.array(
            [i for i, r in enumerate(films.rows) if r.split == split], dtype=int
        )
        self.rows = tuple(films.rows[i] for i in self.index)
        self._inputs = films.inputs
        self.size = int(films.inputs.shape[1])
        nan = float("nan")
        targets = [[nan if v is None else v for v in row.labels] for row in self.rows]
        self.targets = np.array(targets, dtype=np.float32).reshape(len(self.rows), len(codes))
        if trainable is not None:
            self.targets[:, ~np.asarray(trainable)] = nan
        self._boxes = [
            _model_boxes(films, int(i), {code: k for k, code in enumerate(codes)})
            for i in self.index
        ]

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, positions: NDArray[np.int64]) -> Batch:
        """The films at these positions of the split."""
        pixels = self._inputs[self.index[positions]].astype(np.float32) / np.float32(GRID)
        boxes = [
            np.column_stack([np.full(len(found), n), found])
            for n, p in enumerate(positions)
            if len(found := self._boxes[p])
        ]
        stacked = np.concatenate(boxes) if boxes else np.zeros((0, 6))
        return Batch(
            inputs=torch.from_numpy(pixels[:, None]),
            targets=torch.from_numpy(self.targets[positions]),
            boxes=torch.from_numpy(stacked.astype(np.float32)),
        )

    def in_order(self, batch_size: int) -> Iterator[Batch]:
        """All films once, in order."""
        for start in range(0, len(self), batch_size):
            yield self.batch(np.arange(start, min(start + batch_size, len(self))))


def _model_boxes(
    films: CachedFilms, index: int, codes: Mapping[str, int]
) -> NDArray[np.float64]:
    boxes = films.rows[index].boxes
    (sx, _, ox), (_, sy, oy) = films.to_film[index]
    # Box edges are continuous: the left edge of pixel 0 is at -0.5 of its centre's coordinate.
    return np.array(
        [
            (
                codes[box.label],
                (box.x - 0.5 - ox) / sx,
                (box.y - 0.5 - oy) / sy,
                (box.x + box.width - 0.5 - ox) / sx,
                (box.y + box.height - 0.5 - oy) / sy,
            )
            for box in boxes
        ]
    ).reshape(-1, 5)


def epoch_order(
    sites: Sequence[str], weights: Mapping[str, float], *, seed: int, epoch: int
) -> NDArray[np.int64]:
    """The positions an epoch draws: each site's films by its weight, shuffled.

    A function of seed and epoch alone, so that a resumed run draws the same films.
    """
    generator = np.random.default_rng([seed, epoch, 7])
    parts = []
    for site in sorted(set(sites)):
        positions = np.array([i for i, s in enumerate(sites) if s == site])
        weight = weights.get(site, 0.0) if weights else 1.0
        whole, rest = divmod(weight, 1.0)
        parts += [positions] * int(whole)
        parts.append(generator.permutation(positions)[: round(rest * len(positions))])
    order = np.concatenate(parts) if parts else np.zeros(0, dtype=int)
    return generator.permutation(order).astype(np.int64)


def share_of(order: NDArray[np.int64], *, rank: int, processes: int) -> NDArray[np.int64]:
    """One process's share of an epoch: every share has the same length, so that none waits."""
    usable = len(order) // processes * processes
    return order[rank:usable:processes]
