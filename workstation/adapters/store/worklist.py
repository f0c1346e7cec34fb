"""The library as a list: counted, filtered, ordered, and cut into pages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path

import apsw

from workstation.adapters.store.codec import from_text
from workstation.adapters.store.connection import Connection, SQLiteValue
from workstation.adapters.store.index import FILM, patients_of
from workstation.core.ports import IdentityConflict, SortKey, WorklistQuery, WorklistRow
from workstation.core.review import ReviewStatus
from workstation.core.study import Instance, PatientIdentity, Study
from workstation.core.triage import triaged
from workstation.services.priors import conflicts

# Column and index of each order.
_SORT = {
    SortKey.PATIENT_NAME: ("sort_name", "study_name"),
    SortKey.PATIENT_ID: ("patient_id", "study_patient"),
    SortKey.STUDY_DATE: ("study_date", "study_date"),
    SortKey.ACCESSION_NUMBER: ("accession", "study_accession"),
    SortKey.MODALITY: ("study.modality", "study_modality"),
    SortKey.STATUS: ("study.status", "study_status"),
    SortKey.ADDED: ("added", "study_added"),
}
# Values of study.ai beside 0 (not asked) and 1 (a score).
_UNSCORED, _ABOVE = -1, 2
_DONE = "study.status IN ('reviewed', 'signed')"
# More identities than this under one ID are told by its first ones: placeholders such as "0".
_NAMESAKES = 16


class WorklistTables:
    """The list's part of `workstation.core.ports.LibraryIndex`, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, query: WorklistQuery) -> int:
        """How many studies match."""
        condition, values = _condition(query)
        sql = f"SELECT count(*) FROM study WHERE {condition}"  # noqa: S608 - values are bound
        return int(self._connection.rows(sql, values)[0][0])

    def uids(self, query: WorklistQuery, *, offset: int, limit: int) -> tuple[str, ...]:
        """Study Instance UIDs of a slice of the matching studies."""
        if query.sort is SortKey.TRIAGE:
            return self._triaged(query, offset, limit)
        condition, values = _condition(query)
        way = "DESC" if query.descending else "ASC"
        column, index = _SORT[query.sort]
        sql = f"""
            SELECT study.uid FROM study {_along(query, index)} WHERE {condition}
            ORDER BY {column} {way}, study.uid {way} LIMIT ? OFFSET ?
        """  # noqa: S608 - only constants and bound values
        return tuple(uid for (uid,) in self._connection.rows(sql, (*values, limit, offset)))

    def page(self, query: WorklistQuery, *, offset: int, limit: int) -> tuple[WorklistRow, ...]:
        """A slice of the matching studies; their series are left out, `study` has them."""
        rows = self._connection.rows(
            f"""
            SELECT study.uid, header, images, modalities, study.status, study_date, patients,
                (SELECT path FROM file WHERE file.instance = instance.id LIMIT 1), ai
            FROM json_each(?) AS chosen CROSS JOIN study ON study.uid = chosen.value
            JOIN instance ON instance.id =
                (SELECT id FROM instance WHERE study_uid = study.uid AND {FILM} ORDER BY id LIMIT 1)
            ORDER BY chosen.key
            """,  # noqa: S608 - a constant
            (json.dumps(self.uids(query, offset=offset, limit=limit)),),
        )
        return tuple(map(self._row, rows))

    def unread(
        self, study_uids: Sequence[str], *, package_sha256: str
    ) -> tuple[tuple[str, str], ...]:
        """(study, film) of all films without a score of this model package; one that was refused has its answer."""
        rows = self._connection.rows(
            f"""
            SELECT study_uid, sop_uid FROM json_each(?) AS chosen
            CROSS JOIN instance ON instance.study_uid = chosen.value
            WHERE {FILM} AND NOT EXISTS (SELECT 1 FROM analysis
                WHERE analysis.study_uid = instance.study_uid AND analysis.sop_uid = instance.sop_uid
                AND (result ->> '$.status' = 'refused' OR result ->> '$.prediction.package_sha256' = ?))
            ORDER BY chosen.key, instance.id
            """,  # noqa: S608 - a constant
            (json.dumps(study_uids), package_sha256),
        )
        return tuple(rows)

    def conflicts(self, patient: PatientIdentity) -> tuple[IdentityConflict, ...]:
        """What other studies filed under the same ID say otherwise."""
        if not patient.patient_id:
            return ()
        others = self._namesakes(patient.patient_id, patient.issuer)
        found = {conflict for other in others for conflict in conflicts(patient, other)}
        return tuple(sorted(found))

    def _namesakes(self, patient_id: str, issuer: str) -> Iterator[PatientIdentity]:
        """The identities under one ID: one jump along the index for each, however many studies have it."""
        last = ""
        for _ in range(_NAMESAKES):
            ((last,),) = self._connection.rows(
                "SELECT coalesce(min(patient), '') FROM study WHERE patient_id = ? AND issuer = ? AND patient > ?",
                (patient_id, issuer, last),
            )
            if not last:
                return
            yield from_text(last, PatientIdentity)

    def _triaged(self, query: WorklistQuery, offset: int, limit: int) -> tuple[str, ...]:
        flagged = self._queue(query, f"ai = {_ABOVE} AND NOT {_DONE}")
        others = self._queue(query, f"ai <> {_ABOVE} AND NOT {_DONE}")
        done = self._queue(query, _DONE)

        def order() -> Iterator[str]:
            yield from triaged(flagged, others, bound=query.triage_bound)
            yield from (uid for _, uid in done)

        with self._connection.translated(), closing(flagged), closing(others), closing(done):
            return tuple(islice(order(), offset, offset + limit))

    def _queue(self, query: WorklistQuery, which: str) -> apsw.Cursor:
        condition, values = _condition(query)
        sql = f"""
            SELECT added, study.uid FROM study {_along(query, "study_added")}
            WHERE {condition} AND {which} ORDER BY added
        """  # noqa: S608 - only constants and bound values
        return self._connection.db.execute(sql, tuple(values))

    def _row(self, row: tuple[str, str, int, str, str, str, str, str, int]) -> WorklistRow:
        uid, header, images, modalities, status, when, patients, path, ai = row
        instance = from_text(header, Instance)
        return WorklistRow(
            study=Study(
                study_uid=uid,
                patient=instance.patient,
                when=datetime.fromisoformat(when) if when else None,
                description=instance.study_description,
                accession_number=instance.accession_number,
                series=(),
            ),
            status=ReviewStatus(status),
            image_count=images,
            modalities=tuple(sorted(m for m in modalities.split(",") if m)),
            path=Path(path),
            analysed=ai > 0,
            unscored=ai == _UNSCORED,
            others=patients_of(patients)[1:] if patients else (),
            conflicts=self.conflicts(instance.patient),
        )


def _along(query: WorklistQuery, index: str) -> str:
    """How to go through the studies; words are looked for in one pass over the table, for no index has them."""
    return "NOT INDEXED" if query.text.strip() else f"INDEXED BY {index}"


def _condition(query: WorklistQuery) -> tuple[str, list[SQLiteValue]]:
    """SQL that picks the studies of `query`, and its values."""
    parts: list[str] = ["1"]
    values: list[SQLiteValue] = []
    for word in query.text.casefold().split():
        # Family and given name are parted in the file, and typed as one word in Chinese.
        names = "search" if word.isascii() else "replace(search, ' ', '')"
        parts.append(f"instr({names}, ?) > 0")
        values.append(word)
    if query.modality:
        parts.append("instr(',' || modalities || ',', ',' || ? || ',') > 0")
        values.append(query.modality)
    if query.status is not None:
        parts.append("study.status = ?")
        values.append(query.status.value)
    if query.analysed is not None:
        parts.append("ai > 0" if query.analysed else "ai <= 0")
    if query.date_from is not None:
        parts.append("study_date >= ?")
        values.append(query.date_from.isoformat())
    if query.date_to is not None:
        # A date with a time sorts behind the date alone: "~" is behind every time.
        parts.append("study_date <> '' AND study_date <= ? || '~'")
        values.append(query.date_to.isoformat())
    return " AND ".join(parts), values
