"""The manifest: which films train, what is known of them, and what is wrong with the table.

Columns: `path` (relative to the manifest), `patient_id`, `site`, `view`, `sex`, `age`, `split`
(train, val, test; absent: assigned by patient), `pixel_aspect` (height of a pixel by its width),
`labels`: the findings present, parted by `|`; `no_finding` for none of them; blank for unknown, which
masks the loss. A column named by a label's code (1, 0 or blank) overrides the list for that label.
"""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model.runtime.labels import ALL_CODES, ANY_ABNORMALITY

NO_FINDING = "no_finding"
SPLITS = ("train", "val", "test")
REQUIRED = ("path", "patient_id")
# Out of a hundred patients: how many train and validate where the manifest has no split.
TRAIN_SHARE, VAL_SHARE = 80, 10


class ManifestError(Exception):
    """A manifest from which no training can start; the message names what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A lesion's box in pixels of the image file: `x`, `y` of the top left corner, width, height."""

    label: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One film. `labels` holds 1, 0 or None (unknown: masked) in the order of the vocabulary."""

    path: Path
    patient_id: str
    site: str = ""
    view: str = ""
    sex: str = ""
    age: float | None = None
    split: str = "train"
    pixel_aspect: float = 1.0
    labels: tuple[float | None, ...] = ()
    boxes: tuple[Box, ...] = ()


@dataclass(slots=True)
class Problems:
    """What was skipped and why: counted by kind, the first few of each named."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, example: str) -> None:
        """Count one case and keep its name if it is among the first five of its kind."""
        self.counts[kind] += 1
        named = self.examples.setdefault(kind, [])
        if len(named) < 5 and example not in named:
            named.append(example)

    def lines(self) -> list[str]:
        """One line a kind: how many, and which ones first."""
        return [
            f"{kind}: {n} ({', '.join(self.examples[kind])})" for kind, n in self.counts.items()
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The usable rows of a table and what was wrong with the others."""

    rows: tuple[Row, ...]
    codes: tuple[str, ...]
    problems: Problems


def read_manifest(path: Path, codes: Sequence[str], *, boxes: Path | None = None) -> Manifest:
    """Read and check a table; rows that cannot be used are skipped, named and counted.

    Raises
    ------
    ManifestError
        For a missing file or column, or when no row is left.
    """
    problems = Problems()
    if not path.is_file():
        raise ManifestError(f"no manifest at {path}")
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        columns = tuple(reader.fieldnames or ())
        missing = [name for name in REQUIRED if name not in columns]
        if missing:
            raise ManifestError(f"{path.name} lacks the columns {', '.join(missing)}")
        records = list(reader)
    by_path = read_boxes(boxes, codes, problems) if boxes else {}
    rows = [_row(record, path.parent, codes, by_path, problems) for record in records]
    kept = tuple(row for row in rows if row is not None)
    if not kept:
        raise ManifestError("; ".join(["no usable row", *problems.lines()]))
    return Manifest(rows=kept, codes=tuple(codes), problems=problems)


def read_boxes(path: Path, codes: Sequence[str], problems: Problems) -> dict[str, list[Box]]:
    """Boxes by image path, from a table with path (or file), label, x, y, w and h."""
    found: dict[str, list[Box]] = {}
    with path.open(newline="", encoding="utf-8-sig") as stream:
        for record in csv.DictReader(stream):
            code = normal_code(record["label"])
            name = record.get("path") or record.get("file") or ""
            if code not in codes:
                problems.add("box of an unknown label", record["label"])
                continue
            x, y, width, height = (float(record[key]) for key in ("x", "y", "w", "h"))
            found.setdefault(name, []).append(
                Box(label=code, x=x, y=y, width=width, height=height)
            )
    return found


def normal_code(text: str) -> str:
    """A label as written in a table, in the form of a code."""
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def _row(
    record: Mapping[str, str],
    base: Path,
    codes: Sequence[str],
    boxes: Mapping[str, list[Box]],
    problems: Problems,
) -> Row | None:
    name = (record.get("path") or "").strip()
    image = base / name
    if not name or not image.is_file():
        problems.add("missing file", name or "(blank path)")
        return None
    patient = (record.get("patient_id") or "").strip()
    if not patient:
        problems.add("no patient_id", name)
        return None
    split = (record.get("split") or "").strip() or split_of(patient)
    if split not in SPLITS:
        problems.add("unknown split", f"{name}: {split}")
        return None
    return Row(
        path=image,
        patient_id=patient,
        site=(record.get("site") or "").strip(),
        view=(record.get("view") or "").strip(),
        sex=(record.get("sex") or "").strip(),
        age=_number(record.get("age")),
        split=split,
        pixel_aspect=_number(record.get("pixel_aspect")) or 1.0,
        labels=tuple(_labels(record, codes, problems)),
        boxes=tuple(boxes.get(name, ())),
    )


def split_of(patient_id: str) -> str:
    """A split that depends on the patient alone, the same on every machine."""
    bucket = int.from_bytes(hashlib.sha256(patient_id.encode()).digest()[:4], "big") % 100
    if bucket < TRAIN_SHARE:
        return "train"
    return "val" if bucket < TRAIN_SHARE + VAL_SHARE else "test"


def _number(text: str | None) -> float | None:
    try:
        return float((text or "").strip().rstrip("Yy"))
    except ValueError:
        return None


def _labels(
    record: Mapping[str, str], codes: Sequence[str], problems: Problems
) -> Iterable[float | None]:
    present = {normal_code(t) for t in (record.get("labels") or "").split("|") if t.strip()}
    # A finding that this task does not train still answers the two-class question.
    vocabulary = {*codes, *ALL_CODES, NO_FINDING}
    for unknown in sorted(present - vocabulary):
        problems.add("unknown label", unknown)
    known = present & vocabulary
    for code in codes:
        written = (record.get(code) or "").strip()
        if written in {"0", "1", "0.0", "1.0"}:
            yield float(written)
        elif written or not known:
            if written:
                problems.add("label value other than 0, 1 or blank", f"{code}={written}")
            yield None
        elif code == ANY_ABNORMALITY and code not in present:
            yield float(bool(known - {NO_FINDING}))
        else:
            yield float(code in present)
