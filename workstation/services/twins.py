"""Two files under one SOP Instance UID: the same film at two places, or one that is not shown (decision 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.jobs import CancelToken
from workstation.core.study import FileOutcome, FileRecord, FileStamp
from workstation.services.walking import file_of


def stands(stamp: FileStamp) -> bool:
    """Whether a file, or the archive that it is a member of, can be reached and is the one that was read."""
    file = file_of(stamp.path)
    if file is None:
        return False
    try:
        status = file.stat()
    except OSError:
        return False
    if file != stamp.path:  # a member's time is made of its archive's (decision 8)
        return status.st_mtime_ns + status.st_size == stamp.mtime_ns
    return (status.st_size, status.st_mtime_ns) == (stamp.size, stamp.mtime_ns)


def settle(
    records: Sequence[FileRecord],
    listed: Mapping[str, Sequence[FileRecord]],
    token: CancelToken,
    *,
    digest: Callable[[Path], str],
) -> tuple[list[FileRecord], list[Path]]:
    """Compare films with those that have their SOP Instance UID already.

    Same bytes: loaded, a second path of the same film. Other bytes: refused (``duplicate_uid``), with the path of the first.
    A first file that is gone, out of reach or changed gives way. Nothing is read of films without a twin.

    Parameters
    ----------
    records
        What a scan found, in its order: an earlier one is the first of a later one.
    listed
        The files that hold those films already, by SOP Instance UID.
    token
        Once cancelled, twins that would have to be compared are left out.
    digest
        Of the bytes of a file or a member of an archive (`HeaderScanner.digest`).

    Returns
    -------
    The records as they may be listed, and the paths in `listed` that gave way.
    """
    firsts = {uid: list(files) for uid, files in listed.items()}
    settled: list[FileRecord] = []
    gone: list[Path] = []
    for record in records:
        if record.instance is None:
            settled.append(record)
            continue
        twins = firsts.setdefault(record.instance.sop_uid, [])
        others = [twin for twin in twins if twin.stamp.path != record.stamp.path]
        standing = [twin for twin in others if stands(twin.stamp)]
        gone += [twin.stamp.path for twin in others if twin not in standing]
        twins[:] = standing
        if standing and token.is_cancelled:
            continue
        if standing and not _is_same(standing[0], record, digest):
            settled.append(_refused(record, first=standing[0].stamp.path))
            continue
        twins.append(record)
        settled.append(record)
    return settled, gone


def _is_same(first: FileRecord, second: FileRecord, digest: Callable[[Path], str]) -> bool:
    """Whether two files have the same bytes; what cannot be compared is not taken for the same."""
    if first.stamp.size != second.stamp.size:
        return False
    try:
        return digest(first.stamp.path) == digest(second.stamp.path)
    except WorkstationError:
        return False


def _refused(record: FileRecord, *, first: Path) -> FileRecord:
    reason = Reason(code=ErrorCode.DUPLICATE_UID, parameters={"path": str(first)})
    return FileRecord(stamp=record.stamp, outcome=FileOutcome.REFUSED, reason=reason)
