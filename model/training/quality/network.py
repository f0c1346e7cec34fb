"""The network of the input check, which learns from films that are spoiled anew every epoch."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from model.runtime.architecture import NetworkConfig
from model.runtime.network import build_network, channels_last
from model.runtime.quality import WRONG, Look
from model.training.data import Batch
from model.training.loop import LoopSettings, Trainer
from model.training.quality.films import BATCH, SmallFilms, model_inputs
from model.training.spoiled import spoiled

log = logging.getLogger(__name__)
WIDTH: Final = 12
# How often an epoch shows each look.
SHARES: Final[Mapping[Look, float]] = {
    Look.USABLE: 0.34,
    Look.INVERTED: 0.06,
    Look.ROTATED: 0.15,
    Look.MIRRORED: 0.20,
    Look.UNLIKE: 0.19,
    Look.POOR: 0.06,
}


def targets_of(looks: Sequence[Look]) -> NDArray[np.float32]:
    """``(n, looks)``: what a film is; whether an otherwise wrong film is mirrored as well is unknown."""
    targets = np.array([[float(look is wrong) for wrong in WRONG] for look in looks])
    unknown = [look not in {Look.USABLE, Look.MIRRORED} for look in looks]
    targets[unknown, WRONG.index(Look.MIRRORED)] = np.nan
    return targets.astype(np.float32)


def train_network(small: SmallFilms, *, epochs: int, seed: int = 1, quiet: bool) -> Trainer:
    """Train the check's network; every epoch spoils the films anew."""
    steps = max(1, len(small.films) // BATCH)
    torch.manual_seed(seed)
    network = build_network(NetworkConfig(labels=len(WRONG), width=WIDTH))
    settings = LoopSettings(
        total_steps=2 * steps * epochs,
        warmup_steps=steps,
        positive=torch.ones(len(WRONG)),
        weights=torch.ones(len(WRONG)),
        learning_rate=4e-3,
        box_weight=0.0,
        ema_decay=0.99,
    )
    trainer = Trainer(channels_last(network), settings)
    looks, shares = list(SHARES), list(SHARES.values())
    for epoch in range(epochs):
        random = np.random.default_rng([seed, epoch])
        # Two passes an epoch, so that a film is seen in two looks.
        order = np.concatenate([random.permutation(len(small.films)) for _ in range(2)])
        total = 0.0
        for number in tqdm(range(2 * steps), desc=f"check, epoch {epoch + 1}", disable=quiet):
            chosen = order[number * BATCH : (number + 1) * BATCH]
            drawn = [looks[k] for k in random.choice(len(looks), len(chosen), p=shares)]
            films = [
                spoiled(small.films[k], look, random)
                for k, look in zip(chosen, drawn, strict=True)
            ]
            batch = Batch(
                inputs=torch.from_numpy(model_inputs(films)[:, None]),
                targets=torch.from_numpy(targets_of(drawn)),
                boxes=torch.zeros((0, 6)),
            )
            total += trainer.step(batch, torch.Generator()).loss / (2 * steps)
        log.info("check: epoch %d of %d, loss %.4f", epoch + 1, epochs, total)
    return trainer
