"""The real program, offscreen: sample in, reviewed report out, and everything back after a restart."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import load_settings
from workstation.app.sample import SAMPLE
from workstation.app.workbench import Workbench
from workstation.core.findings import AnalysisStatus
from workstation.core.geometry import Disc
from workstation.core.ports import SortKey, WorklistQuery
from workstation.core.review import Actor, Decision, ReviewStatus, Section, Verdict
from workstation.ui.findings.model import FindingsPhase

WAIT_MS = 60_000


class Program:
    """A workbench with a reader at it."""

    def __init__(self, qtbot, home: Path):
        self.qtbot = qtbot
        folders = Folders.below(home)
        self.bench = Workbench(
            folders=folders, loaded=load_settings(folders.config), language="en"
        )
        self.bench.actor = Actor(name="Dr Li")

    def start(self, *paths):
        self.bench.show()
        with self.qtbot.waitSignal(self.bench.opened, timeout=WAIT_MS):
            self.bench.start(paths)

    def ready(self):
        """Wait until the window says that it is ready."""
        with self.qtbot.waitSignal(self.bench.ready, timeout=WAIT_MS):
            pass

    def until(self, condition):
        self.qtbot.waitUntil(condition, timeout=WAIT_MS)

    @property
    def to(self):
        return self.bench.presenters

    def film(self):
        self.until(lambda: self.to.desk.film is not None and self.to.record.is_loaded)
        self.until(lambda: self.bench.window.film.film is self.to.desk.film)
        return self.to.desk.film

    def analysed(self):
        self.to.findings.analyse()
        busy = {FindingsPhase.RUNNING, FindingsPhase.NOT_ANALYSED}
        self.until(lambda: self.to.findings.state.phase not in busy)


@pytest.fixture
def program(qtbot, tmp_path):
    running = []

    def start(*paths, home="home"):
        made = Program(qtbot, tmp_path / home)
        running.append(made)
        made.start(*paths)
        return made

    yield start
    for made in running:
        made.bench.close()


def close(program):
    program.bench.window.close()
    program.bench.close()


def children():
    listed = subprocess.run(
        ["ps", "-o", "pid=,args=", "--ppid", str(threading.main_thread().native_id)],
        capture_output=True,
        text=True,
        check=False,
    )
    return [line for line in listed.stdout.splitlines() if "ps -o" not in line]


def test_a_prior_hangs_beside_and_the_desk_stays_with_the_study(program, qtbot):
    """Marks, tools and the report are the current study's; the prior beside never gets an AI mark."""
    made = program(SAMPLE)
    made.until(lambda: made.to.worklist.count() == 2 and made.to.worklist._ticket is None)
    newest = max(made.to.worklist.fetch(0, 9), key=lambda row: row.study.when).study
    made.to.desk.open_study(newest.study_uid)
    film, window = made.film(), made.bench.window
    window.actions_by_id["compare.prior_requested"].trigger()
    made.until(lambda: window.stage.beside is not None and window.stage.beside.film is not None)
    beside = window.stage.beside
    assert beside.film.instance.study_uid != newest.study_uid
    assert "Prior" in window.stage.badges[1].text
    made.analysed()
    made.to.review.record_impression("nodule")
    made.until(lambda: made.to.findings.state.phase is FindingsPhase.RESULT)
    code = made.to.findings.state.rows[0].score.code
    made.to.findings.ask_evidence(code)
    made.until(lambda: made.to.findings.overlay is not None)
    assert window.film._evidence is not None
    assert beside._evidence is None
    window.stage.activate(beside)
    window.actions_by_id["view.invert"].trigger()
    assert beside.view_state().inverted
    assert made.to.desk.film is film is window.film.film
    assert made.to.record.study_uid == newest.study_uid
    window.actions_by_id["compare.superimpose_requested"].trigger()
    made.until(lambda: made.to.superimpose.state.registered is not None)
    assert window.film.computed.image_on(film) is not None
    assert beside.computed.image_on(beside.film) is None
    window.worklist.study_activated.emit(beside.film.instance.study_uid)
    assert window.stage.beside is None
    assert window.film.computed._image is None


def test_one_key_leaves_the_film_as_if_there_were_no_ai(program):
    """Evidence, candidates, a trial's region, banner and legend: gone with it pixel for pixel, however the film is looked at."""
    made = program(SAMPLE)
    film, window = made.film(), made.bench.window
    view, first = window.film, window.film.view_state()
    looks = [
        first,
        replace(first, zoom=2.3, centre=(500.0, 600.0), fitted=False, inverted=True),
        replace(first, orientation=first.orientation.rotated_right().flipped()),
    ]

    def pictures():
        seen = []
        for look in looks:
            view.restore(look)
            seen.append(view.grab().toImage())
        return seen

    never_on = pictures()
    made.analysed()
    made.to.review.record_impression("nodule")
    made.until(lambda: made.to.findings.state.phase is FindingsPhase.RESULT)
    made.to.findings.ask_evidence(made.to.findings.state.rows[0].score.code)
    made.until(lambda: made.to.findings.overlay is not None)
    assert made.to.findings.candidates
    window.actions_by_id["room.what_if_requested"].trigger()
    view.brush.painted.emit((Disc(centre=(500.0, 600.0), radius=60.0),))
    assert made.to.what_if.state.region
    assert all(
        with_ai != without for with_ai, without in zip(pictures(), never_on, strict=True)
    )
    window.actions_by_id["room.marks_requested"].trigger()
    assert view.film is film
    assert pictures() == never_on


def test_closing_asks_for_no_name_and_keeps_what_was_typed(program, monkeypatch):
    asked = []
    monkeypatch.setattr("workstation.app.workbench.ask_reader_name", lambda *_: asked.append(1))
    first = program(SAMPLE)
    first.film()
    first.bench.actor = None
    review = first.bench.window.review
    review.report.edits[Section.FINDINGS].insertPlainText("结节 nodule")
    review.impression.edit.insertPlainText("apex?")
    close(first)
    assert asked == []
    again = program()
    again.film()
    again.until(lambda: again.to.review.state.study_uid is not None)
    review = again.bench.window.review
    assert review.report.edits[Section.FINDINGS].text == "结节 nodule"
    assert review.impression.edit.text == "apex?"


def test_the_next_start_shows_the_film_and_the_worklist_as_they_were_left(program):
    first = program(SAMPLE)
    shown = first.film().instance.sop_uid
    other = next(i.sop_uid for i, _ in first.to.desk.study.instances if i.sop_uid != shown)
    first.to.desk.show_film(other)
    assert first.film().instance.sop_uid == other
    view, window = first.bench.window.film, first.bench.window
    window.setGeometry(10, 40, 780, 700)
    for command in (view.rotate_right, view.invert, view.zoom_in):
        command()
    view.pan_by(30.0, 20.0)
    left = view.view_state()
    window.worklist.show_query(WorklistQuery(sort=SortKey.PATIENT_NAME, descending=False))
    first.to.worklist.search(window.worklist.query)
    stood = window.geometry()
    close(first)
    again = program()
    assert again.film().instance.sop_uid == other
    assert again.bench.window.film.view_state() == left
    assert again.bench.window.worklist.query.sort is SortKey.PATIENT_NAME
    assert again.bench.window.geometry() == stood


def test_a_folder_in_and_a_reviewed_report_out(program, tmp_path):
    first = program(SAMPLE)
    film = first.film()
    assert film.instance.view_position == "PA"
    first.analysed()
    state = first.to.findings.state
    assert state.phase in {FindingsPhase.HIDDEN, FindingsPhase.REFUSED}
    first.to.review.record_impression("A nodule on the right?")
    first.until(lambda: first.to.review.state.impression is not None)
    if state.phase is FindingsPhase.HIDDEN:
        first.until(lambda: first.to.findings.state.phase is FindingsPhase.RESULT)
    above = [row.score for row in first.to.findings.state.rows if row.score.above]
    for score in above:
        first.to.findings.decide(
            score.code, Decision(verdict=Verdict.ACCEPTED, code=score.code)
        )
    first.to.review.write(Section.FINDINGS, "Nodule 结节.")
    first.to.review.write(Section.IMPRESSION, "Follow up.")
    first.until(lambda: len(first.to.record.state.decisions) == len(above))
    first.until(
        lambda: first.to.review.state.blocks == () and len(first.to.record.state.texts) == 2
    )
    first.to.review.mark_reviewed()
    first.until(lambda: first.to.review.state.status is ReviewStatus.REVIEWED)
    report = tmp_path / "report.pdf"
    with first.qtbot.waitSignal(first.to.export.exported, timeout=WAIT_MS):
        first.bench.window.report_path_chosen.emit(report)
    text = subprocess.run(["pdftotext", str(report), "-"], capture_output=True, check=True)
    for word in ("Nodule 结节.", "Follow up.", "Dr Li", film.instance.patient.patient_id):
        assert word in text.stdout.decode()
    first.until(lambda: not first.to.worklist._lanes._listeners)
    uid = first.to.desk.study.study_uid
    close(first)

    again = program()
    assert again.film().instance.sop_uid == film.instance.sop_uid
    assert again.to.desk.study.study_uid == uid
    again.until(lambda: again.to.review.state.status is ReviewStatus.REVIEWED)
    assert again.to.review.state.texts[Section.FINDINGS] == "Nodule 结节."
    assert {d.verdict for d in again.to.record.state.decisions.values()} <= {Verdict.ACCEPTED}
    assert len(again.to.record.state.decisions) == len(above)
    assert again.to.findings.state.phase in {FindingsPhase.RESULT, FindingsPhase.REFUSED}


def test_closing_in_mid_inference_leaves_no_thread_and_no_child(program):
    before = set(children())
    running = program(SAMPLE)
    running.film()
    running.to.findings.analyse()
    running.until(lambda: running.to.findings.state.progress is not None)
    start = time.monotonic()
    close(running)
    assert time.monotonic() - start < 10
    assert all(thread.isFinished() for thread in running.bench._lanes._threads.values())
    assert set(children()) <= before


def test_closing_before_the_library_is_open_frees_it_for_the_next_start(
    program, qtbot, tmp_path
):
    made = Program(qtbot, tmp_path / "home")
    made.bench.show()
    made.bench.start((SAMPLE,))
    made.bench.close()
    program()


def test_a_lateral_film_is_refused_with_its_reason_and_no_score(program):
    running = program(SAMPLE / "current-lateral.dcm")
    running.film()
    running.analysed()
    state = running.to.findings.state
    assert state.phase is FindingsPhase.REFUSED
    assert state.rows == ()
    result = running.to.record.analyses[running.to.desk.instance.sop_uid]
    assert result.status is AnalysisStatus.REFUSED


class Heart:
    """Beats every 5 ms on the event loop and keeps the pauses between beats, with what was going on."""

    def __init__(self):
        self.doing = ""
        self.pauses = []
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(5)
        self._timer.timeout.connect(self._beat)
        self._last = time.perf_counter()
        self._timer.start()

    def _beat(self):
        now = time.perf_counter()
        self.pauses.append((round(1000 * (now - self._last)), self.doing))
        self._last = now

    def stop(self):
        self._timer.stop()
        return sorted(self.pauses, reverse=True)


def drag(program, moves):
    """Window/level by the left button, one event a turn of the loop, as a mouse does."""
    target = program.bench.window.film._canvas.viewport()
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    kinds = [
        (QEvent.Type.MouseButtonPress, left, left),
        *[(QEvent.Type.MouseMove, none, left)] * moves,
        (QEvent.Type.MouseButtonRelease, left, none),
    ]
    for number, (kind, button, buttons) in enumerate(kinds):
        place = QPoint(200 + number % 150, 200 + number // 2 % 100)
        event = QMouseEvent(
            kind,
            QPointF(place),
            QPointF(target.mapToGlobal(place)),
            button,
            buttons,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(target, event)
        program.qtbot.wait(1)


def stalls_of_one_session(qtbot, home, report):
    """Pauses of the event loop over 50 ms, from `ready` through the whole job: (ms, during what)."""
    program = Program(qtbot, home)
    program.start()
    program.ready()
    heart = Heart()
    heart.doing = "open"
    program.to.worklist.scan([SAMPLE])
    program.film()
    heart.doing = "analyse"
    program.analysed()
    heart.doing = "reveal"
    program.to.review.record_impression("")
    program.until(lambda: program.to.review.state.impression is not None)
    if program.to.findings.state.phase is not FindingsPhase.REFUSED:
        program.until(lambda: program.to.findings.state.phase is FindingsPhase.RESULT)
    qtbot.wait(50)
    heart.doing = "drag"
    drag(program, 60)
    heart.doing = "export"
    with qtbot.waitSignal(program.to.export.exported, timeout=WAIT_MS):
        program.bench.window.report_path_chosen.emit(report)
    pauses = heart.stop()
    close(program)
    return [pause for pause in pauses if pause[0] > 50]


def test_from_ready_on_the_event_loop_never_stalls(qtbot, tmp_path):
    """Requirement 12. Other work on the machine only ever adds pauses, so the best of five sessions counts."""
    sessions = []
    for number in range(5):
        sessions.append(
            stalls_of_one_session(qtbot, tmp_path / str(number), tmp_path / f"{number}.pdf")
        )
        if not sessions[-1]:
            return
    pytest.fail(f"stalls in ms, session by session: {sessions}")


def test_the_language_changes_without_a_restart_and_nothing_else_does(program):
    running = program(SAMPLE)
    film = running.film()
    before = running.bench.window
    before.film.invert()
    before.film.rotate_right()
    look = before.film.view_state()
    before.review.focus_impression()
    running.to.review.draft_impression("half a word")
    before.language_requested.emit()
    running.until(lambda: not isValid(before))
    window = running.bench.window
    assert window is not before
    assert window.isVisible()
    assert window.actions_by_id["view.invert"].text() == "反相"
    assert window.film.film is film
    now = window.film.view_state()
    assert (now.voi, now.inverted, now.orientation) == (look.voi, True, look.orientation)
    assert running.to.desk.film is film
    running.analysed()
    assert running.to.findings.state.phase is FindingsPhase.HIDDEN
    assert running.bench._settings.language == "zh"
    window.language_requested.emit()
    assert running.bench.window.actions_by_id["view.invert"].text() == "Invert"


def test_changed_keys_are_in_force_and_there_after_a_restart(program):
    running = program()
    running.bench.window.keys_changed.emit({"view.invert": ("Ctrl+J",), "view.reset": ()})
    close(running)
    again = program()
    actions = again.bench.window.actions_by_id
    assert [key.toString() for key in actions["view.invert"].shortcuts()] == ["Ctrl+J"]
    assert actions["view.reset"].shortcuts() == []


def test_a_part_painted_out_in_the_real_window_moves_the_scores_and_is_not_stored(program):
    running = program(SAMPLE)
    running.film()
    running.analysed()
    window, room = running.bench.window, running.to
    assert not window.actions_by_id["room.what_if_requested"].isEnabled()
    room.review.record_impression("")
    running.until(lambda: room.findings.state.phase is FindingsPhase.RESULT)
    original = {row.score.code: row.score.probability for row in room.findings.state.rows}
    events = len(room.record.history.state.decisions)
    window.actions_by_id["room.what_if_requested"].trigger()
    assert window.film.tool.value == "paint"
    canvas = window.film._canvas.viewport()
    middle = canvas.rect().center()
    for across in range(-120, 121, 40):
        running.qtbot.mouseClick(
            canvas, Qt.MouseButton.LeftButton, pos=middle + QPoint(across, -60)
        )
    running.until(lambda: bool(room.what_if.state.scores) and room.what_if._ticket is None)
    tried = {code: score.probability for code, score in room.what_if.state.scores.items()}
    assert tried.keys() == original.keys()
    assert max(abs(tried[code] - original[code]) for code in tried) > 0.005
    window.marks_requested.emit()
    assert room.what_if.state is None
    assert window.film.tool.value == "window"
    assert len(room.record.history.state.decisions) == events
    now = {row.score.code: row.score.probability for row in room.findings.state.rows}
    assert now == original
