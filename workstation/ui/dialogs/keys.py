"""The key map: every command with its keys, which the reader may change, and what the mouse does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.viewer.actions import Command

KeyMap = Mapping[str, tuple[str, ...]]
"""Portable key sequences by command id."""
_KEYS, _NOTE = 1, 2


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
    """Shows the keys in force; double click or F2 on a row takes another key. Nothing changes before Save.

    Signals
    -------
    saved
        `KeyMap` of the commands whose keys are not their default.
    """

    saved = Signal(object)

    def __init__(
        self, texts: Texts, commands: Sequence[Command], keys: KeyMap, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Keys"))
        self._texts = texts
        self._commands = tuple(commands)
        self._names = {command.id: texts.tr(command.name) for command in commands}
        self._keys = {command.id: keys.get(command.id, command.keys) for command in commands}
        self._cells: list[tuple[QTableWidgetItem, QTableWidgetItem]] = []
        self.table = self._made_table()
        hint = QLabel(texts.tr("Double click a key to change it, then press the new one."))
        hint.setProperty("class", "muted")
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox()
        for kind in (kinds.RestoreDefaults, kinds.Save, kinds.Close):  # as Tab reaches them
            self.buttons.addButton(kind)
        self.buttons.button(kinds.Save).setProperty("class", "primary")
        self.buttons.accepted.connect(self._save)
        self.buttons.rejected.connect(self.close)
        self.buttons.button(kinds.RestoreDefaults).clicked.connect(self.restore_defaults)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        layout.addWidget(self.table, 1)
        layout.addWidget(hint)
        layout.addWidget(self.buttons)
        self.resize(760, 700)
        self._show()

    def set_keys(self, command_id: str, keys: tuple[str, ...]) -> None:
        """Give a command other keys; a key that another one has is shown as a conflict."""
        self._keys[command_id] = keys
        self._show()

    def restore_defaults(self) -> None:
        """Give every command its own keys back."""
        self._keys = {command.id: command.keys for command in self._commands}
        self._show()

    def _save(self) -> None:
        own = {command.id: command.keys for command in self._commands}
        self.saved.emit({key: value for key, value in self._keys.items() if value != own[key]})
        self.close()

    def _show(self) -> None:
        clashes = conflicts(self._keys)
        for row, command in enumerate(self._commands):
            others = ", ".join(self._names[other] for other in clashes.get(command.id, ()))
            note = self._texts.tr("⚠ also: {commands}", commands=others) if others else ""
            shown, said = self._cells[row]
            shown.setText(_spoken(self._keys[command.id]))
            said.setText(note)
        save = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        save.setEnabled(not clashes)
        save.setToolTip(self._texts.tr("Two commands have one key.") if clashes else "")

    def _made_table(self) -> QTableWidget:
        tr = self._texts.tr
        mouse = _mouse(self._texts)
        table = QTableWidget(len(self._commands) + len(mouse), 3)
        table.setAccessibleName(tr("Keys"))
        table.setHorizontalHeaderLabels([tr("What"), tr("Keys"), ""])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        rows = [*((self._names[c.id], "") for c in self._commands), *mouse]
        for row, (what, keys) in enumerate(rows):
            items = [QTableWidgetItem(text) for text in (what, keys, "")]
            for column, item in enumerate(items):
                if column != _KEYS or row >= len(self._commands):
                    item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
                table.setItem(row, column, item)
            self._cells.append((items[_KEYS], items[_NOTE]))
        table.setItemDelegateForColumn(_KEYS, _KeyEditor(self))
        return table

    def take(self, row: int, sequence: QKeySequence) -> None:
        """The key pressed for a row of the table; none takes its keys away."""
        keys = (sequence.toString(),) if not sequence.isEmpty() else ()
        self.set_keys(self._commands[row].id, keys)


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
    )
