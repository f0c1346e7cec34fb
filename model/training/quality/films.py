"""Films as the input check sees them: small, in memory, and what its network answers."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from model.films.cache import read_presented
from model.films.manifest import Row
from model.runtime.map_network import MapNetwork
from model.runtime.preprocess import PreprocessError, preprocess
from model.runtime.quality import SIDE, QualityCheck, Verdict, answers_of
from model.training.spoiled import Film, resized

log = logging.getLogger(__name__)
BATCH: Final = 64
# Films are kept this small while they are spoiled: twice what the check sees.
LONG_SIDE: Final = 2 * SIDE
Inputs = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallFilms:
    """Films of one split, small and in memory; `sites` has one name a film."""

    films: tuple[Film, ...]
    sites: NDArray[np.str_]


def read_small(rows: Sequence[Row], most: Mapping[str, int], seed: int = 0) -> SmallFilms:
    """Read films at their true aspect with a long side of `LONG_SIDE`, at most so many of a site."""
    random = np.random.default_rng(seed)
    taken: Counter[str] = Counter()
    films, sites = [], []
    for k in random.permutation(len(rows)):
        row = rows[k]
        if taken[row.site] >= most.get(row.site, len(rows)):
            continue
        try:
            film = read_presented(row.path)
        except OSError as error:
            log.warning("unreadable image (%s): %s", error, row.path.name)
            continue
        taken[row.site] += 1
        height, width = film.shape[0] * row.pixel_aspect, film.shape[1]
        scale = LONG_SIDE / max(height, width)
        films.append(resized(film, round(height * scale), round(width * scale)))
        sites.append(row.site)
    return SmallFilms(films=tuple(films), sites=np.array(sites, dtype=np.str_))


def model_inputs(films: Sequence[Film]) -> Inputs:
    """Presented films as the check sees them; a film of one grey is left black."""
    inputs = np.zeros((len(films), SIDE, SIDE), np.float32)
    for k, film in enumerate(films):
        try:
            made = preprocess(np.ascontiguousarray(film, dtype=np.float32), size=SIDE)
        except PreprocessError:
            continue
        inputs[k] = made.model_input
    return inputs


def judged(check: QualityCheck, inputs: Inputs) -> list[Verdict]:
    """The verdicts on many inputs, in batches."""
    odds, features = network_answers(check.network, inputs)
    distances = check.distances.of(features)
    return [check.verdict(o, float(d)) for o, d in zip(odds, distances, strict=True)]


def network_answers(
    network: MapNetwork, inputs: Inputs
) -> tuple[NDArray[np.float32], tuple[Floats, ...]]:
    """Log-odds ``(n, looks)`` and pooled features ``(n, c)`` of each stage, in batches."""
    parts = [
        answers_of(network, torch.from_numpy(inputs[start : start + BATCH, None]))
        for start in range(0, len(inputs), BATCH)
    ]
    features = tuple(
        np.concatenate(stage) for stage in zip(*(f for _, f in parts), strict=True)
    )
    return np.concatenate([odds for odds, _ in parts]), features
