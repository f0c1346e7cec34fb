"""Refusals before a training starts: leakage between splits, empty splits, one class only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from model.films.manifest import ManifestError, Problems, Row

NAMED_OFFENDERS = 10


class LeakageError(ManifestError):
    """Films of one patient, or the same pixels, on both sides of the split.

    Parameters
    ----------
    kind
        ``patient`` or ``pixels``.
    offenders
        The patients or files, sorted.
    """

    def __init__(self, kind: str, offenders: Sequence[str]) -> None:
        named = ", ".join(offenders[:NAMED_OFFENDERS])
        more = (
            f" and {len(offenders) - NAMED_OFFENDERS} more"
            if len(offenders) > NAMED_OFFENDERS
            else ""
        )
        super().__init__(f"leakage: the same {kind} in more than one split: {named}{more}")
        self.kind = kind
        self.offenders = tuple(offenders)


def refuse_patient_leakage(rows: Iterable[Row]) -> None:
    """Raise `LeakageError` naming every patient who is in more than one split."""
    splits: dict[str, set[str]] = {}
    for row in rows:
        splits.setdefault(row.patient_id, set()).add(row.split)
    offenders = sorted(patient for patient, found in splits.items() if len(found) > 1)
    if offenders:
        raise LeakageError("patient", offenders)


def refuse_pixel_leakage(rows: Sequence[Row], hashes: Sequence[str]) -> None:
    """Raise `LeakageError` naming every file whose pixels are in more than one split."""
    found: dict[str, list[Row]] = {}
    for row, digest in zip(rows, hashes, strict=True):
        found.setdefault(digest, []).append(row)
    offenders = sorted(
        row.path.name
        for same in found.values()
        if len({row.split for row in same}) > 1
        for row in same
    )
    if offenders:
        raise LeakageError("pixels", offenders)


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
