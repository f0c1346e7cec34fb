"""Nodule candidates: a small fully convolutional network answers where nodules may lie and how large they are.

A package that has the detector holds `nodules.json` and `nodules.safetensors`. Its network gives a map whose
maxima are centres (Zhou et al. 2019, arXiv:1904.07850, "Objects as Points") and, cell by cell, the logarithm of
the diameter.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn import functional

from model.runtime.network import BasicBlock, Trunk, channels_last, folded, fresh
from model.runtime.nodule_record import DetectorGolden, DetectorRecord
from model.runtime.package import NODULE_WEIGHTS, NODULES, Fault, ModelPackage, PackageError
from model.runtime.predict import GOLDEN_TOLERANCE, golden_input, load_checked
from model.runtime.preprocess import Preprocessed

STRIDE: Final = 8
# Model-input pixels: the diameter whose logarithm is zero.
REFERENCE_DIAMETER: Final = 20.0
# A maximum is one among this many cells either way.
REACH: Final = 2
MOST_CANDIDATES: Final = 12
Film = NDArray[np.float32]


class DetectorNetwork(nn.Module):
    """The findings network's trunk; its deep features are brought back to stride 8 beside the finer ones."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.trunk = Trunk(width)
        self.narrow = nn.Conv2d(8 * width, 2 * width, 1)
        self.mix = BasicBlock(4 * width, 2 * width, 1)
        self.head = nn.Conv2d(2 * width, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``(n, 1, s, s)`` in 0-1 -> ``(n, 2, s / 8, s / 8)``: log-odds of a centre, log of diameter / 20 px."""
        _, fine, _, deep = self.trunk.stages((x - 0.5) / 0.25)
        deep = functional.interpolate(
            self.narrow(deep), size=fine.shape[-2:], mode="bilinear", align_corners=False
        )
        answer: Tensor = self.head(self.mix(torch.cat([fine, deep], dim=1)))
        return answer


def build_detector(width: int) -> DetectorNetwork:
    """A detector with fresh weights; at first it finds nothing anywhere."""
    network = fresh(DetectorNetwork(width))
    nn.init.zeros_(network.head.weight)
    network.head.bias = nn.Parameter(torch.tensor([-4.0, 0.5]))
    return network


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place where a nodule may lie.

    Parameters
    ----------
    x, y
        Its centre; pixel centres are whole numbers.
    diameter
        In pixels along a row.
    score
        0-1, to rank by; no probability of disease.
    """

    x: float
    y: float
    diameter: float
    score: float


class NoduleDetector:
    """The detector, ready to look at films.

    Parameters
    ----------
    record
        What the package says of it.
    network
        Its network, in evaluation mode; it is changed.
    """

    def __init__(self, record: DetectorRecord, network: DetectorNetwork) -> None:
        self.record = record
        frozen = network.eval().requires_grad_(requires_grad=False)
        self._network = channels_last(folded(frozen))

    def find(self, made: Preprocessed) -> tuple[Candidate, ...]:
        """All candidates of a film preprocessed at the detector's input size, in film pixels, the best first."""
        found = candidates(self.answer(made.model_input))
        return tuple(on_film(candidate, made.to_film) for candidate in found)

    def answer(self, model_input: Film) -> Film:
        """The network's two maps ``(2, s / 8, s / 8)`` of a model input ``(s, s)``."""
        batch = torch.from_numpy(np.array(model_input, dtype=np.float32)[None, None])
        with torch.inference_mode():
            maps: Film = self._network(batch)[0].contiguous().numpy()
        return maps

    def golden(self, seed: int) -> DetectorGolden:
        """What the network answers to a made input: each map's first, middle and last cell, and its mean."""
        maps = self.answer(golden_input(seed, self.record.input_size)).reshape(2, -1)
        picked = maps[:, [0, maps.shape[1] // 2, -1]]
        numbers = [*picked.ravel().tolist(), *maps.mean(axis=1).tolist()]
        return DetectorGolden(seed=seed, answers=tuple(float(v) for v in numbers))

    def check_golden(self) -> None:
        """Compare the made inputs with their stored answers.

        Raises
        ------
        PackageError
            When this machine computes something else.
        """
        for vector in self.record.golden:
            found = np.array(self.golden(vector.seed).answers)
            if found.shape != np.shape(vector.answers) or not np.allclose(
                found, vector.answers, rtol=GOLDEN_TOLERANCE, atol=GOLDEN_TOLERANCE
            ):
                raise PackageError(
                    Fault.INCOMPATIBLE, f"golden vector {vector.seed} of the detector differs"
                )


def nodule_detector(package: ModelPackage) -> NoduleDetector | None:
    """A package's detector, shown or not; None where it has none.

    Raises
    ------
    PackageError
        When its members are damaged or do not fit together.
    """
    record, weights = package.members.get(NODULES), package.members.get(NODULE_WEIGHTS)
    if record is None and weights is None:
        return None
    if record is None or weights is None:
        raise PackageError(Fault.DAMAGED, f"only one of {NODULES} and {NODULE_WEIGHTS}")
    try:
        parsed = DetectorRecord.from_bytes(record)
        tensors = load(weights)
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise PackageError(Fault.DAMAGED, f"{NODULES}: {str(error)[:200]}") from error
    network = build_detector(parsed.width)
    load_checked(network, tensors)
    return NoduleDetector(parsed, network)


def candidates(maps: Film) -> tuple[Candidate, ...]:
    """Local maxima of the first of two maps ``(2, h, w)``, in model-input pixels, the best first.

    A centre is refined by the weighted mean of the cells around it. Of two maxima closer than half the larger
    diameter the lesser one is dropped.
    """
    odds = torch.from_numpy(np.ascontiguousarray(maps[0]))
    highest = functional.max_pool2d(odds[None, None], 2 * REACH + 1, 1, REACH)[0, 0]
    rows, columns = np.nonzero((odds == highest).numpy())
    order = np.argsort(-maps[0][rows, columns], kind="stable")[: 4 * MOST_CANDIDATES]
    kept: list[Candidate] = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        found = _candidate(maps, row, column)
        apart = all(
            math.dist((found.x, found.y), (other.x, other.y))
            >= max(found.diameter, other.diameter) / 2
            for other in kept
        )
        if apart:
            kept.append(found)
    return tuple(kept[:MOST_CANDIDATES])


def on_film(candidate: Candidate, to_film: NDArray[np.float64]) -> Candidate:
    """A candidate in film pixels; model-input pixels are square on the patient, film pixels need not be."""
    x, y = to_film @ np.array([candidate.x, candidate.y, 1.0])
    diameter = candidate.diameter * float(to_film[0, 0])
    return replace(candidate, x=float(x), y=float(y), diameter=diameter)


def _candidate(maps: Film, row: int, column: int) -> Candidate:
    height, width = maps.shape[1:]
    around = np.s_[
        max(0, row - 1) : min(height, row + 2), max(0, column - 1) : min(width, column + 2)
    ]
    weights = 1 / (1 + np.exp(-maps[0][around].astype(np.float64)))
    y, x = np.mgrid[around]
    centre_x = float((weights * x).sum() / weights.sum())
    centre_y = float((weights * y).sum() / weights.sum())
    logarithm = float(np.clip(maps[1, row, column], -3.0, 4.0))
    return Candidate(
        x=(centre_x + 0.5) * STRIDE - 0.5,
        y=(centre_y + 0.5) * STRIDE - 0.5,
        diameter=REFERENCE_DIAMETER * math.exp(logarithm),
        score=1 / (1 + math.exp(-float(maps[0, row, column]))),
    )
