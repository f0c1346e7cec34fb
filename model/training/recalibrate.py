"""Recalibrate a package on local cases: `python -m model.training.recalibrate --package P --manifest M --out FILE`.

The weights stay as they are; probabilities and thresholds are fitted anew on every film of the manifest.
Calibrating needs far fewer cases than training: a label with fewer than ten local positives or negatives
keeps what it had, and so does one whose score is not surely better than chance on them.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from model.command import aligned, file_to_write, package_at, run_command
from model.evaluation.tables import truth_of
from model.films.cache import pixel_sha256, read_presented, reason_of
from model.films.leakage import refuse_trained, trained_films
from model.films.manifest import Manifest, Row, read_manifest
from model.films.table import ManifestError
from model.runtime.calibration import Method
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.runtime.package import CARD, METADATA, ModelPackage
from model.runtime.package_writer import key_from_environment, metadata_bytes, repack
from model.runtime.predict import Predictor
from model.runtime.preprocess import PreprocessError, preprocess
from model.training.card import card_html
from model.training.operating import (
    LOWEST_BOUND,
    TRAIN_POSITIVES,
    VAL_POSITIVES,
    ValidationScores,
    label_records,
    marks_per_100_normals,
)
from model.training.publish import SHARES

log = logging.getLogger("model.training.recalibrate")


def local_scores(
    package: ModelPackage, manifest: Manifest, *, quiet: bool = False
) -> ValidationScores:
    """The package's answers on every readable film of the manifest.

    Raises
    ------
    ManifestError
        When no film can be read, or one of them trained the package.
    """
    predictor = Predictor(package)
    logits, rows, hashes = [], list[Row](), list[str]()
    for row in tqdm(manifest.rows, desc="films", disable=quiet):
        try:
            presented = read_presented(row.path)
            made = preprocess(
                presented, size=predictor.input_size, pixel_aspect=row.pixel_aspect
            )
        except (OSError, PreprocessError) as error:
            manifest.problems.add(f"unreadable image ({reason_of(error)})", row.path.name)
            continue
        logits.append(predictor.predict(made.model_input).logits)
        rows.append(row)
        hashes.append(pixel_sha256(presented))
    if not rows:
        raise ManifestError("; ".join(["no readable film", *manifest.problems.lines()]))
    refuse_trained(trained_films(package), rows, hashes)
    return ValidationScores(
        codes=tuple(label.code for label in package.labels),
        logits=np.array(logits),
        targets=truth_of(rows),
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
    """Labels with local calibrations where the cases suffice; untrained ones stay untrained.

    Raises
    ------
    ManifestError
        When no label changes: too few cases, or no score that is surely better than chance on them.
    """
    enough = [
        label.trained
        and min((scores.targets[:, k] == 1).sum(), (scores.targets[:, k] == 0).sum())
        >= VAL_POSITIVES
        for k, label in enumerate(package.labels)
    ]
    if not any(enough):
        raise ManifestError(f"no label has {VAL_POSITIVES} local positives and negatives")
    fitted = [
        new if usable and new.trained else old
        for old, new, usable in zip(
            package.labels, label_records(scores, method=method), enough, strict=True
        )
    ]
    if all(new is old for new, old in zip(fitted, package.labels, strict=True)):
        raise ManifestError(
            f"no label's AUROC is surely above {LOWEST_BOUND:.2f} on these films: nothing to recalibrate"
        )
    return tuple(fitted)


def still_true(test: Mapping[str, Any], changed: Collection[str]) -> dict[str, Any]:
    """The figures of a test reading that new calibrations and thresholds of these labels leave true."""
    kept = {k: v for k, v in test.items() if k not in {"marks_per_100_normals", "calibration"}}
    labels = {
        code: {k: v for k, v in found.items() if code not in changed or k not in SHARES}
        for code, found in test.get("labels", {}).items()
    }
    return kept | {"labels": labels} if kept else {}


def recalibrate(
    package: ModelPackage,
    scores: ValidationScores,
    manifest_sha256: str,
    out: Path,
    method: Method,
) -> PackageMetadata:
    """Write the recalibrated package; its version says that it is local.

    Raises
    ------
    ManifestError
        When the cases do not suffice.
    """
    labels = recalibrated_labels(package, scores, method)
    old = package.metadata
    changed = [
        new.code for new, kept in zip(labels, old.labels, strict=True) if new is not kept
    ]
    mark = manifest_sha256[:8]
    metadata = replace(
        old,
        version=f"{old.version}+local.{mark}",
        labels=labels,
        calibration_id=f"{old.package_id}-local-{mark}",
        metrics={
            **old.metrics,
            "split": "local",
            "local": {"films": len(scores.logits), "labels": changed},
            "test": still_true(old.metrics.get("test", {}), changed),
            "marks_per_100_normals": marks_per_100_normals(labels, scores),
        },
        changelog={**old.changelog, mark: f"recalibrated on {len(scores.logits)} local films"},
    )
    changes = {METADATA: metadata_bytes(metadata), CARD: card_html(metadata).encode()}
    repack(package, out, changes, signing_key=key_from_environment())
    return metadata


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.recalibrate", description=__doc__
    )
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--method", choices=[m.value for m in Method if m is not Method.NONE], default="platt"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def _recalibrate(options: argparse.Namespace) -> None:
    key_from_environment()
    out = file_to_write(options.out)
    package = package_at(options.package)
    manifest = read_manifest(options.manifest, [label.code for label in package.labels])
    digest = hashlib.sha256(options.manifest.read_bytes()).hexdigest()
    scores = local_scores(package, manifest, quiet=options.quiet)
    metadata = recalibrate(package, scores, digest, out, Method(options.method))
    for line in manifest.problems.lines():
        log.warning("%s", line)
    changed = [
        (new.code, _threshold(old.threshold), _threshold(new.threshold))
        for old, new in zip(package.labels, metadata.labels, strict=True)
        if new != old
    ]
    log.info("On %d local films:", len(scores.logits))
    log.info("%s", aligned([("label", "threshold before", "now"), *changed]))
    log.info("%s: %s %s", out, metadata.package_id, metadata.version)


def _threshold(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Recalibrate; 0 on success, 2 when the cases do not suffice."""
    return run_command(_parser(), _recalibrate, arguments)


if __name__ == "__main__":
    sys.exit(main())
