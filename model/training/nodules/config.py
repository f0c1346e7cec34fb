"""What a training of the nodule detector is told: one typed record, read from a TOML file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from model.films.manifest import ManifestError
from model.runtime.nodules import STRIDE
from model.training.config import read_values


@dataclass(frozen=True, slots=True, kw_only=True)
class NoduleConfig:
    """The whole recipe.

    Parameters
    ----------
    width
        Channels of the trunk's first stage.
    size, crop
        Side of the whole model input and of the crops that train, in pixels.
    steps, validate_every
        Steps in all, and between two validations; a checkpoint is written at each.
    real, simulated
        Shares of crops round a boxed nodule or mass and round simulated ones; the others show no lesion.
    adults_from_years
        Films of younger patients do not train; unknown age does. None: everyone.
    sites
        Films of other sites do not train. Empty: all sites.
    diameter_weight
        Weight of the diameter in the loss.
    precision
        ``auto`` (bfloat16 on CUDA, else float32), ``float32`` or ``bfloat16``.
    """

    seed: int = 1
    width: int = 32
    size: int = 512
    crop: int = 224
    steps: int = 1000
    validate_every: int = 250
    batch_size: int = 24
    real: float = 0.45
    simulated: float = 0.4
    sites: tuple[str, ...] = ()
    adults_from_years: float | None = 18.0
    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    warmup_steps: int = 100
    gradient_clip: float = 1.0
    ema_decay: float = 0.995
    diameter_weight: float = 0.5
    precision: str = "auto"

    def __post_init__(self) -> None:
        if self.size % 16 or self.crop % (2 * STRIDE) or not 0 < self.crop <= self.size:
            raise ManifestError(
                "config: size and crop need to be multiples of 16, crop <= size"
            )
        if self.batch_size < 2 or self.precision not in {"auto", "float32", "bfloat16"}:
            raise ManifestError(
                "config: batch_size must be >= 2, precision auto, float32 or bfloat16"
            )
        if min(self.real, self.simulated) < 0 or self.real + self.simulated > 1:
            raise ManifestError("config: real and simulated are shares of one")
        if min(self.steps, self.validate_every) < 1:
            raise ManifestError("config: steps and validate_every must be >= 1")

    def as_json(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self) | {"sites": list(self.sites)}


def read_nodule_config(path: Path | None, **overrides: object) -> NoduleConfig:
    """Read a TOML file; values given as keywords win.

    Raises
    ------
    ManifestError
        For a key that does not exist or a value out of range.
    """
    values = read_values(NoduleConfig, path, overrides)
    values["sites"] = tuple(values.get("sites", ()))
    return NoduleConfig(**values)
