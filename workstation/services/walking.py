"""Walk files and folders: a stamp for every file, a reason for what cannot be entered."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from workstation.core.errors import ErrorCode, Reason
from workstation.core.study import FileOutcome, FileRecord, FileStamp

_FAULTS: tuple[tuple[type[OSError], ErrorCode], ...] = (
    (PermissionError, ErrorCode.FILE_NO_PERMISSION),
    (FileNotFoundError, ErrorCode.FILE_VANISHED),
)


def walk(paths: Iterable[Path]) -> Iterator[FileStamp | FileRecord]:
    """Every file at or below `paths`, the files of a folder before its subfolders, in the order of their names.

    Links to folders are followed; a folder that was seen before (a loop) becomes a skipped record, as does what is no
    regular file. A folder or file that cannot be read becomes a refused record.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [Path(os.path.abspath(path)) for path in paths][::-1]  # noqa: PTH100 - keeps links
    while waiting:
        path = waiting.pop()
        try:
            status = path.stat()
            if not path.is_dir():
                yield _file(path, status)
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
