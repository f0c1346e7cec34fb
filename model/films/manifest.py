"""The manifest: which films train, what is known of them, and what is wrong with the table.

Columns: `path` (relative to the manifest), `patient_id`, `site`, `view`, `sex`, `age`, `split`
(train, val, test; absent: assigned by patient), `pixel_aspect` (height of a pixel by its width),
`labels`: the findings present, parted by `|`; `no_finding` for none of them; blank for unknown, which
masks the loss. A column named by a label's code (1, 0 or blank) overrides the list for that label.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from model.films.table import ManifestError, number_in, read_table
from model.runtime.labels import ALL_CODES, ANY_ABNORMALITY

NO_FINDING = "no_finding"
SPLITS = ("train", "val", "test")
REQUIRED = ("path", "patient_id")
BOX_COLUMNS = ("label", "x", "y", "w", "h")
# Out of a hundred patients: how many train and validate where the manifest has no split.
TRAIN_SHARE, VAL_SHARE = 80, 10


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
    records = read_table(path, REQUIRED)
    by_path = read_boxes(boxes, codes, problems) if boxes else {}
    for name in sorted(by_path.keys() - {record["path"] for record in records}):
        problems.add("box of a film that is not in the table", name)
    rows = [_row(record, path.parent, codes, by_path, problems) for record in records]
    kept = tuple(row for row in rows if row is not None)
    if not kept:
        raise ManifestError("; ".join([f"{path} has no usable row", *problems.lines()]))
    return Manifest(rows=kept, codes=tuple(codes), problems=problems)


def read_boxes(path: Path, codes: Sequence[str], problems: Problems) -> dict[str, list[Box]]:
    """Boxes by image path, from a table with path (or file), label, x, y, w and h.

    Raises
    ------
    ManifestError
        For a table that cannot be read, or a box without a place or a size.
    """
    found: dict[str, list[Box]] = {}
    for line, record in enumerate(read_table(path, BOX_COLUMNS), 2):
        code = normal_code(record["label"])
        if code not in codes:
            problems.add("box of an unknown label", record["label"])
            continue
        where = f"{path}, line {line}"
        x, y, width, height = (number_in(record, key, where) for key in ("x", "y", "w", "h"))
        if min(width, height) <= 0:
            raise ManifestError(f"{where}: w and h of a box are greater than 0")
        name = record.get("path") or record.get("file") or ""
        box = Box(label=code, x=x, y=y, width=width, height=height)
        found.setdefault(name, []).append(box)
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
    name = record["path"]
    image = base / name
    if not name or not image.is_file():
        problems.add("missing file", name or "(blank path)")
        return None
    patient = record["patient_id"]
    if not patient:
        problems.add("no patient_id", name)
        return None
    split = record.get("split") or split_of(patient)
    if split not in SPLITS:
        problems.add("unknown split", f"{name}: {split}")
        return None
    return Row(
        path=image,
        patient_id=patient,
        site=record.get("site", ""),
        view=record.get("view", ""),
        sex=record.get("sex", ""),
        age=years(record.get("age", "")),
        split=split,
        pixel_aspect=_aspect(record.get("pixel_aspect", ""), name, problems),
        labels=tuple(_labels(record, codes, problems)),
        boxes=tuple(boxes.get(name, ())),
    )


def split_of(patient_id: str) -> str:
    """A split that depends on the patient alone, the same on every machine."""
    bucket = int.from_bytes(hashlib.sha256(patient_id.encode()).digest()[:4], "big") % 100
    if bucket < TRAIN_SHARE:
        return "train"
    return "val" if bucket < TRAIN_SHARE + VAL_SHARE else "test"


def years(text: str) -> float | None:
    """An age as tables have it (`45`, `045Y`); None where it is none."""
    try:
        value = float(text.rstrip("Yy"))
    except ValueError:
        return None
    return value if 0 <= value < math.inf else None


def _aspect(text: str, name: str, problems: Problems) -> float:
    """Height of a pixel by its width; square where it says nothing that could be meant."""
    if not text:
        return 1.0
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if 0.1 <= value <= 10:
        return value
    problems.add("pixel_aspect that cannot be, taken as 1", f"{name}: {text}")
    return 1.0


def _labels(
    record: Mapping[str, str], codes: Sequence[str], problems: Problems
) -> Iterable[float | None]:
    present = {normal_code(t) for t in record.get("labels", "").split("|") if t.strip()}
    # A finding that this task does not train still answers the two-class question.
    vocabulary = {*codes, *ALL_CODES, NO_FINDING}
    for unknown in sorted(present - vocabulary):
        problems.add("unknown label", unknown)
    known = present & vocabulary
    for code in codes:
        written = record.get(code, "")
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
