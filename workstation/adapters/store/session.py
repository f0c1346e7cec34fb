"""What survives a restart and belongs to patients: drafts, recent folders, the open study, thumbnails."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.adapters.store.connection import Connection
from workstation.core.study import FileStamp


class SessionTables:
    """Implements `workstation.core.ports.SessionStore` on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._db = connection.db

    def put(self, key: str, value: str) -> None:
        """Commit one value."""
        with self._connection.transaction():
            self._db.execute("INSERT OR REPLACE INTO session VALUES (?, ?)", (key, value))

    def get(self, key: str) -> str | None:
        """The value stored last."""
        rows = self._connection.rows("SELECT value FROM session WHERE key = ?", (key,))
        return next((str(value) for (value,) in rows), None)

    def put_thumbnail(self, stamp: FileStamp, picture: NDArray[np.uint8]) -> None:
        """Keep a small grey picture, (rows, columns) uint8, of a file as it was then."""
        rows, columns = picture.shape
        with self._connection.transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO thumbnail VALUES (?, ?, ?, ?, ?, ?)",
                (*_key(stamp), rows, columns, picture.tobytes()),
            )

    def thumbnail(self, stamp: FileStamp) -> NDArray[np.uint8] | None:
        """The small grey picture of just this state of a file, if there is one."""
        rows = self._connection.rows(
            "SELECT rows, columns, grey FROM thumbnail WHERE path = ? AND size = ? AND mtime_ns = ?",
            _key(stamp),
        )
        if not rows:
            return None
        height, width, grey = rows[0]
        return np.frombuffer(grey, dtype=np.uint8).reshape(height, width)


def _key(stamp: FileStamp) -> tuple[str, int, int]:
    return str(stamp.path), stamp.size, stamp.mtime_ns
