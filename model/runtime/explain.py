"""Evidence maps: where a score comes from, in log-odds, from the forward pass that made the score.

With global average pooling and a linear head, ``map_k = sum_c W_kc A_c`` and the mean of the map plus
the bias is the logit (Zhou et al. 2016, doi:10.1109/CVPR.2016.319). Grad-CAM on that layer is ReLU of
the same map divided by its number of cells (Selvaraju et al. 2017, doi:10.1109/ICCV.2017.74, appendix A).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from model.runtime.predict import Predictor, RawPrediction


def evidence_maps(raw: RawPrediction, predictor: Predictor) -> NDArray[np.float32]:
    """Maps of all labels, ``(labels, h, w)`` in log-odds: ``mean(map_k) + bias_k == logit_k``.

    Absolute values: an absent finding has no positive cell, and nothing is stretched to look hot.
    """
    channels, height, width = raw.feature_maps.shape
    flat = raw.feature_maps.reshape(channels, height * width)
    maps = predictor.head_weight.astype(np.float32) @ flat
    return maps.reshape(-1, height, width)


def cell_to_input(grid: tuple[int, int], size: int) -> NDArray[np.float64]:
    """``(2, 3)`` map from cell centres ``(column, row)`` to model-input pixels ``(x, y)``.

    The cells part the model input evenly; the box loss of the training uses the same partition.
    """
    height, width = grid
    step_x, step_y = size / width, size / height
    return np.array([[step_x, 0.0, (step_x - 1) / 2], [0.0, step_y, (step_y - 1) / 2]])


def composed(first: NDArray[np.float64], then: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two ``(2, 3)`` maps, one after the other: ``then(first(p))``."""
    bottom = np.array([[0.0, 0.0, 1.0]])
    return np.asarray(then @ np.vstack([first, bottom]))


def cell_to_film(
    grid: tuple[int, int], size: int, to_film: NDArray[np.float64]
) -> NDArray[np.float64]:
    """``(2, 3)`` map from cell centres to film pixels, given a film's `Preprocessed.to_film`."""
    return composed(cell_to_input(grid, size), to_film)
