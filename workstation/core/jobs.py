"""What a unit of work off the GUI thread is given, and what it tells: free of any toolkit."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from workstation.core.errors import CancelledError

T = TypeVar("T")


class Lane(StrEnum):
    """The five places where work happens, each one thread."""

    SCAN = "scan"
    FILM = "film"
    COMPUTE = "compute"
    STORE = "store"
    EXPORT = "export"


class CancelToken:
    """A thread-safe request to stop, polled by the job at every stage."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask the job to stop; may be called from any thread, more than once."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._event.is_set()

    def raise_if_cancelled(self) -> None:
        """Raise `CancelledError` when somebody asked to stop."""
        if self._event.is_set():
            raise CancelledError


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is.

    `stage` is a stable name (for instance ``preprocess``), `done` of `total` counts its units (`total` is
    None when it is unknown); `refused` counts files that got a reason instead of a film.
    """

    stage: str
    done: int = 0
    total: int | None = None
    refused: int = 0
    rate_per_s: float | None = None
    payload: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Receipt of a submitted job; a result whose ticket is no longer current is dropped."""

    lane: Lane
    generation: int


class TicketCounter:
    """Numbers tickets, never twice in a process."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def next(self, lane: Lane) -> Ticket:
        """A fresh ticket for `lane`."""
        return Ticket(lane=lane, generation=next(self._numbers))


def _no_report(_progress: Progress) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """Handed to every job: a token to poll and a place to report progress."""

    token: CancelToken = field(default_factory=CancelToken)
    report: Callable[[Progress], None] = _no_report

    def stage(self, stage: str, done: int = 0, total: int | None = None) -> None:
        """Report a stage and stop here if asked to."""
        self.token.raise_if_cancelled()
        self.report(Progress(stage=stage, done=done, total=total))


Job = Callable[[JobContext], T]
