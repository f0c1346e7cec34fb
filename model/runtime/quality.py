"""The input check: is this an upright, usable frontal chest film? A package's `quality.npz`.

A small network of the findings network's own kind answers which wrong look a film has, and the Mahalanobis
distance of its pooled features from those of usable films catches what it was never shown (Lee et al. 2018,
arXiv:1807.03888). Both look at the model input, so a film is judged before it is scored.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from model.runtime.architecture import NetworkConfig
from model.runtime.map_network import MapNetwork
from model.runtime.network import build_network, channels_last
from model.runtime.package import MEMBER_LIMITS, QUALITY, Fault, ModelPackage, PackageError

SIDE: Final = 128
WEIGHT: Final = "weight/"
# The logarithm makes the features' tails short enough for a covariance to describe them.
FLOOR: Final = 1e-2
Floats = NDArray[np.float64]


class Look(Enum):
    """How a film presents itself; the order of all but the first is that of the network's outputs."""

    USABLE = "usable"
    INVERTED = "inverted"
    ROTATED = "rotated"
    MIRRORED = "mirrored"
    UNLIKE = "unlike"
    POOR = "poor"


WRONG: Final = tuple(look for look in Look if look is not Look.USABLE)
# A mirrored chest may be dextrocardia: the reader is warned, the film is not refused.
REFUSED: Final = tuple(look for look in WRONG if look is not Look.MIRRORED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the check found.

    Parameters
    ----------
    wrong
        Largest log-odds of a look that is refused.
    mirrored
        Log-odds that left and right are swapped.
    distance
        From usable films, in standard deviations of theirs.
    refusal
        Why the film is not scored; None for a usable one.
    looks_mirrored
        Whether to warn.
    """

    wrong: float
    mirrored: float
    distance: float
    refusal: Look | None
    looks_mirrored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Distances:
    """Usable films' features, stage by stage.

    Parameters
    ----------
    means, precisions
        Of the logarithms of a stage's channel means: ``(c,)`` and ``(c, c)`` a stage.
    centre, spread
        ``(stages,)`` median and standard deviation of the logarithm of the squared distance.
    """

    means: tuple[Floats, ...]
    precisions: tuple[Floats, ...]
    centre: Floats
    spread: Floats

    def __post_init__(self) -> None:
        stages = len(self.means)
        shapes = [(len(mean), len(mean)) for mean in self.means]
        if (
            [precision.shape for precision in self.precisions] != shapes
            or self.centre.shape != (stages,)
            or self.spread.shape != (stages,)
            or not (self.spread > 0).all()
        ):
            raise ValueError("the stages of the distances do not fit together")

    def of(self, features: tuple[Floats, ...]) -> Floats:
        """``(n,)`` mean over the stages of the standardised distance; features ``(n, c)`` a stage."""
        parts = []
        for k, stage in enumerate(features):
            away = np.log(stage + FLOOR) - self.means[k]
            squared = np.einsum("ni,ij,nj->n", away, self.precisions[k], away)
            parts.append((np.log(squared + 1e-12) - self.centre[k]) / self.spread[k])
        return np.asarray(np.mean(parts, axis=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Thresholds: a film above one of the first two is refused, above the third warned of."""

    wrong: float
    distance: float
    mirrored: float


class QualityCheck:
    """The check, ready to judge.

    Parameters
    ----------
    network
        Its outputs are the log-odds of `WRONG`, in order.
    distances, limits
        As fitted by `model.training.quality`.
    """

    def __init__(self, network: MapNetwork, distances: Distances, limits: Limits) -> None:
        self.network = channels_last(network.eval().requires_grad_(requires_grad=False))
        self.distances = distances
        self.limits = limits

    def judge(self, model_input: NDArray[np.float32]) -> Verdict:
        """Judge one model input ``(size, size)`` in 0-1 of any size."""
        odds, features = self.answers(model_input[None])
        return self.verdict(odds[0], float(self.distances.of(features)[0]))

    def answers(
        self, inputs: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], tuple[Floats, ...]]:
        """Log-odds ``(n, looks)`` and pooled features of the stages for inputs ``(n, size, size)``."""
        return answers_of(self.network, torch.from_numpy(np.array(inputs, np.float32)[:, None]))

    def verdict(self, odds: NDArray[np.float32], distance: float) -> Verdict:
        """Apply the limits to one film's log-odds ``(looks,)`` and distance."""
        by_look = dict(zip(WRONG, odds.tolist(), strict=True))
        worst = max(REFUSED, key=by_look.__getitem__)
        refusal = None
        if by_look[worst] > self.limits.wrong:
            refusal = worst
        elif distance > self.limits.distance:
            refusal = Look.UNLIKE
        return Verdict(
            wrong=by_look[worst],
            mirrored=by_look[Look.MIRRORED],
            distance=distance,
            refusal=refusal,
            looks_mirrored=by_look[Look.MIRRORED] > self.limits.mirrored,
        )

    def as_npz(self) -> bytes:
        """The check as the bytes of a package's `quality.npz`."""
        arrays: dict[str, NDArray[np.generic]] = {
            WEIGHT + name: _stored(tensor.numpy())
            for name, tensor in self.network.state_dict().items()
        }
        for k, (mean, precision) in enumerate(
            zip(self.distances.means, self.distances.precisions, strict=True)
        ):
            arrays |= {f"mean/{k}": mean, f"precision/{k}": precision}
        limits = self.limits
        arrays |= {
            "centre": self.distances.centre,
            "spread": self.distances.spread,
            "limits": np.array([limits.wrong, limits.distance, limits.mirrored]),
            "width": np.array(self.network.config.width),
        }
        stream = io.BytesIO()
        np.savez(stream, allow_pickle=False, **arrays)
        return stream.getvalue()

    @classmethod
    def from_npz(cls, data: bytes) -> QualityCheck:
        """Read and check the bytes of a `quality.npz`.

        Raises
        ------
        PackageError
            For anything but numbers of the right shapes.
        """
        try:
            arrays = _arrays(data)
            network = build_network(
                NetworkConfig(labels=len(WRONG), width=int(arrays["width"]))
            )
            network.load_state_dict(
                {
                    name.removeprefix(WEIGHT): torch.from_numpy(_widened(value))
                    for name, value in arrays.items()
                    if name.startswith(WEIGHT)
                }
            )
            wrong, distance, mirrored = (float(v) for v in arrays["limits"])
            stages = range(sum(name.startswith("mean/") for name in arrays))
            distances = Distances(
                means=tuple(arrays[f"mean/{k}"] for k in stages),
                precisions=tuple(arrays[f"precision/{k}"] for k in stages),
                centre=arrays["centre"],
                spread=arrays["spread"],
            )
        except (ValueError, KeyError, TypeError, RuntimeError, OSError, EOFError) as error:
            raise PackageError(Fault.DAMAGED, f"{QUALITY}: {str(error)[:200]}") from error
        except zipfile.BadZipFile as error:
            raise PackageError(Fault.DAMAGED, f"{QUALITY}: {error}") from error
        return cls(
            network, distances, Limits(wrong=wrong, distance=distance, mirrored=mirrored)
        )


def quality_check(package: ModelPackage) -> QualityCheck | None:
    """A package's input check; None where it has none."""
    data = package.members.get(QUALITY)
    return None if data is None else QualityCheck.from_npz(data)


@torch.inference_mode()
def answers_of(
    network: MapNetwork, inputs: torch.Tensor
) -> tuple[NDArray[np.float32], tuple[Floats, ...]]:
    """Log-odds and pooled features of inputs ``(n, 1, s, s)``, reduced to the check's own size."""
    if inputs.shape[-1] != SIDE:
        inputs = functional.interpolate(inputs, size=(SIDE, SIDE), mode="area")
    stages = network.stages(inputs)
    means = [stage.mean(dim=(2, 3)) for stage in stages]
    odds: NDArray[np.float32] = network.head(means[-1]).numpy()
    return odds, tuple(mean.numpy().astype(np.float64) for mean in means)


def _stored(array: NDArray[np.generic]) -> NDArray[np.generic]:
    return array.astype(np.float16) if array.dtype == np.float32 else array


def _widened(array: NDArray[np.generic]) -> NDArray[np.generic]:
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _arrays(data: bytes) -> Mapping[str, NDArray[np.float64]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(info.file_size for info in archive.infolist()) > MEMBER_LIMITS[QUALITY]:
            raise ValueError("larger than allowed")
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise ValueError("not finite")
    return arrays
