"""The first and the last seconds of the program: what it says before it knows, and that it ends when it is told to."""

import subprocess
import sys
import time

import pytest

from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import load_settings
from workstation.app.sample import SAMPLE
from workstation.app.workbench import Workbench
from workstation.ui.notice_bar import NoticeBar

WAIT_MS = 60_000
# Runs the program and closes its window at a moment; prints when, on the clock that all processes share.
CLOSE = """
import sys, time
from PySide6.QtCore import QTimer
from workstation.app.gui import run_window
from workstation.app.workbench import Workbench

def close(workbench):
    print(time.monotonic(), flush=True)
    workbench.window.close()

def close_at_paint(workbench):
    show(workbench)
    QTimer.singleShot(0, lambda: close(workbench))

def close_while_engines_load(workbench, paths):
    def loading():
        workbench._load_engines()
        QTimer.singleShot(100, lambda: close(workbench))

    start(workbench, paths)
    workbench.opened.connect(loading)

show, start = Workbench.show, Workbench.start
if sys.argv[1] == "paint":
    Workbench.show = close_at_paint
else:
    Workbench.start = close_while_engines_load
sys.exit(run_window((), sample=False, language="en"))
"""


@pytest.mark.parametrize("moment", ["paint", "engines"])
def test_a_window_closed_while_the_program_starts_ends_it_within_two_seconds(
    moment, tmp_path, monkeypatch
):
    monkeypatch.setenv("THORAVUE_HOME", str(tmp_path))
    shortest = float("inf")
    for _ in range(3):  # other work on the machine only ever adds time
        ended = subprocess.run(
            [sys.executable, "-c", CLOSE, moment], capture_output=True, text=True, check=False
        )
        shortest = min(shortest, time.monotonic() - float(ended.stdout))
        assert ended.returncode == 0
        assert "Traceback" not in ended.stderr
        if shortest < 2.0:
            return
    pytest.fail(f"closing took {shortest:.1f} s")


@pytest.fixture
def made(qtbot, tmp_path):
    benches = []

    def make(settings=None):
        folders = Folders.below(tmp_path)
        if settings is not None:
            folders.config.mkdir(parents=True)
            (folders.config / "settings.json").write_text(settings, encoding="utf-8")
        loaded = load_settings(folders.config)
        benches.append(Workbench(folders=folders, loaded=loaded, language="en"))
        benches[-1].show()
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


def notices(bench):
    return [bar for bar in bench.window.findChildren(NoticeBar) if bar.isVisible()]


def opened(qtbot, bench):
    with qtbot.waitSignal(bench.opened, timeout=WAIT_MS):
        bench.start(())


def test_a_broken_settings_file_is_said_until_the_reader_has_seen_it(made, qtbot):
    bench = made("{ broken")
    opened(qtbot, bench)
    bench.window.say("Ready.")
    (bar,) = notices(bench)
    assert "settings.json.bad" in bar.words.text()
    assert "default" in bar.words.text()
    bench.speak("zh")
    (bar,) = notices(bench)
    bar.done.click()
    assert notices(bench) == []
    bench.speak("en")
    assert notices(bench) == []


def test_one_broken_setting_is_named(made, qtbot):
    bench = made('{"compute_threads": 0}')
    opened(qtbot, bench)
    (bar,) = notices(bench)
    assert "Processor cores" in bar.words.text()


def test_settings_that_can_be_read_need_no_notice(made, qtbot):
    bench = made('{"compute_threads": 1}')
    opened(qtbot, bench)
    assert notices(bench) == []


def test_no_model_is_missed_before_the_packages_were_looked_at(made, qtbot):
    bench = made()
    line = bench.window.findings.model_line
    assert "No model package" not in line.text()
    assert line.text()
    opened(qtbot, bench)
    assert "version" in line.text()


def test_a_program_that_was_never_started_can_be_closed(made):
    assert made().close()


def test_what_is_opened_before_the_library_is_open_is_opened_then(made, qtbot):
    bench = made()
    bench.window.paths_chosen.emit((SAMPLE,))
    opened(qtbot, bench)
    qtbot.waitUntil(lambda: bench.presenters.desk.study is not None, timeout=WAIT_MS)


def test_a_library_that_cannot_be_opened_is_named_and_offers_nothing_that_needs_it(made, qtbot):
    bench = made()
    library = bench._folders.library
    library.parent.mkdir(parents=True, exist_ok=True)
    library.write_bytes(b"no library" * 1000)
    bench.start(())
    opens = bench.window.actions_by_id["room.open_folder"]
    qtbot.waitUntil(lambda: not opens.isEnabled(), timeout=WAIT_MS)
    assert bench.window.actions_by_id["room.guide"].isEnabled()
