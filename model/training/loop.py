"""The training loop as a machine driven step by step: batch in, losses out; state in, state out.

It knows no files, no arguments and no clock, so that a program on one machine, several processes or
several hospitals can drive it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn
from torch.nn import functional

from model.runtime.map_network import MapNetwork
from model.training.data import Batch
from model.training.losses import box_loss, masked_loss


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopSettings:
    """The part of the recipe that a step needs; see `model.training.config.TrainConfig`."""

    total_steps: int
    warmup_steps: int
    positive: Tensor
    weights: Tensor
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    gradient_clip: float = 1.0
    ema_decay: float = 0.998
    box_weight: float = 0.1
    label_smoothing: float = 0.0
    dropout: float = 0.0
    bfloat16: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLog:
    """What one step did."""

    step: int
    loss: float
    box_loss: float
    learning_rate: float


class Trainer:
    """A network, its optimiser and its averaged copy.

    Parameters
    ----------
    network
        The network to train, already on its device.
    settings
        The recipe.
    """

    def __init__(self, network: MapNetwork, settings: LoopSettings) -> None:
        self.network = network
        self.ema = copy.deepcopy(network).requires_grad_(requires_grad=False).eval()
        self.settings = settings
        self.step_number = 0
        self.device = next(network.parameters()).device
        self._parameters = dict(network.named_parameters())
        decayed = [p for p in self._parameters.values() if p.ndim > 1]
        plain = [p for p in self._parameters.values() if p.ndim <= 1]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": settings.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
        )

    def learning_rate(self, step: int) -> float:
        """Linear warm-up, then a cosine to nothing."""
        s = self.settings
        if step < s.warmup_steps:
            return s.learning_rate * (step + 1) / s.warmup_steps
        done = (step - s.warmup_steps) / max(1, s.total_steps - s.warmup_steps)
        return s.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def step(self, batch: Batch, generator: torch.Generator) -> StepLog:
        """Learn from one batch; `generator` draws the dropout mask, so that a step can be repeated."""
        self.network.train()
        rate = self.learning_rate(self.step_number)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        loss, box = self._losses(batch.to(self.device), generator)
        self._optimizer.zero_grad(set_to_none=True)
        (loss + self.settings.box_weight * box).backward()  # type: ignore[no-untyped-call]
        self._share_gradients()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.settings.gradient_clip)
        self._optimizer.step()
        self.step_number += 1
        self._average()
        return StepLog(
            step=self.step_number, loss=loss.item(), box_loss=box.item(), learning_rate=rate
        )

    @torch.no_grad()
    def predict(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Logits ``(n, labels)`` and evidence ``(n, labels, h, w)`` of the averaged network."""
        logits, maps = self.ema(inputs.to(self.device))
        evidence = torch.einsum("kc,nchw->nkhw", self.ema.head.weight, maps)
        return logits.cpu(), evidence.cpu()

    def state(self) -> dict[str, Tensor]:
        """Everything that continues this run, as named tensors on the CPU."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.ema.state_dict().items()}
        for name, parameter in self._parameters.items():
            for key, value in self._optimizer.state[parameter].items():
                tensors[f"optimizer.{key}.{name}"] = value
        tensors["step"] = torch.tensor(self.step_number)
        return {k: v.detach().cpu().clone().contiguous() for k, v in tensors.items()}

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Continue from a state.

        Raises
        ------
        KeyError, RuntimeError
            When the state belongs to another network.
        """
        for name, module in (("network.", self.network), ("ema.", self.ema)):
            own = {k.removeprefix(name): v for k, v in state.items() if k.startswith(name)}
            module.load_state_dict(own)
        for name, parameter in self._parameters.items():
            for key in ("step", "exp_avg", "exp_avg_sq"):
                stored = state.get(f"optimizer.{key}.{name}")
                if stored is not None:
                    device = "cpu" if key == "step" else self.device
                    self._optimizer.state[parameter][key] = stored.clone().to(device)
        self.step_number = int(state["step"])

    def share_buffers(self) -> None:
        """Average the running statistics over all processes, so that they validate alike."""
        if not distributed.is_initialized():
            return
        for network in (self.network, self.ema):
            for buffer in network.buffers():
                if buffer.is_floating_point():
                    distributed.all_reduce(buffer)
                    buffer.div_(distributed.get_world_size())

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

    def _share_gradients(self) -> None:
        if not distributed.is_initialized():
            return
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        distributed.all_reduce(flat)
        flat /= distributed.get_world_size()
        start = 0
        for gradient in gradients:
            stop = start + gradient.numel()
            gradient.copy_(flat[start:stop].view_as(gradient))
            start = stop

    @torch.no_grad()
    def _average(self) -> None:
        # A young average follows the weights closely, else it would remember the initial ones.
        decay = min(self.settings.ema_decay, (1 + self.step_number) / (10 + self.step_number))
        pairs = zip(
            self.ema.state_dict().values(), self.network.state_dict().values(), strict=True
        )
        for averaged, current in pairs:
            if averaged.is_floating_point():
                averaged.lerp_(current, 1 - decay)
            else:
                averaged.copy_(current)
