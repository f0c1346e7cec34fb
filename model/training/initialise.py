"""Transfer: start a network from an earlier package's weights, and remember which films it has seen."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from model.films.cache import CachedFilms
from model.films.leakage import TrainedFilms, both, refuse_trained, trained_films
from model.runtime.errors import ModelError
from model.runtime.map_network import MapNetwork
from model.runtime.nodules import DetectorNetwork
from model.runtime.package import ModelPackage
from model.runtime.predict import load_network

FIRST = "trunks.0."
UNLIKE = "--init: the package's network has another architecture or width"


def seen_before(start: ModelPackage | None, films: CachedFilms) -> TrainedFilms | None:
    """The train films, and those that trained the package to start from; None where it does not say.

    Raises
    ------
    LeakageError
        When a validation film trained that package.
    """
    own = TrainedFilms.of(*films.of_split("train"))
    if start is None:
        return own
    earlier = trained_films(start)
    refuse_trained(earlier, *films.of_split("val"))
    return both(own, earlier)


def start_from(package: ModelPackage, network: MapNetwork, codes: Sequence[str]) -> None:
    """Copy a package's features, and the head's rows of the labels in common.

    A package of several trunks gives its first one. Labels the package does not know keep their fresh
    weights.

    Raises
    ------
    ModelError
        When the package's network is another one.
    """
    source = load_network(package)
    features = {k: v for k, v in source.state_dict().items() if not k.startswith("head.")}
    own = network.state_dict()
    shared = {k: v for k, v in features.items() if k in own}
    wrong = [k for k, v in shared.items() if v.shape != own[k].shape]
    if wrong or set(own) - set(shared) - {"head.weight", "head.bias"}:
        raise ModelError(UNLIKE)
    network.load_state_dict({**own, **shared})
    _copy_head(network, source, package, codes)


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


def start_detector_from(package: ModelPackage, network: DetectorNetwork) -> None:
    """Copy the features of a package's first trunk into a nodule detector.

    Raises
    ------
    ModelError
        When the package's network is another one.
    """
    source = load_network(package).state_dict()
    trunk = {k.removeprefix(FIRST): v for k, v in source.items() if k.startswith(FIRST)}
    try:
        network.trunk.load_state_dict(trunk)
    except RuntimeError as error:
        raise ModelError(UNLIKE) from error
