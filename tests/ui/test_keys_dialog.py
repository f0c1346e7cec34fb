"""The key map: shown, changed by pressing a key, never with two commands on one key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QKeySequenceEdit
from shiboken6 import isValid

from resources.i18n import Texts
from workstation.ui.commands import ALL_COMMANDS as ALL
from workstation.ui.commands import by_menu
from workstation.ui.dialogs.keys import KeysDialog, conflicts

SAVE = QDialogButtonBox.StandardButton.Save


@pytest.fixture
def dialog(qtbot):
    made = KeysDialog(Texts("en"), by_menu(), {}, None)  # deletes itself when it is closed
    made.show()
    yield made
    if isValid(made):
        made.close()


def press_into(dialog, command_id, key, modifiers):
    dialog.edit(dialog.row_of(command_id))
    QTest.keyClick(dialog.table.findChild(QKeySequenceEdit), key, modifiers)


def test_the_program_ships_without_a_conflict():
    assert conflicts({command.id: command.keys for command in ALL}) == {}


def test_a_new_key_is_pressed_saved_and_only_the_difference_is_told(dialog, qtbot):
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    press_into(dialog, "view.invert", Qt.Key.Key_V, both)
    shown = dialog.table.item(dialog.row_of("view.invert"), 1)
    qtbot.waitUntil(lambda: shown.text() == "Ctrl+Alt+V")
    with qtbot.waitSignal(dialog.saved) as told:
        dialog.buttons.button(SAVE).click()
    assert told.args == [{"view.invert": ("Ctrl+Alt+V",)}]


def test_a_conflict_is_named_on_both_rows_and_cannot_be_saved(dialog):
    dialog.set_keys("view.invert", ("H",))
    for one, other in (
        ("view.invert", "room.marks_requested"),
        ("room.marks_requested", "view.invert"),
    ):
        note = dialog.table.item(dialog.row_of(one), 2).text()
        assert next(c.name for c in ALL if c.id == other) in note
    assert not dialog.buttons.button(SAVE).isEnabled()
    dialog.restore_defaults()
    assert dialog.buttons.button(SAVE).isEnabled()
    assert dialog.table.item(dialog.row_of("view.invert"), 2).text() == ""


def test_keys_that_were_changed_before_are_shown(qtbot):
    made = KeysDialog(Texts("zh"), by_menu(), {"view.invert": ()}, None)
    qtbot.addWidget(made)
    assert made.table.item(made.row_of("view.invert"), 1).text() == ""


def test_every_command_is_listed_once_under_its_menu(dialog):
    assert sorted(dialog.row_of(c.id) for c in ALL) == sorted(dialog._rows)
    assert dialog.table.item(0, 0).text() == "Study"
    assert dialog.row_of("room.open_folder") == 1


def test_what_the_mouse_does_is_listed_and_cannot_be_edited(dialog):
    rows = [n for n in range(dialog.table.rowCount()) if n not in dialog._rows]
    (row,) = (n for n in rows if dialog.table.item(n, 0).text() == "Left drag")
    dialog.edit(row)
    assert dialog.table.findChild(QKeySequenceEdit) is None


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_F2])
def test_a_key_is_changed_without_a_mouse(dialog, qtbot, key):
    """Enter used to save and close, F2 to do nothing: only the second column could be edited."""
    dialog.activateWindow()
    dialog.table.setFocus()
    qtbot.waitUntil(dialog.table.hasFocus)
    QTest.keyClick(dialog.table, Qt.Key.Key_Down)
    row = dialog.table.currentRow()
    QTest.keyClick(dialog.table, key)
    QTest.keyClick(dialog.table.findChild(QKeySequenceEdit), Qt.Key.Key_F12)
    qtbot.waitUntil(lambda: dialog.table.item(row, 1).text() == "F12")
    assert dialog.isVisible()
    QTest.keyClick(dialog.table, Qt.Key.Key_Delete)
    assert dialog.table.item(row, 1).text() == ""
