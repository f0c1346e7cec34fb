"""Films on both sides of a split: within one table, and between a table and what a network was trained on.

A run knows its train films by patient and by pixels. A package carries the fingerprints of the pixels alone: they
tell nothing to anyone who does not hold the very film, and no patient's number leaves the hospital with it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from model.films.manifest import Row
from model.films.table import ManifestError
from model.runtime.package import FILMS, ModelPackage

log = logging.getLogger(__name__)
NAMED_OFFENDERS = 10
# 64 bits: among a million films two share a fingerprint by chance once in ten million collections.
DIGITS = 16
WITHIN = "in more than one split"
TRAINED = "trained this network, so it can neither choose nor measure anything"


class LeakageError(ManifestError):
    """Films of one patient, or the same pixels, where they must not be.

    Parameters
    ----------
    kind
        ``patient`` or ``pixels``.
    offenders
        The patients or files, sorted.
    where
        `WITHIN` or `TRAINED`.
    """

    def __init__(self, kind: str, offenders: Sequence[str], where: str = WITHIN) -> None:
        named = ", ".join(offenders[:NAMED_OFFENDERS])
        more = len(offenders) - NAMED_OFFENDERS
        rest = f" and {more} more" if more > 0 else ""
        super().__init__(f"leakage: the same {kind} {where}: {named}{rest}")
        self.kind = kind
        self.offenders = tuple(offenders)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedFilms:
    """The films that trained a network: whose they are, where that is known, and fingerprints of their pixels."""

    pixels: frozenset[str]
    patients: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rows: Iterable[Row], hashes: Iterable[str]) -> Self:
        """Films with the SHA-256 of their pixels."""
        return cls(
            pixels=frozenset(digest[:DIGITS] for digest in hashes),
            patients=frozenset(row.patient_id for row in rows),
        )

    def __or__(self, other: TrainedFilms) -> TrainedFilms:
        return TrainedFilms(
            pixels=self.pixels | other.pixels, patients=self.patients | other.patients
        )

    def refuse(self, rows: Sequence[Row], hashes: Sequence[str]) -> None:
        """Raise `LeakageError` naming the patients or files that trained the network."""
        patients = sorted({row.patient_id for row in rows} & self.patients)
        if patients:
            raise LeakageError("patient", patients, TRAINED)
        same = zip(rows, hashes, strict=True)
        files = sorted(row.path.name for row, digest in same if digest[:DIGITS] in self.pixels)
        if files:
            raise LeakageError("pixels", files, TRAINED)

    def as_json(self) -> dict[str, Any]:
        """For a checkpoint, which stays where it was made."""
        return {"pixels": sorted(self.pixels), "patients": sorted(self.patients)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`."""
        return cls(pixels=frozenset(record["pixels"]), patients=frozenset(record["patients"]))

    def as_member(self) -> bytes:
        """For a package: a fingerprint a line, no patient."""
        return "".join(f"{pixels}\n" for pixels in sorted(self.pixels)).encode("ascii")


def both(one: TrainedFilms | None, other: TrainedFilms | None) -> TrainedFilms | None:
    """The films of two networks together; unknown where either is."""
    return None if one is None or other is None else one | other


def trained_films(package: ModelPackage) -> TrainedFilms | None:
    """The films that trained a package; None for one that does not say."""
    listed = package.members.get(FILMS)
    if listed is None:
        return None
    return TrainedFilms(pixels=frozenset(listed.decode("ascii", "replace").split()))


def refuse_trained(
    trained: TrainedFilms | None, rows: Sequence[Row], hashes: Sequence[str]
) -> None:
    """Raise `LeakageError` where any of the films trained a network; say so where that is not known."""
    if trained is None:
        log.warning(
            "It is not known which films trained this network: make sure that none of these %d did.",
            len(rows),
        )
    else:
        trained.refuse(rows, hashes)


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
