"""Walk files and folders: a stamp for every file, a reason for what cannot be entered."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from workstation.core.errors import ErrorCode, Reason
from workstation.core.study import FileOutcome, FileRecord, FileStamp

_FAULTS: tuple[tuple[type[OSError], ErrorCode], ...] = (
    (PermissionError, ErrorCode.FILE_NO_PERMISSION),
    (FileNotFoundError, ErrorCode.FILE_VANISHED),
)

Contents = Callable[[FileStamp], Iterable[FileStamp | FileRecord]]
"""What a file that may name other files holds; the file itself when it holds none (`HeaderScanner.contents`)."""


def _itself(stamp: FileStamp) -> tuple[FileStamp]:
    return (stamp,)


def walk(
    paths: Iterable[Path], contents: Contents = _itself
) -> Iterator[FileStamp | FileRecord]:
    """Every file at or below `paths`, the files of a folder before its subfolders, in the order of their names.

    In the place of a ZIP archive are its members, in that of a CD's directory (DICOMDIR) among `paths` the files it lists; one in a folder
    stands for itself, since all files of the folder are there anyway. Links to folders are followed; a folder that was seen before (a loop) becomes a skipped record, as does what is no
    regular file. A folder or file that cannot be read becomes a refused record.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [Path(os.path.abspath(path)) for path in paths][::-1]  # noqa: PTH100 - keeps links
    chosen = frozenset(waiting)
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            if not path.is_dir():
                item = _file(path, status)
                if isinstance(item, FileStamp) and _names_others(path, chosen):
                    yield from contents(item)
                else:
                    yield item
                continue
            identity = (status.st_dev, status.st_ino)
            if identity in seen:
                yield _undecided(path, FileOutcome.SKIPPED, ErrorCode.FOLDER_LOOP)
                continue
            seen.add(identity)
            with os.scandir(path) as entries:
                ordered = sorted(entries, key=_files_first)
        except OSError as error:
            yield _undecided(path, FileOutcome.REFUSED, _fault(error))
            continue
        waiting.extend(path / entry.name for entry in reversed(ordered))


def file_of(path: Path) -> Path | None:
    """The file that has `path`: itself, or the archive that it is a member of; None when it is out of reach."""
    return next((p for p in (path, *path.parents) if os.path.isfile(p)), None)  # noqa: PTH113 - never raises


def place_of(path: Path) -> Path | None:
    """Where films come from that are found through `path`: a folder, an archive, the folder of a CD; None for a mere file."""
    if _is_cd_directory(path):
        return path.parent
    return path if path.is_dir() or _is_archive(path) else None


def _names_others(path: Path, chosen: frozenset[Path]) -> bool:
    """Whether a file may be an archive or the directory of a CD."""
    return _is_archive(path) or (path in chosen and _is_cd_directory(path))


def _is_archive(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _is_cd_directory(path: Path) -> bool:
    """By its name; ISO 9660 puts ``;1`` behind it."""
    return path.name.upper().split(";")[0].rstrip(".") == "DICOMDIR"


def _files_first(entry: os.DirEntry[str]) -> tuple[bool, str]:
    try:
        return entry.is_dir(), entry.name
    except OSError:
        return False, entry.name


def _file(path: Path, status: os.stat_result) -> FileStamp | FileRecord:
    if not path.is_file():
        return _undecided(path, FileOutcome.SKIPPED, ErrorCode.NOT_AN_IMAGE)
    return FileStamp(path=path, size=status.st_size, mtime_ns=status.st_mtime_ns)


def _fault(error: OSError) -> ErrorCode:
    return next(
        (code for kind, code in _FAULTS if isinstance(error, kind)), ErrorCode.FILE_UNREADABLE
    )


def _undecided(path: Path, outcome: FileOutcome, code: ErrorCode) -> FileRecord:
    return FileRecord(
        stamp=FileStamp(path=path, size=0, mtime_ns=0),
        outcome=outcome,
        reason=Reason(code=code, parameters={"path": str(path)}),
    )
