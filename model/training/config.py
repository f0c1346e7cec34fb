"""What a training run is told: one typed record, read from a TOML file."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from model.films.manifest import ManifestError
from model.runtime.labels import ALL_CODES, ANY_ABNORMALITY


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
class TrainConfig:
    """The whole recipe.

    Parameters
    ----------
    sites
        Films of a site are drawn this many times an epoch (0.5: half of them, by chance); a site
        that is not named does not train. Empty: every site once.
    adults_from_years
        Films of younger patients do not train; unknown age does. None: everyone.
    learning_rate, weight_decay, warmup_epochs, gradient_clip
        AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), linear warm-up, one cosine over all
        stages, clipping by global norm.
    ema_decay
        Of the averaged weights, which are the ones that validate and ship.
    positive_weight_cap
        Upper bound of the square root of negatives by positives that weights a rare label.
    any_weight
        Weight of the two-class head in the loss; each finding has 1.
    box_weight
        Weight of the loss that teaches the evidence map where a boxed lesion is.
    precision
        ``auto`` (bfloat16 on CUDA, else float32), ``float32`` or ``bfloat16``.
    """

    seed: int = 1
    width: int = 32
    stages: tuple[Stage, ...] = (Stage(size=128, epochs=20),)
    sites: dict[str, float] = field(default_factory=dict)
    adults_from_years: float | None = 18.0
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup_epochs: float = 1.0
    gradient_clip: float = 1.0
    ema_decay: float = 0.998
    positive_weight_cap: float = 3.0
    any_weight: float = 2.0
    box_weight: float = 0.1
    label_smoothing: float = 0.0
    dropout: float = 0.2
    augment: float = 1.0
    precision: str = "auto"

    def __post_init__(self) -> None:
        if not self.stages or any(s.size % 32 or s.epochs < 1 for s in self.stages):
            raise ManifestError(
                "config: stages need sizes that are multiples of 32 and epochs >= 1"
            )
        if self.batch_size < 2 or self.precision not in {"auto", "float32", "bfloat16"}:
            raise ManifestError(
                "config: batch_size must be >= 2, precision auto, float32 or bfloat16"
            )

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

    def as_json(self) -> dict[str, Any]:
        """The record as plain values."""
        return dataclasses.asdict(self)


def read_config(path: Path | None, **overrides: object) -> TrainConfig:
    """Read a TOML file; values given as keywords win.

    Raises
    ------
    ManifestError
        For a key that does not exist or a value out of range.
    """
    values = read_values(TrainConfig, path, overrides)
    if "stages" in values:
        values["stages"] = tuple(Stage(**stage) for stage in values["stages"])
    return TrainConfig(**values)


def read_values(
    recipe: type[Any], path: Path | None, overrides: Mapping[str, object]
) -> dict[str, Any]:
    """The values of a TOML file for a recipe's record; those of `overrides` that are not None win.

    Raises
    ------
    ManifestError
        For a key that the record does not have.
    """
    values: dict[str, Any] = {}
    if path is not None:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    values |= {key: value for key, value in overrides.items() if value is not None}
    known = {f.name for f in dataclasses.fields(recipe)}
    unknown = sorted(set(values) - known)
    if unknown:
        raise ManifestError(f"config: unknown keys {', '.join(unknown)}")
    return values
