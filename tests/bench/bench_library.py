"""The library with 100,000 images: rows a second going in, and how long a page and a search take."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.factories.films import make_event, make_instance, make_patient
from workstation.adapters.store.library import Library
from workstation.core.ports import SortKey, WorklistQuery
from workstation.core.review import Section, TextChanged
from workstation.core.study import FileOutcome, FileRecord, FileStamp, PersonName
from workstation.services.priors import earlier_studies

_STUDIES, _FILMS, _BATCH = 40_000, 100_000, 512
_NAMES = ("Wang", "Li", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang")
_REPEATS = 15


def main() -> None:
    """Print rates and medians; peers are none, the figures stand beside their goals."""
    with tempfile.TemporaryDirectory() as folder:
        library = Library(Path(folder) / "library.db", bytes(range(32)))
        try:
            _fill(library)
            reader = library.reader()
            _read(reader)
            reader.close()
            _append(library)
        finally:
            library.close()


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
    for text in ("wang", "zhang 12345", "nobody"):
        query = WorklistQuery(text=text)
        _show(f"count of {text!r}", lambda q=query: reader.count(q))
        _show(f"page of {text!r}", lambda q=query: reader.page(q, offset=0, limit=50))
    _show("count of everything", lambda: reader.count(WorklistQuery()))
    study = reader.study("1.2.77")
    assert study is not None
    _show("study", lambda: reader.study("1.2.77"))
    _show("priors", lambda: earlier_studies(reader, study))


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
