"""The window's commands: every key does one thing, in both languages."""

import runpy
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QFileDialog,
    QLineEdit,
    QMessageBox,
    QTableView,
    QToolBar,
    QToolButton,
)

from resources.i18n import Texts
from tests.factories.access import listed
from tests.factories.fakes import instance_of, make_row
from tests.factories.films import make_film, make_patient
from tests.factories.panels import dress_alone
from workstation.core.errors import ErrorCode, Reason
from workstation.core.image import WindowLevel
from workstation.core.ports import IdentityConflict
from workstation.core.review import ReviewStatus, Section
from workstation.core.study import study_of
from workstation.ui.commands import ALL_COMMANDS
from workstation.ui.findings.model import FindingsPhase, FindingsState
from workstation.ui.review.export import report_folder
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.viewer.state import Tool, ViewerOptions
from workstation.ui.window import MainWindow, WindowOptions

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["en", "zh"])
def window(request, qtbot):
    options = WindowOptions(viewer=ViewerOptions(), keys={})
    made = MainWindow(Texts(request.param), options)
    made.language = request.param
    qtbot.addWidget(made)
    return made


def test_no_key_means_two_things(window):
    keys = Counter(
        sequence.toString(QKeySequence.SequenceFormat.PortableText)
        for action in window.actions_by_id.values()
        for sequence in action.shortcuts()
    )
    for menu in window.menuBar().actions():
        before, mark, letter = menu.text().partition("&")
        assert mark, f"{before}: no key opens this menu"
        keys[f"Alt+{letter[0].upper()}"] += 1
    assert [key for key, times in keys.items() if times > 1] == []


def test_every_command_stands_in_a_menu_and_in_the_key_map(window):
    names = {action.objectName() for action in listed(window.menuBar())}
    assert set(window.actions_by_id) <= names
    assert {command.id for command in ALL_COMMANDS} == set(window.actions_by_id)


def test_every_command_has_its_place_in_the_catalogue():
    catalogues = runpy.run_path(str(ROOT / "packaging" / "catalogues.py"))
    assert {command.name for command in ALL_COMMANDS} - catalogues["extracted"]() == set()


def test_keys_can_be_changed_and_are_told_in_tool_tips(window):
    invert = window.actions_by_id["view.invert"]
    window.set_keys({"view.invert": ("Ctrl+J",), "view.reset": ()})
    assert [key.toString() for key in invert.shortcuts()] == ["Ctrl+J"]
    assert "Ctrl+J" in invert.toolTip()
    window.set_keys({})
    assert [key.toString() for key in invert.shortcuts()] == ["V"]


def test_double_click_leaves_the_film_alone_and_brings_the_panels_back(window):
    window.show()
    window.film.maximise_requested.emit()
    assert window.worklist.isHidden()
    window.film.maximise_requested.emit()
    assert not window.worklist.isHidden()


# Keys, wherever the focus is

Key = Qt.Key
NONE, ALT, CONTROL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)


@pytest.fixture
def reading(qtbot):
    """A window with a film and an open study."""
    made = MainWindow(Texts("en"), WindowOptions(viewer=ViewerOptions(), keys={}))
    qtbot.addWidget(made)
    made.enable(dict.fromkeys(made.actions_by_id, True))
    made.film.show_film(make_film(windows=(WindowLevel(centre=2000, width=1000),)))
    made.review.set_state(ReviewPanelState(study_uid="1.2.3", status=ReviewStatus.DRAFT))
    row = make_row(study_of([(instance_of(1), Path("/1.dcm"))]))
    made.worklist.show_rows(1, lambda _offset, _limit: (row,))
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    return made


def triggered(window):
    """Ids of the commands that are triggered from now on, in order."""
    said = []
    for name, action in window.actions_by_id.items():
        action.triggered.connect(lambda _checked=False, name=name: said.append(name))
    return said


def places(window):
    """Where the focus may be: film, a button, a tool, the worklist."""
    return {
        "film": window.film,
        "button": window.review.impression.nothing,
        "export": window.review.closing.export,
        "worklist": next(v for v in window.worklist.findChildren(QTableView) if v.isVisible()),
    }


@pytest.mark.parametrize("place", ["film", "button", "export", "worklist"])
def test_keys_work_wherever_nothing_is_typed(reading, place):
    said, focus = triggered(reading), places(reading)[place]
    focus.setFocus()
    assert focus.hasFocus()
    for key, modifiers in (
        (Key.Key_V, NONE), (Key.Key_0, NONE), (Key.Key_I, NONE), (Key.Key_H, NONE),
        (Key.Key_R, ALT), (Key.Key_Return, CONTROL), (Key.Key_Plus, CONTROL), (Key.Key_Left, ALT),
        (Key.Key_F11, NONE), (Key.Key_Z, CONTROL),
    ):  # fmt: skip
        QTest.keyClick(focus, key, modifiers)
    assert said == [
        "view.invert", "view.auto_window", "view.cycle_corners", "room.marks_requested",
        "view.rotate_right", "view.fit", "view.zoom_in", "view.pan_left",
        "room.toggle_full_screen", "room.undo_requested",
    ]  # fmt: skip


def editors(window):
    return {
        "findings": window.review.report.edits[Section.FINDINGS],
        "impression": window.review.impression.edit,
        "search": window.worklist.findChild(QLineEdit),
    }


@pytest.mark.parametrize("editor", ["findings", "impression", "search"])
def test_typing_triggers_nothing_but_modified_keys_and_function_keys_work(reading, editor):
    said, edit = triggered(reading), editors(reading)[editor]
    edit.setFocus()
    letters = "wtzvinph 0123456"
    QTest.keyClicks(edit, letters)
    typed = edit.text() if isinstance(edit, QLineEdit) else edit.text
    assert typed == letters
    for key in (
        Key.Key_Left,
        Key.Key_Right,
        Key.Key_Up,
        Key.Key_Down,
        Key.Key_PageUp,
        Key.Key_Delete,
    ):
        QTest.keyClick(edit, key)
    QTest.keyClick(edit, Key.Key_Z, CONTROL)
    QTest.keyClick(edit, Key.Key_Y, CONTROL)
    assert said == []
    QTest.keyClick(edit, Key.Key_R, ALT)
    QTest.keyClick(edit, Key.Key_F5)
    assert said == ["view.rotate_right", "room.analyse_requested"]


@pytest.mark.parametrize("editor", ["findings", "impression", "search"])
def test_escape_takes_the_focus_from_a_text_to_the_film_and_keeps_the_text(reading, editor):
    said, edit = triggered(reading), editors(reading)[editor]
    edit.setFocus()
    QTest.keyClicks(edit, "heart")
    QTest.keyClick(edit, Key.Key_Escape)
    assert reading.film.hasFocus()
    assert (edit.text() if isinstance(edit, QLineEdit) else edit.text) == "heart"
    assert said == []
    QTest.keyClick(reading.film, Key.Key_Escape)
    assert said == ["view.cancel"]


def test_keys_that_widgets_use_are_left_to_the_widget_with_the_focus(reading, qtbot):
    said, button = triggered(reading), reading.review.impression.nothing
    button.setFocus()
    with qtbot.waitSignal(button.clicked):
        QTest.keyClick(button, Key.Key_Space)
    QTest.keyClick(button, Key.Key_Up)
    QTest.keyClick(button, Key.Key_PageDown)
    QTest.keyClick(button, Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert said == []
    reading.film.setFocus()
    QTest.keyClick(reading.film, Key.Key_Space)
    QTest.keyClick(reading.film, Key.Key_PageDown)
    assert said == ["view.cycle_corners", "view.step_on"]


# A screen of 1280 x 800, less the frame

_SMALL = (1264, 752)
_BLOCKS = (
    Reason(code=ErrorCode.REVIEW_UNDECIDED, parameters={"count": 2}),
    Reason(code=ErrorCode.REVIEW_NO_IMPRESSION),
)
_KNOWN = ReviewPanelState(study_uid="1.2.3", identity=make_patient(), blocks=_BLOCKS)


@pytest.mark.parametrize("phase", FindingsPhase)
@pytest.mark.parametrize(
    "state",
    [
        _KNOWN,
        ReviewPanelState(study_uid="1.2.3", blocks=_BLOCKS),
        replace(_KNOWN, conflicts=tuple(IdentityConflict)),
    ],
    ids=["known", "unidentified", "conflict"],
)
def test_the_first_impression_can_be_recorded_without_scrolling(window, qtbot, state, phase):
    dress_alone(window)
    window.resize(*_SMALL)
    window.show()
    window.findings.set_state(FindingsState(phase=phase))
    window.review.set_state(state)
    area, button = window.review.area, window.review.impression.record

    def in_sight():
        foot = button.mapTo(area.viewport(), button.rect().bottomLeft()).y()
        return 0 < foot < area.viewport().height()

    qtbot.waitUntil(in_sight, timeout=1000)
    assert (window.width(), window.height()) == _SMALL  # the foot has not left the screen


def test_the_tool_bar_fits_a_screen_of_1280(window):
    dress_alone(window)
    window.resize(*_SMALL)
    window.show()
    bar = window.findChild(QToolBar)
    assert bar.sizeHint().width() <= _SMALL[0]
    assert not bar.findChild(QToolButton, "qt_toolbar_ext_button").isVisible()


def test_the_drawing_tool_in_use_stands_in_the_tool_bar(reading):
    button = next(
        b for b in reading.findChildren(QToolButton) if b.defaultAction() and b.menu()
    )
    assert button.defaultAction().objectName() == "view.distance_tool"
    assert not button.isChecked()
    reading.actions_by_id["view.note_tool"].trigger()
    assert reading.film.tool is Tool.NOTE
    assert button.defaultAction().objectName() == "view.note_tool"
    assert button.isChecked()
    reading.film.set_tool(Tool.PAN)
    assert button.defaultAction().objectName() == "view.note_tool"
    assert not button.isChecked()


# The empty window


def test_nothing_can_be_commanded_before_a_study_is_open(window):
    for name in ("room.analyse_requested", "room.export", "room.undo_requested", "view.invert"):
        assert not window.actions_by_id[name].isEnabled(), name
    for name in ("room.open_folder", "room.settings_requested", "room.show_keys"):
        assert window.actions_by_id[name].isEnabled(), name
    presets = next(b for b in window.findChildren(QToolButton) if b.menu() is not None)
    assert not presets.isEnabled()
    window.enable(dict.fromkeys(window.actions_by_id, True))
    assert presets.isEnabled()


# Where the report goes


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("report.pdf", None),  # the file dialog has asked itself
        ("report", "Yes"),
        ("report", "No"),
        ("other", None),
        ("", None),
    ],
)
def test_no_report_is_overwritten_unasked(reading, tmp_path, monkeypatch, typed, answer):
    target, questions, paths = tmp_path / "report.pdf", [], []
    target.write_bytes(b"old")
    name = str(tmp_path / typed) if typed else ""

    def question(*_args):
        questions.append(1)
        return QMessageBox.StandardButton[answer]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (name, "PDF (*.pdf)"))
    monkeypatch.setattr(QMessageBox, "question", question)
    reading.report_path_chosen.connect(paths.append)
    reading.ask_report_path(target)
    assert bool(questions) is (answer is not None)
    expected = tmp_path / f"{typed.removesuffix('.pdf')}.pdf"
    assert paths == ([expected] if typed and answer != "No" else [])


def test_reports_go_home_where_there_are_no_documents(tmp_path, monkeypatch):
    monkeypatch.setattr(
        QStandardPaths, "writableLocation", lambda _kind: str(tmp_path / "Documents")
    )
    assert report_folder() == Path.home()
    (tmp_path / "Documents").mkdir()
    assert report_folder() == tmp_path / "Documents"
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _kind: "")
    assert report_folder() == Path.home()
