"""What the next start finds: the window's place, the panels' sizes, the worklist's query, the film as it was seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from resources.i18n import Texts
from tests.factories.benches import A, Bench
from workstation.adapters.config.place import FILE, load_place, save_place
from workstation.core.geometry import Orientation
from workstation.core.image import LookupTable, VoiFunction, WindowLevel
from workstation.core.ports import SortKey, WorklistQuery
from workstation.core.review import ReviewStatus
from workstation.ui.looks import Looks, look_from_text, look_to_text
from workstation.ui.viewer.state import ViewerOptions, ViewState
from workstation.ui.window import MainWindow, WindowOptions
from workstation.ui.worklist.memory import query_from_text, query_to_text
from workstation.ui.worklist.view import WorklistView

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

TODAY = date(2026, 3, 1)
LOOK = ViewState(
    voi=WindowLevel(centre=812.5, width=300, function=VoiFunction.SIGMOID, explanation="lung"),
    inverted=True,
    orientation=Orientation(quarter_turns=3, mirrored=True),
    zoom=1.75,
    centre=(12.5, 40.0),
    fitted=False,
)
QUERY = WorklistQuery(
    text="王",
    modality="DX",
    status=ReviewStatus.DRAFT,
    date_from=TODAY - timedelta(days=6),
    sort=SortKey.PATIENT_NAME,
    descending=False,
)


def make_window(qtbot, place=None):
    options = WindowOptions(viewer=ViewerOptions(), keys={}, place=place or {})
    window = MainWindow(Texts("en"), options)
    qtbot.addWidget(window)
    if place is None:
        window.setGeometry(QRect(10, 40, 780, 700))  # the screen of the tests is 800 wide
        window._splitters["columns"].setSizes([290, 200, 290])
        window._splitters["panels"].setSizes([200, 450])
    window.show()
    return window


def widths(window):
    return [window.worklist.width(), window.review.width()]


# The window


def test_a_window_stands_and_is_divided_as_the_one_before(qtbot):
    first = make_window(qtbot)
    again = make_window(qtbot, first.place)
    assert again.geometry() == first.geometry()
    assert widths(again) == widths(first)
    assert again.worklist.width() > make_window(qtbot, {}).worklist.width()
    assert again.findings.height() == first.findings.height()


def test_a_film_alone_at_the_end_leaves_the_panels_their_width(qtbot):
    first = make_window(qtbot)
    before = widths(first)
    first.film.maximise_requested.emit()
    again = make_window(qtbot, first.place)
    assert not again.worklist.isHidden()
    assert widths(again) == before


@pytest.mark.parametrize("away", [QRect(9000, 7000, 900, 600), QRect(-4000, -3000, 900, 600)])
def test_a_window_of_a_screen_that_is_gone_is_brought_back(qtbot, away):
    elsewhere = QWidget()
    qtbot.addWidget(elsewhere)
    elsewhere.setGeometry(away)
    place = {"window": bytes(elsewhere.saveGeometry().data())}
    window = make_window(qtbot, place)
    seen = window.screen().availableGeometry().intersected(window.geometry())
    assert seen.width() >= 200
    assert seen.height() >= 100
    assert window.geometry().top() >= 0  # the title can be taken hold of


def test_the_first_window_leaves_room_for_its_frame_on_a_small_screen(qtbot):
    window = make_window(qtbot, {})
    assert window.height() <= window.screen().availableGeometry().height() - 40


def test_full_screen_comes_back_and_goes_again(qtbot):
    first = make_window(qtbot)
    first.toggle_full_screen()
    again = make_window(qtbot, first.place)
    assert again.isFullScreen()
    again.toggle_full_screen()
    assert not again.isFullScreen()


def test_the_place_is_kept_in_a_file_of_its_own(tmp_path):
    place = {"window": b"\x00\xff", "columns": b"abc"}
    save_place(tmp_path / "config", place)
    assert load_place(tmp_path / "config") == place


@pytest.mark.parametrize("text", ["", "[]", "{", '{"window": 7}', '{"window": "%"}', "\xff"])
def test_a_broken_place_is_no_place(qtbot, tmp_path, text):
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    make_window(qtbot, load_place(tmp_path))


def test_a_place_that_cannot_be_written_costs_nothing(tmp_path):
    (tmp_path / "config").write_bytes(b"a file where the folder should be")
    save_place(tmp_path / "config", {"window": b"a"})
    assert load_place(tmp_path / "config") == {}


# The worklist's query


def test_a_query_is_the_same_after_a_restart_and_its_days_go_on(qtbot):
    text = query_to_text(QUERY, TODAY)
    assert query_from_text(text, TODAY) == QUERY
    tomorrow = TODAY + timedelta(days=1)
    assert query_from_text(text, tomorrow).date_from == tomorrow - timedelta(days=6)
    assert query_from_text(query_to_text(WorklistQuery(), TODAY), TODAY) == WorklistQuery()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"status": "lost", "days": null}', "7"])
def test_a_query_that_cannot_be_read_asks_for_everything(text):
    assert query_from_text(text, TODAY) == WorklistQuery()


def test_the_worklist_shows_the_query_of_the_last_session_without_asking(qtbot):
    view = WorklistView(Texts("en"))
    qtbot.addWidget(view)
    asked = query_from_text(query_to_text(QUERY, TODAY), date.today())  # noqa: DTZ011
    with qtbot.assertNotEmitted(view.query_changed, wait=300):
        view.show_query(asked)
    assert view.query == asked
    assert view.findChild(QLineEdit).text() == "王"
    assert "By name" in [box.currentText() for box in view.findChildren(QComboBox)]


# The film


def test_a_look_is_the_same_after_a_restart():
    assert look_from_text(look_to_text("1.2.3", LOOK)) == ("1.2.3", LOOK)
    assert look_from_text(look_to_text("1.2.3", None)) == ("1.2.3", None)


def test_a_table_is_the_same_after_a_restart():
    table = LookupTable(
        first=-3, values=np.array([0, 7, 65535], np.uint16), bits=16, explanation="标准"
    )
    _, found = look_from_text(look_to_text("1.2.3", replace(LOOK, voi=table)))
    assert np.array_equal(found.voi.values, table.values)
    assert replace(found.voi, values=table.values) == table
    assert replace(found, voi=LOOK.voi) == LOOK


@pytest.mark.parametrize("values", ["[]", "[-1]", "[70000]", '"x"', "[[1, 2]]"])
def test_a_broken_table_leaves_the_film(values):
    table = LookupTable(first=0, values=np.array([7], np.uint16), bits=16)
    text = look_to_text("1.2.3", replace(LOOK, voi=table))
    assert "[7]" in text
    assert look_from_text(text.replace("[7]", values)) == ("1.2.3", None)


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"look": {}}'])
def test_a_look_that_cannot_be_read_is_none(text):
    assert look_from_text(text) == ("", None)


@pytest.mark.parametrize(
    "broken",
    ['"width": 300', '"function": "SIGMOID"', '"quarter_turns": 3', '"zoom": 1.75'],
)
def test_a_look_that_is_broken_leaves_the_film(broken):
    text = look_to_text("1.2.3", LOOK)
    assert broken in text
    name = broken.split(":", 1)[0]
    assert look_from_text(text.replace(broken, f'{name}: "x"')) == ("1.2.3", None)


@pytest.mark.parametrize("lasting", [True, False])
def test_the_film_on_screen_is_looked_at_in_the_next_session_as_in_the_last(qtbot, lasting):
    bench = Bench(qtbot)

    def looks():
        return Looks(
            lanes=bench.lanes, desk=bench.desk, session=bench.store, saved_session=bench.store
        )

    first = looks()
    bench.desk.open_study(A)
    bench.until(lambda: bench.desk.film is not None)
    uid = bench.desk.film.instance.sop_uid
    first.keep(uid, LOOK, lasting=not lasting)
    first.keep(uid, LOOK, lasting=lasting)
    first.close()
    bench.until(lambda: "look" in bench.store.values)
    again = looks()
    assert again.film == uid
    assert first.of_film == {uid: LOOK}
    assert again.of_film == ({uid: LOOK} if lasting else {})
    bench.lanes.shutdown()
