"""Five lanes of work beside the GUI thread, each one persistent thread with a queue of short steps.

A job is a pure callable ``JobContext -> value``. What it returns, reports or raises comes back to the GUI thread,
to the callbacks given with it; a job that was discarded never comes back.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import traceback
from collections.abc import Callable, Collection
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto
from threading import Lock
from typing import Any, TypeVar

from PySide6.QtCore import QDeadlineTimer, QObject, Qt, QThread, Signal, Slot

from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.jobs import (
    CancelToken,
    Job,
    JobContext,
    Lane,
    Progress,
    Ticket,
    TicketCounter,
)
from workstation.ui.jobs.collection import Collector

T = TypeVar("T")
log = logging.getLogger(__name__)

NORMAL, LATER = 0, 1
"""Priorities: `LATER` work waits for all `NORMAL` work of its lane."""
_PATIENCE_MS = 1000
# Scans call the store; an inference calls nobody and takes longest to stop.
_SHUTDOWN_ORDER = (Lane.SCAN, Lane.FILM, Lane.EXPORT, Lane.STORE, Lane.COMPUTE)


class _Kind(Enum):
    PROGRESS = auto()
    DONE = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    ticket: Ticket
    kind: _Kind
    payload: Any


@dataclass(slots=True, kw_only=True)
class _Listener:
    token: CancelToken
    done: Callable[[Any], None]
    failed: Callable[[Reason], None] | None
    progress: Callable[[Progress], None] | None


@dataclass(slots=True, order=True)
class _Step:
    order: tuple[int, int]
    ticket: Ticket | None = field(compare=False)
    job: Job[Any] = field(compare=False)
    token: CancelToken = field(compare=False)
    answer: Future[Any] | None = field(compare=False, default=None)


class _Worker(QObject):
    """Runs the steps of one lane, on that lane's thread.

    Signals
    -------
    reported
        `_Report`, from the lane's thread.
    woken
        Nothing, from any thread: one more step waits.
    """

    reported = Signal(object)
    woken = Signal()

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self._newest_first = lane is Lane.FILM
        self._steps: list[_Step] = []
        self._lock = Lock()
        self._numbers = itertools.count()
        self.woken.connect(self._run_next, Qt.ConnectionType.QueuedConnection)

    def add(
        self,
        job: Job[Any],
        token: CancelToken,
        *,
        priority: int,
        ticket: Ticket | None = None,
        answer: Future[Any] | None = None,
    ) -> None:
        """Queue one step; from any thread."""
        with self._lock:
            number = next(self._numbers)
            order = (priority, -number if self._newest_first else number)
            heapq.heappush(self._steps, _Step(order, ticket, job, token, answer))
        self.woken.emit()

    def clear(self) -> None:
        """Forget what waits; from any thread."""
        with self._lock:
            for step in self._steps:
                step.token.cancel()

    @Slot()
    def _run_next(self) -> None:
        with self._lock:
            step = heapq.heappop(self._steps)
        outcome = self._outcome(step)
        if step.answer is not None:
            _resolve(step.answer, outcome)
        elif step.ticket is not None:
            self.reported.emit(outcome)

    def _outcome(self, step: _Step) -> _Report:
        ticket = step.ticket or Ticket(lane=Lane.STORE, generation=0)

        def report(progress: Progress) -> None:
            self.reported.emit(_Report(ticket=ticket, kind=_Kind.PROGRESS, payload=progress))

        try:
            step.token.raise_if_cancelled()
            value = step.job(JobContext(token=step.token, report=report))
        except WorkstationError as error:
            return _Report(ticket=ticket, kind=_Kind.FAILED, payload=error)
        except Exception as error:
            log.exception("job failed")
            failure = WorkstationError(ErrorCode.UNEXPECTED, _where(error))
            return _Report(ticket=ticket, kind=_Kind.FAILED, payload=failure)
        return _Report(ticket=ticket, kind=_Kind.DONE, payload=value)


def _where(error: Exception) -> str:
    """Type and place of an error, without its message: that may hold patient data."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {frame.name}, line {frame.lineno}"


def _resolve(answer: Future[Any], outcome: _Report) -> None:
    if outcome.kind is _Kind.DONE:
        answer.set_result(outcome.payload)
    else:
        answer.set_exception(outcome.payload)


class Lanes(QObject):
    """Submits jobs, and hands their outcome to callbacks on the GUI thread.

    Build it on the GUI thread; call `shutdown` before the program ends.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tickets = TicketCounter()
        self._listeners: dict[Ticket, _Listener] = {}
        self._threads: dict[Lane, QThread] = {}
        self._workers: dict[Lane, _Worker] = {}
        self._collector = Collector(self)
        for lane in Lane:
            thread, worker = QThread(self), _Worker(lane)
            thread.setObjectName(lane.value)
            worker.moveToThread(thread)
            worker.reported.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
            thread.start()
            self._threads[lane], self._workers[lane] = thread, worker

    def submit(
        self,
        lane: Lane,
        job: Job[T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Reason], None] | None = None,
        progress: Callable[[Progress], None] | None = None,
        priority: int = NORMAL,
    ) -> Ticket:
        """Queue `job`; the callbacks run on the GUI thread. A cancelled job fails with ``cancelled``."""
        ticket, token = self._tickets.next(lane), CancelToken()
        self._listeners[ticket] = _Listener(
            token=token, done=done, failed=failed, progress=progress
        )
        self._workers[lane].add(job, token, priority=priority, ticket=ticket)
        return ticket

    def call(self, lane: Lane, job: Job[T]) -> T:
        """Run `job` on `lane` and wait for it: for jobs of another lane, never for the GUI thread.

        Raises
        ------
        WorkstationError
            What the job raised.
        """
        answer: Future[T] = Future()
        self._workers[lane].add(job, CancelToken(), priority=NORMAL, answer=answer)
        return answer.result()

    def cancel(self, ticket: Ticket | None) -> None:
        """Ask a job to stop; its outcome still arrives."""
        listener = self._listeners.get(ticket) if ticket else None
        if listener is not None:
            listener.token.cancel()

    def discard(self, ticket: Ticket | None) -> None:
        """Stop a job and drop whatever it still says."""
        listener = self._listeners.pop(ticket, None) if ticket else None
        if listener is not None:
            listener.token.cancel()

    def shutdown(self, *, impatient: Collection[Lane] = ()) -> bool:
        """Cancel everything but what must be stored, and wait for all threads; False when one still runs.

        The `impatient` lanes are waited for a second. A thread that still runs then cannot be destroyed: end the process.
        """
        for lane, worker in self._workers.items():
            if lane is not Lane.STORE:
                worker.clear()
        for ticket, listener in self._listeners.items():
            if ticket.lane is not Lane.STORE:
                listener.token.cancel()
        ended = True
        for lane in _SHUTDOWN_ORDER:
            self._workers[lane].add(_quit_thread, CancelToken(), priority=LATER + 1)
            patience = QDeadlineTimer(QDeadlineTimer.ForeverConstant.Forever)
            if lane in impatient:
                patience = QDeadlineTimer(_PATIENCE_MS)
            ended &= self._threads[lane].wait(patience)
        self._listeners.clear()
        if ended:
            self._collector.stop()
        return ended

    @Slot(object)
    def _deliver(self, report: _Report) -> None:
        listener = self._listeners.get(report.ticket)
        if listener is None:
            return
        if report.kind is _Kind.PROGRESS:
            if listener.progress is not None:
                listener.progress(report.payload)
            return
        del self._listeners[report.ticket]
        if report.kind is _Kind.DONE:
            listener.done(report.payload)
        elif listener.failed is not None:
            listener.failed(report.payload.reason)
        elif not isinstance(report.payload, CancelledError):
            log.error("nobody listened to a failure: %s", report.payload.code.value)


def _quit_thread(_context: JobContext) -> None:
    QThread.currentThread().quit()
