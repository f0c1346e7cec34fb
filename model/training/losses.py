"""The two losses: what a film shows, and where."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from model.runtime.labels import ANY_ABNORMALITY

# Below this the boxed share of the map's softmax counts as none; keeps the logarithm finite.
SMALLEST_SHARE = 1e-6


def positive_weights(targets: NDArray[np.float32], cap: float) -> Tensor:
    """``(labels,)``: the square root of negatives by positives, between 1 and `cap`."""
    positives = np.nansum(targets, axis=0)
    known = np.sum(~np.isnan(targets), axis=0)
    ratio = (known - positives) / np.maximum(positives, 1)
    return torch.from_numpy(np.clip(np.sqrt(ratio), 1.0, cap).astype(np.float32))


def label_weights(codes: tuple[str, ...], any_weight: float) -> Tensor:
    """``(labels,)``: `any_weight` for the two-class head, 1 for each finding."""
    return torch.tensor([any_weight if code == ANY_ABNORMALITY else 1.0 for code in codes])


def masked_loss(
    logits: Tensor, targets: Tensor, positive: Tensor, weights: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Binary cross-entropy on logits, averaged over the known labels alone.

    No softmax before a cross-entropy: that has a floor and dead gradients.
    """
    known = ~torch.isnan(targets)
    filled = torch.where(known, targets, torch.zeros_like(targets))
    soft = filled * (1 - 2 * smoothing) + smoothing
    each = functional.binary_cross_entropy_with_logits(
        logits, soft, pos_weight=positive, reduction="none"
    )
    weight = known * weights
    return (each * weight).sum() / weight.sum().clamp_min(1.0)


def box_loss(maps: Tensor, head_weight: Tensor, boxes: Tensor, size: int) -> Tensor:
    """How little of a finding's evidence lies in its boxes: minus the log of the boxed share.

    The evidence map is the linear map that makes the score (`model.runtime.explain`); its softmax
    over the cells is a distribution over places. All boxes of a film and label count together.

    Parameters
    ----------
    maps
        ``(n, c, h, w)`` feature maps.
    head_weight
        ``(labels, c)`` weights of the linear head.
    boxes
        ``(m, 6)`` as in `Batch`; films without boxes add nothing.
    size
        Side of the model input in pixels.
    """
    if not len(boxes):
        return maps.new_zeros(())
    height, width = maps.shape[-2:]
    pairs, group = torch.unique(boxes[:, :2].long(), dim=0, return_inverse=True)
    inside = (
        _coverage(boxes[:, 3], boxes[:, 5], height, size)[:, :, None]
        * _coverage(boxes[:, 2], boxes[:, 4], width, size)[:, None, :]
    )
    masks = inside.new_zeros((len(pairs), height, width)).index_add_(0, group, inside)
    masks = masks.clamp_(max=1.0)
    evidence = torch.einsum("mc,mchw->mhw", head_weight[pairs[:, 1]], maps[pairs[:, 0]])
    share = torch.softmax(evidence.flatten(1).float(), dim=1)
    boxed = (share * masks.flatten(1)).sum(dim=1)
    seen = masks.flatten(1).sum(dim=1) > 0
    losses = -torch.log(boxed.clamp_min(SMALLEST_SHARE))
    return (losses * seen).sum() / len(maps)


def _coverage(low: Tensor, high: Tensor, cells: int, size: int) -> Tensor:
    """``(m, cells)``: the share of each cell along one axis that lies between two edges."""
    step = size / cells
    edges = torch.arange(cells, device=low.device) * step - 0.5
    reach = torch.minimum(high[:, None], edges + step) - torch.maximum(low[:, None], edges)
    return (reach / step).clamp(0.0, 1.0)
