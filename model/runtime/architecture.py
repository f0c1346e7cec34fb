"""What a package names and this program must have: the preprocessing version and the networks; without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PREPROCESS_VERSION: Final = "1"
THIN_RESNET18 = "thin-resnet18"
# DenseNet-121 (Huang et al. 2017, arXiv:1608.06993) is there for imported weights.
DENSENET121 = "densenet121"
ARCHITECTURES = (THIN_RESNET18, DENSENET121)
LARGEST_WIDTH = 128
MOST_TRUNKS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkConfig:
    """What is needed to rebuild a network before its weights are loaded.

    Parameters
    ----------
    architecture
        A name from `ARCHITECTURES`.
    labels
        Number of outputs.
    width
        Channels of the first stage; the last has eight times as many.
    trunks
        Networks side by side whose features are concatenated before the one linear head: an
        ensemble that averages logits and is still linear after pooling.
    mean, scale
        The input is shifted and scaled by these before the first layer.
    channels
        1, or 3 for a network of colour pictures: it gets the film three times, normalised as ImageNet's.

    Raises
    ------
    ValueError
        For an unknown architecture or numbers out of range.
    """

    architecture: str = THIN_RESNET18
    labels: int
    width: int = 32
    trunks: int = 1
    mean: float = 0.5
    scale: float = 0.25
    channels: int = 1

    def __post_init__(self) -> None:
        if self.architecture not in ARCHITECTURES:
            raise ValueError(f"unknown architecture {self.architecture!r}")
        if not (1 <= self.width <= LARGEST_WIDTH and 1 <= self.trunks <= MOST_TRUNKS):
            raise ValueError("width or number of trunks out of range")
        if not (1 <= self.labels <= 512 and self.scale > 0):
            raise ValueError("number of labels or input scale out of range")
        if self.channels not in ((1,) if self.architecture == THIN_RESNET18 else (1, 3)):
            raise ValueError("number of input channels out of range")
