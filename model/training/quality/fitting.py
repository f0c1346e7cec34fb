"""The input check fitted on films alone: its network, distances and limits; labels are not looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.films.leakage import refuse_patient_leakage
from model.films.manifest import Row
from model.films.table import ManifestError
from model.runtime.map_network import MapNetwork
from model.runtime.quality import FLOOR, REFUSED, WRONG, Distances, Limits, Look, QualityCheck
from model.training.quality.films import (
    BATCH,
    Floats,
    SmallFilms,
    model_inputs,
    network_answers,
    read_small,
)
from model.training.quality.network import train_network
from model.training.quality.report import QualityReport, report
from model.training.spoiled import spoiled

CHECK_EPOCHS: Final = 12
# Usable films that may be refused, in all and at each site, on validation: half of what is promised.
FALSE_REFUSALS: Final = 0.015
FALSE_REFUSALS_AT_SITE: Final = 0.03
FALSE_WARNINGS: Final = 0.03
SHRINKAGE: Final = 0.1


def fit_check(
    rows: Sequence[Row], most: Mapping[str, int], *, epochs: int, quiet: bool = False
) -> tuple[QualityCheck, QualityReport]:
    """Fit on the train rows, choose thresholds on the val rows.

    Raises
    ------
    ManifestError
        When a split has no readable film.
    """
    refuse_patient_leakage(rows)
    train = read_small([row for row in rows if row.split == "train"], most)
    val = read_small([row for row in rows if row.split == "val"], most)
    if len(train.films) < BATCH or not val.films:
        raise ManifestError(
            f"the input check needs {BATCH} readable films in train and some in val; there are "
            f"{len(train.films)} and {len(val.films)} (--no-check makes a package without one)"
        )
    network = train_network(train, epochs=epochs, quiet=quiet).ema
    random = np.random.default_rng(2)
    as_is = model_inputs(train.films)
    elsewhere = model_inputs([spoiled(f, Look.USABLE, random) for f in train.films])
    _, features = network_answers(network, np.concatenate([as_is, elsewhere]))
    distances = fit_distances(features)
    limits = limits_on(network, distances, val)
    check = QualityCheck.from_npz(QualityCheck(network, distances, limits).as_npz())
    return check, report(check, val)


def fit_distances(features: Sequence[Floats]) -> Distances:
    """Means and shrunk covariances of usable films' features ``(n, c)``, stage by stage."""
    means, precisions = list[Floats](), list[Floats]()
    centre, spread = list[float](), list[float]()
    for stage in features:
        logs = np.log(stage + FLOOR)
        mean: Floats = logs.mean(axis=0)
        covariance = np.cov(logs.T)
        level = float(np.trace(covariance)) / len(covariance)
        shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * level * np.eye(len(covariance))
        precision: Floats = np.linalg.inv(shrunk).astype(np.float64)
        squared = np.log(np.einsum("ni,ij,nj->n", logs - mean, precision, logs - mean) + 1e-12)
        means.append(mean)
        precisions.append(precision)
        centre.append(float(np.median(squared)))
        spread.append(max(float(squared.std()), 1e-6))
    return Distances(
        means=tuple(means),
        precisions=tuple(precisions),
        centre=np.array(centre),
        spread=np.array(spread),
    )


def choose_limits(
    wrong: Floats,
    distance: Floats,
    mirrored: Floats,
    sites: NDArray[np.str_],
) -> Limits:
    """The lowest thresholds that keep the usable validation films' false refusals and warnings.

    Both refusals get the same rate, lowered until the films refused by either are few enough at every site.
    """
    warn = float(np.quantile(mirrored, 1 - FALSE_WARNINGS))
    rates = np.linspace(FALSE_REFUSALS, 0.0, 61)
    for rate in rates:
        limits = Limits(
            wrong=float(np.quantile(wrong, 1 - rate)),
            distance=float(np.quantile(distance, 1 - rate)),
            mirrored=warn,
        )
        refused = (wrong > limits.wrong) | (distance > limits.distance)
        at_sites = [float(refused[sites == site].mean()) for site in np.unique(sites)]
        if refused.mean() <= FALSE_REFUSALS and max(at_sites) <= FALSE_REFUSALS_AT_SITE:
            break
    return limits


def limits_on(
    network: MapNetwork, distances: Distances, small: SmallFilms, seed: int = 4
) -> Limits:
    """Limits chosen on usable films as they are and as another department may present them.

    On the films as they are alone, the limits would fit these departments: varied films were refused
    four times as often.
    """
    random = np.random.default_rng(seed)
    varied = [spoiled(film, Look.USABLE, random) for film in small.films]
    odds, features = network_answers(network, model_inputs([*small.films, *varied]))
    return choose_limits(
        odds[:, [WRONG.index(look) for look in REFUSED]].max(axis=1).astype(np.float64),
        distances.of(features),
        odds[:, WRONG.index(Look.MIRRORED)].astype(np.float64),
        np.concatenate([small.sites, small.sites]),
    )
