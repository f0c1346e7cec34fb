"""`HeaderScanner` over a guarded child: one record a file, whatever the file does to the child."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from workstation.adapters.dicom.process import (
    Answers,
    ChildDiedError,
    GuardedChild,
    reason_from,
    refusal,
)
from workstation.adapters.dicom.values import decoder
from workstation.adapters.dicom.wire import Json
from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.study import FileOutcome, FileRecord, FileStamp, Instance

_SKIPPED = frozenset(
    {
        ErrorCode.NOT_AN_IMAGE,
        ErrorCode.NO_PIXEL_DATA,
        ErrorCode.ARCHIVE_NESTED,
        ErrorCode.FOLDER_EMPTY,
        ErrorCode.MEDIA_DIRECTORY,
    }
)
_BLOCK = 256


class GuardedScanner:
    """Reads headers in a guarded child.

    Parameters
    ----------
    deadline_s
        How long one file may take; it restarts with each answer.
    assume_gbk
        Read Chinese text without a declared Chinese character set as UTF-8 or GB18030.
    """

    def __init__(self, *, deadline_s: float = 10.0, assume_gbk: bool = False) -> None:
        self._child = GuardedChild("scan", deadline_s=deadline_s)
        self._assume_gbk = assume_gbk
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the child ahead of the first scan; it loads its libraries meanwhile."""
        with self._lock, self._child.request({"paths": []}, CancelToken()):
            pass  # a block without files has no answers to wait for

    def close(self) -> None:
        """End the child; a later scan starts a new one."""
        with self._lock:
            self._child.close()

    def scan(self, stamps: Sequence[FileStamp], context: JobContext) -> Iterator[FileRecord]:
        """One record a file, in the order given; raises `CancelledError` when stopped."""
        position = 0
        while position < len(stamps):
            block = stamps[position : position + _BLOCK]
            with self._lock:
                for record in self._block(block, context):
                    position += 1
                    yield record

    def contents(
        self, stamp: FileStamp, context: JobContext
    ) -> Sequence[FileStamp | FileRecord]:
        """The films that an archive or the directory of a CD names, refused ones included; else the file itself."""
        request = {"contents": str(stamp.path.absolute())}
        try:
            with self._lock, self._child.request(request, context.token) as answers:
                value, _ = answers.next()
            return [stamp] if value is None else [_named(*entry) for entry in value]
        except CancelledError:
            raise
        except WorkstationError as error:
            return [_problem(stamp, error.reason)]
        except (TypeError, ValueError):
            return [_problem(stamp, Reason(code=ErrorCode.MALFORMED, detail="answer"))]

    def digest(self, path: Path) -> str:
        """SHA-256 of all bytes of a file or a member of an archive, in hexadecimal; raises `WorkstationError`."""
        request = {"digest": str(path.absolute())}
        with self._lock, self._child.request(request, CancelToken()) as answers:
            value, _ = answers.next()
        return str(value)

    def _block(self, stamps: Sequence[FileStamp], context: JobContext) -> Iterator[FileRecord]:
        """Records of a block; ends early after a file that killed the child."""
        request = {
            "paths": [str(stamp.path.absolute()) for stamp in stamps],
            "assume_gbk": self._assume_gbk,
        }
        with self._child.request(request, context.token) as answers:
            for stamp in stamps:
                context.token.raise_if_cancelled()
                try:
                    record = _record(stamp, answers)
                except ChildDiedError as error:
                    yield _problem(stamp, error.reason)
                    return
                yield record


def _record(stamp: FileStamp, answers: Answers) -> FileRecord:
    try:
        value, arrays = answers.next()
        instance = decoder(Instance)(value, arrays)
    except (CancelledError, ChildDiedError):
        raise
    except WorkstationError as error:
        return _problem(stamp, error.reason)
    except (TypeError, ValueError, LookupError):
        return _problem(stamp, Reason(code=ErrorCode.MALFORMED, detail="answer"))
    return FileRecord(stamp=stamp, outcome=FileOutcome.LOADED, instance=instance)


def _named(path: str, size: int, mtime_ns: int, reason: Json | None) -> FileStamp | FileRecord:
    """A file that an archive or a directory names, or why it is not to be read."""
    stamp = FileStamp(path=Path(path), size=int(size), mtime_ns=int(mtime_ns))
    return stamp if reason is None else _problem(stamp, reason_from(reason).reason)


def _problem(stamp: FileStamp, reason: Reason) -> FileRecord:
    skipped = reason.code in _SKIPPED
    if reason.code is ErrorCode.FILE_NOT_FOUND:  # it was there when the folder was walked
        reason = Reason(code=ErrorCode.FILE_VANISHED, detail=reason.detail)
    return FileRecord(
        stamp=stamp,
        outcome=FileOutcome.SKIPPED if skipped else FileOutcome.REFUSED,
        reason=refusal(reason, stamp.path),
    )
