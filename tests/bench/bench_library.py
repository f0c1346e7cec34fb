"""The library with 100,000 images: rows a second going in, how long pages, filters and searches take, and how it scrolls.

Last, what opening 200 films in a row leaves in memory. Needs a display; ``QT_QPA_PLATFORM=offscreen`` will do.
"""

from __future__ import annotations

import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from resources.i18n import Texts
from tests.factories.dicom_files import make_dx, to_bytes
from tests.factories.films import (
    make_analysis,
    make_event,
    make_instance,
    make_patient,
    make_pixels,
)
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import LoadedSettings, Settings
from workstation.adapters.store.library import Library
from workstation.app.workbench import Workbench
from workstation.core.findings import FindingCode
from workstation.core.ports import SortKey, WorklistQuery
from workstation.core.review import ReviewStatus, Section, StatusChanged, TextChanged
from workstation.core.study import FileOutcome, FileRecord, FileStamp, PersonName
from workstation.services.priors import earlier_studies
from workstation.ui.theme import apply_theme
from workstation.ui.worklist.view import WorklistView

_STUDIES, _FILMS, _BATCH = 40_000, 100_000, 512
_NAMES = ("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang")
_REPEATS, _FILES = 15, 20


def main() -> None:
    """Print rates and medians; peers are none, the figures stand beside their goals."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library.db", bytes(range(32)))
        try:
            _fill(library)
            _review(library)
            reader = library.reader()
            _read(reader)
            _scroll(reader)
            reader.close()
            _append(library)
        finally:
            library.close()
    _open_films()


def _fill(library: Library) -> None:
    taken, batch = 0.0, []
    for record in _records():
        batch.append(record)
        if len(batch) == _BATCH:
            taken += _timed(lambda batch=batch: library.add(batch))
            batch = []
    taken += _timed(lambda: library.add(batch))
    print(f"add: {_FILMS / taken:,.0f} rows/s in transactions of {_BATCH} (goal 20,000)")


def _read(reader: Library) -> None:
    for sort in SortKey:
        query = WorklistQuery(sort=sort)
        for offset in (0, _STUDIES // 2, _STUDIES - 50):
            _show(
                f"page of 50 by {sort.value} at {offset}",
                lambda q=query, o=offset: reader.page(q, offset=o, limit=50),
            )
    today = date(2024, 1, 1)
    for name, query in (
        ("modality DX", WorklistQuery(modality="DX")),
        ("since 2024", WorklistQuery(date_from=today)),
        ("AI read it", WorklistQuery(analysed=True)),
        ("not read by AI", WorklistQuery(analysed=False)),
        *((f"state {s.value}", WorklistQuery(status=s)) for s in ReviewStatus),
    ):
        _show(f"count of {name}", lambda q=query: reader.count(q))
        last = max(reader.count(query) - 50, 0)
        for offset in (0, last):
            _show(
                f"page of 50, {name}, at {offset}",
                lambda q=query, o=offset: reader.page(q, offset=o, limit=50),
            )
    for text in ("wang", "zhang 12345", "nobody"):
        query = WorklistQuery(text=text)
        _show(f"count of {text!r}", lambda q=query: reader.count(q))
        _show(f"page of {text!r}", lambda q=query: reader.page(q, offset=0, limit=50))
    _show("count of everything", lambda: reader.count(WorklistQuery()))
    study = reader.study("1.2.77")
    assert study is not None
    _show("study", lambda: reader.study("1.2.77"))
    _show("priors", lambda: earlier_studies(reader, study))


def _review(library: Library) -> None:
    """Every eighth study was read by the AI, every third of these is above threshold; every tenth was reviewed by a reader."""
    quiet = make_analysis({FindingCode.NODULE: 0.2})
    urgent = make_analysis({FindingCode.NODULE: 0.8})
    numbers = itertools.count(100_000)
    with _unsynced(library):
        for case in range(0, _STUDIES, 8):
            result = urgent if case % 24 == 0 else quiet
            library.put_analysis(f"1.2.{case}", replace(result, sop_uid=f"1.2.{case}.1.0"))
        for case in range(0, _STUDIES, 10):
            for after in list(ReviewStatus)[1 : 2 + case // 10 % 4]:
                change = StatusChanged(before=ReviewStatus.NEW, after=after)
                library.append(make_event(change, next(numbers), study_uid=f"1.2.{case}"))


@contextmanager
def _unsynced(library: Library) -> Iterator[None]:
    """Filling is not what is measured."""
    library._db.pragma("synchronous", "OFF")
    yield
    library._db.pragma("synchronous", "FULL")


def _scroll(reader: Library) -> None:
    """Wheel through the real list: from the event to the painted frame, pages fetched on the way included."""
    app = QApplication.instance() or QApplication(["bench"])
    assert isinstance(app, QApplication)
    apply_theme(app)
    for sort in (SortKey.STUDY_DATE, SortKey.TRIAGE):
        query = WorklistQuery(sort=sort)
        view = WorklistView(Texts("en"))
        view.resize(300, 900)
        view.show()
        view.show_rows(
            reader.count(query),
            lambda offset, limit, q=query: reader.page(q, offset=offset, limit=limit),
        )
        viewport, bar = view._list.viewport(), view._list.verticalScrollBar()
        _until(lambda v=view: v.windowHandle().isExposed())
        assert bar.maximum() > _STUDIES
        for place in (0, 0.5, 0.9):
            bar.setValue(int(place * bar.maximum()))
            viewport.repaint()
            before = bar.value()
            frames = sorted(_timed(lambda v=viewport: _wheel(v)) * 1000 for _ in range(300))
            assert bar.value() > before + 300
            print(
                f"wheel step by {sort.value} at {place:.0%} of {_STUDIES:,} studies: median "
                f"{frames[150]:.1f} ms, 95 % {frames[285]:.1f} ms, longest {frames[-1]:.1f} ms"
            )
        view.close()


def _wheel(viewport: QWidget) -> None:
    centre = QPointF(viewport.rect().center())
    QApplication.sendEvent(
        viewport,
        QWheelEvent(
            centre,
            viewport.mapToGlobal(centre),
            QPoint(),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        ),
    )
    viewport.repaint()


def _open_films() -> None:
    """Open 20 films of 2048 x 2048 ten times over, each in a study of its own, in the running program."""
    with tempfile.TemporaryDirectory() as home:
        films = Path(home) / "films"
        films.mkdir()
        dataset = make_dx(make_pixels(2048, 2048), windows=((2048, 4096),))
        for number in range(_FILES):
            uid = f"1.2.826.0.1.3680043.8.498.9.{number}"
            dataset.StudyInstanceUID, dataset.SeriesInstanceUID = uid, f"{uid}.1"
            dataset.SOPInstanceUID = f"{uid}.1.1"
            (films / f"{number:02}.dcm").write_bytes(to_bytes(dataset))
        bench = Workbench(
            folders=Folders.below(Path(home) / "program"),
            loaded=LoadedSettings(settings=Settings()),
            language="en",
        )
        bench.show()
        bench.start((films,))
        _until(lambda: bench.presenters is not None)
        room = bench.presenters
        assert room is not None
        _until(lambda: room.worklist.count() == _FILES and room.desk.film is not None)
        taken = []
        for number in range(200):
            uid = f"1.2.826.0.1.3680043.8.498.9.{number % _FILES}"
            room.desk.open_study(uid)
            _until(lambda: room.desk.film is not None)
            if number in {39, 79, 119, 159, 199}:
                taken.append((number + 1, _resident_mb()))
        bench.close()
        bench.window.close()
    print("; ".join(f"after {number} films {size:.0f} MB" for number, size in taken))


def _until(done: Callable[[], bool]) -> None:
    loop, timer = QEventLoop(), QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(5)
    if not done():
        loop.exec()


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def _append(library: Library) -> None:
    numbers = iter(range(10_000))

    def append() -> None:
        change = TextChanged(section=Section.FINDINGS, before="", after="clear")
        library.append(make_event(change, next(numbers)))

    _show("append one event, on disk", append)


def _records() -> Iterator[FileRecord]:
    start = datetime(2015, 1, 1, 8)  # noqa: DTZ001 - as files say it
    base = make_instance()
    for number in range(_FILMS):
        case = number * _STUDIES // _FILMS
        patient = make_patient(
            name=PersonName(alphabetic=f"{_NAMES[case % 8]} {case:06d}", ideographic="王小东"),
            patient_id=f"P-{case % 25_000:06d}",
        )
        instance = replace(
            base,
            patient=patient,
            study_uid=f"1.2.{case}",
            series_uid=f"1.2.{case}.1",
            sop_uid=f"1.2.{case}.1.{number}",
            study_datetime=start + timedelta(hours=case * 7919 % 80_000),
            accession_number=f"A{case}",
        )
        stamp = FileStamp(
            path=Path(f"/films/{case}/{number}.dcm"), size=number, mtime_ns=number
        )
        yield FileRecord(stamp=stamp, outcome=FileOutcome.LOADED, instance=instance)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _show(name: str, work: Callable[[], object]) -> None:
    work()
    took = statistics.median(_timed(work) for _ in range(_REPEATS))
    print(f"{name}: {took * 1000:.2f} ms")
