"""The pointing game: whether the hottest place of a finding's map lies in one of its boxes.

Zhang et al. 2018, doi:10.1007/s11263-017-1059-x, without a tolerance round the box.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def hits(
    evidence: NDArray[np.floating], boxes: NDArray[np.floating], size: int
) -> tuple[int, int]:
    """Hits and tries of a batch.

    Parameters
    ----------
    evidence
        ``(n, labels, h, w)`` maps.
    boxes
        ``(m, 6)`` as in `model.training.data.Batch`; all boxes of a film and label are one try.
    size
        Side of the model input in pixels.
    """
    height, width = evidence.shape[-2:]
    found: dict[tuple[int, int], bool] = {}
    for film, label, x0, y0, x1, y1 in boxes.tolist():
        key = (int(film), int(label))
        row, column = divmod(int(np.argmax(evidence[key])), width)
        x, y = (column + 0.5) * size / width - 0.5, (row + 0.5) * size / height - 0.5
        inside = x0 <= x <= x1 and y0 <= y <= y1
        found[key] = found.get(key, False) or inside
    return sum(found.values()), len(found)
