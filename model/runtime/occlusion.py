"""What if this region looked like its surroundings? Scores after it is filled in.

The fill solves Laplace's equation inside the region with the film around it as boundary: the smoothest
surface that joins the rim (Perez et al. 2003, doi:10.1145/882262.882269, with a zero guidance field).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.runtime.predict import Predictor, RawPrediction

RELAXATION_STEPS = 200
SMALLEST_LEVEL = 16


def filled(model_input: NDArray[np.float32], region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The film with a region filled from its surroundings.

    Parameters
    ----------
    model_input
        ``(size, size)`` in 0-1.
    region
        ``(size, size)``, True where the film is to be forgotten.

    Raises
    ------
    ValueError
        When the shapes differ, or the region leaves nothing to fill from.
    """
    if region.shape != model_input.shape or region.all():
        raise ValueError("the region must fit the film and leave some of it")
    if not region.any():
        return model_input.copy()
    start = _coarse_start(model_input, region)
    return _relaxed(np.where(region, start, model_input).astype(np.float32), region)


def what_if(
    predictor: Predictor, model_input: NDArray[np.float32], region: NDArray[np.bool_]
) -> RawPrediction:
    """Scores and maps of the film with the region filled from its surroundings."""
    return predictor.predict(filled(model_input, region))


def _coarse_start(film: NDArray[np.float32], region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A first guess from half the resolution, so that large regions fill in few steps."""
    rows, columns = film.shape
    if min(rows, columns) < 2 * SMALLEST_LEVEL:
        return np.full_like(film, film[~region].mean())
    pad = ((0, rows % 2), (0, columns % 2))
    known = np.pad(~region, pad).astype(np.float32)
    blocks = np.pad(film, pad) * known
    shape = ((rows + 1) // 2, 2, (columns + 1) // 2, 2)
    weight = known.reshape(shape).sum(axis=(1, 3))
    half = blocks.reshape(shape).sum(axis=(1, 3)) / np.maximum(weight, 1.0)
    unknown = weight == 0
    if unknown.any():
        half = np.where(unknown, _coarse_start(half, unknown), half).astype(np.float32)
        half = _relaxed(half, unknown)
    return np.repeat(np.repeat(half, 2, axis=0), 2, axis=1)[:rows, :columns]


def _relaxed(film: NDArray[np.float32], region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Jacobi steps inside the region: each pixel becomes the mean of its four neighbours."""
    current = film.astype(np.float32)
    for _ in range(RELAXATION_STEPS):
        padded = np.pad(current, 1, mode="edge")
        mean = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
        current = np.where(region, mean * np.float32(0.25), current)
    return current
