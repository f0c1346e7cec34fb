"""A study leaves the running program's library and comes back: its files untouched, its review kept."""

from __future__ import annotations

import hashlib
import shutil

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import LoadedSettings, Settings
from workstation.app.sample import SAMPLE
from workstation.app.workbench import Workbench
from workstation.core.review import Actor, Section

WAIT_MS = 60_000
# Qt's offscreen platform says so of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def bench(qtbot, tmp_path):
    made = Workbench(
        folders=Folders.below(tmp_path / "home"),
        loaded=LoadedSettings(settings=Settings()),
        language="en",
    )
    made.actor = Actor(name="Dr Li")
    made.show()
    yield made
    made.close()


def state_of(folder):
    """Bytes and times of all files of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        (path, path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in files
    ]


def test_a_removed_study_leaves_its_files_and_comes_back_with_its_review(
    bench, qtbot, tmp_path
):
    folder = tmp_path / "films"
    shutil.copytree(SAMPLE, folder)
    before = state_of(folder)

    def until(condition):
        qtbot.waitUntil(condition, timeout=WAIT_MS)

    bench.start((folder,))
    until(lambda: bench.presenters is not None)
    room, window = bench.presenters, bench.window
    until(lambda: window.film.film is not None and room.record.is_loaded)
    room.review.write(Section.FINDINGS, "nodule")
    until(lambda: bool(room.record.state.texts))
    until(lambda: room.worklist._ticket is None)

    window.worklist.activate_next(-1)
    window.worklist._list.selectAll()
    window.remove_selected()
    (box,) = window.findChildren(QMessageBox)
    assert str(room.desk.study.patient.name) in box.text()
    with qtbot.waitSignal(room.places.removed, timeout=WAIT_MS):
        next(b for b in box.findChildren(QPushButton) if b.text() == "Remove").click()
    assert room.desk.study is None
    assert room.worklist.count() == 0
    assert window.film.film is None
    assert state_of(folder) == before

    room.worklist.scan((folder,))
    until(lambda: window.film.film is not None and room.record.is_loaded)
    until(lambda: bool(room.record.state.texts))
    assert room.record.state.texts[Section.FINDINGS] == "nodule"
    until(lambda: room.worklist._ticket is None)
    assert state_of(folder) == before
