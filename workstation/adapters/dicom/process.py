"""The workstation's side of a guarded child: start it, ask it, end it when it hangs or nobody waits any more."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from workstation.adapters.dicom.wire import Array, Json, WireError, receive, send
from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.jobs import CancelToken

_POLL_S = 0.05
_SOURCE_ROOT = Path(__file__).resolve().parents[3]


class GuardedChild:
    """One child of a role; started on demand and again after every death.

    Used by one thread at a time. A watchdog (daemon thread, only while a request runs) kills the child when an
    answer takes longer than `deadline_s` or the job was cancelled; the blocked read then ends.
    """

    def __init__(self, role: str, *, deadline_s: float) -> None:
        self._role = role
        self._deadline_s = deadline_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process number of the running child."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the child unless it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        self.close()
        self._process = subprocess.Popen(  # noqa: S603 - our own executable
            _command(self._role),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            cwd=None if _is_frozen() else _SOURCE_ROOT,
        )

    def close(self) -> None:
        """End the child and wait for its end."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                cast("BinaryIO", stream).close()
        process.wait()

    @contextlib.contextmanager
    def request(self, header: Mapping[str, Any], token: CancelToken) -> Iterator[Answers]:
        """Send a request; the answers it brings are read from what is given.

        A child that was not asked for all its answers, died or hung is ended here.
        """
        self.start()
        process = cast("subprocess.Popen[bytes]", self._process)
        answers = Answers(process, token, deadline_s=self._deadline_s)
        try:
            answers.ask(header)
            yield answers
        except BaseException as error:
            answers.finish()
            refused = isinstance(error, WorkstationError) and not isinstance(
                error, (CancelledError, ChildDiedError)
            )
            if not refused:
                self.close()
            raise
        answers.finish()


class Answers:
    """Answers to one request, in order."""

    def __init__(
        self, process: subprocess.Popen[bytes], token: CancelToken, *, deadline_s: float
    ) -> None:
        self._process, self._token, self._deadline_s = process, token, deadline_s
        self._due: float | None = None
        self._killed_for: ErrorCode | None = None
        self._finished = threading.Event()
        self._watchdog = threading.Thread(
            target=self._watch, name="child-watchdog", daemon=True
        )
        self._watchdog.start()

    def ask(self, header: Mapping[str, Any]) -> None:
        """Send the request."""
        self._due = time.monotonic() + self._deadline_s
        with contextlib.suppress(BrokenPipeError):  # a dead child shows when its answer is read
            send(cast("BinaryIO", self._process.stdin), dict(header))
        self._due = None

    def next(self) -> tuple[Any, list[Array]]:
        """The next answer's value and arrays.

        Raises
        ------
        CancelledError
            When the job was cancelled.
        WorkstationError
            The child's own reason.
        ChildDiedError
            ``decoder_crashed`` or ``decoder_timed_out``: there is no child any more.
        """
        self._token.raise_if_cancelled()
        self._due = time.monotonic() + self._deadline_s
        try:
            header, arrays = receive(cast("BinaryIO", self._process.stdout))
        except (WireError, OSError) as error:
            raise self._cause_of_death() from error
        finally:
            self._due = None
        if "reason" in header:
            raise reason_from(header["reason"])
        return header.get("value"), arrays

    def finish(self) -> None:
        """No more answers are wanted: stop watching."""
        self._finished.set()
        self._watchdog.join()

    def _cause_of_death(self) -> WorkstationError:
        if self._killed_for is ErrorCode.CANCELLED:
            return CancelledError()
        try:
            self._process.wait(timeout=_POLL_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        code = self._killed_for or ErrorCode.DECODER_CRASHED
        return ChildDiedError(code, f"exit status {self._process.wait()}")

    def _watch(self) -> None:
        while not self._finished.wait(_POLL_S):
            due = self._due
            if due is None:
                continue
            if self._token.is_cancelled:
                self._killed_for = ErrorCode.CANCELLED
            elif time.monotonic() > due:
                self._killed_for = ErrorCode.DECODER_TIMED_OUT
            else:
                continue
            self._process.kill()
            return


class ChildDiedError(WorkstationError):
    """The child crashed or was ended at its deadline while it worked on this file."""


def reason_from(data: Json) -> WorkstationError:
    """The reason a child sent, as an error."""
    try:
        code, parameters, detail = data
        plain = {str(k): v for k, v in parameters.items() if isinstance(v, (str, int, float))}
        return WorkstationError(ErrorCode(code), str(detail), **plain)
    except (TypeError, ValueError, AttributeError):
        return WorkstationError(ErrorCode.DECODER_CRASHED, "answer not understood")


def refusal(reason: Reason, path: Path) -> Reason:
    """`reason` with the file it is about."""
    return Reason(
        code=reason.code,
        parameters={"path": str(path)} | dict(reason.parameters),
        detail=reason.detail,
    )


def _is_frozen() -> bool:
    return bool(getattr(sys, "frozen", False))


def _command(role: str) -> list[str]:
    source = [] if _is_frozen() else ["-m", "workstation"]
    return [sys.executable, *source, "--guarded-child", role]
