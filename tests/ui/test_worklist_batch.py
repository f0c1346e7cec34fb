"""Batches of analyses, and what leaves the library, with real lanes and everything else in memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from resources.i18n import Texts
from tests.factories.benches import A, B, Bench
from tests.factories.fakes import instance_of
from tests.factories.reports import MODEL
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.findings import AnalysisStatus
from workstation.core.jobs import Lane
from workstation.services.analysis import Analysis
from workstation.ui.dialogs.left_out import of_batch
from workstation.ui.findings.model import FindingsPhase
from workstation.ui.worklist.batch import BatchPresenter
from workstation.ui.worklist.places import PlacesPresenter


class Batch:
    """A desk with a batch of ten studies beside it."""

    def __init__(self, qtbot):
        self.bench = bench = Bench(qtbot)
        for number in range(3, 11):
            bench.put(Path(f"/films/{number}.dcm"), instance_of(number))
        self.all = [f"1.2.{number}" for number in range(1, 11)]
        self.told = []
        self.presenter = BatchPresenter(
            lanes=bench.lanes,
            index=bench.index,
            find_study=bench.index.study,
            reader=bench.reader,
            record=bench.record,
            analysis=Analysis(lambda: bench.model),
            package_sha256=MODEL.package_sha256,
        )
        self.presenter.changed.connect(self.told.append)

    @property
    def state(self):
        return self.presenter.state

    def run(self, uids=None):
        self.presenter.start(self.all if uids is None else uids)
        self.bench.until(lambda: bool(self.told) and not self.state.running)
        self.bench.settle()


@pytest.fixture
def batch(qtbot):
    made = Batch(qtbot)
    yield made
    made.bench.close()


def test_every_film_of_every_study_is_read_stored_and_stays_hidden(batch):
    batch.run()
    assert (batch.state.done, batch.state.total) == (10, 10)
    assert {uid for uid, _ in batch.bench.store.results} == set(batch.all)
    assert all(uid in sop for uid, sop in batch.bench.store.results)
    assert batch.bench.store.log == []
    batch.bench.open(A)
    assert batch.bench.phase is FindingsPhase.HIDDEN
    assert batch.bench.findings.overlay is None


def test_what_this_model_has_read_is_not_read_again(batch):
    batch.bench.index.read = {f"{uid}.1.1" for uid in batch.all[2:]}
    batch.run()
    assert batch.state.total == 2
    batch.bench.index.read |= {f"{A}.1.1", f"{B}.1.1"}
    batch.run()
    assert (batch.state.total, batch.state.running) == (0, False)


def test_no_film_stops_the_rest(batch):
    bench = batch.bench
    del bench.reader.films[Path("/films/4.dcm")]
    bench.put(Path("/films/5.dcm"), instance_of(5, view_position="LL"))
    del bench.index.kept[Path("/films/6.dcm")]
    predict, calls = bench.model.predict, []

    def failing(prepared):
        calls.append(1)
        if len(calls) == 2:
            raise WorkstationError(ErrorCode.ANALYSIS_FAILED)
        if len(calls) == 3:
            raise RuntimeError("no memory")
        return predict(prepared)

    bench.model.predict = failing
    batch.presenter.start(batch.all)
    bench.until(lambda: bool(batch.told) and not batch.state.running)
    state = batch.state
    assert (state.analysed, state.refused, state.done) == (5, 1, state.total)
    bench.settle()
    statuses = [result.status for result in bench.store.results.values()]
    assert statuses.count(AnalysisStatus.ANALYSED) == 5
    assert statuses.count(AnalysisStatus.FAILED) == 0
    assert len(batch.presenter.unscored) == state.refused + state.failed
    listing = of_batch(Texts("en"), state, batch.presenter.unscored)
    rows = [listing.row(number) for number in range(listing.count)]
    (refused,) = (row for row in rows if "refused" in row[1])
    assert refused[0].endswith("5.dcm")
    assert "frontal" in refused[2]
    assert all(row[2] and "{" not in row[2] for row in rows)


def test_a_film_asked_for_by_the_reader_waits_for_one_step_at_most(batch):
    bench = batch.bench
    bench.open(A)
    bench.model.gate.clear()
    batch.presenter.start(batch.all[2:])
    bench.until(bench.model.started.is_set)
    bench.findings.analyse()
    order = []
    bench.record.committed.connect(lambda changes: order.extend(changes.studies))
    bench.model.gate.set()
    bench.until(lambda: A in order)
    assert order.index(A) <= 1
    bench.until(lambda: not batch.state.running)


def test_stop_is_done_within_a_second_and_nothing_comes_after(batch):
    bench = batch.bench
    bench.model.gate.clear()
    batch.presenter.start(batch.all)
    bench.until(bench.model.started.is_set)
    begun = time.monotonic()
    batch.presenter.stop()
    assert batch.state.stopped
    assert not batch.state.running
    bench.model.gate.set()
    idle = threading.Event()
    bench.lanes.submit(Lane.COMPUTE, lambda _: idle.set(), done=lambda _: None)
    bench.until(idle.is_set)
    assert time.monotonic() - begun < 1.0
    bench.settle()
    assert bench.store.results == {}
    batch.told.clear()
    batch.run()
    assert (batch.state.done, batch.state.stopped) == (10, False)


def test_pause_finishes_the_film_in_the_works_and_begins_no_other(batch):
    bench = batch.bench
    bench.model.gate.clear()
    batch.presenter.start(batch.all)
    bench.until(bench.model.started.is_set)
    batch.presenter.pause(paused=True)
    bench.model.gate.set()
    bench.until(lambda: batch.state.done == 1)
    bench.settle()
    assert len(bench.store.results) == 1
    batch.presenter.pause(paused=False)
    bench.until(lambda: not batch.state.running)
    assert batch.state.done == 10


def test_more_studies_join_a_running_batch(batch):
    bench = batch.bench
    bench.model.gate.clear()
    batch.presenter.start(batch.all[:4])
    bench.until(bench.model.started.is_set)
    batch.presenter.start(batch.all[2:7])
    bench.until(lambda: batch.state.total > 4)
    bench.model.gate.set()
    bench.until(lambda: not batch.state.running)
    assert batch.state.done == batch.state.total
    bench.settle()
    assert {uid for uid, _ in bench.store.results} == set(batch.all[:7])


def test_results_never_reach_the_study_that_is_open(batch):
    bench = batch.bench
    bench.open(B)
    bench.seen.clear()
    batch.run([A, *batch.all[2:]])
    assert bench.record.analyses == {}
    assert set(bench.seen) <= {FindingsPhase.NOT_ANALYSED}


# What leaves the library


@pytest.fixture
def places(batch):
    bench = batch.bench
    return PlacesPresenter(
        lanes=bench.lanes, desk=bench.desk, index=bench.index, session=bench.store
    )


def test_an_open_study_that_is_removed_leaves_the_desk(batch, places, qtbot):
    bench = batch.bench
    bench.open(A)
    with qtbot.waitSignal(places.removed):
        places.remove_studies([B])
    assert bench.desk.study.study_uid == A
    with qtbot.waitSignal(places.removed):
        places.remove_studies([A])
    assert bench.desk.study is None
    assert bench.index.study(A) is None


def test_a_folder_that_cannot_be_reached_stays_listed(batch, places, qtbot, tmp_path):
    gone = tmp_path / "stick"
    for root in (tmp_path, gone):
        batch.bench.index.add_place(root)
    with qtbot.waitSignal(places.looked) as looked:
        places.refresh()
    assert looked.args == [{tmp_path: True, gone: False}]


def test_another_decoding_of_names_has_every_place_read_again_once(batch, places, qtbot):
    bench = batch.bench
    bench.index.add_place(Path("/films"))
    told = []
    places.outdated.connect(told.append)
    for decoding in ("", "gbk", "gbk"):
        places.expect_decoding(decoding)
    bench.settle()
    assert told == [(Path("/films"),)]
    assert {stamp.mtime_ns for stamp in bench.index.known(Path("/films")).values()} == {-1}
