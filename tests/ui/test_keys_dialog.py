"""The key map: shown, changed by pressing a key, never with two commands on one key."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialogButtonBox, QKeySequenceEdit
from shiboken6 import isValid

from resources.i18n import Texts
from workstation.ui.dialogs.keys import KeysDialog, conflicts
from workstation.ui.viewer.actions import COMMANDS
from workstation.ui.window import SHELL_COMMANDS

ALL = (*SHELL_COMMANDS, *COMMANDS)
SAVE = QDialogButtonBox.StandardButton.Save


@pytest.fixture
def dialog(qtbot):
    made = KeysDialog(Texts("en"), ALL, {}, None)  # deletes itself when it is closed
    made.show()
    yield made
    if isValid(made):
        made.close()


def row_of(command_id):
    return next(n for n, command in enumerate(ALL) if command.id == command_id)


def press_into(dialog, command_id, key, modifiers):
    dialog.table.editItem(dialog.table.item(row_of(command_id), 1))
    QTest.keyClick(dialog.table.findChild(QKeySequenceEdit), key, modifiers)


def test_the_program_ships_without_a_conflict():
    assert conflicts({command.id: command.keys for command in ALL}) == {}


def test_a_new_key_is_pressed_saved_and_only_the_difference_is_told(dialog, qtbot):
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
    press_into(dialog, "view.invert", Qt.Key.Key_V, both)
    shown = dialog.table.item(row_of("view.invert"), 1)
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
        note = dialog.table.item(row_of(one), 2).text()
        assert next(c.name for c in ALL if c.id == other) in note
    assert not dialog.buttons.button(SAVE).isEnabled()
    dialog.restore_defaults()
    assert dialog.buttons.button(SAVE).isEnabled()
    assert dialog.table.item(row_of("view.invert"), 2).text() == ""


def test_keys_that_were_changed_before_are_shown(qtbot):
    made = KeysDialog(Texts("zh"), ALL, {"view.invert": ()}, None)
    qtbot.addWidget(made)
    assert made.table.item(row_of("view.invert"), 1).text() == ""


def test_what_the_mouse_does_is_listed_and_cannot_be_edited(dialog):
    row = len(ALL)
    assert dialog.table.item(row, 0).text() == "Left drag"
    assert not dialog.table.item(row, 1).flags() & Qt.ItemFlag.ItemIsEditable
