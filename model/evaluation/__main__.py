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

from model.evaluation.comparators import comparators
from model.evaluation.input_check import reasons, unusable, usable_and_copies
from model.evaluation.localisation import summary
from model.evaluation.nodules import nodule_figures
from model.evaluation.readings import record_reading
from model.evaluation.report import html_report
from model.evaluation.scores import evaluate
from model.evaluation.scoring import answers
from model.evaluation.tables import ScoreTable, read_score_csv
from model.films.manifest import SPLITS, ManifestError, read_manifest
from model.runtime.labels import ANY_ABNORMALITY
from model.runtime.nodules import nodule_detector
from model.runtime.package import PackageError, open_package
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
    parser.add_argument("--threads", type=int)
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate; 0 on success, 2 when there is nothing that can be measured."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        record, table = _from_csv(options) if options.csv else _from_package(options)
    except (ManifestError, PackageError, ValueError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(_finite(record), indent=1, ensure_ascii=False)
    (options.out / "evaluation.json").write_text(text + "\n", encoding="utf-8")
    page = html_report(record, table)
    (options.out / "evaluation.html").write_text(page, encoding="utf-8")
    for code, figures in record["scores"]["labels"].items():
        log.info("%s %s", code, figures.get("auroc", "insufficient"))
    return 0


def _from_csv(options: argparse.Namespace) -> tuple[dict[str, Any], ScoreTable]:
    table = read_score_csv(options.csv, threshold=options.threshold)
    record = {
        "title": f"Evaluation of {options.csv.name}",
        "source": "Scores from a table.",
        "scores": evaluate(table),
    }
    return record, table


def _from_package(options: argparse.Namespace) -> tuple[dict[str, Any], ScoreTable]:
    package = open_package(options.package)
    codes = [label.code for label in package.labels]
    splits = sorted(set(options.split or ["val"]))
    if options.manifest is None:
        raise ManifestError("--package needs a --manifest")
    manifest = read_manifest(options.manifest, codes, boxes=options.boxes)
    rows = [
        row
        for row in manifest.rows
        if {row.split, "all"} & set(splits) and (not options.site or row.site in options.site)
    ]
    if not rows:
        raise ManifestError(f"no film in the {' and '.join(splits)} split of these sites")
    found = answers(package, rows, manifest.problems, quiet=options.quiet)
    if not found.rows:
        raise ManifestError("; ".join(["no readable film", *manifest.problems.lines()]))
    name = f"{package.id} {package.version}"
    record: dict[str, Any] = {
        "title": f"{name}, {' and '.join(splits)}",
        "source": f"Package {package.sha256}, manifest {options.manifest.name}; the age rule is ignored.",
        "films": {"splits": splits, "sites": sorted({row.site for row in rows})},
        "scores": evaluate(found.table),
        "localisation": summary(found.located) if found.located else None,
        "latency": found.latency(),
    }
    check = quality_check(package)
    if check is not None:
        record["input_check"], usable = usable_and_copies(
            check, found.rows, quiet=options.quiet
        )
        record["input_check"]["usable_reasons"] = reasons(usable)
        if options.unusable:
            record["unusable"] = unusable(check, options.unusable, usable, quiet=options.quiet)
    detector = nodule_detector(package)
    if detector is not None:
        record["nodules"] = nodule_figures(detector, rows, quiet=options.quiet)
    if options.rivals and ANY_ABNORMALITY in codes:
        sites = {row.site for row in found.rows}
        train = [row for row in manifest.rows if row.split == "train" and row.site in sites]
        record["comparators"] = comparators(train, found.rows, codes.index(ANY_ABNORMALITY))
    if any(row.split == "test" for row in rows):
        record["readings"] = record_reading(options.manifest, package.sha256)
    record["problems"] = manifest.problems.lines()
    return record, found.table


def _finite(value: Any) -> Any:  # noqa: ANN401  (plain JSON values)
    """NaN as null: JSON has no other word for what is not defined."""
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
