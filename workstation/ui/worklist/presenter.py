"""The library as a list: scanning folders into it, searching it, opening from it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from workstation.core.errors import Reason
from workstation.core.jobs import JobContext, Lane, Progress, Ticket
from workstation.core.ports import (
    FilmReader,
    ImportSummary,
    LibraryIndex,
    Presence,
    SessionStore,
    WorklistQuery,
    WorklistRow,
)
from workstation.core.study import FileRecord, FileStamp, Instance, Study
from workstation.services.indexing import Indexing, together
from workstation.services.opening import open_film, thumbnail
from workstation.services.presence import look
from workstation.services.walking import place_of
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import LATER, Lanes
from workstation.ui.worklist.memory import query_from_text, query_to_text

_REFRESH_EVERY_MS = 400
_RECENT_FOLDERS = 8
_RECENT, _OPEN_STUDY, _QUERY = "recent", "open_study", "query"


class WorklistPresenter(QObject):
    """Scans, lists and opens.

    Parameters
    ----------
    index, saved_session
        Read on the GUI thread.
    session
        Written to on the store lane alone.
    indexing
        Runs on the scan lane.

    Signals
    -------
    query_restored
        `WorklistQuery` of the last session, which is asked from now on.
    rows_changed
        Nothing: ask `count` and `fetch` again.
    scan_changed
        `Progress` of the running scan, or None.
    summary_ready
        `ImportSummary` of the scan that ended, and of those that went before it without a pause.
    scan_failed
        `Reason` why a folder could not be scanned.
    thumbnail_ready
        SOP Instance UID and picture (rows, columns) uint8.
    recent_changed
        Folders, newest first, as a tuple of Path.
    """

    query_restored = Signal(object)
    rows_changed = Signal()
    scan_changed = Signal(object)
    summary_ready = Signal(object)
    scan_failed = Signal(object)
    thumbnail_ready = Signal(str, object)
    recent_changed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        index: LibraryIndex,
        session: SessionStore,
        saved_session: SessionStore,
        indexing: Indexing,
        reader: FilmReader,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._index = index
        self._session = session
        self._saved_session = saved_session
        self._indexing = indexing
        self._reader = reader
        self.query = WorklistQuery()
        self._waiting: list[tuple[Path, object]] = []
        self._ticket: Ticket | None = None
        # The reader's last choice of folders, while its first film may still take the place of the open study.
        self._may_replace: object = None
        self._summary: ImportSummary | None = None
        self._drawing: set[FileStamp] = set()
        self._is_closed = False
        self._presence: dict[Path, Presence] = {}
        self._unsure: set[Path] = set()
        self._is_looking = False
        self.recent: tuple[Path, ...] = ()
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(_REFRESH_EVERY_MS)
        self._refresh.timeout.connect(self.rows_changed)
        desk.study_opened.connect(self._on_study_opened)

    def restore(self, *, open_study: bool, film: str = "") -> None:
        """Bring the last session back: its recent folders and, if asked to, the study that was open, and what was searched.

        `film` is the SOP Instance UID of the film to show of it, while it is there.
        """
        recent = self._saved_session.get(_RECENT)
        self.recent = tuple(Path(p) for p in json.loads(recent)) if recent else ()
        self.recent_changed.emit(self.recent)
        if open_study:
            self.query = query_from_text(self._saved_session.get(_QUERY) or "", _today())
            self.query_restored.emit(self.query)
        self.rows_changed.emit()
        study_uid = self._saved_session.get(_OPEN_STUDY) if open_study else None
        if study_uid and self._index.study(study_uid) is not None:
            self._desk.open_study(study_uid, sop_uid=film)

    def close(self) -> None:
        """List nothing more: the library is about to close."""
        self._refresh.stop()
        self._is_closed = True

    def search(self, query: WorklistQuery) -> None:
        """List other studies, or in another order."""
        self.query = query
        text = query_to_text(query, _today())
        self._put(lambda session: session.put(_QUERY, text))
        self.rows_changed.emit()

    def count(self) -> int:
        """How many studies match."""
        return self._index.count(self.query)

    def uids(self, ranges: Sequence[tuple[int, int]]) -> tuple[str, ...]:
        """Study Instance UIDs at these positions of the list: (first, how many)."""
        slices = (self._index.uids(self.query, offset=at, limit=n) for at, n in ranges)
        return tuple(uid for found in slices for uid in found)

    def refresh(self) -> None:
        """List anew, a little later: many changes in a row are listed once."""
        if not self._refresh.isActive() and not self._is_closed:
            self._refresh.start()

    def fetch(self, offset: int, limit: int) -> Sequence[WorklistRow]:
        """A slice of the matching studies; whether their files can be reached is looked up afterwards, on the scan lane."""
        rows = self._index.page(self.query, offset=offset, limit=limit)
        self._unsure.update(row.path for row in rows)
        self._look()
        seen = self._presence
        return [replace(row, presence=seen.get(row.path, row.presence)) for row in rows]

    def _look(self) -> None:
        """Ask for the files that came into sight, in one job at a time."""
        if self._is_looking or not self._unsure or self._is_closed:
            return
        self._is_looking = True
        paths, self._unsure = tuple(self._unsure), set()
        self._lanes.submit(
            Lane.SCAN,
            lambda context: look(paths, context.token),
            done=self._on_looked,
            failed=lambda _reason: self._on_looked({}),
            priority=LATER,
        )

    def _on_looked(self, found: dict[Path, Presence]) -> None:
        self._is_looking = False
        before = {path: self._presence.get(path, Presence.HERE) for path in found}
        self._presence |= found
        if found != before and not self._is_closed:
            self.rows_changed.emit()
        self._look()

    def scan(self, paths: Sequence[Path], *, chosen: bool = True) -> None:
        """Bring files and folders into the library, one after the other.

        The first film opens by itself when no study is open; over an open one only when the reader has `chosen` these
        paths, and neither other paths nor another study since.
        """
        choice = object()
        self._waiting += [(path, choice) for path in paths]
        if chosen:
            self._may_replace = choice
        if self._ticket is None and self._waiting:
            self._summary = None
            self._scan_next()

    def stop_scan(self) -> None:
        """Stop scanning; what was read stays."""
        self._waiting.clear()
        self._lanes.cancel(self._ticket)

    def request_thumbnail(self, sop_uid: str) -> None:
        """Find or draw the small picture of a film of the open study."""
        if self._is_closed:  # a view asks a turn of the event loop later
            return
        study = self._desk.study
        film = study.film(sop_uid) if study else None
        stamp = study.stamp(film[1]) if study and film else None
        if film is None or stamp is None or stamp in self._drawing:
            return
        kept = self._saved_session.thumbnail(stamp)
        if kept is not None:
            self.thumbnail_ready.emit(sop_uid, kept)
            return
        self._drawing.add(stamp)
        self._lanes.submit(
            Lane.FILM,
            lambda context: self._draw(film, context),
            done=lambda picture: self._on_thumbnail(sop_uid, stamp, picture),
            failed=_ignore,
            priority=LATER,
        )

    def _scan_next(self) -> None:
        root, choice = self._waiting.pop(0)
        self.scan_changed.emit(Progress(stage="scan"))
        self._ticket = self._lanes.submit(
            Lane.SCAN,
            lambda context: (self._indexing.run(root, context), place_of(root)),
            done=lambda found: self._on_scanned(found, choice),
            failed=self._on_scan_failed,
            progress=lambda progress: self._on_progress(progress, choice),
        )

    def _on_progress(self, progress: Progress, choice: object) -> None:
        self.scan_changed.emit(progress)
        self.refresh()
        record = progress.payload
        if isinstance(record, FileRecord) and record.instance and self._may_open(choice):
            self.rows_changed.emit()
            self._open(record.instance.study_uid, choice)

    def _on_scanned(self, found: tuple[ImportSummary, Path | None], choice: object) -> None:
        summary, place = found
        if place is not None:
            self._remember(place.absolute())
        self._end_scan()
        if self._may_open(choice) and summary.loaded and not summary.cancelled:
            self._open_first_below(summary.root, choice)
        self._summary = together(self._summary, summary) if self._summary else summary
        self.summary_ready.emit(self._summary)

    def _on_scan_failed(self, reason: Reason) -> None:
        self._end_scan()
        self.scan_failed.emit(reason)

    def _end_scan(self) -> None:
        self._ticket = None
        self.rows_changed.emit()
        if self._desk.study is not None:
            # The scan may have found more films of the study that it opened.
            self._desk.refresh_study()
        if self._waiting:
            self._scan_next()
        else:
            self.scan_changed.emit(None)

    def _may_open(self, choice: object) -> bool:
        return self._desk.study is None or self._may_replace is choice

    def _open(self, study_uid: str, choice: object) -> None:
        """Open a study for the reader; what was chosen later may still take its place."""
        later = None if self._may_replace is choice else self._may_replace
        self._desk.open_study(study_uid)
        self._may_replace = later

    def _open_first_below(self, root: Path, choice: object) -> None:
        """A folder that was known already: nothing was read anew, so its first film is opened from the library."""
        instance = self._index.first_film(root)
        if instance is not None:
            self._open(instance.study_uid, choice)

    def _draw(self, film: tuple[Instance, Path], context: JobContext) -> NDArray[np.uint8]:
        return thumbnail(open_film(self._reader, film, context))

    def _on_thumbnail(self, sop_uid: str, stamp: FileStamp, picture: NDArray[np.uint8]) -> None:
        self._drawing.discard(stamp)
        if self._desk.study is not None and stamp in self._desk.study.stamps:
            self.thumbnail_ready.emit(sop_uid, picture)
        self._put(lambda session: session.put_thumbnail(stamp, picture))

    def _on_study_opened(self, study: Study | None) -> None:
        self._may_replace = None
        uid = study.study_uid if study else ""
        self._put(lambda session: session.put(_OPEN_STUDY, uid))

    def _remember(self, folder: Path) -> None:
        kept = [path for path in self.recent if path != folder]
        self.recent = (folder, *kept)[:_RECENT_FOLDERS]
        value = json.dumps([str(path) for path in self.recent])
        self._put(lambda session: session.put(_RECENT, value))
        self.recent_changed.emit(self.recent)

    def _put(self, write: Callable[[SessionStore], None]) -> None:
        session = self._session
        self._lanes.submit(
            Lane.STORE, lambda _: write(session), done=_ignore, failed=self.scan_failed.emit
        )


def _today() -> date:
    return date.today()  # noqa: DTZ011 - study dates are local


def _ignore(_value: object) -> None:
    return None
