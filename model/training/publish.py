"""Write readings into a package: `python -m model.training.publish --package P --evaluation E.json --out FILE`.

The weights, thresholds and calibration stay; the figures go into the metadata and onto the card. `--nodules E.json`
does so for the detector of nodule candidates, which is shown from then on if it finds enough.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.command import file_to_write, package_at, run_command
from model.runtime.errors import ModelError
from model.runtime.labels import ANY_ABNORMALITY
from model.runtime.metadata import PackageMetadata
from model.runtime.nodule_record import DetectorRecord
from model.runtime.package import (
    CARD,
    METADATA,
    NODULES,
    ModelPackage,
    open_package,
)
from model.runtime.package_writer import key_from_environment, metadata_bytes, repack
from model.training.card import card_html, suffices

log = logging.getLogger("model.training.publish")
SHARES = ("sensitivity", "specificity", "ppv", "npv")
LINE = ("slope", "intercept", "mean_score", "ece", "ece_if_perfect")


def figures_for_card(record: Mapping[str, Any]) -> dict[str, Any]:
    """What of an `evaluation.json` belongs into a package.

    Raises
    ------
    ModelError
        When the record is not that of a test split.
    """
    if "readings" not in record:
        raise ModelError("the evaluation is not of the test split: evaluate with --split test")
    scores = record["scores"]
    figures: dict[str, Any] = {
        "films": scores["films"],
        "patients": scores["patients"],
        "readings": record["readings"],
        "marks_per_100_normals": scores["marks_per_100_normals"],
        "labels": {code: _label(found) for code, found in scores["labels"].items()},
    }
    for name in ("mean_findings", "mean_offered"):
        mean = scores[name]
        if not mean["insufficient"]:
            figures[name] = {**_estimate(mean), "count": len(mean["findings"])}
    overall = scores["labels"].get(ANY_ABNORMALITY, {})
    if "calibration" in overall:
        figures["calibration"] = {key: overall["calibration"][key] for key in LINE} | {
            "prevalence": overall["prevalence"]
        }
    if record.get("localisation"):
        every = record["localisation"]["all"]
        figures["pointing"] = {**every["pointing"], "boxed": every["boxed"]}
    if record.get("input_check"):
        figures["input_check"] = _check(record["input_check"])
    if record.get("unusable"):
        found = record["unusable"]
        figures["unusable"] = {
            "films": found["refused"]["films"],
            "refused": found["refused"],
            "grey": found["grey_refused"],
        }
    return figures


def published(
    package: ModelPackage, record: Mapping[str, Any], notes: Mapping[str, str] | None = None
) -> PackageMetadata:
    """The metadata with the test figures beside those of validation, and notes by language.

    Raises
    ------
    ModelError
        When the record is of another package.
    """
    refuse_other(package, record)
    metadata = package.metadata
    limits = {**metadata.limits, "notes": dict(notes)} if notes else metadata.limits
    metrics = {**metadata.metrics, "test": figures_for_card(record)}
    return replace(metadata, metrics=metrics, limits=limits)


def refuse_other(package: ModelPackage, record: Mapping[str, Any]) -> None:
    """Raise `ModelError` when an evaluation is of another package."""
    if package.sha256 not in record["source"]:
        raise ModelError("the evaluation is of another package")


def with_nodules(
    metadata: PackageMetadata, records: Sequence[Mapping[str, Any]]
) -> PackageMetadata:
    """The metadata with a detector's figures; the first evaluation's are those that decide."""
    figures = {"evaluations": [_nodules(record) for record in records]}
    return replace(metadata, metrics={**metadata.metrics, "nodules": figures})


def _nodules(record: Mapping[str, Any]) -> dict[str, Any]:
    if "nodules" not in record:
        raise ModelError("the evaluation has no nodule candidates: its package has no detector")
    found = record["nodules"]
    parts = {
        name: {key: value for key, value in part.items() if key not in {"curve", "band"}}
        for name, part in found.items()
    }
    return {**parts, **record["films"], "readings": record.get("readings")}


def _label(found: Mapping[str, Any]) -> dict[str, Any]:
    figures = {"positives": found["positives"], "films": found["films"]}
    if found["insufficient"]:
        return figures
    point = found["operating_points"].get("default", {})
    shares = {name: point[name] for name in SHARES if name in point}
    return figures | {"auroc": found["auroc"], "auprc": found["auprc"], **shares}


def _check(found: Mapping[str, Any]) -> dict[str, Any]:
    copies = found["copies_caught"]
    return {
        "usable_refused": found["usable_refused"]["all"],
        "mirrored_caught": copies["mirrored"],
        "turned_caught": min(v["value"] for name, v in copies.items() if name != "mirrored"),
    }


def _estimate(found: Mapping[str, Any]) -> dict[str, float]:
    return {key: found[key] for key in ("value", "low", "high")}


def _changes(package: ModelPackage, options: argparse.Namespace) -> dict[str, bytes]:
    metadata, changes = package.metadata, dict[str, bytes]()
    if options.evaluation:
        notes = {"en": options.note, "zh": options.note_zh}
        metadata = published(
            package, _read(options.evaluation), {k: v for k, v in notes.items() if v}
        )
    if options.nodules:
        records = [_read(path) for path in options.nodules]
        for record in records:
            refuse_other(package, record)
        metadata = with_nodules(metadata, records)
        detector = DetectorRecord.from_bytes(package.members[NODULES])
        shown = suffices(metadata.metrics["nodules"])
        changes[NODULES] = replace(detector, shown=shown).as_bytes()
        log.info("nodule candidates: %s", "shown" if shown else "not shown")
    return changes | {METADATA: metadata_bytes(metadata), CARD: card_html(metadata).encode()}


def _read(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        record = None
    if not (isinstance(record, dict) and {"source", "scores"} <= record.keys()):
        raise ModelError(f"{path} is no evaluation.json of model.evaluation")
    return record


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.publish", description=__doc__
    )
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, help="of the test split")
    parser.add_argument(
        "--nodules", type=Path, action="append", default=[], help="the first one decides"
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--note", help="a sentence for the English card")
    parser.add_argument("--note-zh", help="the same in Chinese")
    return parser


def _publish(options: argparse.Namespace) -> None:
    if not (options.evaluation or options.nodules):
        raise ModelError("nothing to publish: give --evaluation or --nodules")
    out = file_to_write(options.out)
    package = package_at(options.package)
    changes = _changes(package, options)
    repack(package, out, changes, signing_key=key_from_environment())
    log.info("%s\nsha256 %s", out, open_package(out).sha256)


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish; 0 on success, 2 when the record is another package's or no test reading."""
    return run_command(_parser(), _publish, arguments)


if __name__ == "__main__":
    sys.exit(main())
