"""A worklist of any length: only what is looked at is fetched."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from resources.i18n import Texts
from tests.factories.fakes import instance_of, make_row
from tests.factories.films import make_patient
from workstation.core.ports import Presence, SortKey, WorklistQuery
from workstation.core.review import ReviewStatus
from workstation.core.study import PersonName, Sex, study_of
from workstation.ui.worklist.filters import WorklistFilters
from workstation.ui.worklist.model import FilmEntry, StudyEntry
from workstation.ui.worklist.rows import PAGE, WorklistRows
from workstation.ui.worklist.view import WorklistView
from workstation.ui.worklist.wording import film_words, study_words

# Qt's offscreen platform says so of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

MANY = 100_000


def study(number, films=1, **changes):
    return study_of(
        [
            (instance_of(number, n, **changes), Path(f"/{number}/{n}"))
            for n in range(1, films + 1)
        ]
    )


class Library:
    """Any number of studies; keeps which slices were asked for."""

    def __init__(self, count=MANY):
        self.count = count
        self.asked = []

    def fetch(self, offset, limit):
        self.asked.append(offset)
        last = min(offset + limit, self.count)
        return tuple(make_row(study(number)) for number in range(offset, last))


@pytest.fixture
def view(qtbot):
    made = WorklistView(Texts("en"))
    qtbot.addWidget(made)
    made.resize(320, 700)
    made.show()
    return made


def test_one_more_study_than_100_000_neither_stalls_nor_moves_the_list(view):
    view.show_rows(MANY, Library().fetch)
    bar = view._list.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    place, began = bar.value(), time.thread_time()
    for more in range(1, 4):
        view.show_rows(MANY + more, Library(MANY + more).fetch)
        view._list.grab()
    assert (time.thread_time() - began) / 3 < 0.15  # a list view took 0.5 s
    assert bar.value() == place


def test_only_the_pages_in_sight_are_fetched(view, qtbot):
    library = Library()
    view.show_rows(MANY, library.fetch)
    view._list.grab()
    assert set(library.asked) == {0}
    library.asked.clear()
    view._list.verticalScrollBar().setValue(view._list.verticalScrollBar().maximum() // 2)
    view._list.grab()
    assert len(set(library.asked)) <= 2
    assert min(library.asked) > MANY // 3


def test_a_refresh_keeps_the_place_in_the_list(view):
    view.show_rows(MANY, Library().fetch)
    bar = view._list.verticalScrollBar()
    bar.setValue(12_345)
    view.show_rows(MANY + 1, Library(MANY + 1).fetch)
    assert bar.value() == 12_345


def test_the_open_studys_films_stand_beneath_it(qtbot):
    library, rows = Library(10), WorklistRows(Texts("en"))
    rows.show_rows(10, library.fetch)
    rows.show_open(study(3, films=3), "1.2.3.1.2")
    assert rows.rowCount() == 13
    kinds = [type(rows.entry(n)) for n in range(13)]
    assert kinds == [StudyEntry] * 4 + [FilmEntry] * 3 + [StudyEntry] * 6
    assert rows.entry(3).is_open
    assert [rows.entry(n).is_current for n in (4, 5, 6)] == [False, True, False]
    assert [rows.entry(n).row.study.study_uid for n in (0, 7, 12)] == [
        "1.2.0",
        "1.2.4",
        "1.2.9",
    ]
    rows.show_open(None, None)
    assert rows.rowCount() == 10


def test_a_long_series_is_one_row(qtbot):
    rows = WorklistRows(Texts("en"))
    rows.show_rows(5, Library(5).fetch)
    rows.show_open(study(0, films=40), "1.2.0.1.17")
    assert rows.rowCount() == 6
    assert (rows.entry(1).count, rows.entry(1).is_current) == (40, True)


def test_an_open_study_out_of_sight_costs_a_few_pages_only(qtbot):
    library, rows = Library(), WorklistRows(Texts("en"))
    rows.show_open(study(90_000), None)
    rows.show_rows(MANY, library.fetch)
    assert rows.open_row == -1
    assert rows.rowCount() == MANY
    assert len(library.asked) <= 4


def test_rows_speak_the_words_of_a_study_and_never_a_score(qtbot):
    rows = WorklistRows(Texts("zh"))
    row = replace(make_row(study(1), ReviewStatus.REVIEWED), analysed=True)
    rows.show_rows(1, lambda _offset, _limit: (row,))
    words = rows.data(rows.index(0), Qt.ItemDataRole.AccessibleTextRole)
    for part in ("王小东", "P-0001", "CHEST PA", "● 已审核", "2024-05-06"):
        assert part in words
    assert "%" not in words


def test_a_study_that_got_no_score_is_not_called_read_and_keeps_its_identity():
    """Where the film cannot be reached, the words for that do not take the place of the patient's."""
    row = replace(make_row(study(1)), unscored=True, presence=Presence.FOLDER_GONE)
    words = study_words(row, Texts("en"))
    assert words.marks == "AI: no score"
    assert words.warning == "⚠ folder not reachable"


def test_a_study_of_two_patients_names_both_and_says_so_in_words(qtbot):
    rows = WorklistRows(Texts("en"))
    other = make_patient(name=PersonName(alphabetic="Li Si"), patient_id="Q-7")
    row = replace(make_row(study(1)), others=(other,), presence=Presence.FOLDER_GONE)
    rows.show_rows(1, lambda _offset, _limit: (row,))
    words = rows.data(rows.index(0), Qt.ItemDataRole.AccessibleTextRole)
    for part in ("P-0001", "Li Si", "Q-7", "⚠ Several patients in one study"):
        assert part in words
    assert "⚠ Several patients in one study · folder not reachable" in words
    assert rows.data(rows.index(0), Qt.ItemDataRole.ToolTipRole) == words


def test_a_mixed_study_is_not_drawn_as_one_with_its_neighbours(qtbot):
    rows = WorklistRows(Texts("en"))
    mixed = replace(make_row(study(1)), others=(make_patient(patient_id="Q-7"),))
    rows.show_rows(3, lambda _offset, _limit: (make_row(study(0)), mixed, make_row(study(2))))
    assert [rows.entry(n).same_patient for n in range(3)] == [False, False, False]


def test_next_study_skips_films_and_stops_at_the_end(view):
    view.show_rows(3, Library(3).fetch)
    opened = []
    view.study_activated.connect(opened.append)
    for current in range(3):
        view.show_open_study(study(current, films=2))
        view.activate_next()
    assert opened == ["1.2.1", "1.2.2"]


def test_filters_ask_for_what_they_show(qtbot):
    filters = WorklistFilters(Texts("en"))
    qtbot.addWidget(filters)
    with qtbot.waitSignal(filters.query_changed) as asked:
        filters.search.setText(" wang ")
    assert asked.args[0].text == "wang"
    filters._modality.setCurrentText("DX")
    filters._status.setCurrentIndex(3)
    filters._days.setCurrentText("Today")
    filters._sort.setCurrentText("By name")
    query = filters.query
    assert (query.modality, query.status) == ("DX", ReviewStatus.REVIEWED)
    assert query.date_from is not None
    assert (query.sort, query.descending) == (SortKey.PATIENT_NAME, False)
    filters.clear()
    assert filters.query == WorklistQuery(sort=SortKey.PATIENT_NAME, descending=False)


def test_an_empty_library_and_an_empty_search_differ(view):
    view.show_rows(0, Library(0).fetch)
    assert view._body.currentWidget() is view._welcome
    view._filters.search.setText("nobody")
    view.show_rows(0, Library(0).fetch)
    assert view._body.currentWidget() is view._nothing
    view.show_rows(PAGE, Library(PAGE).fetch)
    assert view._body.currentWidget() is view._list


def test_before_the_library_is_open_nothing_is_said_of_what_it_holds(view):
    assert view._body.currentWidget() is view._opening
    assert "Opening" in view._opening.words.text()
    view.show_unopened()
    assert view._opening.words.text() == ""
    view.show_rows(0, Library(0).fetch)
    assert view._body.currentWidget() is view._welcome


def test_a_film_without_identity_is_known_by_its_file():
    nobody = make_patient(name=PersonName(), patient_id="", birth_date=None, sex=Sex.UNKNOWN)
    films = [(instance_of(1, patient=nobody), Path("/films/img_0007.png"))]
    words = study_words(make_row(study_of(films)), Texts("en"))
    assert (words.name, words.identity) == ("Unidentified", "img_0007.png")


def test_an_object_of_many_frames_is_not_called_one_image():
    films = study(1, frames=12)
    texts = Texts("en")
    rows = WorklistRows(texts)
    rows.show_rows(1, lambda offset, limit: (make_row(films),))
    rows.show_open(films, None)
    assert "12 images" in study_words(rows.entry(0).row, texts).description
    assert "12 images" in film_words(rows.entry(1), texts)[0]


def test_a_study_that_is_opened_from_elsewhere_comes_into_sight_and_stays_where_it_is(view):
    view.resize(300, 600)
    view.show()
    view.show_rows(100, Library(100).fetch)
    view.show_open_study(study(60, films=2))
    bar, rows = view._list.verticalScrollBar(), view._rows
    place = bar.value()
    seen = view._list.viewport().rect()
    for row in (60, 62):
        assert seen.contains(view._list.visualRect(rows.index(row)))
    bar.setValue(0)
    view.show_open_study(study(60, films=2), "1.2.60.1.2")
    assert bar.value() == 0 != place
