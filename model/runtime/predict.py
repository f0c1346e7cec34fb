"""Scores of one film: logits, calibrated probabilities, and the feature maps they were made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

from model.runtime.map_network import MapNetwork
from model.runtime.network import build_network, channels_last, folded
from model.runtime.package import WEIGHTS, Fault, ModelPackage, PackageError

# Half-precision weights on another machine's float32 units: measured spread is under 1e-4.
GOLDEN_TOLERANCE = 2e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPrediction:
    """What one forward pass gives; arrays are read-only.

    Parameters
    ----------
    logits
        ``(labels,)`` float64, before calibration.
    probabilities
        ``(labels,)`` float64, calibrated.
    feature_maps
        ``(c, h, w)`` float32, the maps ``A`` before pooling.
    pooled
        ``(c,)`` float64, their means.
    stage_means
        Mean of each channel of every stage, first to last: what the input check looks at.
    """

    logits: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    feature_maps: NDArray[np.float32]
    pooled: NDArray[np.float64]
    stage_means: tuple[NDArray[np.float32], ...]


class Predictor:
    """A package's network, ready to score films; bit for bit the same with the same threads.

    Parameters
    ----------
    package
        A verified package.
    threads
        Threads of torch in this process; None leaves them as they are.

    Raises
    ------
    PackageError
        When the weights do not fit the architecture.
    """

    def __init__(self, package: ModelPackage, *, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self.package = package
        network = load_network(package)
        self.head_weight = network.head.weight.detach().numpy().astype(np.float64)
        self.head_bias = network.head.bias.detach().numpy().astype(np.float64)
        self._network = channels_last(folded(network))

    @property
    def input_size(self) -> int:
        """Side of the model input in pixels."""
        return self.package.metadata.input_size

    @property
    def network(self) -> MapNetwork:
        """The network itself, for explanation methods that need gradients."""
        return self._network

    def predict(self, model_input: NDArray[np.float32]) -> RawPrediction:
        """Score one model input ``(size, size)`` in 0-1.

        Raises
        ------
        ValueError
            For another shape.
        """
        size = self.input_size
        if model_input.shape != (size, size):
            raise ValueError(f"the model input must be {size} x {size}")
        batch = torch.from_numpy(np.array(model_input, dtype=np.float32)[None, None])
        with torch.inference_mode():
            stages = self._network.stages(batch)
            means = tuple(stage.mean(dim=(2, 3))[0].numpy() for stage in stages)
            maps = np.ascontiguousarray(stages[-1][0].contiguous().numpy())
        pooled = maps.mean(axis=(1, 2), dtype=np.float64)
        logits = self.head_weight @ pooled + self.head_bias
        probabilities = np.array(
            [
                float(label.calibration.apply(logit))
                for label, logit in zip(self.package.labels, logits, strict=True)
            ]
        )
        for array in (maps, pooled, logits, probabilities, *means):
            array.setflags(write=False)
        return RawPrediction(
            logits=logits,
            probabilities=probabilities,
            feature_maps=maps,
            pooled=pooled,
            stage_means=means,
        )

    def check_golden(self) -> None:
        """Compare the package's made inputs with their stored answers.

        Raises
        ------
        PackageError
            When this machine computes something else.
        """
        for vector in self.package.golden:
            logits = self.predict(golden_input(vector.seed, self.input_size)).logits
            difference = float(np.abs(logits - np.asarray(vector.logits)).max())
            if not difference <= GOLDEN_TOLERANCE:
                raise PackageError(
                    Fault.INCOMPATIBLE,
                    f"golden vector {vector.seed} differs by {difference:.3g}",
                )


def golden_input(seed: int, size: int) -> NDArray[np.float32]:
    """A made film ``(size, size)``: integer triangle waves, the same on every machine."""
    y, x = np.mgrid[0:size, 0:size].astype(np.int64)
    total = np.zeros((size, size), dtype=np.int64)
    for number in range(1, 5):
        period = 16 + (seed * 7919 + number * 104729) % (size // 2)
        phase = (x * (number * 3 + seed) + y * (number * 5 - seed) + seed * 31) % (2 * period)
        total += np.abs(phase - period) * 65535 // period
    return (total // 4).astype(np.float32) / np.float32(65535)


def load_network(package: ModelPackage) -> MapNetwork:
    """The package's network in float32, in evaluation mode.

    Raises
    ------
    PackageError
        When the weights are damaged, not finite, or not those of the architecture.
    """
    try:
        weights = load(package.members[WEIGHTS])
    except (SafetensorError, ValueError) as error:
        raise PackageError(Fault.DAMAGED, f"weights: {error}") from error
    network = build_network(package.metadata.network)
    load_checked(network, weights)
    network.eval().requires_grad_(requires_grad=False)
    return network


def load_checked(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Load weights in float32.

    Raises
    ------
    PackageError
        When one is not finite, or they are not those of the network.
    """
    for name, tensor in weights.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise PackageError(Fault.DAMAGED, f"weights: {name} is not finite")
    try:
        network.load_state_dict(
            {k: v.float() if v.is_floating_point() else v for k, v in weights.items()}
        )
    except RuntimeError as error:
        raise PackageError(Fault.INCOMPATIBLE, f"weights: {str(error)[:200]}") from error
