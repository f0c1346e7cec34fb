"""`python -m model.evaluation`: a package and a manifest, or a table of scores, in; JSON and one HTML page out."""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from model.command import (
    aligned,
    folder_to_write,
    package_at,
    positive,
    require_training_extra,
    run_command,
)
from model.evaluation.comparators import comparators
from model.evaluation.input_check import reasons, unusable, usable_and_copies
from model.evaluation.localisation import summary
from model.evaluation.nodules import nodule_figures
from model.evaluation.readings import record_reading
from model.evaluation.report.page import html_report
from model.evaluation.scores import evaluate
from model.evaluation.scoring import Answers, answers
from model.evaluation.tables import ScoreTable, read_score_csv
from model.films.leakage import refuse_trained, trained_films
from model.films.manifest import SPLITS, Manifest, Row, read_manifest
from model.films.table import ManifestError
from model.runtime.files import replacing
from model.runtime.labels import ANY_ABNORMALITY
from model.runtime.nodules import nodule_detector
from model.runtime.package import ModelPackage
from model.runtime.quality import quality_check

log = logging.getLogger("model.evaluation")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model.evaluation", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--package", type=Path, help="a .cxrmodel, scored on --manifest")
    source.add_argument("--csv", type=Path, help="path, patient_id, <code>, <code>_score")
    parser.add_argument("--manifest", type=Path)
    parser.add_argument("--boxes", type=Path, help="CSV of lesion boxes")
    parser.add_argument(
        "--split",
        action="append",
        choices=(*SPLITS, "all"),
        help="default: val; can be repeated",
    )
    parser.add_argument("--site", action="append", help="only films of this site")
    parser.add_argument("--unusable", type=Path, help="CSV of unusable images: file, kind")
    parser.add_argument("--rivals", action="store_true", help="fit the trivial comparators")
    parser.add_argument("--threshold", type=float, help="an operating point for --csv")
    parser.add_argument("--out", type=Path, required=True, help="folder of the report")
    parser.add_argument("--threads", type=positive)
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate; 0 on success, 2 when there is nothing that can be measured."""
    return run_command(_parser(), _evaluate, arguments)


def _evaluate(options: argparse.Namespace) -> None:
    if options.threads:
        torch.set_num_threads(options.threads)
    require_training_extra()
    out = folder_to_write(options.out)
    record, table = _from_csv(options) if options.csv else _from_package(options)
    text = json.dumps(_finite(record), indent=1, ensure_ascii=False)
    _write(out / "evaluation.json", text + "\n")
    _write(out / "evaluation.html", html_report(record, table))
    for line in record.get("problems", ()):
        log.warning("%s", line)
    log.info("%s\n%s", _areas(record), out / "evaluation.html")


def _from_csv(options: argparse.Namespace) -> tuple[dict[str, Any], ScoreTable]:
    if options.threshold is not None and not math.isfinite(options.threshold):
        raise ManifestError("--threshold has to be a number")
    table = read_score_csv(options.csv, threshold=options.threshold)
    record = {
        "title": f"Evaluation of {options.csv.name}",
        "source": "Scores from a table.",
        "scores": evaluate(table),
    }
    return record, table


def _from_package(options: argparse.Namespace) -> tuple[dict[str, Any], ScoreTable]:
    package = package_at(options.package)
    splits = sorted(set(options.split or ["val"]))
    if options.manifest is None:
        raise ManifestError("--package needs a --manifest")
    codes = [label.code for label in package.labels]
    manifest = read_manifest(options.manifest, codes, boxes=options.boxes)
    rows = _chosen(manifest, splits, options.site)
    found = answers(package, rows, manifest.problems, quiet=options.quiet)
    if not found.rows:
        raise ManifestError("; ".join(["no readable film", *manifest.problems.lines()]))
    if "train" not in splits:
        refuse_trained(trained_films(package), found.rows, found.hashes)
    record: dict[str, Any] = {
        "title": f"{package.id} {package.version}, {' and '.join(splits)}",
        "source": f"Package {package.sha256}, manifest {options.manifest.name}; the age rule is ignored.",
        "films": {"splits": splits, "sites": sorted({row.site for row in rows})},
        "names": {label.code: label.name for label in package.labels},
        "untrained_on": trained_films(package) is not None and "train" not in splits,
        "scores": evaluate(found.table),
        "localisation": summary(found.located) if found.located else None,
        "latency": found.latency(),
        **_input_check(package, found, manifest, options),
    }
    detector = nodule_detector(package)
    if detector is not None:
        record["nodules"] = nodule_figures(detector, rows, quiet=options.quiet)
    if options.rivals and ANY_ABNORMALITY in codes:
        sites = {row.site for row in found.rows}
        train = [row for row in manifest.rows if row.split == "train" and row.site in sites]
        record["comparators"] = comparators(train, found.rows, codes.index(ANY_ABNORMALITY))
    tested = {row.site for row in rows if row.split == "test"}
    if tested:
        record["readings"] = record_reading(options.manifest, package.sha256, tested)
    record["problems"] = manifest.problems.lines()
    return record, found.table


def _chosen(
    manifest: Manifest, splits: Sequence[str], sites: Sequence[str] | None
) -> list[Row]:
    rows = [
        row
        for row in manifest.rows
        if {row.split, "all"} & set(splits) and (not sites or row.site in sites)
    ]
    if not rows:
        of = f" of {' and '.join(sites)}" if sites else ""
        raise ManifestError(f"no film in the {' and '.join(splits)} split{of}")
    return rows


def _input_check(
    package: ModelPackage, found: Answers, manifest: Manifest, options: argparse.Namespace
) -> dict[str, Any]:
    """What the package's input check does, where it has one."""
    check = quality_check(package)
    if check is None:
        return {}
    figures, usable = usable_and_copies(check, found.rows, quiet=options.quiet)
    record = {"input_check": {**figures, "usable_reasons": reasons(usable)}}
    if options.unusable:
        record["unusable"] = unusable(
            check, options.unusable, usable, manifest.problems, quiet=options.quiet
        )
    return record


def _areas(record: dict[str, Any]) -> str:
    """Every label's AUROC, for a terminal."""
    rows = [("label", "films", "positives", "AUROC")]
    for code, f in record["scores"]["labels"].items():
        area = "insufficient"
        if not f["insufficient"]:
            area = "{value:.3f} [{low:.3f}–{high:.3f}]".format(**f["auroc"])
        rows.append((code, str(f["films"]), str(f["positives"]), area))
    return aligned(rows)


def _write(path: Path, text: str) -> None:
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")


def _finite(value: Any) -> Any:  # noqa: ANN401  (plain JSON values)
    """NaN as null: JSON has no other word for what is not defined."""
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
