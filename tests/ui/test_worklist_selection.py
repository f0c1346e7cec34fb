"""Several studies at once: selected, named before they leave, and never another one instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from resources.i18n import Texts
from tests.factories.fakes import instance_of, make_row
from tests.factories.films import make_patient
from workstation.core.ports import Place
from workstation.core.study import PersonName, study_of
from workstation.ui.worklist.folders import FoldersDialog
from workstation.ui.worklist.removal import ask_about_place, ask_about_studies
from workstation.ui.worklist.view import WorklistView

# Qt's offscreen platform says so of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def study(number, films=1, **changes):
    return study_of(
        [
            (instance_of(number, n, **changes), Path(f"/{number}/{n}"))
            for n in range(1, films + 1)
        ]
    )


def show(view, numbers):
    rows = [make_row(study(number)) for number in numbers]
    view.show_rows(len(rows), lambda offset, limit: rows[offset : offset + limit])


@pytest.fixture
def view(qtbot):
    made = WorklistView(Texts("en"))
    qtbot.addWidget(made)
    made.resize(320, 700)
    made.show()
    show(made, range(6))
    return made


@pytest.fixture
def asked(view):
    """What the view asked for."""
    found = []
    view.analysis_requested.connect(lambda ranges: found.append(list(ranges)))
    view.removal_requested.connect(lambda rows: found.append(_uids(rows)))
    view.study_activated.connect(found.append)
    return found


def _uids(rows):
    return [row.study.study_uid for row in rows]


def click(qtbot, view, row, *held):
    place = view._list.visualRect(view._rows.index(row)).center()
    modifiers = Qt.KeyboardModifier.NoModifier
    for modifier in held:
        modifiers |= modifier
    qtbot.mouseClick(view._list.viewport(), Qt.MouseButton.LeftButton, modifiers, place)


CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def test_ctrl_and_shift_select_without_opening(view, asked, qtbot, monkeypatch):
    held = {"now": Qt.KeyboardModifier.NoModifier}
    monkeypatch.setattr(
        "workstation.ui.worklist.view.QApplication.keyboardModifiers", lambda: held["now"]
    )
    click(qtbot, view, 0)
    assert asked == ["1.2.0"]
    for row, modifier in ((2, CTRL), (4, SHIFT)):
        held["now"] = modifier
        click(qtbot, view, row, modifier)
    click(qtbot, view, 0, CTRL)
    view.ask_analysis()
    assert asked == ["1.2.0", [(2, 3)]]


def test_ctrl_a_selects_every_study_once_the_films_of_the_open_one_too(view, asked, qtbot):
    view.show_open_study(study(1, films=3), "1.2.1.1.1")
    view._list.setFocus()
    qtbot.keyClick(view._list, Qt.Key.Key_A, CTRL)
    view.ask_analysis()
    assert asked == [[(0, 6)]]


def test_del_asks_to_remove_what_is_selected(view, asked, qtbot):
    view._list.setCurrentIndex(view._rows.index(3))
    qtbot.keyClick(view._list, Qt.Key.Key_Delete)
    assert asked == [["1.2.3"]]


def test_a_film_of_the_open_study_stands_for_its_study(view, asked, qtbot):
    view.show_open_study(study(1, films=3), "1.2.1.1.1")
    view._list.setCurrentIndex(view._rows.index(3))
    qtbot.keyClick(view._list, Qt.Key.Key_Delete)
    view._list.setCurrentIndex(view._rows.index(6))
    qtbot.keyClick(view._list, Qt.Key.Key_Delete)
    assert asked == [["1.2.1"], ["1.2.3"]]


def test_a_selection_stays_with_its_studies_when_the_list_changes(view, asked):
    selection = view._list.selectionModel()
    for row in (1, 4):
        selection.select(view._rows.index(row), selection.SelectionFlag.Select)
    show(view, [0, 1, 2, 3, 4, 5, 6])
    view.ask_removal()
    show(view, [0, 1, 9, 2, 3, 4, 5, 6])
    view.ask_removal()
    assert asked == [["1.2.1", "1.2.4"], ["1.2.1"]]


def test_films_that_unfold_above_do_not_move_the_selection(view, asked):
    view._list.setCurrentIndex(view._rows.index(4))
    view.show_open_study(study(1, films=3), None)
    view.ask_removal()
    view.show_open_study(None)
    view.ask_removal()
    assert asked == [["1.2.4"], ["1.2.4"]]


def test_the_menu_is_about_the_selection(view, qtbot):
    view._list.clearSelection()
    view._ask_menu(QPoint(5, 600))
    view._list.setCurrentIndex(view._rows.index(2))
    with qtbot.waitSignal(view.menu_requested):
        view._ask_menu(QPoint(5, 160))


def press(box, text):
    next(b for b in box.findChildren(QPushButton) if b.text() == text).click()


def test_a_removal_names_the_patient_says_what_stays_and_is_asked_once(view, qtbot):
    agreed = []
    rows = [make_row(study(1, patient=make_patient(name=PersonName(alphabetic="<b>Li</b>"))))]
    box = ask_about_studies(Texts("en"), rows, view, agreed=lambda: agreed.append(1))
    said = box.text() + box.informativeText()
    for part in ("<b>Li</b>", "P-0001", "2024-05-06", "files stay", "Reviews and AI results"):
        assert part in said
    assert box.textFormat() is Qt.TextFormat.PlainText
    press(box, "Cancel")
    assert agreed == []
    box = ask_about_studies(Texts("en"), rows, view, agreed=lambda: agreed.append(1))
    press(box, "Remove")
    assert agreed == [1]
    assert isinstance(box, QMessageBox)


def test_a_folder_is_named_before_it_leaves(view):
    agreed = []
    place = Place(path=Path("/films/cd"), films=7)
    box = ask_about_place(Texts("en"), place, view, agreed=lambda: agreed.append(1))
    assert "/films/cd" in box.text()
    assert "7" in box.text()
    press(box, "Remove")
    assert agreed == [1]


def test_folders_are_listed_with_their_reach_and_acted_on(qtbot):
    dialog = FoldersDialog(Texts("en"))
    qtbot.addWidget(dialog)
    assert not dialog.scan.isEnabled()
    places = tuple(Place(path=Path(p), films=n) for p, n in (("/a", 3), ("/b", 0)))
    dialog.show_places(places)
    dialog.show_reach({Path("/a"): True, Path("/b"): False})
    states = [dialog.table.item(row, 2).text() for row in range(2)]
    assert states == ["reachable", "⚠ not reachable"]
    dialog.table.setCurrentCell(1, 0)
    with qtbot.waitSignal(dialog.removal_requested) as removal:
        dialog.remove.click()
    assert removal.args == [places[1]]
    with qtbot.waitSignal(dialog.scan_requested) as scan:
        dialog.scan.click()
    assert scan.args == [Path("/b")]


def test_other_studies_are_not_selected_because_all_before_them_were(view, asked):
    view._list.selectAll()
    show(view, [10, 11, 2, 13, 14, 15])
    view.ask_removal()
    assert asked == [["1.2.2"]]


def test_a_list_that_shows_others_is_not_laid_out_anew(view, qtbot):
    resets = []
    view._rows.modelReset.connect(lambda: resets.append(1))
    show(view, [10, 11, 12, 13, 14, 15])
    assert view._rows.study(0).study.study_uid == "1.2.10"
    assert resets == []
    show(view, [10, 11])
    view.show_open_study(study(10, films=2), None)
    assert len(resets) == 2
    assert view._rows.rowCount() == 4
    view.show_open_study(study(10, films=2), "1.2.10.1.2")
    assert len(resets) == 2
    assert view._rows.entry(2).is_current


# From the search box into the list


def test_enter_in_the_search_box_opens_the_first_that_matches(view, asked, qtbot):
    view.query_changed.connect(lambda query: show(view, [4, 5] if query.text else range(6)))
    qtbot.keyClicks(view._filters.search, "p-4")
    qtbot.keyClick(view._filters.search, Qt.Key.Key_Return)
    assert asked == ["1.2.4"]
    assert view._filters.count.text() == "2 studies"
    assert view._filters.all.isVisible()
    view._filters.all.click()
    assert view._filters.count.text() == "6 studies"
    assert not view._filters.all.isVisible()


def test_down_in_the_search_box_enters_the_list_where_enter_opens(view, asked, qtbot):
    qtbot.keyClick(view._filters.search, Qt.Key.Key_Down)
    qtbot.waitUntil(view._list.hasFocus)
    qtbot.keyClick(view._list, Qt.Key.Key_Down)
    qtbot.keyClick(view._list, Qt.Key.Key_Return)
    assert asked == ["1.2.1"]


def test_down_in_the_search_box_shows_where_enter_would_open(view, qtbot):
    qtbot.keyClick(view._filters.search, Qt.Key.Key_Down)
    show(view, [3, 4])
    view.focus_search()
    view._list.clearSelection()
    qtbot.keyClick(view._filters.search, Qt.Key.Key_Down)
    assert view._selected() == [(0, 0)]


def test_all_studies_are_selected_from_anywhere(view, asked):
    view.select_all()
    view.ask_analysis()
    assert asked == [[(0, 6)]]
