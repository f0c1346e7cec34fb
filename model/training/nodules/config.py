"""What a training of the nodule detector is told."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from model.films.table import ManifestError
from model.runtime.nodules import STRIDE
from model.training.recipe import Bounds, Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class NoduleConfig(Recipe):
    """The whole recipe: that of `Recipe`, and what nodules need.

    Parameters
    ----------
    size, crop
        Side of the whole model input and of the crops that train, in pixels.
    steps, validate_every
        Steps in all, and between two validations; a checkpoint is written at each.
    real, simulated
        Shares of crops round a boxed nodule or mass and round simulated ones; the others show no lesion.
    sites
        Films of other sites do not train. Empty: all sites.
    diameter_weight
        Weight of the diameter in the loss.
    """

    batch_size: int = 24
    weight_decay: float = 0.02
    ema_decay: float = 0.995
    size: int = 512
    crop: int = 224
    steps: int = 1000
    validate_every: int = 250
    real: float = 0.45
    simulated: float = 0.4
    sites: tuple[str, ...] = ()
    warmup_steps: int = 100
    diameter_weight: float = 0.5

    BOUNDS: ClassVar[Bounds] = {
        **Recipe.BOUNDS,
        "width": (1, 64),
        "size": (64, 2048),
        "steps": (1, math.inf),
        "validate_every": (1, math.inf),
        "real": (0, 1),
        "simulated": (0, 1),
        "warmup_steps": (0, math.inf),
        "diameter_weight": (0, math.inf),
    }

    def __post_init__(self) -> None:
        # Without arguments super() would look for the class before slots were added to it.
        super(NoduleConfig, self).__post_init__()
        if self.size % 16 or self.crop % (2 * STRIDE) or not 0 < self.crop <= self.size:
            raise ManifestError("size and crop have to be multiples of 16, crop <= size")
        if self.real + self.simulated > 1:
            raise ManifestError("real and simulated are shares of one")
