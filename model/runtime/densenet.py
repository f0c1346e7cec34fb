"""DenseNet-121 with torchvision's names of weights, so that known checkpoints load as they are.

Huang et al. 2017, arXiv:1608.06993. The ReLU after the last normalisation belongs to the features here: in
torchvision it hides in `forward`, and a map of the layer before it is a map of something else.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.runtime.architecture import NetworkConfig
from model.runtime.map_network import MapNetwork

GROWTH = 32
STEM = 64
BOTTLENECK = 4
LAYERS = (6, 12, 24, 16)
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_SCALE = (0.229, 0.224, 0.225)


class DenseLayer(nn.Module):
    """Normalise, reduce, normalise, convolve; what comes out is appended to what went in."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        middle = BOTTLENECK * GROWTH
        self.norm1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, GROWTH, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, c, h, w)`` -> ``(n, c + 32, h, w)``."""
        y = self.conv1(torch.relu(self.norm1(x)))
        y = self.conv2(torch.relu(self.norm2(y)))
        return torch.cat([x, y], dim=1)


class Transition(nn.Module):
    """Half the channels at half the size."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(inputs)
        self.conv = nn.Conv2d(inputs, inputs // 2, 1, bias=False)
        self.pool = nn.AvgPool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, c, h, w)`` -> ``(n, c / 2, h / 2, w / 2)``."""
        return self.pool(self.conv(torch.relu(self.norm(x))))  # type: ignore[no-any-return]


class DenseNet121(MapNetwork):
    """The network; grey or three equal channels in."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.features_ = nn.Sequential()
        add = self.features_.add_module
        add("conv0", nn.Conv2d(config.channels, STEM, 7, 2, 3, bias=False))
        add("norm0", nn.BatchNorm2d(STEM))
        add("relu0", nn.ReLU())
        add("pool0", nn.MaxPool2d(3, 2, 1))
        channels = STEM
        for number, count in enumerate(LAYERS, 1):
            block = nn.Sequential()
            for layer in range(1, count + 1):
                block.add_module(f"denselayer{layer}", DenseLayer(channels))
                channels += GROWTH
            add(f"denseblock{number}", block)
            if number < len(LAYERS):
                add(f"transition{number}", Transition(channels))
                channels //= 2
        add("norm5", nn.BatchNorm2d(channels))
        self.head = nn.Linear(channels, config.labels)

    def stages(self, x: Tensor) -> list[Tensor]:
        """Maps after each dense block; the last one normalised and without negative values."""
        maps = []
        x = self._normalised(x)
        for name, module in self.features_.named_children():
            x = module(x)
            if name.startswith("denseblock"):
                maps.append(x)
        return [*maps[:-1], torch.relu(x)]

    def _normalised(self, x: Tensor) -> Tensor:
        if self.config.channels == 1:
            return (x - self.config.mean) / self.config.scale
        mean, scale = (x.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_SCALE))
        return (x.expand(-1, 3, -1, -1) - mean) / scale
