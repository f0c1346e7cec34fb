"""Which rows of a table train, and whether they can."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from model.films.manifest import Manifest, Problems, Row
from model.films.table import ManifestError


def training_rows(
    manifest: Manifest, sites: Collection[str], adults_from_years: float | None
) -> tuple[Row, ...]:
    """Train and val rows of these sites (all, where none is named) and ages; the others are counted.

    A film of unknown age trains.
    """
    rows = []
    for row in manifest.rows:
        if sites and row.site not in sites:
            manifest.problems.add("site that does not train", row.site or "(blank)")
        elif row.split == "test":
            manifest.problems.add("test film, never read", row.split)
        elif adults_from_years and row.age is not None and row.age < adults_from_years:
            manifest.problems.add("under the age", row.path.name)
        else:
            rows.append(row)
    return tuple(rows)


def trainable_labels(
    rows: Sequence[Row], codes: Sequence[str], problems: Problems
) -> tuple[bool, ...]:
    """Which labels have both classes in the training split; the others are named and masked.

    Raises
    ------
    ManifestError
        When the train or val split is empty, or no label has both classes.
    """
    for split in ("train", "val"):
        if not any(row.split == split for row in rows):
            raise ManifestError(f"the {split} split is empty")
    trainable = []
    for index, code in enumerate(codes):
        values = [row.labels[index] for row in rows if row.split == "train"]
        positives, negatives = values.count(1.0), values.count(0.0)
        if not positives:
            problems.add("label without a positive in train", code)
        elif not negatives:
            problems.add("label of one class only in train", code)
        trainable.append(bool(positives and negatives))
    if not any(trainable):
        raise ManifestError("no label has both classes in the train split")
    return tuple(trainable)
