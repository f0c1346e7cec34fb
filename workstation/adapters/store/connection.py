"""One connection to the encrypted library: key, durability, migrations, and errors in the reader's terms."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import apsw

from workstation.adapters.store.pages import opens_a_page
from workstation.adapters.store.schema import MIGRATIONS
from workstation.core.errors import ErrorCode, WorkstationError

SQLiteValue = str | int | float | bytes | None
_APPLICATION_ID = 0x54484F52
_WAIT_MS = 5000
# Pages are decrypted once when the worklist of 100,000 images fits; SQLite's own 2 MB made a page 30 times slower.
_CACHE_KIB = 64 * 1024
_LEAST_FREE_BYTES = 64 * 1024
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}
_CODES: tuple[tuple[type[apsw.Error], ErrorCode], ...] = (
    (apsw.FullError, ErrorCode.DISK_FULL),
    (apsw.BusyError, ErrorCode.LIBRARY_BUSY),
    (apsw.LockedError, ErrorCode.LIBRARY_BUSY),
    (apsw.NotADBError, ErrorCode.LIBRARY_WRONG_KEY),
    (apsw.CorruptError, ErrorCode.LIBRARY_DAMAGED),
    (apsw.FormatError, ErrorCode.LIBRARY_DAMAGED),
    (apsw.CantOpenError, ErrorCode.OUTPUT_NOT_WRITABLE),
    (apsw.ReadOnlyError, ErrorCode.OUTPUT_NOT_WRITABLE),
    (apsw.IOError, ErrorCode.OUTPUT_NOT_WRITABLE),
)


class Connection:
    """A connection used by one thread at a time.

    Parameters
    ----------
    immutable
        Take the file as it lies there, without files beside it: only to read one that no program has open.

    Raises
    ------
    WorkstationError
        ``library_wrong_key``, ``library_newer``, ``library_damaged``, ``library_busy``, ``output_not_writable``, ``disk_full``;
        the file is left as it was.
    """

    def __init__(
        self, path: Path, key: bytes, *, read_only: bool = False, immutable: bool = False
    ) -> None:
        self.path = path
        self._key = key
        flags = (
            apsw.SQLITE_OPEN_READONLY
            if read_only
            else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        )
        name = str(path)
        if immutable:
            name, flags = (
                f"{path.absolute().as_uri()}?immutable=1",
                flags | apsw.SQLITE_OPEN_URI,
            )
        with self.translated():
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.db = apsw.Connection(name, flags=flags)
            try:
                self._open(key, read_only=read_only)
            except BaseException:
                self.db.close()
                raise

    def _open(self, key: bytes, *, read_only: bool) -> None:
        self.db.setbusytimeout(_WAIT_MS)
        # The library's own default today; named, so that another default cannot lock a library out.
        self.db.pragma("cipher", "chacha20")
        self.db.pragma("key", f"raw:{key.hex()}")
        version = self.db.pragma("user_version")
        if version > len(MIGRATIONS):
            raise WorkstationError(ErrorCode.LIBRARY_NEWER, f"version {version}")
        self.db.pragma("foreign_keys", 1)
        self.db.pragma("temp_store", "MEMORY")
        self.db.pragma("cache_size", -_CACHE_KIB)
        if not read_only:
            self.db.pragma("journal_mode", "wal")
            self.db.pragma("synchronous", "FULL")
            self._migrate(version)

    def close(self) -> None:
        """Close; a second time does nothing."""
        self.db.close()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turn the database's errors into the program's."""
        try:
            yield
        except apsw.Error as error:
            code = next((c for kind, c in _CODES if isinstance(error, kind)), None)
            if code is ErrorCode.LIBRARY_WRONG_KEY and opens_a_page(self.path, self._key):
                code = ErrorCode.LIBRARY_DAMAGED
            if isinstance(error, apsw.IOError) and self._has_no_room():
                code = ErrorCode.DISK_FULL
            detail = type(error).__name__
            raise WorkstationError(
                code or ErrorCode.UNEXPECTED, detail, path=str(self.path)
            ) from error
        except OSError as error:
            full = error.errno in _NO_ROOM
            raise WorkstationError(
                ErrorCode.DISK_FULL if full else ErrorCode.OUTPUT_NOT_WRITABLE,
                type(error).__name__,
                path=str(self.path),
            ) from error

    def rows(self, sql: str, values: Sequence[SQLiteValue] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self.translated():
            return list(self.db.execute(sql, tuple(values)))

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """A transaction: whole and on disk when the block ends, or without a trace."""
        with self.translated():
            self.db.execute("BEGIN IMMEDIATE")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                # A full disk has rolled back already.
                if self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                raise

    def _has_no_room(self) -> bool:
        """Whether the disk is full: growing the shared WAL index reports that as an input/output error."""
        try:
            return shutil.disk_usage(self.path.parent).free < _LEAST_FREE_BYTES
        except OSError:
            return False

    def _migrate(self, version: int) -> None:
        if version == len(MIGRATIONS):
            return
        if version:
            self.db.pragma("wal_checkpoint(TRUNCATE)")
            backup = self.path.with_name(f"{self.path.name}.v{version}.backup")
            part = backup.with_name(backup.name + ".part")
            shutil.copy2(self.path, part)
            _to_disk(part)
            part.replace(backup)
        with self.transaction():
            for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
                self.db.execute(script)
                self.db.pragma("user_version", number)
            self.db.pragma("application_id", _APPLICATION_ID)


def _to_disk(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
