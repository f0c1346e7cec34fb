"""Nothing that a reader does at random crashes the program, warns, leaks a thread or loses a stored review."""

from __future__ import annotations

import logging
import threading
import time

import pytest
from PySide6.QtTest import QTest

from tests.factories.monkey import Monkey
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import LoadedSettings, Settings
from workstation.app.sample import SAMPLE
from workstation.app.workbench import Workbench
from workstation.core.jobs import Lane
from workstation.core.review import Actor

# The offscreen platform says so of every window and menu.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
WAIT_MS = 60_000
log = logging.getLogger(__name__)


def opened(qtbot, home):
    settings = LoadedSettings(settings=Settings(compute_threads=1))
    bench = Workbench(folders=Folders.below(home), loaded=settings, language="en")
    bench.actor = Actor(name="Dr Li")
    bench.show()
    with qtbot.waitSignal(bench.opened, timeout=WAIT_MS):
        bench.start((SAMPLE,))
    qtbot.waitUntil(lambda: bench.presenters.desk.film is not None, timeout=WAIT_MS)
    return bench


def events_of(qtbot, bench):
    """Every stored event, by study, once the store has come to rest."""
    rows = bench.presenters.worklist.fetch(0, 100)
    library, told = bench._backstage.library, []

    def read(_context):
        return {row.study.study_uid: library.events(row.study.study_uid) for row in rows}

    bench._lanes.submit(Lane.STORE, read, done=told.append)
    qtbot.waitUntil(lambda: bool(told), timeout=WAIT_MS)
    return told[0]


def play(qtbot, home, seed, seconds):
    """What was stored when the play was over, and how much was done."""
    bench = opened(qtbot, home)
    monkey = Monkey(lambda: bench.window, seed)
    threads = threading.active_count()
    deeds, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        log.debug(monkey.play())
        deeds += 1
        QTest.qWait(1)
    monkey.stop()
    stored = events_of(qtbot, bench)
    assert threading.active_count() <= threads + 2
    bench.window.close()
    bench.close()
    return stored, deeds


def run(qtbot, caplog, home, *, seed, seconds):
    caplog.set_level(logging.DEBUG, logger=log.name)  # what it did, should this fail
    stored, deeds = play(qtbot, home, seed, seconds)
    assert deeds > 5 * seconds
    again = opened(qtbot, home)
    found = events_of(qtbot, again)
    again.window.close()
    again.close()
    assert {uid: found[uid][: len(events)] for uid, events in stored.items()} == stored


def test_a_short_play_leaves_the_program_whole(qtbot, caplog, tmp_path):
    run(qtbot, caplog, tmp_path / "home", seed=7, seconds=8)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_half_an_hour_of_play(qtbot, caplog, tmp_path, seed):
    run(qtbot, caplog, tmp_path / "home", seed=seed, seconds=300)
