"""Which files hold which studies: a cache of the files, which a new scan rebuilds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from workstation.adapters.store.codec import from_text, to_text
from workstation.adapters.store.connection import Connection
from workstation.core.errors import Reason
from workstation.core.study import (
    PRESENTATION_STATE,
    FileOutcome,
    FileRecord,
    FileStamp,
    Instance,
    PatientIdentity,
    Study,
    study_of,
)

_RECORD = """
    SELECT path, file.size, mtime_ns, outcome, reason, header FROM file
    LEFT JOIN instance ON instance.id = file.instance
"""


class IndexTables:
    """Implements `workstation.core.ports.LibraryIndex` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._db = connection.db

    def known(self, root: Path) -> dict[Path, FileStamp]:
        """Stamps of all files recorded below `root`."""
        rows = self._connection.rows(
            f"SELECT path, size, mtime_ns FROM file WHERE {BELOW}",  # noqa: S608 - a constant
            below(root),
        )
        stamps = (FileStamp(path=Path(p), size=s, mtime_ns=m) for p, s, m in rows)
        return {stamp.path: stamp for stamp in stamps}

    def twins(self, sop_uids: Sequence[str]) -> dict[str, tuple[FileRecord, ...]]:
        """The files that hold these films already, by SOP Instance UID, in the order of their paths."""
        rows = self._connection.rows(
            f"{_RECORD} WHERE sop_uid IN (SELECT value FROM json_each(?)) ORDER BY path",  # noqa: S608 - a constant
            (json.dumps(sop_uids),),
        )
        found: dict[str, tuple[FileRecord, ...]] = {}
        for record in map(_record, rows):
            if record.instance is not None:
                uid = record.instance.sop_uid
                found[uid] = (*found.get(uid, ()), record)
        return found

    def duplicates(self, root: Path) -> dict[Path, FileStamp | None]:
        """Files below `root` that were refused as duplicates, each with the film it was compared with, if that is listed still."""
        rows = self._connection.rows(
            f"""
            SELECT twin.path, first.path, first.size, first.mtime_ns
            FROM (SELECT path, reason ->> '$.parameters.path' AS named FROM file
                WHERE {BELOW} AND outcome = 'refused' AND reason ->> '$.code' = 'duplicate_uid') AS twin
            LEFT JOIN file AS first ON first.path = named AND first.instance IS NOT NULL
            """,  # noqa: S608 - a constant
            below(root),
        )
        return {
            Path(twin): FileStamp(path=Path(path), size=size, mtime_ns=mtime_ns)
            if path
            else None
            for twin, path, size, mtime_ns in rows
        }

    def add(self, records: Sequence[FileRecord]) -> None:
        """Store a batch in one transaction; a film whose SOP Instance UID is listed already is another path of that film."""
        with self._connection.transaction():
            touched = self._drop(self._among([record.stamp.path for record in records]))
            for record in records:
                stamp = record.stamp
                self._db.execute(
                    "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        str(stamp.path),
                        stamp.size,
                        stamp.mtime_ns,
                        record.outcome.value,
                        None if record.reason is None else to_text(record.reason),
                        None if record.instance is None else self._film(record.instance),
                    ),
                )
                if record.instance is not None:
                    touched.add(record.instance.study_uid)
            self.sum_up(touched)

    def forget(self, paths: Sequence[Path]) -> None:
        """Drop records of files that are gone; never touches files or reviews."""
        with self._connection.transaction():
            self.sum_up(self._drop(paths))

    def distrust(self) -> None:
        """Take no file for unchanged any more: no file has a time before 1970."""
        with self._connection.transaction():
            self._db.execute("UPDATE file SET mtime_ns = -1")

    def record(self, path: Path) -> FileRecord | None:
        """What became of one file."""
        rows = self._connection.rows(f"{_RECORD} WHERE path = ?", (str(path),))
        return next(map(_record, rows), None)

    def records(self, root: Path) -> Iterator[FileRecord]:
        """All records below `root`."""
        sql = f"{_RECORD} WHERE {BELOW} ORDER BY path"
        return map(_record, self._connection.rows(sql, below(root)))

    def first_film(self, root: Path) -> Instance | None:
        """The first film at or below `root`, by its path."""
        sql = (
            f"{_RECORD} WHERE {BELOW} AND instance IS NOT NULL AND {FILM} ORDER BY path LIMIT 1"
        )
        rows = self._connection.rows(sql, below(root))
        return next((_record(row).instance for row in rows), None)

    def study(self, study_uid: str) -> Study | None:
        """One study with its series and instances, each with one of its files."""
        rows = self._connection.rows(
            """
                SELECT header, min(path), file.size, mtime_ns
                FROM instance JOIN file ON file.instance = instance.id
                WHERE study_uid = ? GROUP BY instance.id
                """,  # size and time are of the row that has the least path (SQLite's lang_select, 2.5)
            (study_uid,),
        )
        films = [(from_text(header, Instance), Path(path)) for header, path, _, _ in rows]
        stamps = (FileStamp(path=Path(p), size=s, mtime_ns=m) for _, p, s, m in rows)
        return replace(study_of(films), stamps=tuple(stamps)) if films else None

    def of_patient(self, patient_id: str, *, issuer: str) -> tuple[Study, ...]:
        """All studies filed under one patient ID."""
        rows = self._connection.rows(
            "SELECT uid FROM study WHERE patient_id = ? AND issuer = ?", (patient_id, issuer)
        )
        found = (self.study(uid) for (uid,) in rows)
        return tuple(study for study in found if study is not None)

    def _film(self, instance: Instance) -> int:
        """The row of a film, made unless its SOP Instance UID has one."""
        rows = self._connection.rows(
            "SELECT id FROM instance WHERE sop_uid = ?", (instance.sop_uid,)
        )
        for (number,) in rows:
            return int(number)
        self._db.execute(
            "INSERT INTO instance (sop_uid, study_uid, series_uid, modality, header) VALUES (?, ?, ?, ?, ?)",
            (
                instance.sop_uid,
                instance.study_uid,
                instance.series_uid,
                instance.modality,
                to_text(instance),
            ),
        )
        return int(self._db.last_insert_rowid())

    def _among(self, paths: Sequence[Path]) -> list[Path]:
        """Those of `paths` that have a record."""
        rows = self._connection.rows(
            "SELECT path FROM file WHERE path IN (SELECT value FROM json_each(?))",
            (json.dumps([str(path) for path in paths]),),
        )
        return [Path(path) for (path,) in rows]

    def _drop(self, paths: Iterable[Path]) -> set[str]:
        """Take files out of the index, and their pictures; the studies that may have changed."""
        touched = set()
        for path in paths:
            self._db.execute("DELETE FROM thumbnail WHERE path = ?", (str(path),))
            rows = self._connection.rows(
                "DELETE FROM file WHERE path = ? RETURNING instance", (str(path),)
            )
            for (number,) in rows:
                if number is None:
                    continue
                touched |= {
                    uid
                    for (uid,) in self._connection.rows(
                        "SELECT study_uid FROM instance WHERE id = ?", (number,)
                    )
                }
                self._db.execute(
                    "DELETE FROM instance WHERE id = ? AND NOT EXISTS (SELECT 1 FROM file WHERE instance = ?)",
                    (number, number),
                )
        return touched

    def sum_up(self, study_uids: Iterable[str]) -> None:
        """Bring studies up to date with their films; a study without one leaves the list."""
        for uid in sorted(study_uids):
            ((images, modalities, patients, header),) = self._connection.rows(
                f"""
                SELECT sum(header ->> '$.frames'), group_concat(DISTINCT modality),
                    CASE WHEN min(header -> '$.patient') = max(header -> '$.patient') THEN ''
                        ELSE json_group_array(DISTINCT header -> '$.patient') END,
                    (SELECT header FROM instance WHERE study_uid = ?1 AND {FILM} ORDER BY id LIMIT 1)
                FROM instance WHERE study_uid = ?1 AND {FILM}
                """,  # noqa: S608 - a constant
                (uid,),
            )
            if images:
                self._list(from_text(header, Instance), images, modalities, patients)
            else:
                self._db.execute("DELETE FROM study WHERE uid = ?", (uid,))

    def _list(self, first: Instance, images: int, modalities: str, patients: str) -> None:
        """Write a study's row: its first film speaks for it, but it is found by all its patients."""
        name = first.patient.name
        identities = patients_of(patients) if patients else (first.patient,)
        words = [word for patient in identities for word in _words(patient)]
        self._db.execute(
            """
            INSERT OR REPLACE INTO study
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
                coalesce((SELECT added FROM study WHERE uid = ?1), (SELECT coalesce(max(added), 0) + 1 FROM study)),
                coalesce((SELECT status FROM status WHERE study_uid = ?1), 'new'), ?11, ?12,
                coalesce((SELECT ai FROM reading WHERE study_uid = ?1), 0))
            """,
            (
                first.study_uid,
                first.patient.patient_id,
                first.patient.issuer,
                (name.alphabetic or str(name)).casefold(),
                "\n".join((*words, first.accession_number)).casefold(),
                first.when.isoformat() if first.when else "",
                first.accession_number,
                first.modality,
                modalities,
                images,
                patients,
                to_text(first.patient),
            ),
        )


FILM = f"header ->> '$.sop_class_uid' IS NOT '{PRESENTATION_STATE}'"
"""Whether a row of `instance` is a film: a presentation state is kept with its study, and is none."""

# One range of the primary key, in its order.
BELOW = "(path >= ?1 AND path < ?3 AND (path = ?1 OR path >= ?2))"


def below(root: Path) -> tuple[str, str, str]:
    """Values for `BELOW`: the file itself, and all that start with the folder's name and a separator."""
    text = str(root.absolute())
    folder = text if text.endswith(("/", "\\")) else text + ("\\" if "\\" in text else "/")
    return text, folder, folder[:-1] + chr(ord(folder[-1]) + 1)


def _record(row: tuple[str, int, int, str, str | None, str | None]) -> FileRecord:
    path, size, mtime_ns, outcome, reason, header = row
    return FileRecord(
        stamp=FileStamp(path=Path(path), size=size, mtime_ns=mtime_ns),
        outcome=FileOutcome(outcome),
        instance=None if header is None else from_text(header, Instance),
        reason=None if reason is None else from_text(reason, Reason),
    )


def patients_of(text: str) -> tuple[PatientIdentity, ...]:
    """The patients of a study's row."""
    return from_text(text, tuple[PatientIdentity, ...])


def _words(patient: PatientIdentity) -> tuple[str, ...]:
    name = patient.name
    return name.alphabetic, name.ideographic, name.phonetic, patient.patient_id
