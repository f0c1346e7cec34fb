"""The window's commands: every key does one thing, in both languages."""

from collections import Counter

import pytest
from PySide6.QtGui import QKeySequence

from resources.i18n import Texts
from workstation.ui.viewer.state import ViewerOptions
from workstation.ui.window import MainWindow, WindowOptions, key_table


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
    listed = {
        a.objectName() for menu in window.menuBar().actions() for a in menu.menu().actions()
    }
    assert set(window.actions_by_id) <= listed
    rows = key_table(window, Texts(window.language))
    assert len(rows) == len(window.actions_by_id)
    assert all(what for what, _ in rows)


def test_double_click_leaves_the_film_alone_and_brings_the_panels_back(window):
    window.show()
    window.film.maximise_requested.emit()
    assert window.worklist.isHidden()
    window.film.maximise_requested.emit()
    assert not window.worklist.isHidden()
