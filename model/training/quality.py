"""Fit the input check: `python -m model.training.quality --manifest M --out quality.npz`.

A small network learns from the manifest's films, as they are and spoiled in every way of
`model.training.spoiled`; thresholds come from the validation films. Labels are not looked at.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from model.films.cache import read_presented
from model.films.manifest import ManifestError, Row, read_manifest
from model.runtime.architecture import NetworkConfig
from model.runtime.labels import ALL_CODES
from model.runtime.map_network import MapNetwork
from model.runtime.network import build_network, channels_last
from model.runtime.preprocess import PreprocessError, preprocess
from model.runtime.quality import FLOOR as FEATURE_FLOOR
from model.runtime.quality import (
    REFUSED,
    SIDE,
    WRONG,
    Distances,
    Limits,
    Look,
    QualityCheck,
    Verdict,
    answers_of,
)
from model.training.data import Batch
from model.training.loop import LoopSettings, Trainer
from model.training.splits import refuse_patient_leakage
from model.training.spoiled import Film, resized, spoiled

log = logging.getLogger("model.training.quality")
WIDTH: Final = 12
CHECK_EPOCHS: Final = 12
BATCH: Final = 64
# Films are kept this small while they are spoiled: twice what the check sees.
LONG_SIDE: Final = 2 * SIDE
# Usable films that may be refused, in all and at each site, on validation: half of what is promised.
FALSE_REFUSALS: Final = 0.015
FALSE_REFUSALS_AT_SITE: Final = 0.03
FALSE_WARNINGS: Final = 0.03
SHRINKAGE: Final = 0.1
# How often an epoch shows each look.
SHARES: Final[Mapping[Look, float]] = {
    Look.USABLE: 0.34,
    Look.INVERTED: 0.06,
    Look.ROTATED: 0.15,
    Look.MIRRORED: 0.20,
    Look.UNLIKE: 0.19,
    Look.POOR: 0.06,
}
Inputs = NDArray[np.float32]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallFilms:
    """Films of one split, small and in memory; `sites` has one name a film."""

    films: tuple[Film, ...]
    sites: NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Shares of validation films: usable ones refused by site, wrong ones refused or warned of by look."""

    refused_usable: Mapping[str, float]
    caught: Mapping[str, float]


def read_small(rows: Sequence[Row], most: Mapping[str, int], seed: int = 0) -> SmallFilms:
    """Read films at their true aspect with a long side of `LONG_SIDE`, at most so many of a site."""
    random = np.random.default_rng(seed)
    taken: Counter[str] = Counter()
    films, sites = [], []
    for k in random.permutation(len(rows)):
        row = rows[k]
        if taken[row.site] >= most.get(row.site, len(rows)):
            continue
        try:
            film = read_presented(row.path)
        except OSError as error:
            log.warning("unreadable image (%s): %s", error, row.path.name)
            continue
        taken[row.site] += 1
        height, width = film.shape[0] * row.pixel_aspect, film.shape[1]
        scale = LONG_SIDE / max(height, width)
        films.append(resized(film, round(height * scale), round(width * scale)))
        sites.append(row.site)
    return SmallFilms(films=tuple(films), sites=np.array(sites, dtype=np.str_))


def model_inputs(films: Sequence[Film]) -> Inputs:
    """Presented films as the check sees them; a film of one grey is left black."""
    inputs = np.zeros((len(films), SIDE, SIDE), np.float32)
    for k, film in enumerate(films):
        try:
            made = preprocess(np.ascontiguousarray(film, dtype=np.float32), size=SIDE)
        except PreprocessError:
            continue
        inputs[k] = made.model_input
    return inputs


def targets_of(looks: Sequence[Look]) -> NDArray[np.float32]:
    """``(n, looks)``: what a film is; whether an otherwise wrong film is mirrored as well is unknown."""
    targets = np.array([[float(look is wrong) for wrong in WRONG] for look in looks])
    unknown = [look not in {Look.USABLE, Look.MIRRORED} for look in looks]
    targets[unknown, WRONG.index(Look.MIRRORED)] = np.nan
    return targets.astype(np.float32)


def train_network(small: SmallFilms, *, epochs: int, seed: int = 1, quiet: bool) -> Trainer:
    """Train the check's network; every epoch spoils the films anew."""
    steps = max(1, len(small.films) // BATCH)
    torch.manual_seed(seed)
    network = build_network(NetworkConfig(labels=len(WRONG), width=WIDTH))
    settings = LoopSettings(
        total_steps=2 * steps * epochs,
        warmup_steps=steps,
        positive=torch.ones(len(WRONG)),
        weights=torch.ones(len(WRONG)),
        learning_rate=4e-3,
        box_weight=0.0,
        ema_decay=0.99,
    )
    trainer = Trainer(channels_last(network), settings)
    looks, shares = list(SHARES), list(SHARES.values())
    for epoch in range(epochs):
        random = np.random.default_rng([seed, epoch])
        # Two passes an epoch, so that a film is seen in two looks.
        order = np.concatenate([random.permutation(len(small.films)) for _ in range(2)])
        total = 0.0
        for number in tqdm(range(2 * steps), desc=f"check, epoch {epoch + 1}", disable=quiet):
            chosen = order[number * BATCH : (number + 1) * BATCH]
            drawn = [looks[k] for k in random.choice(len(looks), len(chosen), p=shares)]
            films = [
                spoiled(small.films[k], look, random)
                for k, look in zip(chosen, drawn, strict=True)
            ]
            batch = Batch(
                inputs=torch.from_numpy(model_inputs(films)[:, None]),
                targets=torch.from_numpy(targets_of(drawn)),
                boxes=torch.zeros((0, 6)),
            )
            total += trainer.step(batch, torch.Generator()).loss / (2 * steps)
        log.info("check: epoch %d of %d, loss %.4f", epoch + 1, epochs, total)
    return trainer


def fit_distances(features: Sequence[Floats]) -> Distances:
    """Means and shrunk covariances of usable films' features ``(n, c)``, stage by stage."""
    means, precisions = list[Floats](), list[Floats]()
    centre, spread = list[float](), list[float]()
    for stage in features:
        logs = np.log(stage + FEATURE_FLOOR)
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
        raise ManifestError("the input check needs 64 films in train and some in val")
    network = train_network(train, epochs=epochs, quiet=quiet).ema
    random = np.random.default_rng(2)
    as_is = model_inputs(train.films)
    elsewhere = model_inputs([spoiled(f, Look.USABLE, random) for f in train.films])
    _, features = _answers(network, np.concatenate([as_is, elsewhere]))
    distances = fit_distances(features)
    limits = limits_on(network, distances, val)
    check = QualityCheck.from_npz(QualityCheck(network, distances, limits).as_npz())
    return check, report(check, val)


def limits_on(
    network: MapNetwork, distances: Distances, small: SmallFilms, seed: int = 4
) -> Limits:
    """Limits chosen on usable films as they are and as another department may present them.

    On the films as they are alone, the limits would fit these departments: varied films were refused
    four times as often.
    """
    random = np.random.default_rng(seed)
    varied = [spoiled(film, Look.USABLE, random) for film in small.films]
    odds, features = _answers(network, model_inputs([*small.films, *varied]))
    return choose_limits(
        odds[:, [WRONG.index(look) for look in REFUSED]].max(axis=1).astype(np.float64),
        distances.of(features),
        odds[:, WRONG.index(Look.MIRRORED)].astype(np.float64),
        np.concatenate([small.sites, small.sites]),
    )


def report(check: QualityCheck, small: SmallFilms, seed: int = 3) -> QualityReport:
    """What the check does with films as they are and spoiled in every look."""
    random = np.random.default_rng(seed)
    films = small.films
    verdicts = judged(check, model_inputs(films))
    refused = np.array([v.refusal is not None for v in verdicts])
    warned = np.array([v.looks_mirrored for v in verdicts])
    usable = {
        str(site): float(refused[small.sites == site].mean()) for site in np.unique(small.sites)
    }
    usable |= {"all": float(refused.mean()), "warned": float(warned.mean())}
    caught = {}
    for look in WRONG:
        found = judged(check, model_inputs([spoiled(f, look, random) for f in films]))
        caught[look.value] = float(
            np.mean(
                [
                    v.refusal is not None or (look is Look.MIRRORED and v.looks_mirrored)
                    for v in found
                ]
            )
        )
    return QualityReport(refused_usable=usable, caught=caught)


def judged(check: QualityCheck, inputs: Inputs) -> list[Verdict]:
    """The verdicts on many inputs, in batches."""
    odds, features = _answers(check.network, inputs)
    distances = check.distances.of(features)
    return [check.verdict(o, float(d)) for o, d in zip(odds, distances, strict=True)]


def _answers(
    network: MapNetwork, inputs: Inputs
) -> tuple[NDArray[np.float32], tuple[Floats, ...]]:
    parts = [
        answers_of(network, torch.from_numpy(inputs[start : start + BATCH, None]))
        for start in range(0, len(inputs), BATCH)
    ]
    features = tuple(
        np.concatenate(stage) for stage in zip(*(f for _, f in parts), strict=True)
    )
    return np.concatenate([odds for odds, _ in parts]), features


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the check; 0 on success, 2 when the films do not suffice."""
    parser = argparse.ArgumentParser(prog="python -m model.training.quality")
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--site",
        action="append",
        metavar="NAME[=MOST]",
        help="a site to learn from; default: all",
    )
    parser.add_argument("--epochs", type=int, default=CHECK_EPOCHS)
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        manifest = read_manifest(options.manifest, ALL_CODES)
        sites = [site.partition("=") for site in options.site or ()]
        named = {name for name, _, _ in sites}
        rows = [row for row in manifest.rows if not named or row.site in named]
        most = {name: int(count) for name, _, count in sites if count}
        check, found = fit_check(rows, most, epochs=options.epochs, quiet=options.quiet)
    except (ManifestError, ValueError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    options.out.write_bytes(check.as_npz())
    log.info("usable films refused: %s", found.refused_usable)
    log.info("wrong films caught: %s", found.caught)
    return 0


if __name__ == "__main__":
    sys.exit(main())
