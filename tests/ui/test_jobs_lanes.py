"""Lanes: outcomes arrive on the GUI thread, discarded ones never, storing survives a shutdown."""

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QThread

from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.jobs import JobContext, Lane, Progress
from workstation.ui.jobs.lanes import LATER, Lanes


@pytest.fixture
def lanes(qapp: QCoreApplication) -> Iterator[Lanes]:
    made = Lanes()
    yield made
    made.shutdown()


def test_a_job_runs_elsewhere_and_answers_here(lanes, qtbot):
    seen = []

    def done(thread):
        seen.append((thread, QThread.currentThread()))

    lanes.submit(Lane.COMPUTE, lambda _: QThread.currentThread(), done=done)
    qtbot.waitUntil(lambda: bool(seen))
    worker, answered = seen[0]
    assert worker.objectName() == "compute"
    assert answered is QCoreApplication.instance().thread()


def test_failures_arrive_as_reasons_and_foreign_ones_without_their_message(lanes, qtbot):
    reasons = []

    def refuse(_context):
        raise WorkstationError(ErrorCode.FILE_EMPTY)

    def crash(_context):
        raise RuntimeError("Wang Xiao Dong")

    for job in (refuse, crash):
        lanes.submit(Lane.FILM, job, done=reasons.append, failed=reasons.append)
        qtbot.waitUntil(lambda: bool(reasons))
        yield_reason = reasons.pop()
        if job is refuse:
            assert yield_reason.code is ErrorCode.FILE_EMPTY
        else:
            assert yield_reason.code is ErrorCode.UNEXPECTED
            assert "RuntimeError" in yield_reason.detail
            assert "Wang" not in yield_reason.detail


def test_progress_comes_before_the_outcome(lanes, qtbot):
    order = []

    def job(context: JobContext) -> str:
        for number in range(3):
            context.report(Progress(stage="scan", done=number))
        return "end"

    lanes.submit(
        Lane.SCAN, job, done=order.append, progress=lambda progress: order.append(progress.done)
    )
    qtbot.waitUntil(lambda: "end" in order)
    assert order == [0, 1, 2, "end"]


def _blocked(lanes: Lanes, lane: Lane) -> threading.Event:
    gate, entered = threading.Event(), threading.Event()

    def wait(_context):
        entered.set()
        assert gate.wait(5)

    lanes.submit(lane, wait, done=lambda _: None)
    assert entered.wait(5)
    return gate


def test_a_cancelled_job_says_so_and_a_discarded_one_says_nothing(lanes, qtbot):
    gate = _blocked(lanes, Lane.COMPUTE)
    heard = []
    for name, end in (("discarded", lanes.discard), ("cancelled", lanes.cancel)):
        ticket = lanes.submit(
            Lane.COMPUTE,
            lambda _: None,
            done=lambda _, name=name: heard.append((name, "done")),
            failed=lambda reason, name=name: heard.append((name, reason.code)),
        )
        end(ticket)
    gate.set()
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [("cancelled", ErrorCode.CANCELLED)]


def test_a_running_job_sees_its_token(lanes, qtbot):
    entered, heard = threading.Event(), []

    def job(context: JobContext) -> None:
        entered.set()
        while True:
            context.token.raise_if_cancelled()

    ticket = lanes.submit(Lane.COMPUTE, job, done=heard.append, failed=heard.append)
    assert entered.wait(5)
    lanes.cancel(ticket)
    qtbot.waitUntil(lambda: bool(heard), timeout=1000)
    assert heard[0].code is ErrorCode.CANCELLED


def test_films_come_newest_first_and_thumbnails_last(lanes, qtbot):
    gate = _blocked(lanes, Lane.FILM)
    order = []
    for name, priority in (("thumbnail", LATER), ("older", 0), ("newer", 0)):
        lanes.submit(Lane.FILM, lambda _, n=name: n, done=order.append, priority=priority)
    gate.set()
    qtbot.waitUntil(lambda: len(order) == 3)
    assert order == ["newer", "older", "thumbnail"]


def test_one_lane_may_wait_for_another(lanes, qtbot):
    heard = []
    lanes.submit(
        Lane.SCAN, lambda _: lanes.call(Lane.STORE, lambda _: "stored"), done=heard.append
    )
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == ["stored"]


def test_a_failure_crosses_lanes(lanes, qtbot):
    def full(_context):
        raise WorkstationError(ErrorCode.DISK_FULL)

    heard = []
    lanes.submit(
        Lane.SCAN,
        lambda _: lanes.call(Lane.STORE, full),
        done=heard.append,
        failed=heard.append,
    )
    qtbot.waitUntil(lambda: bool(heard))
    assert heard[0].code is ErrorCode.DISK_FULL


def test_shutdown_stores_what_waits_and_drops_the_rest(qapp):
    lanes, ran = Lanes(), []
    gates = [_blocked(lanes, lane) for lane in (Lane.STORE, Lane.COMPUTE)]
    lanes.submit(Lane.STORE, lambda _: ran.append("stored"), done=lambda _: None)
    lanes.submit(Lane.COMPUTE, lambda _: ran.append("computed"), done=lambda _: None)
    timer = threading.Timer(0.05, lambda: [gate.set() for gate in gates])
    timer.start()
    lanes.shutdown()
    timer.join()
    assert ran == ["stored"]


def test_what_a_widget_hangs_on_is_collected_on_the_gui_thread_alone(qtbot):
    died_on = []

    class Cycle:
        def __init__(self):
            self.me = self

        def __del__(self):
            died_on.append(threading.get_ident())

    def allocate(_context):
        return [[number] for number in range(20_000)]

    lanes = Lanes()
    try:
        Cycle()
        done = []
        lanes.submit(Lane.STORE, allocate, done=done.append)
        qtbot.waitUntil(lambda: bool(done))
        qtbot.waitUntil(lambda: bool(died_on))
    finally:
        lanes.shutdown()
    assert died_on == [threading.get_ident()]
    assert gc.isenabled()
