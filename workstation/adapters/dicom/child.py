"""The guarded child: answers one request after the other until its input ends."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import warnings
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from workstation.adapters.dicom.archives import ForeignFiles
from workstation.adapters.dicom.guard import guard_this_process
from workstation.adapters.dicom.values import encode
from workstation.adapters.dicom.wire import Array, WireError, receive, send
from workstation.core.errors import ErrorCode, Reason, WorkstationError

if TYPE_CHECKING:
    from workstation.adapters.dicom.contents import Entry

Answer = tuple[Any, list[Array]]


def serve(role: str) -> int:
    """Serve as ``scan`` or ``film`` child on standard input and output; returns the exit code."""
    source, sink = _take_pipes()
    guard_this_process()
    warnings.simplefilter("ignore")
    handle = {"scan": _serve_scan, "film": _serve_film}[role]
    files = ForeignFiles()
    try:
        while True:
            request, _ = receive(source)
            handle(request, sink, files)
    except (WireError, BrokenPipeError):
        return 0  # the workstation is gone


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The pipes to the workstation; what libraries print goes nowhere."""
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    _widen(sink)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    sys.stdout = sys.stderr = os.fdopen(nothing, "w", encoding="utf-8")
    return source, sink


def _widen(pipe: BinaryIO) -> None:
    """Let a film of 15 MB pass in fewer steps: 6 ms instead of 11 where two processes share two cores."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # the system may allow less
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)


def _serve_scan(request: dict[str, Any], sink: BinaryIO, files: ForeignFiles) -> None:
    from workstation.adapters.dicom.contents import contents_of
    from workstation.adapters.dicom.headerscan import scan_file

    assume_gbk = bool(request.get("assume_gbk"))

    def work(path: str) -> Answer:
        return encode(scan_file(path, assume_gbk=assume_gbk, open_file=files.open), []), []

    def contents() -> Answer:
        entries = contents_of(request["contents"], files)
        return None if entries is None else [_entry(entry) for entry in entries], []

    def digest() -> Answer:
        with files.open(request["digest"]) as file:
            return hashlib.sha256(file.whole()).hexdigest(), []

    for name, named in (("contents", contents), ("digest", digest)):
        if name in request:
            _answer(sink, named)
    for path in request.get("paths", ()):
        _answer(sink, partial(work, path))


def _entry(entry: Entry) -> list[Any]:
    """A named file as JSON: path, size, time, reason."""
    reason = None if entry.reason is None else encode_reason(entry.reason)
    return [entry.path, entry.size, entry.mtime_ns, reason]


def _serve_film(request: dict[str, Any], sink: BinaryIO, files: ForeignFiles) -> None:
    from workstation.adapters.dicom.film import read_film

    assume_gbk = bool(request.get("assume_gbk"))

    def presentation() -> Answer:
        from workstation.adapters.dicom.presentations import read_presentation

        arrays: list[Array] = []
        path = request["presentation"]
        state = read_presentation(path, assume_gbk=assume_gbk, open_file=files.open)
        return encode(state, arrays), arrays

    def work() -> Answer:
        arrays: list[Array] = []
        parts = read_film(
            request["path"],
            frame=request["frame"],
            assume_gbk=assume_gbk,
            open_file=files.open,
        )
        return {name: encode(value, arrays) for name, value in parts.items()}, arrays

    if "presentation" in request:
        _answer(sink, presentation)
    elif request.get("path") is None:  # started ahead: load the libraries now
        _answer(sink, lambda: (None, []))
    else:
        _answer(sink, work)


def _answer(sink: BinaryIO, work: Callable[[], Answer]) -> None:
    """Send what `work` returns, or why it failed."""
    arrays: list[Array] = []
    try:
        value, arrays = work()
        header = {"value": value}
    except WorkstationError as error:
        header = {"reason": encode_reason(error.reason)}
    except MemoryError:
        header = {"reason": encode_reason(Reason(code=ErrorCode.TOO_LARGE, detail="memory"))}
    except RecursionError:
        header = {"reason": encode_reason(Reason(code=ErrorCode.SUSPICIOUS, detail="nesting"))}
    except BaseException as error:  # noqa: BLE001 - libraries raise anything; pylibjpeg-rle panics past Exception
        reason = Reason(code=ErrorCode.MALFORMED, detail=type(error).__name__)
        header = {"reason": encode_reason(reason)}
    send(sink, header, arrays)


def encode_reason(reason: Reason) -> list[Any]:
    """A reason as JSON: code, parameters, detail."""
    return [reason.code.value, dict(reason.parameters), reason.detail]
