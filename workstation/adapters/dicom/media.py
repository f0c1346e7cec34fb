"""The directory of a CD (DICOMDIR, PS3.3 annex F): which files it lists, found inside its own folder only (in the child)."""

from __future__ import annotations

import os
import stat
from functools import cache
from pathlib import Path

from workstation.adapters.dicom.elements import OutOfData, items_of, read_elements
from workstation.adapters.dicom.files import ForeignFile
from workstation.adapters.dicom.headers import is_directory
from workstation.core.errors import ErrorCode, WorkstationError

_DIRECTORY_RECORDS, _IN_USE, _FILE_ID = 0x00041220, 0x00041410, 0x00041500
_MOST_RECORDS = 100_000
FileId = tuple[str, ...]
"""Referenced File ID (0004,1500): the folders and the name of a file."""


def referenced(file: ForeignFile) -> list[FileId] | None:
    """The files that a directory lists, each once; None when this is no directory.

    All records count, whether or not the offsets between them lead there.

    Raises
    ------
    WorkstationError
        ``file_truncated``, ``malformed``, ``suspicious``.
    """
    try:
        elements = read_elements(file.whole(), last=_DIRECTORY_RECORDS)
        if not is_directory(elements):
            return None
        found: dict[FileId, None] = {}
        for number, record in enumerate(items_of(elements, _DIRECTORY_RECORDS)):
            if number == _MOST_RECORDS:
                raise WorkstationError(ErrorCode.SUSPICIOUS, "too many directory records")
            _, name, _ = record.get(_FILE_ID, (None, b"", True))
            _, in_use, _ = record.get(_IN_USE, (None, b"\xff\xff", True))
            if name and in_use != b"\0\0":
                found[_parts(name)] = None
        return list(found)
    except OutOfData:
        raise WorkstationError(ErrorCode.FILE_TRUNCATED) from None


def _parts(value: bytes) -> FileId:
    text = value.decode("utf-8", "replace").strip("\0 ")
    return tuple(part.strip("\0 ") for part in text.split("\\"))


class MediaFolder:
    """The folder that a directory speaks of."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._real = path.resolve()
        self._names = cache(_names)

    def find(self, file_id: FileId) -> tuple[Path, os.stat_result]:
        """Path and status of a listed file, in whatever case and with whatever ending ISO 9660 gave its name.

        Raises
        ------
        WorkstationError
            ``outside_folder`` when it would lie elsewhere, ``reference_missing``.
        """
        path = self.path
        for part in file_id:
            if part in {"", ".", ".."} or not set(part).isdisjoint("/:"):
                raise WorkstationError(ErrorCode.OUTSIDE_FOLDER)
            names = self._names(path)
            path /= names.get(part) or names.get(_plain(part), part)
        try:
            status = path.stat()
            inside = path.resolve().is_relative_to(self._real)
        except (OSError, ValueError, RuntimeError):  # RuntimeError: links in a circle
            raise WorkstationError(ErrorCode.REFERENCE_MISSING) from None
        if not inside:
            raise WorkstationError(ErrorCode.OUTSIDE_FOLDER, "through a link")
        if not stat.S_ISREG(status.st_mode):
            raise WorkstationError(ErrorCode.REFERENCE_MISSING, "no file")
        return path, status


def _names(folder: Path) -> dict[str, str]:
    """What a folder has, by its names and by plain ones; nothing when it cannot be read."""
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except (OSError, ValueError):
        return {}
    return {_plain(name): name for name in names} | {name: name for name in names}


def _plain(name: str) -> str:
    """A name without case, version (``;1``) and empty ending."""
    return name.partition(";")[0].rstrip(".").casefold()
