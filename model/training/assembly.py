"""A network and validation films into a package: calibrated, thresholded, written and checked by opening it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.films.cache import cached_films
from model.films.leakage import refuse_patient_leakage, refuse_trained
from model.films.manifest import Manifest, Problems, Row
from model.films.table import ManifestError
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.map_network import MapNetwork
from model.runtime.metadata import GoldenVector, PackageMetadata
from model.runtime.package import FILMS, QUALITY, open_package
from model.runtime.package_writer import half_precision, key_from_environment, write_package
from model.runtime.predict import Predictor, golden_input
from model.runtime.quality import quality_check
from model.training.card import card_html
from model.training.config import TrainConfig
from model.training.data import FilmSet
from model.training.folder import trained_by
from model.training.operating import ValidationScores, label_records, marks_per_100_normals
from model.training.recipe import read_recipe
from model.training.splits import training_rows

GOLDEN_SEEDS = (1, 2, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """What a package is called and says of itself."""

    package_id: str
    version: str
    description: str = ""
    authors: str = ""
    licence: str = "Apache-2.0"


def score_validation(
    network: MapNetwork, val: FilmSet, codes: Sequence[str], train_positives: Sequence[int]
) -> ValidationScores:
    """The network's answers on the validation films."""
    logits: list[NDArray[np.float64]] = []
    with torch.inference_mode():
        for batch in val.in_order(16):
            logits.append(network(batch.inputs)[0].numpy().astype(np.float64))  # noqa: PERF401
    return ValidationScores(
        codes=tuple(codes),
        logits=np.concatenate(logits),
        targets=val.targets.astype(np.float64),
        patients=tuple(row.patient_id for row in val.rows),
        train_positives=tuple(train_positives),
    )


def wanted_rows(manifest: Manifest, record: dict[str, Any]) -> tuple[Row, ...]:
    """The train and val rows of a table that a run's recipe would take, without a patient in both."""
    refuse_patient_leakage(manifest.rows)
    config = read_recipe(TrainConfig, None, record["config"])
    return training_rows(manifest, config.training_sites, config.adults_from_years)


def validation_films(
    rows: Sequence[Row],
    record: dict[str, Any],
    size: int,
    cache: Path,
    problems: Problems,
    *,
    quiet: bool,
) -> FilmSet:
    """The films that choose: the validation rows, none of which may have trained a run.

    Raises
    ------
    ManifestError
        When there is none, or one that trained.
    """
    val = [row for row in rows if row.split == "val"]
    films = cached_films(val, size, cache, problems, quiet=quiet)
    if not films.rows:
        raise ManifestError("; ".join(["no validation film", *problems.lines()]))
    refuse_trained(trained_by(record), films.rows, films.hashes)
    return FilmSet(films, record["codes"], "val")


def build_package(
    network: MapNetwork,
    record: dict[str, Any],
    val: FilmSet,
    naming: Naming,
    out: Path,
    *,
    training: dict[str, Any],
    quality: bytes | None = None,
) -> PackageMetadata:
    """Calibrate on validation, write the package and check it by opening it.

    Parameters
    ----------
    network, record
        What `merged_network` made of the runs.
    val
        The films that choose calibration, thresholds and which labels are offered.
    training
        What the package says of its training; holds ``positives``, a number for each label.
    quality
        A fitted input check.
    """
    halved = half_precision(network.state_dict())
    network.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in halved.items()}
    )
    codes = record["codes"]
    scores = score_validation(network, val, codes, training["positives"])
    labels = label_records(scores)
    metadata = PackageMetadata(
        package_id=naming.package_id,
        version=naming.version,
        description=naming.description,
        authors=naming.authors,
        copyright=naming.authors,
        licence=naming.licence,
        task="classification of findings on frontal chest films",
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        network=network.config,
        input_size=val.size,
        preprocess_version=PREPROCESS_VERSION,
        labels=labels,
        calibration_id=f"{naming.package_id}-{naming.version}-val",
        training=training,
        metrics={
            "split": "val",
            "marks_per_100_normals": marks_per_100_normals(labels, scores),
            "input_check": quality is not None,
        },
        limits=_limits(record["config"]["adults_from_years"]),
    )
    trained = trained_by(record)
    extra = {} if quality is None else {QUALITY: quality}
    extra |= {} if trained is None else {FILMS: trained.as_member()}
    write_package(out, metadata, network.state_dict(), card_html(metadata))
    metadata = replace(metadata, golden=_golden(out, val.size))
    write_package(
        out,
        metadata,
        network.state_dict(),
        card_html(metadata),
        extra=extra,
        signing_key=key_from_environment(),
    )
    package = open_package(out)
    Predictor(package).check_golden()
    quality_check(package)
    return metadata


def training_record(
    rows: Sequence[Row], digest: str, record: dict[str, Any], runs: int, films_val: int
) -> dict[str, Any]:
    """What a package says of its training: films, patients, sites and recipe of the last run."""
    train = [row for row in rows if row.split == "train"]
    # What a run of before these were kept has not noted, the table says.
    from_table = {
        "films": len(train),
        "patients": len({row.patient_id for row in train}),
        "sites": sorted({row.site for row in train}),
        "positives": [
            [r.labels[k] for r in train].count(1.0) for k in range(len(record["codes"]))
        ],
    }
    known = from_table | {key: record[key] for key in from_table if key in record}
    return {
        "sites": known["sites"],
        "films_train": known["films"],
        "films_val": films_val,
        "patients_train": known["patients"],
        "positives": known["positives"],
        "manifest_sha256": digest,
        "runs": runs,
        "recipe": record["config"],
    }


def _limits(adults_from_years: float | None) -> dict[str, Any]:
    limits: dict[str, Any] = {"views": ["PA", "AP"], "modality": ["CR", "DX"]}
    if adults_from_years:
        limits["age_years_min"] = adults_from_years
    return limits


def _golden(path: Path, size: int) -> tuple[GoldenVector, ...]:
    predictor = Predictor(open_package(path))
    return tuple(
        GoldenVector(
            seed=seed,
            logits=tuple(float(v) for v in predictor.predict(golden_input(seed, size)).logits),
        )
        for seed in GOLDEN_SEEDS
    )
