"""What every network of a package is: features, global average pooling, one linear head.

Then the evidence map of a finding is ``map_k = sum_c W_kc A_c`` and its mean plus the bias is the logit (Zhou et al.
2016, doi:10.1109/CVPR.2016.319); `model.runtime.explain` depends on it.
"""

from __future__ import annotations

from torch import Tensor, nn

from model.runtime.architecture import NetworkConfig


class MapNetwork(nn.Module):
    """Features, global average pooling, one linear head: what every allowed network is.

    A subclass sets `head` and implements `stages`.
    """

    head: nn.Linear

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config

    def stages(self, x: Tensor) -> list[Tensor]:
        """Maps of the stages, from the first to the last; the last are the feature maps ``A``."""
        raise NotImplementedError

    def features(self, x: Tensor) -> Tensor:
        """Feature maps ``A``: model input ``(n, 1, s, s)`` in 0-1 -> ``(n, c, h, w)``."""
        return self.stages(x)[-1]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Model input ``(n, 1, s, s)`` -> logits ``(n, labels)`` and feature maps ``A``."""
        maps = self.features(x)
        return self.head(maps.mean(dim=(2, 3))), maps
