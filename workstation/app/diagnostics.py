"""Logs and crash files on this machine that say what went wrong, never with whom.

Our own code logs literal texts whose arguments are numbers, enum members and SHA-256 digests; any other argument is
replaced by its type. Of foreign libraries, and of every exception, only type and place are kept: their messages quote
what they were given, and that may be a name or the path of a patient's file.
"""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import importlib.metadata
import logging
import platform
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import Enum
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Self

from workstation import __version__
from workstation.core.errors import WorkstationError

_log = logging.getLogger(__name__)

_OWN_LOGGERS = ("workstation", "model", "resources")
_LIBRARIES = ("numpy", "torch", "PySide6-Essentials", "pydicom", "SimpleITK")
_LOG_BYTES = 1_000_000
_LOG_FILES = 5
_CRASH_FILES = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHOWN_DIGITS = 16


class PatientFreeFormatter(logging.Formatter):
    """One line a record, and the places of its exception; see the module for what is left out."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as text; nothing cached by other handlers is used."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        lines = [f"{at} {record.levelname} {record.name}: {_text(record)}"]
        if record.exc_info and record.exc_info[1] is not None:
            lines.extend(f"  {line}" for line in describe(record.exc_info[1]))
        return "\n".join(lines)


def _text(record: logging.LogRecord) -> str:
    if record.name.split(".")[0] not in _OWN_LOGGERS or not isinstance(record.msg, str):
        return f"{record.module}:{record.lineno}:{record.funcName}"
    arguments = record.args
    if not arguments:
        return record.msg
    try:
        if isinstance(arguments, tuple):
            return record.msg % tuple(_harmless(value) for value in arguments)
        return record.msg % {name: _harmless(value) for name, value in arguments.items()}
    except (TypeError, ValueError):
        return record.msg


def _harmless(value: object) -> object:
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int | float):
        return value
    if isinstance(value, str) and _SHA256.fullmatch(value):
        return value[:_SHOWN_DIGITS]
    return f"<{type(value).__name__}>"


def describe(error: BaseException) -> Iterator[str]:
    """Type and stack (``module:line:function``) of `error` and of what caused it; no message, no values."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        code = f" {following.code.value}" if isinstance(following, WorkstationError) else ""
        yield f"{type(following).__module__}.{type(following).__qualname__}{code}"
        for frame, line in traceback.walk_tb(following.__traceback__):
            module = frame.f_globals.get("__name__", "?")
            yield f"  {module}:{line}:{frame.f_code.co_name}"
        hidden = None if following.__suppress_context__ else following.__context__
        following = following.__cause__ or hidden


class _QuietFile(RotatingFileHandler):
    """A log file; a record that cannot be written is dropped, for logging would print its arguments."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        del record


class Origin(Enum):
    """Where an unexpected exception surfaced."""

    MAIN = "main thread, or a Qt slot"
    THREAD = "another thread"
    UNRAISABLE = "a destructor or callback"


class Diagnostics:
    """The running log, the fault file and the exception hooks; `close` puts everything back.

    Attributes
    ----------
    on_crash
        Called with the crash file after an unexpected exception, on the thread where it happened.
    """

    def __init__(self, logs: Path) -> None:
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.on_crash: Callable[[Path], None] | None = None
        self._logs = logs
        self._written: dict[str, Path | None] = {}
        with contextlib.ExitStack() as undo:
            self._start_log(undo)
            self._start_faults(undo)
            self._start_hooks(undo)
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Restore the hooks, stop the fault handler, close the files; may be called again."""
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def record(self, error: BaseException, origin: Origin) -> Path | None:
        """The crash file of `error`, one for each stack in a session; None when it cannot be written."""
        lines = tuple(describe(error))
        digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        _log.error("crash %s, origin %s", digest, origin)
        if digest not in self._written:
            now = datetime.now(UTC)
            report = "\n".join((*_versions(now), origin.value, *lines, ""))
            _to_terminal(report)
            path = self._logs / f"crash-{now:%Y%m%dT%H%M%S%f}-{digest[:_SHOWN_DIGITS]}.txt"
            self._written[digest] = path if self._write(path, report) else None
        return self._written[digest]

    def _write(self, path: Path, report: str) -> bool:
        try:
            path.write_text(report, encoding="utf-8")
            for old in sorted(self._logs.glob("crash-*.txt"))[:-_CRASH_FILES]:
                old.unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _crashed(self, error: BaseException, origin: Origin) -> None:
        path = self.record(error, origin)
        if path is not None and self.on_crash is not None:
            self.on_crash(path)

    def _start_log(self, undo: contextlib.ExitStack) -> None:
        root = logging.getLogger()
        handler = _QuietFile(
            self._logs / "thoravue.log",
            maxBytes=_LOG_BYTES,
            backupCount=_LOG_FILES,
            encoding="utf-8",
        )
        handler.setFormatter(PatientFreeFormatter())
        undo.callback(handler.close)
        root.addHandler(handler)
        undo.callback(root.removeHandler, handler)
        for name in _OWN_LOGGERS:
            logger = logging.getLogger(name)
            undo.callback(logger.setLevel, logger.level)
            logger.setLevel(logging.INFO)

    def _start_faults(self, undo: contextlib.ExitStack) -> None:
        was_enabled = faulthandler.is_enabled()
        file = undo.enter_context((self._logs / "faults.log").open("a", encoding="utf-8"))
        faulthandler.enable(file=file)
        undo.callback(_stop_faults, to_stderr=was_enabled)

    def _start_hooks(self, undo: contextlib.ExitStack) -> None:
        undo.callback(setattr, sys, "excepthook", sys.excepthook)
        undo.callback(setattr, threading, "excepthook", threading.excepthook)
        undo.callback(setattr, sys, "unraisablehook", sys.unraisablehook)

        def main(
            _type: type[BaseException], error: BaseException, _stack: TracebackType | None
        ) -> None:
            if not isinstance(error, KeyboardInterrupt):
                self._crashed(error, Origin.MAIN)

        def thread(failed: threading.ExceptHookArgs) -> None:
            if failed.exc_value is not None and not isinstance(failed.exc_value, SystemExit):
                self._crashed(failed.exc_value, Origin.THREAD)

        def unraisable(failed: sys.UnraisableHookArgs) -> None:
            if failed.exc_value is not None:
                self._crashed(failed.exc_value, Origin.UNRAISABLE)

        sys.excepthook, threading.excepthook, sys.unraisablehook = main, thread, unraisable


def start_diagnostics(logs: Path) -> Diagnostics:
    """Log into the folder `logs`, and write a crash file there for every unexpected exception, until closed.

    Raises
    ------
    OSError
        When the folder cannot be written to.
    """
    return Diagnostics(logs)


def _stop_faults(*, to_stderr: bool) -> None:
    faulthandler.disable()
    if to_stderr and sys.stderr is not None:
        faulthandler.enable()


def _versions(now: datetime) -> Iterator[str]:
    yield f"Thoravue {__version__}, {now.isoformat(timespec='seconds')}"
    yield f"Python {platform.python_version()}, {platform.platform()}"
    for library in _LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield f"{library} {importlib.metadata.version(library)}"


def _to_terminal(report: str) -> None:
    # There is none in a windowed program on Windows, and a closed one is no reason to fail.
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(report)
