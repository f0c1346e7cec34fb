"""Transfer: start a network from an earlier package's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from model.films.manifest import ManifestError
from model.runtime.map_network import MapNetwork
from model.runtime.nodules import DetectorNetwork
from model.runtime.package import ModelPackage, open_package
from model.runtime.predict import load_network

FIRST = "trunks.0."


def from_package(path: Path, codes: Sequence[str]) -> Callable[[MapNetwork], None]:
    """A function that copies a package's features, and the head's rows of the labels in common.

    A package of several trunks gives its first one. Labels the package does not know keep their fresh
    weights.

    Raises
    ------
    PackageError
        When the package cannot be opened.
    """
    package = open_package(path)
    source = load_network(package)

    def initialise(network: MapNetwork) -> None:
        features = {k: v for k, v in source.state_dict().items() if not k.startswith("head.")}
        own = network.state_dict()
        shared = {k: v for k, v in features.items() if k in own}
        wrong = [k for k, v in shared.items() if v.shape != own[k].shape]
        if wrong or set(own) - set(shared) - {"head.weight", "head.bias"}:
            raise ManifestError(
                "--init: the package's network has another architecture or width"
            )
        network.load_state_dict({**own, **shared})
        _copy_head(network, source, package, codes)

    return initialise


@torch.no_grad()
def _copy_head(
    network: MapNetwork, source: MapNetwork, package: ModelPackage, codes: Sequence[str]
) -> None:
    rows = {label.code: k for k, label in enumerate(package.labels)}
    width = network.head.in_features
    # A head over several trunks averages them; the first trunk's share is scaled up to stand alone.
    share = source.head.in_features / width
    for k, code in enumerate(codes):
        if code in rows:
            network.head.weight[k] = source.head.weight[rows[code], :width] * share
            network.head.bias[k] = source.head.bias[rows[code]]


def detector_from_package(path: Path) -> Callable[[DetectorNetwork], None]:
    """A function that copies the features of a package's first trunk into a nodule detector.

    Raises
    ------
    PackageError
        When the package cannot be opened.
    """
    source = load_network(open_package(path)).state_dict()
    trunk = {k.removeprefix(FIRST): v for k, v in source.items() if k.startswith(FIRST)}

    def initialise(network: DetectorNetwork) -> None:
        try:
            network.trunk.load_state_dict(trunk)
        except RuntimeError as error:
            raise ManifestError(
                "--init: the package's network has another architecture or width"
            ) from error

    return initialise
