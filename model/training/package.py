"""Runs into a package: `python -m model.training.package --run RUN [--run RUN] --manifest M --out FILE`.

Everything is decided on validation; the test split is not read here. The input check is fitted from the manifest's
films as well, unless a fitted one is given.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.films.cache import cached_films
from model.films.manifest import Manifest, ManifestError, read_manifest
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.map_network import MapNetwork
from model.runtime.metadata import GoldenVector, PackageMetadata
from model.runtime.package import QUALITY, open_package
from model.runtime.package_writer import half_precision, key_from_environment, write_package
from model.runtime.predict import Predictor, golden_input
from model.runtime.quality import quality_check
from model.training.card import card_html
from model.training.config import TrainConfig, read_config
from model.training.data import FilmSet
from model.training.merge import merged_network
from model.training.operating import ValidationScores, label_records, marks_per_100_normals
from model.training.quality import CHECK_EPOCHS, fit_check
from model.training.run import CHECKPOINT, wanted_rows

log = logging.getLogger("model.training.package")
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
    network: MapNetwork, train: FilmSet, val: FilmSet, codes: Sequence[str]
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
        train_positives=tuple(int(n) for n in np.nansum(train.targets, axis=0)),
    )


def build_package(
    runs: Sequence[Path],
    manifest: Manifest,
    manifest_sha256: str,
    naming: Naming,
    out: Path,
    *,
    size: int | None = None,
    cache: Path | None = None,
    quality: bytes | None = None,
) -> PackageMetadata:
    """Merge runs, calibrate on validation, write the package and check it by opening it.

    Raises
    ------
    ManifestError, ValueError
        When the films or runs do not fit together.
    """
    network, record = merged_network([run / CHECKPOINT for run in runs])
    if tuple(record["codes"]) != tuple(manifest.codes):
        raise ManifestError("the runs were trained on other labels")
    config: TrainConfig = read_config(None, **record["config"])
    halved = half_precision(network.state_dict())
    network.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in halved.items()}
    )
    size = size or int(record["size"])
    films = cached_films(
        wanted_rows(manifest, config),
        size,
        cache or runs[0].parent / "cache",
        manifest.problems,
    )
    train = FilmSet(films, manifest.codes, "train", record["trainable"])
    val = FilmSet(films, manifest.codes, "val")
    scores = score_validation(network, train, val, manifest.codes)
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
        input_size=size,
        preprocess_version=PREPROCESS_VERSION,
        labels=labels,
        calibration_id=f"{naming.package_id}-{naming.version}-val",
        training=_training_record(runs, train, val, manifest_sha256, record),
        metrics={
            "split": "val",
            "marks_per_100_normals": marks_per_100_normals(labels, scores),
            "input_check": quality is not None,
        },
        limits=_limits(config),
    )
    weights = network.state_dict()
    extra = {} if quality is None else {QUALITY: quality}
    write_package(out, metadata, weights, card_html(metadata))
    metadata = replace(metadata, golden=_golden(out, size))
    write_package(
        out,
        metadata,
        weights,
        card_html(metadata),
        extra=extra,
        signing_key=key_from_environment(),
    )
    package = open_package(out)
    Predictor(package).check_golden()
    quality_check(package)
    return metadata


def _training_record(
    runs: Sequence[Path], train: FilmSet, val: FilmSet, digest: str, record: dict[str, Any]
) -> dict[str, Any]:
    return {
        "sites": sorted({row.site for row in train.rows}),
        "films_train": len(train),
        "films_val": len(val),
        "patients_train": len({row.patient_id for row in train.rows}),
        "manifest_sha256": digest,
        "runs": len(runs),
        "recipe": record["config"],
    }


def _limits(config: TrainConfig) -> dict[str, Any]:
    limits: dict[str, Any] = {"views": ["PA", "AP"], "modality": ["CR", "DX"]}
    if config.adults_from_years:
        limits["age_years_min"] = config.adults_from_years
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


def _quality(options: argparse.Namespace, manifest: Manifest) -> bytes | None:
    """The input check: none, a fitted one, or one fitted now."""
    if options.no_check:
        return None
    if options.quality:
        fitted: bytes = options.quality.read_bytes()
        return fitted
    check, found = fit_check(
        manifest.rows, {}, epochs=options.check_epochs, quiet=options.quiet
    )
    log.info("usable films refused: %s", found.refused_usable)
    log.info("wrong films caught: %s", found.caught)
    return check.as_npz()


def main(arguments: Sequence[str] | None = None) -> int:
    """Package runs; 0 on success, 2 when they do not fit together."""
    parser = argparse.ArgumentParser(
        prog="python -m model.training.package", description=__doc__
    )
    parser.add_argument("--run", type=Path, action="append", required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--id", default="cxr-findings")
    parser.add_argument("--version", required=True)
    parser.add_argument("--description", default="")
    parser.add_argument("--authors", default="")
    parser.add_argument("--size", type=int, help="input side; default: the last run's")
    parser.add_argument("--cache", type=Path)
    check = parser.add_mutually_exclusive_group()
    check.add_argument("--quality", type=Path, help="a fitted input check, quality.npz")
    check.add_argument("--no-check", action="store_true", help="a package without input check")
    parser.add_argument("--check-epochs", type=int, default=CHECK_EPOCHS)
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        record = merged_network([run / CHECKPOINT for run in options.run])[1]
        manifest = read_manifest(options.manifest, record["codes"])
        metadata = build_package(
            options.run,
            manifest,
            hashlib.sha256(options.manifest.read_bytes()).hexdigest(),
            Naming(
                package_id=options.id,
                version=options.version,
                description=options.description,
                authors=options.authors,
            ),
            options.out,
            size=options.size,
            cache=options.cache,
            quality=_quality(options, manifest),
        )
    except (ManifestError, ValueError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    for label in metadata.labels:
        log.info(
            "%s %s %s", label.code, "offered" if label.trained else "-", dict(label.validation)
        )
    if not any(label.trained for label in metadata.labels):
        log.warning(
            "No label is offered: this package will score nothing. A label needs 30 train and 10 val positives and a "
            "validation AUROC whose interval starts above 0.60."
        )
    log.info("sha256 %s", open_package(options.out).sha256)
    return 0


if __name__ == "__main__":
    sys.exit(main())
