"""Collections as they come, written as manifests: `python -m model.training.adapters SOURCE OUT`.

The source is a table with file, site, patient_id, labels and the original sizes. What a source says
nothing of stays blank: children's films labelled PNEUMONIA say nothing of hernias.
"""

from __future__ import annotations

import argparse
import csv
import logging
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from model.command import file_to_write, run_command
from model.films.manifest import BOX_COLUMNS, normal_code
from model.films.table import read_table
from model.runtime.files import replacing
from model.runtime.labels import ALL_CODES, ANY_ABNORMALITY, FINDING_CODES

log = logging.getLogger("model.training.adapters")
REQUIRED = ("file", "site", "patient_id", "labels")
# Sites whose tables state every finding: what is not listed was not reported.
COMPLETE_SITES = frozenset({"nih"})
COLUMNS = (
    "path",
    "patient_id",
    "site",
    "view",
    "sex",
    "age",
    "split",
    "pixel_aspect",
    *ALL_CODES,
)
NEGATIVE = frozenset({"normal", "no_finding"})


def adapt(source: Path, out: Path) -> int:
    """Write the manifest of a collection beside or away from it; return the number of films."""
    records = read_table(source, REQUIRED)
    _write(out, COLUMNS, (_adapted(record, source.parent, out.parent) for record in records))
    return len(records)


def _adapted(record: Mapping[str, str], base: Path, out: Path) -> dict[str, str]:
    path = os.path.relpath(base / record["file"], out)
    row = {"path": path, "pixel_aspect": f"{pixel_aspect(record):.6f}"}
    row |= {
        key: record.get(key, "")
        for key in ("patient_id", "site", "view", "sex", "age", "split")
    }
    codes = {normal_code(text) for text in record["labels"].split("|")}
    return row | _label_columns(codes, complete=record["site"] in COMPLETE_SITES)


def _label_columns(codes: set[str], *, complete: bool) -> dict[str, str]:
    if codes <= NEGATIVE:
        return dict.fromkeys(ALL_CODES, "0")
    if complete:
        return {c: str(int(c in codes)) for c in FINDING_CODES} | {ANY_ABNORMALITY: "1"}
    return {c: "1" for c in FINDING_CODES if c in codes} | {ANY_ABNORMALITY: "1"}


def pixel_aspect(record: Mapping[str, str]) -> float:
    """Height of a file's pixel by its width, undoing a release that squeezed films to a square."""
    try:
        width, height, original_width, original_height = (
            float(record[key])
            for key in ("width", "height", "original_width", "original_height")
        )
    except (KeyError, ValueError):
        return 1.0
    if min(width, height, original_width, original_height) <= 0:
        return 1.0
    return (original_height / height) / (original_width / width)


def adapt_boxes(source: Path, out: Path) -> int:
    """Write a collection's table of boxes with paths relative to a manifest beside `out`."""
    records = read_table(source, ("file", *BOX_COLUMNS))
    rows = (
        {
            "path": os.path.relpath(source.parent / record["file"], out.parent),
            **{key: record[key] for key in BOX_COLUMNS},
        }
        for record in records
    )
    _write(out, ("path", *BOX_COLUMNS), rows)
    return len(records)


def _write(out: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> None:
    with (
        replacing(file_to_write(out)) as partial,
        partial.open("w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        writer.writerows(rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.adapters", description=__doc__
    )
    parser.add_argument("source", type=Path, help="the collection's manifest.csv")
    parser.add_argument("out", type=Path, help="the manifest to write")
    parser.add_argument("--boxes", type=Path, nargs=2, metavar=("SOURCE", "OUT"))
    return parser


def _adapt(options: argparse.Namespace) -> None:
    log.info("%s: %d films", options.out, adapt(options.source, options.out))
    if options.boxes:
        log.info("%s: %d boxes", options.boxes[1], adapt_boxes(*options.boxes))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write manifest and boxes; 0 on success, 2 when a table cannot be read or written."""
    return run_command(_parser(), _adapt, arguments)


if __name__ == "__main__":
    sys.exit(main())
