"""Where the library's films come from, and how studies leave it: records alone are dropped, never a file or a review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from workstation.adapters.store.connection import SQLiteValue
from workstation.adapters.store.index import BELOW, IndexTables, below
from workstation.core.ports import Place


class PlaceTables(IndexTables):
    """The index with its places; one inside another is not listed by itself."""

    def add_place(self, root: Path) -> None:
        """Remember that films came from this folder or file."""
        root = root.absolute()
        inside = [str(path) for path in (root, *root.parents)]
        known = self._connection.rows(
            "SELECT 1 FROM place WHERE path IN (SELECT value FROM json_each(?))",
            (json.dumps(inside),),
        )
        if not known:
            with self._connection.transaction():
                self._db.execute(f"DELETE FROM place WHERE {BELOW}", below(root))  # noqa: S608 - a constant
                self._db.execute("INSERT INTO place VALUES (?)", (str(root),))

    def places(self) -> tuple[Place, ...]:
        """All places in the order of their paths."""
        rows = self._connection.rows("SELECT path FROM place ORDER BY path")
        return tuple(self._place(Path(path)) for (path,) in rows)

    def remove_studies(self, study_uids: Sequence[str]) -> None:
        """Take studies out of the list."""
        self._remove(
            "instance IN (SELECT id FROM instance WHERE study_uid IN (SELECT value FROM json_each(?1)))",
            (json.dumps(study_uids),),
        )

    def remove_place(self, root: Path) -> None:
        """Take a place out of the list, with all that lies below it."""
        self._remove(BELOW, below(root))
        with self._connection.transaction():
            self._db.execute("DELETE FROM place WHERE path = ?", (str(root.absolute()),))

    def _place(self, root: Path) -> Place:
        sql = f"SELECT count(DISTINCT instance) FROM file WHERE {BELOW}"  # noqa: S608 - a constant
        ((films,),) = self._connection.rows(sql, below(root))
        return Place(path=root, films=int(films))

    def _remove(self, which: str, values: Sequence[SQLiteValue]) -> None:
        """Drop the records of files that `which` picks, and what of their studies has no file left."""
        with self._connection.transaction():
            dropped = self._connection.rows(
                f"DELETE FROM file WHERE {which} RETURNING path, instance",  # noqa: S608 - a constant
                values,
            )
            numbers = json.dumps(
                sorted({number for _, number in dropped if number is not None})
            )
            gone = self._connection.rows(
                """
                DELETE FROM instance WHERE id IN (SELECT value FROM json_each(?))
                    AND NOT EXISTS (SELECT 1 FROM file WHERE instance = instance.id)
                RETURNING study_uid
                """,
                (numbers,),
            )
            self._db.execute(
                "DELETE FROM thumbnail WHERE path IN (SELECT value FROM json_each(?))",
                (json.dumps([path for path, _ in dropped]),),
            )
            self.sum_up({study_uid for (study_uid,) in gone})
