"""Recalibrate a package on local cases: `python -m model.training.recalibrate --package P --manifest M --out FILE`.

The weights stay as they are; probabilities and thresholds are fitted anew on every film of the manifest.
Calibrating needs far fewer cases than training: a label with fewer than ten local positives or negatives
keeps what it had.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tqdm import tqdm

from model.films.cache import read_presented
from model.films.manifest import Manifest, ManifestError, Row, read_manifest
from model.runtime.calibration import CalibrationError, Method
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.runtime.package import CARD, METADATA, ModelPackage, PackageError, open_package
from model.runtime.package_writer import key_from_environment, metadata_bytes, repack
from model.runtime.predict import Predictor
from model.runtime.preprocess import PreprocessError, preprocess
from model.training.card import card_html
from model.training.operating import (
    TRAIN_POSITIVES,
    VAL_POSITIVES,
    ValidationScores,
    label_records,
    marks_per_100_normals,
)

log = logging.getLogger("model.training.recalibrate")


def local_scores(
    package: ModelPackage, manifest: Manifest, *, quiet: bool = False
) -> ValidationScores:
    """The package's answers on every readable film of the manifest.

    Raises
    ------
    ManifestError
        When no film can be read.
    """
    predictor = Predictor(package)
    logits, rows = [], []
    for row in tqdm(manifest.rows, desc="films", disable=quiet):
        try:
            made = preprocess(
                read_presented(row.path),
                size=predictor.input_size,
                pixel_aspect=row.pixel_aspect,
            )
        except (OSError, PreprocessError) as error:
            manifest.problems.add(f"unreadable image ({error})", row.path.name)
            continue
        logits.append(predictor.predict(made.model_input).logits)
        rows.append(row)
    if not rows:
        raise ManifestError("; ".join(["no readable film", *manifest.problems.lines()]))
    return _scores(package, np.array(logits), rows)


def _scores(
    package: ModelPackage,
    logits: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    rows: list[Row],
) -> ValidationScores:
    nan = float("nan")
    return ValidationScores(
        codes=tuple(label.code for label in package.labels),
        logits=logits,
        targets=np.array([[nan if v is None else v for v in row.labels] for row in rows]),
        patients=tuple(row.patient_id for row in rows),
        train_positives=tuple(
            # Imported weights do not say how many cases they saw; the local ones decide then.
            int(label.validation.get("train_positives", TRAIN_POSITIVES))
            for label in package.labels
        ),
    )


def recalibrated_labels(
    package: ModelPackage, scores: ValidationScores, method: Method
) -> tuple[LabelRecord, ...]:
    """Labels with local calibrations where there are enough cases; untrained ones stay untrained."""
    enough = [
        label.trained
        and min((scores.targets[:, k] == 1).sum(), (scores.targets[:, k] == 0).sum())
        >= VAL_POSITIVES
        for k, label in enumerate(package.labels)
    ]
    if not any(enough):
        raise ManifestError(f"no label has {VAL_POSITIVES} local positives and negatives")
    fitted = label_records(scores, method=method)
    return tuple(
        new if usable and new.trained else old
        for old, new, usable in zip(package.labels, fitted, enough, strict=True)
    )


def recalibrate(
    package: ModelPackage, manifest: Manifest, manifest_sha256: str, out: Path, method: Method
) -> PackageMetadata:
    """Write the recalibrated package; its version says that it is local.

    Raises
    ------
    ManifestError
        When the cases do not suffice.
    """
    scores = local_scores(package, manifest)
    labels = recalibrated_labels(package, scores, method)
    old = package.metadata
    mark = manifest_sha256[:8]
    metadata = replace(
        old,
        version=f"{old.version}+local.{mark}",
        labels=labels,
        calibration_id=f"{old.package_id}-local-{mark}",
        metrics={
            **old.metrics,
            "split": "local",
            "marks_per_100_normals": marks_per_100_normals(labels, scores),
        },
        changelog={**old.changelog, mark: f"recalibrated on {len(scores.logits)} local films"},
    )
    changes = {METADATA: metadata_bytes(metadata), CARD: card_html(metadata).encode()}
    repack(package, out, changes, signing_key=key_from_environment())
    return metadata


def main(arguments: Sequence[str] | None = None) -> int:
    """Recalibrate; 0 on success, 2 when the cases do not suffice."""
    parser = argparse.ArgumentParser(prog="python -m model.training.recalibrate")
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--method", choices=[m.value for m in Method if m is not Method.NONE], default="platt"
    )
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        package = open_package(options.package)
        manifest = read_manifest(options.manifest, [label.code for label in package.labels])
        digest = hashlib.sha256(options.manifest.read_bytes()).hexdigest()
        metadata = recalibrate(package, manifest, digest, options.out, Method(options.method))
    except (ManifestError, PackageError, CalibrationError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    for line in manifest.problems.lines():
        log.warning("%s", line)
    log.info("%s %s", metadata.package_id, metadata.version)
    return 0


if __name__ == "__main__":
    sys.exit(main())
