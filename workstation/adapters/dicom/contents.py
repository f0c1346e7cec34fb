"""What an archive or the directory of a CD holds, as a list for the workstation (runs in the child)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workstation.adapters.dicom.archives import ForeignFiles
from workstation.adapters.dicom.files import FileKind, kind_of, open_foreign
from workstation.adapters.dicom.media import FileId, MediaFolder, referenced
from workstation.core.errors import ErrorCode, Reason, WorkstationError

_ARCHIVE = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file that is named: what its stamp needs, and why it is not to be read, if so."""

    path: str
    size: int = 0
    mtime_ns: int = 0
    reason: Reason | None = None


def contents_of(path: str, files: ForeignFiles) -> list[Entry] | None:
    """The files that `path` holds or lists; None when it is neither an archive nor the directory of a CD.

    Raises
    ------
    WorkstationError
        The reason why an archive or directory cannot be read; ``folder_empty`` for one without a file.
    """
    with open_foreign(path) as file:
        if file.beginning.startswith(_ARCHIVE):
            entries = list(_members(path, files))
        else:
            names = referenced(file) if kind_of(file.beginning) is FileKind.DICOM else None
            if names is None:
                return None
            listed = _listed(MediaFolder(Path(path).parent), names)
            entries = list({entry.path: entry for entry in listed}.values())
    if not entries:
        raise WorkstationError(ErrorCode.FOLDER_EMPTY)
    return entries


def _members(path: str, files: ForeignFiles) -> Iterator[Entry]:
    archive = files.archive(path)
    for name, size, reason in archive.members():
        yield Entry(
            path=str(Path(path, name)), size=size, mtime_ns=archive.time_ns, reason=reason
        )


def _listed(folder: MediaFolder, names: Iterable[FileId]) -> Iterator[Entry]:
    for name in names:
        try:
            path, status = folder.find(name)
        except WorkstationError as error:
            shown = folder.path.joinpath(*(part.lstrip("/") for part in name))
            yield Entry(path=str(shown), reason=error.reason)
        else:
            yield Entry(path=str(path), size=status.st_size, mtime_ns=status.st_mtime_ns)
