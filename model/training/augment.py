"""Mild augmentation of whole batches: what could have happened to the film, and nothing else.

No flips: a mirrored chest is dextrocardia. Rotation within 10 degrees, scale within 10 %, shift within
5 %, gamma, contrast, noise, erased rectangles (markers, devices) and blackened corners.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from model.training.data import Batch

ROTATION_DEGREES = 10.0
SCALE = 0.10
SHIFT = 0.05
GAMMA = 0.25
NOISE = 0.03
ERASE_PROBABILITY = 0.3


def augmented(batch: Batch, generator: torch.Generator, strength: float = 1.0) -> Batch:
    """A varied copy of a batch on the CPU; `strength` scales every range, 0 changes nothing."""
    if strength <= 0:
        return batch
    theta = _affine(len(batch.inputs), generator, strength)
    size = list(batch.inputs.shape)
    grid = functional.affine_grid(theta, size, align_corners=False)
    inputs = functional.grid_sample(batch.inputs, grid, align_corners=False)
    inputs = _toned(inputs, generator, strength)
    _erase(inputs, generator, strength)
    boxes = moved_boxes(batch.boxes, theta, size[-1])
    return Batch(inputs=inputs, targets=batch.targets, boxes=boxes)


def _uniform(shape: tuple[int, ...], generator: torch.Generator, reach: float) -> Tensor:
    return (torch.rand(shape, generator=generator) * 2 - 1) * reach


def _affine(count: int, generator: torch.Generator, strength: float) -> Tensor:
    """``(n, 2, 3)`` maps from output to input positions in -1..1, as `affine_grid` wants them."""
    angle = _uniform((count,), generator, math.radians(ROTATION_DEGREES) * strength)
    scale = torch.exp(_uniform((count, 2), generator, SCALE * strength))
    shift = _uniform((count, 2), generator, 2 * SHIFT * strength)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = (
        torch.stack([cos * scale[:, 0], -sin * scale[:, 1], shift[:, 0]], dim=1),
        torch.stack([sin * scale[:, 0], cos * scale[:, 1], shift[:, 1]], dim=1),
    )
    return torch.stack(rows, dim=1)


def _toned(inputs: Tensor, generator: torch.Generator, strength: float) -> Tensor:
    count = len(inputs)
    gamma = torch.exp(_uniform((count, 1, 1, 1), generator, GAMMA * strength))
    noise = torch.rand((count, 1, 1, 1), generator=generator) * NOISE * strength
    toned = inputs.clamp(0, 1) ** gamma
    toned += noise * torch.randn(inputs.shape, generator=generator)
    return toned.clamp_(0, 1)


def _erase(inputs: Tensor, generator: torch.Generator, strength: float) -> None:
    """Fill a rectangle with one grey: near a corner half of the time, where markers are."""
    size = inputs.shape[-1]
    draws = torch.rand((len(inputs), 7), generator=generator).tolist()
    for film, (chance, width, height, x, y, grey, corner) in zip(inputs, draws, strict=True):
        if chance >= ERASE_PROBABILITY * strength:
            continue
        w, h = (int(size * (0.05 + 0.2 * side)) for side in (width, height))
        left, top = int(x * (size - w)), int(y * (size - h))
        if corner < 0.5:
            left, top = (0 if x < 0.5 else size - w), (0 if y < 0.5 else size - h)
        film[:, top : top + h, left : left + w] = grey


def moved_boxes(boxes: Tensor, theta: Tensor, size: int) -> Tensor:
    """Boxes after the map that moved their films: the box around the four moved corners."""
    if not len(boxes):
        return boxes
    x0, y0, x1, y1 = ((boxes[:, i] + 0.5) * 2 / size - 1 for i in range(2, 6))
    corners = torch.stack(
        [torch.stack(p, dim=1) for p in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))], dim=1
    )
    maps = theta[boxes[:, 0].long()]
    # theta goes from output to input; the boxes go the other way.
    moved = torch.linalg.solve(maps[:, :, :2], (corners - maps[:, None, :, 2]).transpose(1, 2))
    pixels = (moved + 1) * size / 2 - 0.5
    return torch.cat([boxes[:, :2], pixels.amin(dim=2), pixels.amax(dim=2)], dim=1)
