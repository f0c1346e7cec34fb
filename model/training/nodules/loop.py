"""The detector's loss: where the centres are, and how large what lies there is."""

from __future__ import annotations

import torch
from torch import Tensor

from model.runtime.nodules import DetectorNetwork
from model.training.descent import Descent, Schedule
from model.training.nodules.crops import Crops

# A cell this near to a centre counts as one.
CENTRE = 0.9
# Cells this near learn the diameter.
NEAR = 0.5
SMALLEST_PROBABILITY = 1e-5


class DetectorTrainer(Descent[DetectorNetwork]):
    """A detector that learns from crops.

    Parameters
    ----------
    network
        The network to train, already on its device.
    schedule
        The recipe.
    diameter_weight
        Weight of the diameter in the loss.
    """

    def __init__(
        self, network: DetectorNetwork, schedule: Schedule, *, diameter_weight: float
    ) -> None:
        super().__init__(network, schedule)
        self._diameter_weight = diameter_weight

    def step(self, crops: Crops) -> tuple[float, float]:
        """Learn from one batch; return the losses of places and diameters."""
        self.network.train()
        inputs = crops.inputs.to(self.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.schedule.bfloat16):
            maps = self.network(inputs)
        maps = maps.float()
        heat, diameters = crops.heat.to(self.device), crops.diameters.to(self.device)
        place = place_loss(maps[:, 0], heat)
        size = diameter_loss(maps[:, 1], diameters, heat)
        self.descend(place + self._diameter_weight * size)
        return place.item(), size.item()


def place_loss(odds: Tensor, heat: Tensor) -> Tensor:
    """Focal loss on centres, milder near one (Law and Deng 2018, arXiv:1808.01244, equation 1), a centre.

    Parameters
    ----------
    odds, heat
        ``(n, h, w)``: log-odds of a centre, and 0-1 as in `Crops`.
    """
    p = torch.sigmoid(odds).clamp(SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    centre = (heat > CENTRE).to(p)
    at = (1 - p) ** 2 * torch.log(p)
    away = (1 - heat) ** 4 * p**2 * torch.log(1 - p)
    return -(centre * at + (1 - centre) * away).sum() / centre.sum().clamp_min(1)


def diameter_loss(answer: Tensor, truth: Tensor, heat: Tensor) -> Tensor:
    """Mean error of the logarithm of the diameter in the cells near a centre, all ``(n, h, w)``."""
    near = (heat > NEAR).to(answer)
    return ((answer - truth).abs() * near).sum() / near.sum().clamp_min(1)
