"""Let the model read many studies, one film at a time, behind everything that the reader asks for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import AnalysisResult, AnalysisStatus
from workstation.core.image import Radiograph
from workstation.core.jobs import Lane, Ticket
from workstation.core.ports import FilmReader, LibraryIndex
from workstation.core.study import Instance, Study
from workstation.services.analysis import Analysis
from workstation.services.opening import open_film
from workstation.ui.jobs.lanes import LATER, Lanes
from workstation.ui.record import Record

_RATE_OVER = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchState:
    """How far a batch is; every film of it is analysed, refused or failed in the end, unless it was `stopped`."""

    total: int = 0
    analysed: int = 0
    refused: int = 0
    failed: int = 0
    running: bool = False
    paused: bool = False
    stopped: bool = False
    rate_per_s: float | None = None

    @property
    def done(self) -> int:
        """Films that have an outcome."""
        return self.analysed + self.refused + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Unscored:
    """A film of a batch that got no score, and why; `name` has its patient and its file."""

    name: str
    status: AnalysisStatus
    reason: Reason


class Film(NamedTuple):
    """A film of the library that is to be analysed."""

    study_uid: str
    instance: Instance
    path: Path

    @property
    def name(self) -> str:
        """Patient and file."""
        return f"{self.instance.patient.brief} · {self.path.name}"


class BatchPresenter(QObject):
    """Films are decoded one ahead on the film lane and analysed on the compute lane, each step after all other work.

    Results go to the record under their own study: they are as hidden as any other until the reader reveals them. A film
    that cannot be read, or fails, is counted and the next one taken.

    Parameters
    ----------
    index
        Used on the store lane alone.
    find_study
        Looks a study up on the GUI thread.
    package_sha256
        Of the model; None when there is none, and nothing can be started.

    Signals
    -------
    changed
        `BatchState`.
    failed
        `Reason` why a batch could not be put together.
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        index: LibraryIndex,
        find_study: Callable[[str], Study | None],
        reader: FilmReader,
        record: Record,
        analysis: Analysis,
        package_sha256: str | None,
        clock: Callable[[], float] = time.monotonic,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._index = index
        self._find_study = find_study
        self._reader = reader
        self._record = record
        self._analysis = analysis
        self._package = package_sha256
        self._clock = clock
        self._queue: deque[tuple[str, str]] = deque()
        self._planning: Ticket | None = None
        self._decoding: Ticket | None = None
        self._computing: Ticket | None = None
        self._ready: tuple[Film, Radiograph] | None = None
        self._number = 0
        self._ends: deque[float] = deque(maxlen=_RATE_OVER)
        self.state = BatchState()
        self.unscored: list[Unscored] = []

    @property
    def can_start(self) -> bool:
        """Whether there is a model, and no batch that is still put together."""
        return self._package is not None and self._planning is None

    def start(self, study_uids: Sequence[str]) -> None:
        """Analyse every film of these studies that this model has not read; a running batch is made longer."""
        package = self._package
        if package is None or self._planning is not None:
            return
        self._planning = self._lanes.submit(
            Lane.STORE,
            lambda _: self._index.unread(study_uids, package_sha256=package),
            done=self._on_planned,
            failed=self._on_not_planned,
        )

    def pause(self, *, paused: bool) -> None:
        """Begin no further film; the one in the works is finished."""
        self._ends.clear()
        self._tell(replace(self.state, paused=paused, rate_per_s=None))
        self._go_on()

    def stop(self) -> None:
        """End the batch; what was stored stays."""
        # A film that is being decoded is let come, and dropped: cancelling it would end the reader's process.
        for ticket in (self._planning, self._computing):
            self._lanes.discard(ticket)
        self._planning = self._computing = None
        self._number += 1
        self._queue.clear()
        self._ready = None
        if self.state.running:
            self._tell(replace(self.state, running=False, paused=False, stopped=True))

    def _on_planned(self, films: Sequence[tuple[str, str]]) -> None:
        self._planning = None
        waiting = set(self._queue)
        more = [film for film in films if film not in waiting]
        self._queue.extend(more)
        before = self.state if self.state.running else BatchState()
        if not self.state.running:
            self._ends.clear()
            self.unscored = []
        self._tell(replace(before, running=True, total=before.total + len(more)))
        self._go_on()

    def _on_not_planned(self, reason: Reason) -> None:
        self._planning = None
        self.failed.emit(reason)

    def _go_on(self) -> None:
        if not self.state.running or self.state.paused:
            return
        if self._ready is not None and self._computing is None:
            ready, self._ready = self._ready, None
            self._compute(*ready)
        while self._queue and self._decoding is None and self._ready is None:
            self._decode(*self._queue.popleft())
        busy = self._decoding or self._computing or self._ready or self._queue
        if not busy and self._planning is None:
            self._tell(replace(self.state, running=False))

    def _decode(self, study_uid: str, sop_uid: str) -> None:
        study = self._find_study(study_uid)
        found = study.film(sop_uid) if study else None
        if found is None:  # it left the library meanwhile
            reason = Reason(code=ErrorCode.FILE_VANISHED, parameters={"path": sop_uid})
            self._count(AnalysisStatus.FAILED, sop_uid, reason)
            return
        film, number = Film(study_uid, *found), self._number
        self._decoding = self._lanes.submit(
            Lane.FILM,
            lambda context: open_film(self._reader, found, context),
            done=lambda decoded: self._on_decoded(number, film, decoded),
            failed=lambda reason: self._on_decoded(number, film, reason),
            priority=LATER,
        )

    def _on_decoded(self, number: int, film: Film, decoded: Radiograph | Reason) -> None:
        self._decoding = None
        if number == self._number:
            if isinstance(decoded, Reason):
                self._count(AnalysisStatus.FAILED, film.name, decoded)
            else:
                self._ready = film, decoded
        self._go_on()

    def _compute(self, film: Film, decoded: Radiograph) -> None:
        self._computing = self._lanes.submit(
            Lane.COMPUTE,
            lambda context: self._analysis.run(decoded, context),
            done=lambda result: self._on_computed(film, result),
            failed=lambda reason: self._on_not_computed(film, reason),
            priority=LATER,
        )

    def _on_computed(self, film: Film, result: AnalysisResult) -> None:
        self._computing = None
        self._record.keep_analysis(film.study_uid, result)
        self._count(result.status, film.name, result.reason)
        self._go_on()

    def _on_not_computed(self, film: Film, reason: Reason) -> None:
        self._computing = None
        self._count(AnalysisStatus.FAILED, film.name, reason)
        self._go_on()

    def _count(self, status: AnalysisStatus, name: str, reason: Reason | None) -> None:
        if reason is not None:
            self.unscored.append(Unscored(name=name, status=status, reason=reason))
        self._ends.append(self._clock())
        seconds = self._ends[-1] - self._ends[0]
        counted = {status.value: getattr(self.state, status.value) + 1}
        rate = (len(self._ends) - 1) / seconds if seconds > 0 else None
        self._tell(replace(self.state, rate_per_s=rate, **counted))

    def _tell(self, state: BatchState) -> None:
        self.state = state
        self.changed.emit(state)
