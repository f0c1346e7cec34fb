"""The training loop as a machine driven step by step: batch in, losses out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from model.runtime.map_network import MapNetwork
from model.training.data import Batch
from model.training.descent import Descent, Schedule
from model.training.losses import box_loss, masked_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings(Schedule):
    """The part of the recipe that a step needs; see `model.training.config.TrainConfig`."""

    positive: Tensor
    weights: Tensor
    box_weight: float = 0.1
    label_smoothing: float = 0.0
    dropout: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLog:
    """What one step did."""

    step: int
    loss: float
    box_loss: float
    learning_rate: float


class Trainer(Descent[MapNetwork]):
    """A findings network that learns from batches.

    Parameters
    ----------
    network
        The network to train, already on its device.
    settings
        The recipe.
    """

    def __init__(self, network: MapNetwork, settings: LoopSettings) -> None:
        super().__init__(network, settings)
        self.settings = settings

    def step(self, batch: Batch, generator: torch.Generator) -> StepLog:
        """Learn from one batch; `generator` draws the dropout mask, so that a step can be repeated."""
        self.network.train()
        loss, box = self._losses(batch.to(self.device), generator)
        rate = self.descend(loss + self.settings.box_weight * box)
        return StepLog(
            step=self.step_number, loss=loss.item(), box_loss=box.item(), learning_rate=rate
        )

    @torch.no_grad()
    def predict(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``(n, labels)`` and evidence ``(n, labels, h, w)`` of the averaged network."""
        logits, maps = self.ema(inputs.to(self.device))
        evidence = torch.einsum("kc,nchw->nkhw", self.ema.head.weight, maps)
        return logits.cpu(), evidence.cpu()

    def _losses(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        s = self.settings
        with torch.autocast(self.device.type, torch.bfloat16, enabled=s.bfloat16):
            maps = self.network.features(
                batch.inputs.contiguous(memory_format=torch.channels_last)
            )
        maps = maps.float()
        pooled = maps.mean(dim=(2, 3))
        if s.dropout > 0:
            kept = torch.rand(pooled.shape, generator=generator) >= s.dropout
            pooled = pooled * kept.to(pooled) / (1 - s.dropout)
        head = self.network.head
        logits = functional.linear(pooled, head.weight, head.bias)
        positive, weights = s.positive.to(self.device), s.weights.to(self.device)
        loss = masked_loss(logits, batch.targets, positive, weights, s.label_smoothing)
        if not s.box_weight:
            return loss, loss.new_zeros(())
        return loss, box_loss(maps, head.weight, batch.boxes, batch.inputs.shape[-1])
