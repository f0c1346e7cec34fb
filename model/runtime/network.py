"""The networks a package may name: an allow-list, each a stack of features and a linear head.

Every network ends in global average pooling and a linear layer, because then the evidence map of a
finding is ``map_k = sum_c W_kc A_c`` and its mean plus the bias is the logit (Zhou et al. 2016,
doi:10.1109/CVPR.2016.319); `model.runtime.explain` depends on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from model.runtime.architecture import DENSENET121, THIN_RESNET18, NetworkConfig
from model.runtime.densenet import DenseNet121
from model.runtime.map_network import MapNetwork

AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016, doi:10.1109/CVPR.2016.90)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """``(n, inputs, h, w)`` -> ``(n, outputs, h / stride, w / stride)``."""
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + self.shortcut(x))


class Trunk(nn.Module):
    """A narrow ResNet-18 for one channel whose last stage keeps its resolution (total stride 16)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        plan = ((width, 1), (2 * width, 2), (4 * width, 2), (8 * width, 1))
        blocks: list[nn.Module] = []
        channels = width
        for outputs, stride in plan:
            blocks += [BasicBlock(channels, outputs, stride), BasicBlock(outputs, outputs, 1)]
            channels = outputs
        self.blocks = nn.Sequential(*blocks)

    def stages(self, x: Tensor) -> list[Tensor]:
        """``(n, 1, s, s)`` -> the maps after each of the four stages; the last is `forward`'s."""
        maps = []
        x = self.stem(x)
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number % 2:
                maps.append(x)
        return maps

    def forward(self, x: Tensor) -> Tensor:
        """``(n, 1, s, s)`` -> feature maps ``(n, 8 width, s / 16, s / 16)``, none negative."""
        return self.stages(x)[-1]


class FindingsNetwork(MapNetwork):
    """Trunks side by side, one linear head over all their features."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        self.trunks = nn.ModuleList(Trunk(config.width) for _ in range(config.trunks))
        self.head = nn.Linear(8 * config.width * config.trunks, config.labels)

    def stages(self, x: Tensor) -> list[Tensor]:
        """The first trunk's first three stages, then the last stage of all trunks together."""
        x = (x - self.config.mean) / self.config.scale
        first, *others = self.trunks
        maps: list[Tensor] = first.stages(x)  # type: ignore[operator]
        maps[-1] = torch.cat([maps[-1], *(trunk(x) for trunk in others)], dim=1)
        return maps


NETWORKS: Mapping[str, type[MapNetwork]] = {
    THIN_RESNET18: FindingsNetwork,
    DENSENET121: DenseNet121,
}


def build_network(config: NetworkConfig) -> MapNetwork:
    """A network of an allowed architecture with fresh weights."""
    return fresh(NETWORKS[config.architecture](config))


def fresh(network: AnyNetwork) -> AnyNetwork:
    """The same network with fresh weights in its convolutions."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, BasicBlock):
            # Each block starts as its shortcut (Goyal et al. 2017, arXiv:1706.02677, section 5.1).
            nn.init.zeros_(module.bn2.weight)
    return network


def channels_last(network: AnyNetwork) -> AnyNetwork:
    """The same network with its weights laid out as CPU convolutions like them."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.weight.data = module.weight.data.contiguous(
                memory_format=torch.channels_last
            )
    return network


def folded(network: AnyNetwork) -> AnyNetwork:
    """Batch normalisation folded into the convolutions before it: the same function, fewer passes."""
    for module in network.modules():
        if isinstance(module, Trunk):
            _fold_pair(module.stem)
        if isinstance(module, BasicBlock):
            module.conv1 = fuse_conv_bn_eval(module.conv1, module.bn1)
            module.conv2 = fuse_conv_bn_eval(module.conv2, module.bn2)
            module.bn1, module.bn2 = nn.Identity(), nn.Identity()  # type: ignore[assignment]
            if isinstance(module.shortcut, nn.Sequential):
                _fold_pair(module.shortcut)
    return network


def _fold_pair(sequence: nn.Sequential) -> None:
    convolution, normalisation = sequence[0], sequence[1]
    if isinstance(convolution, nn.Conv2d) and isinstance(normalisation, nn.BatchNorm2d):
        sequence[0] = fuse_conv_bn_eval(convolution, normalisation)
        sequence[1] = nn.Identity()
