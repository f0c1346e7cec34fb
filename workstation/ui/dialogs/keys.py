"""The key map: every command with its keys, which the reader may change, and what the mouse does."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QKeySequenceEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.panel import Words, plain_table, stacked
from workstation.ui.theme import TOKENS
from workstation.ui.viewer.actions import Command

KeyMap = Mapping[str, tuple[str, ...]]
"""Portable key sequences by command id."""
Groups = Sequence[tuple[str, Sequence[Command]]]
"""Titles of menus, in English, each with its commands."""
_KEYS, _NOTE = 1, 2
_EDIT = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F2})
_KEYPAD = Qt.KeyboardModifier.KeypadModifier
_LETTER = re.compile(r"\(&.\)|&")


def conflicts(keys: KeyMap) -> dict[str, tuple[str, ...]]:
    """For each command that shares a key: the other commands that have it too."""
    holders: dict[str, list[str]] = defaultdict(list)
    for command_id, sequences in keys.items():
        for sequence in sequences:
            holders[QKeySequence(sequence).toString()].append(command_id)
    found: dict[str, tuple[str, ...]] = {}
    for ids in holders.values():
        if len(ids) > 1:
            for command_id in ids:
                others = tuple(other for other in ids if other != command_id)
                found[command_id] = (*found.get(command_id, ()), *others)
    return found


class KeysDialog(QDialog):
    """Shows the keys in force, by menu. Nothing changes before Save.

    Enter, F2 or a double click on a row takes another key, Del takes its keys away.

    Signals
    -------
    saved
        `KeyMap` of the commands whose keys are not their default.
    """

    saved = Signal(object)

    def __init__(
        self, texts: Texts, groups: Groups, keys: KeyMap, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Keys"))
        self._texts = texts
        self._own = {c.id: c.keys for _, commands in groups for c in commands}
        self._names = {c.id: texts.tr(c.name) for _, commands in groups for c in commands}
        self._keys = {name: keys.get(name, own) for name, own in self._own.items()}
        self._rows: dict[int, str] = {}
        self.table = self._made_table()
        for title, commands in groups:
            self._add_heading(_plain(texts.tr(title)))
            for command in commands:
                self._rows[self._add_row(self._names[command.id])] = command.id
        self._add_heading(texts.tr("Mouse"))
        for what, done in _mouse(texts):
            self._add_row(what, done)
        hint = Words(
            texts.tr("Enter or a double click, then the new key. Del takes the key away."),
            "muted",
        )
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox()
        for kind in (kinds.RestoreDefaults, kinds.Save, kinds.Close):  # as Tab reaches them
            self.buttons.addButton(kind)
        self.buttons.button(kinds.Save).setProperty("class", "primary")
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.close)
        self.buttons.button(kinds.RestoreDefaults).clicked.connect(self.restore_defaults)
        column = stacked(self.table, hint, self.buttons, gap=10, margins=(16, 16, 16, 12))
        column.setStretch(0, 1)
        self.setLayout(column)
        self.resize(760, 700)
        self.table.setCurrentCell(1, _KEYS)
        self._show()

    def row_of(self, command_id: str) -> int:
        """Where a command stands in the table."""
        return next(row for row, name in self._rows.items() if name == command_id)

    def set_keys(self, command_id: str, keys: tuple[str, ...]) -> None:
        """Give a command other keys; a key that another one has is shown as a conflict."""
        self._keys[command_id] = keys
        self._show()

    def restore_defaults(self) -> None:
        """Give every command its own keys back."""
        self._keys = dict(self._own)
        self._show()

    def edit(self, row: int) -> None:
        """Wait for another key for the command of a row."""
        if row in self._rows:
            self.table.editItem(self._cell(row, _KEYS))

    def take(self, row: int, sequence: QKeySequence) -> None:
        """The key pressed for a row of the table; none takes its keys away."""
        if row in self._rows:
            keys = (sequence.toString(),) if not sequence.isEmpty() else ()
            self.set_keys(self._rows[row], keys)

    def _save(self) -> None:
        own = self._own
        self.saved.emit({key: value for key, value in self._keys.items() if value != own[key]})
        self.close()

    def _show(self) -> None:
        clashes = conflicts(self._keys)
        for row, name in self._rows.items():
            others = ", ".join(self._names[other] for other in clashes.get(name, ()))
            note = self._texts.tr("⚠ also: {commands}", commands=others) if others else ""
            self._cell(row, _KEYS).setText(_spoken(self._keys[name]))
            self._cell(row, _NOTE).setText(note)
            self._cell(row, _NOTE).setToolTip(note)
        save = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        save.setEnabled(not clashes)
        save.setToolTip(self._texts.tr("Two commands have one key.") if clashes else "")

    def _made_table(self) -> QTableWidget:
        tr = self._texts.tr
        table = plain_table(QTableWidget(0, 3))
        table.setAccessibleName(tr("Keys"))
        table.setHorizontalHeaderLabels([tr("What"), tr("Keys"), ""])
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.setItemDelegateForColumn(_KEYS, _KeyEditor(self))
        table.doubleClicked.connect(lambda index: self.edit(index.row()))
        return table

    def _cell(self, row: int, column: int) -> QTableWidgetItem:
        item = self.table.item(row, column)
        assert item is not None  # noqa: S101 - every row has all its cells
        return item

    def _add_row(self, what: str, done: str = "") -> int:
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, text in enumerate((what, done, "")):
            self.table.setItem(row, column, QTableWidgetItem(text))
        return row

    def _add_heading(self, title: str) -> None:
        row = self._add_row(title)
        self.table.setSpan(row, 0, 1, 3)
        item, font = self._cell(row, 0), QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        item.setFont(font)
        item.setForeground(QColor(TOKENS.accent))
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What the table leaves over: Enter and F2 change a row, Del empties it."""
        row = self.table.currentRow()
        if not self.table.hasFocus() or event.modifiers() & ~_KEYPAD:
            super().keyPressEvent(event)
        elif event.key() in _EDIT:
            self.edit(row)
        elif event.key() == Qt.Key.Key_Delete:
            self.take(row, QKeySequence())
        else:
            super().keyPressEvent(event)


class _KeyEditor(QStyledItemDelegate):
    """Records one key instead of text."""

    def __init__(self, dialog: KeysDialog) -> None:
        super().__init__(dialog)
        self._dialog = dialog

    def createEditor(
        self,
        parent: QWidget,
        _option: QStyleOptionViewItem,
        _index: QModelIndex | QPersistentModelIndex,
    ) -> QWidget:
        """A field that takes the next key."""
        editor = QKeySequenceEdit(parent)
        editor.setMaximumSequenceLength(1)
        editor.setClearButtonEnabled(True)
        once = Qt.ConnectionType.SingleShotConnection  # losing the focus finishes it again
        editor.editingFinished.connect(lambda: self._done(editor), once)
        return editor

    def setEditorData(
        self, _editor: QWidget, _index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Begin empty."""

    def setModelData(
        self,
        editor: QWidget,
        _model: QAbstractItemModel,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Hand the key over."""
        if isinstance(editor, QKeySequenceEdit):
            self._dialog.take(index.row(), editor.keySequence())

    def _done(self, editor: QKeySequenceEdit) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)


def _plain(title: str) -> str:
    """The title of a menu without the letter that opens it."""
    return _LETTER.sub("", title)


def _spoken(keys: Sequence[str]) -> str:
    form = QKeySequence.SequenceFormat.NativeText
    return " · ".join(QKeySequence(key).toString(form) for key in keys)


def _mouse(texts: Texts) -> tuple[tuple[str, str], ...]:
    return (
        (texts.tr("Left drag"), texts.tr("the chosen tool; window/level at first")),
        (texts.tr("Middle drag"), texts.tr("pan")),
        (texts.tr("Right drag"), texts.tr("zoom")),
        (texts.tr("Wheel"), texts.tr("next image, or zoom at the pointer")),
        (texts.tr("Ctrl, Ctrl+Shift"), texts.tr("faster while dragging")),
        (texts.tr("Double click"), texts.tr("film alone, and back")),
        (texts.tr("Double click on a note or an arrow"), texts.tr("change its words")),
    )
