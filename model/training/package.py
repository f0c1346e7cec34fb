"""Runs into a package: `python -m model.training.package --run RUN [--run RUN] --manifest M --out FILE`.

Everything is decided on validation; the test split is not read here. Validation films that trained a run are
refused, whatever table they come from. The input check is fitted from the manifest's films as well, unless a fitted
one is given.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from model.command import aligned, file_to_write, package_name, positive, run_command
from model.films.manifest import Manifest, read_manifest
from model.runtime.errors import ModelError
from model.runtime.metadata import LabelRecord
from model.runtime.package import open_package
from model.runtime.package_writer import key_from_environment
from model.runtime.quality import QualityCheck
from model.training.assembly import (
    Naming,
    build_package,
    training_record,
    validation_films,
    wanted_rows,
)
from model.training.folder import CHECKPOINT
from model.training.merge import merged_network
from model.training.quality.fitting import CHECK_EPOCHS, fit_check

log = logging.getLogger("model.training.package")


def label_table(labels: Sequence[LabelRecord]) -> str:
    """What was decided for each label on validation, for a terminal."""
    head = ("label", "positives", "AUROC", "offered", "threshold", "sensitivity", "specificity")
    rows: list[Sequence[str]] = [head]
    for label in labels:
        v = label.validation
        area = "–" if "auroc" not in v else f"{v['auroc']:.3f}"
        if "auroc_low" in v:
            area += f" [{v['auroc_low']:.3f}–{v['auroc_high']:.3f}]"
        shares = [f"{v[k]:.3f}" if k in v else "–" for k in ("sensitivity", "specificity")]
        threshold = "–" if label.threshold is None else f"{label.threshold:.3f}"
        offered = "yes" if label.trained else "no"
        rows.append((label.code, f"{v['positives']:.0f}", area, offered, threshold, *shares))
    return aligned(rows)


def _quality(options: argparse.Namespace, manifest: Manifest) -> bytes | None:
    """The input check: none, a fitted one, or one fitted now."""
    if options.no_check:
        return None
    if options.quality:
        fitted: bytes = options.quality.read_bytes()
        QualityCheck.from_npz(fitted)
        return fitted
    check, found = fit_check(
        manifest.rows, {}, epochs=options.check_epochs, quiet=options.quiet
    )
    log.info("%s", found.as_text())
    return check.as_npz()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.package", description=__doc__
    )
    parser.add_argument("--run", type=Path, action="append", required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--id", type=package_name, default="cxr-findings")
    parser.add_argument("--version", type=package_name, required=True)
    parser.add_argument("--description", default="")
    parser.add_argument("--authors", default="")
    parser.add_argument("--size", type=positive, help="input side; default: the last run's")
    parser.add_argument("--cache", type=Path, help="default: the last run's ../cache")
    check = parser.add_mutually_exclusive_group()
    check.add_argument("--quality", type=Path, help="a fitted input check, quality.npz")
    check.add_argument("--no-check", action="store_true", help="a package without input check")
    parser.add_argument("--check-epochs", type=positive, default=CHECK_EPOCHS)
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def _package(options: argparse.Namespace) -> None:
    key_from_environment()
    out = file_to_write(options.out)
    network, record = merged_network([run / CHECKPOINT for run in options.run])
    manifest = read_manifest(options.manifest, record["codes"])
    size = options.size or int(record["size"])
    if size % 32 or not 32 <= size <= 2048:
        raise ModelError("--size has to be a multiple of 32, 32 to 2048")
    cache = options.cache or options.run[-1].parent / "cache"
    rows = wanted_rows(manifest, record)
    val = validation_films(rows, record, size, cache, manifest.problems, quiet=options.quiet)
    digest = hashlib.sha256(options.manifest.read_bytes()).hexdigest()
    metadata = build_package(
        network,
        record,
        val,
        Naming(
            package_id=options.id,
            version=options.version,
            description=options.description,
            authors=options.authors,
        ),
        out,
        training=training_record(rows, digest, record, len(options.run), len(val)),
        quality=_quality(options, manifest),
    )
    for line in manifest.problems.lines():
        log.warning("%s", line)
    log.info("On %d validation films:\n%s", len(val), label_table(metadata.labels))
    if not any(label.trained for label in metadata.labels):
        log.warning(
            "No label is offered: this package will score nothing. A label needs 30 train and 10 val positives and a "
            "validation AUROC whose interval starts above 0.60."
        )
    log.info("%s\nsha256 %s", out, open_package(out).sha256)


def main(arguments: Sequence[str] | None = None) -> int:
    """Package runs; 0 on success, 2 when they do not fit together."""
    return run_command(_parser(), _package, arguments)


if __name__ == "__main__":
    sys.exit(main())
