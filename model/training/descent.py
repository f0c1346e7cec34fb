"""Going down a loss step by step: optimiser, schedule, averaged weights; state in, state out.

It knows no files, no arguments, no clock and not what the network is for, so that a program on one machine,
several processes or several hospitals can drive it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic

import torch
from torch import Tensor, distributed, nn

from model.runtime.network import AnyNetwork


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How the weights move; see `model.training.config.TrainConfig`."""

    total_steps: int
    warmup_steps: int
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    gradient_clip: float = 1.0
    ema_decay: float = 0.998
    bfloat16: bool = False


class Descent(Generic[AnyNetwork]):
    """A network, its optimiser and its averaged copy.

    Parameters
    ----------
    network
        The network to train, already on its device.
    schedule
        The recipe.
    """

    def __init__(self, network: AnyNetwork, schedule: Schedule) -> None:
        self.network = network
        self.ema = copy.deepcopy(network).requires_grad_(requires_grad=False).eval()
        self.schedule = schedule
        self.step_number = 0
        self.device = next(network.parameters()).device
        self._parameters = dict(network.named_parameters())
        decayed = [p for p in self._parameters.values() if p.ndim > 1]
        plain = [p for p in self._parameters.values() if p.ndim <= 1]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": schedule.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=schedule.learning_rate,
        )

    def learning_rate(self, step: int) -> float:
        """Linear warm-up, then a cosine to nothing."""
        s = self.schedule
        if step < s.warmup_steps:
            return s.learning_rate * (step + 1) / s.warmup_steps
        done = (step - s.warmup_steps) / max(1, s.total_steps - s.warmup_steps)
        return s.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def descend(self, loss: Tensor) -> float:
        """One step down a loss of the network's; return the learning rate."""
        rate = self.learning_rate(self.step_number)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._share_gradients()
        nn.utils.clip_grad_norm_(self.network.parameters(), self.schedule.gradient_clip)
        self._optimizer.step()
        self.step_number += 1
        self._average()
        return rate

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
        decay = min(self.schedule.ema_decay, (1 + self.step_number) / (10 + self.step_number))
        pairs = zip(
            self.ema.state_dict().values(), self.network.state_dict().values(), strict=True
        )
        for averaged, current in pairs:
            if averaged.is_floating_point():
                averaged.lerp_(current, 1 - decay)
            else:
                averaged.copy_(current)
