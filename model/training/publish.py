"""Write a test reading into a package: `python -m model.training.publish --package P --evaluation E.json --out FILE`.

The weights, thresholds and calibration stay; the figures go into the metadata and onto the card.
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

from model.runtime.labels import ANY_ABNORMALITY
from model.runtime.metadata import PackageMetadata
from model.runtime.package import CARD, METADATA, ModelPackage, PackageError, open_package
from model.runtime.package_writer import key_from_environment, metadata_bytes, repack
from model.training.card import card_html

log = logging.getLogger("model.training.publish")
SHARES = ("sensitivity", "specificity", "ppv", "npv")
LINE = ("slope", "intercept", "mean_score", "ece", "ece_if_perfect")


def figures_for_card(record: Mapping[str, Any]) -> dict[str, Any]:
    """What of an `evaluation.json` belongs into a package.

    Raises
    ------
    KeyError
        When the record is not that of a package on a test split.
    """
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
    ValueError
        When the record is of another package.
    """
    if package.sha256 not in record["source"]:
        raise ValueError("the evaluation is of another package")
    metadata = package.metadata
    limits = {**metadata.limits, "notes": dict(notes)} if notes else metadata.limits
    metrics = {**metadata.metrics, "test": figures_for_card(record)}
    return replace(metadata, metrics=metrics, limits=limits)


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Publish; 0 on success, 2 when the record is another package's or no test reading."""
    parser = argparse.ArgumentParser(prog="python -m model.training.publish")
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--evaluation", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--note", help="a sentence for the English card")
    parser.add_argument("--note-zh", help="the same in Chinese")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        package = open_package(options.package)
        record = json.loads(options.evaluation.read_text(encoding="utf-8"))
        notes = {"en": options.note, "zh": options.note_zh}
        metadata = published(package, record, {k: v for k, v in notes.items() if v})
    except (PackageError, ValueError, KeyError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    changes = {METADATA: metadata_bytes(metadata), CARD: card_html(metadata).encode()}
    repack(package, options.out, changes, signing_key=key_from_environment())
    log.info("sha256 %s", open_package(options.out).sha256)
    return 0


if __name__ == "__main__":
    sys.exit(main())
