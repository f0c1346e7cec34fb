"""What a training of the findings network is told."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from typing import ClassVar

from model.films.table import ManifestError
from model.runtime.labels import ALL_CODES, ANY_ABNORMALITY
from model.training.recipe import Bounds, Recipe


class Task(Enum):
    """Findings with the two-class question beside them, or the two-class question alone."""

    FINDINGS = "findings"
    BINARY = "binary"

    @property
    def codes(self) -> tuple[str, ...]:
        """The label codes the task trains."""
        return ALL_CODES if self is Task.FINDINGS else (ANY_ABNORMALITY,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Epochs at one input size; sizes grow from stage to stage (progressive resolution)."""

    size: int
    epochs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig(Recipe):
    """The whole recipe: that of `Recipe`, and what findings need.

    Parameters
    ----------
    sites
        Films of a site are drawn this many times an epoch (0.5: half of them, by chance); a site
        that is not named does not train. Empty: every site once.
    warmup_epochs
        Of the learning rate; its cosine runs over all stages.
    positive_weight_cap
        Upper bound of the square root of negatives by positives that weights a rare label.
    any_weight
        Weight of the two-class head in the loss; each finding has 1.
    box_weight
        Weight of the loss that teaches the evidence map where a boxed lesion is.
    augment
        How strongly films are varied; 0 leaves them as they are.
    """

    stages: tuple[Stage, ...] = (Stage(size=128, epochs=20),)
    sites: dict[str, float] = field(default_factory=dict)
    warmup_epochs: float = 1.0
    positive_weight_cap: float = 3.0
    any_weight: float = 2.0
    box_weight: float = 0.1
    label_smoothing: float = 0.0
    dropout: float = 0.2
    augment: float = 1.0

    BOUNDS: ClassVar[Bounds] = {
        **Recipe.BOUNDS,
        "warmup_epochs": (0, math.inf),
        "positive_weight_cap": (1, math.inf),
        "any_weight": (0, math.inf),
        "box_weight": (0, math.inf),
        "label_smoothing": (0, 0.49),
        "dropout": (0, 0.99),
        "augment": (0, 3),
    }

    def __post_init__(self) -> None:
        # Without arguments super() would look for the class before slots were added to it.
        super(TrainConfig, self).__post_init__()
        if not self.stages or any(
            s.size % 32 or not 32 <= s.size <= 2048 or s.epochs < 1 for s in self.stages
        ):
            raise ManifestError("stages need sizes that are multiples of 32 and epochs >= 1")
        if any(not 0 <= weight <= 100 for weight in self.sites.values()):
            raise ManifestError("the weights of sites have to be 0 to 100")

    @property
    def training_sites(self) -> frozenset[str]:
        """The sites that train; empty: all."""
        return frozenset(site for site, weight in self.sites.items() if weight > 0)

    @property
    def epochs(self) -> int:
        """Epochs of all stages."""
        return sum(stage.epochs for stage in self.stages)

    def stage_at(self, epoch: int) -> Stage:
        """The stage an epoch (from 0) belongs to."""
        for stage in self.stages:
            if epoch < stage.epochs:
                return stage
            epoch -= stage.epochs
        return self.stages[-1]
