"""The library: index, reviews and session of one encrypted file, and the lock that keeps it to one program."""

from __future__ import annotations

import sys
from pathlib import Path

from workstation.adapters.config.folders import Folders
from workstation.adapters.store.connection import Connection
from workstation.adapters.store.keys import KeyFile, from_recovery_key, library_key
from workstation.adapters.store.places import PlaceTables
from workstation.adapters.store.reviews import ReviewTables
from workstation.adapters.store.session import SessionTables
from workstation.adapters.store.worklist import WorklistTables
from workstation.core.errors import ErrorCode, WorkstationError


class Library(PlaceTables, WorklistTables, ReviewTables, SessionTables):
    """One connection with all tables; implements `LibraryIndex`, `ReviewStore` and `SessionStore`.

    Use one object on one thread at a time; `reader` gives another thread its own, which cannot write.

    Raises
    ------
    WorkstationError
        As `Connection`; ``library_busy`` when another program writes to this library.
    """

    def __init__(self, path: Path, key: bytes, *, read_only: bool = False) -> None:
        self._lock = None if read_only else LibraryLock(path)
        try:
            self._connection = Connection(path, key, read_only=read_only)
        except BaseException:
            if self._lock is not None:
                self._lock.release()
            raise
        self._key = key
        super().__init__(self._connection)

    def reader(self) -> Library:
        """The same library for another thread, to read."""
        return Library(self._connection.path, self._key, read_only=True)

    def close(self) -> None:
        """Close the connection and let other programs in."""
        self._connection.close()
        if self._lock is not None:
            self._lock.release()


def open_library(folders: Folders) -> Library:
    """Open this user's library, or make it at the first start."""
    return Library(folders.library, library_key(folders.config, folders.library))


def inspect_library(folders: Folders) -> None:
    """Open this user's library with its key and read every page; nothing is written or made.

    Raises
    ------
    WorkstationError
        Why it would not open: ``library_wrong_key``, ``library_newer``, ``library_damaged``.
    """
    path = folders.library
    key = library_key(folders.config, path)
    in_use = path.with_name(path.name + "-wal").exists()
    connection = Connection(path, key, read_only=True, immutable=not in_use)
    try:
        found = connection.rows("PRAGMA quick_check(1)")
    finally:
        connection.close()
    if found != [("ok",)]:
        raise WorkstationError(ErrorCode.LIBRARY_DAMAGED, "quick_check", path=str(path))


def restore_key(folders: Folders, text: str) -> None:
    """Let the printed recovery key open the library from now on.

    Raises
    ------
    WorkstationError
        ``library_wrong_key`` when it does not open this library; nothing is changed then.
    """
    key = from_recovery_key(text)
    Connection(folders.library, key, read_only=True).close()
    KeyFile(folders.config).store(key)


class LibraryLock:
    """A lock of the operating system on a file beside the library: it ends with its process, however that ends."""

    def __init__(self, library: Path) -> None:
        library.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = library.with_name(library.name + ".lock")
        try:
            self._file = path.open("a+b")
        except OSError as error:
            raise WorkstationError(
                ErrorCode.OUTPUT_NOT_WRITABLE, type(error).__name__, path=str(path)
            ) from error
        try:
            _lock(self._file.fileno())
        except OSError as error:
            self._file.close()
            raise WorkstationError(ErrorCode.LIBRARY_BUSY) from error

    def release(self) -> None:
        """Give the lock back; a second time does nothing."""
        self._file.close()


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
