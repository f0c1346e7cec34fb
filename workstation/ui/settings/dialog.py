"""The settings as a form made of their own descriptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.settings.model import SettingField, Value

_STEP = 0.05


class SettingsDialog(QDialog):
    """Shows each setting with its doc, unit, range and default; nothing changes before Save.

    Signals
    -------
    saved
        Mapping of field name to value, all fields.
    """

    saved = Signal(object)

    def __init__(
        self, texts: Texts, fields: Sequence[SettingField], parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Settings"))
        self._texts = texts
        self._values: dict[str, Callable[[], Value]] = {}
        page = QWidget()
        column = QVBoxLayout(page)
        column.setSpacing(14)
        for group, members in groupby(fields, key=lambda field: field.group):
            column.addWidget(_label(texts.tr(f"settings.{group}"), "title"))
            form = QFormLayout()
            form.setHorizontalSpacing(18)
            form.setVerticalSpacing(4)
            for member in members:
                self._add(form, member)
            column.addLayout(form)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(page)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Save).setProperty("class", "primary")
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.addWidget(scroll, 1)
        layout.addWidget(buttons)
        self.resize(620, 620)

    def _add(self, form: QFormLayout, field: SettingField) -> None:
        name = self._texts.tr(f"setting.{field.name}")
        editor = self._editor(field)
        editor.setAccessibleName(name)
        form.addRow(_label(name, "heading"), editor)
        notes = [self._texts.tr(f"setting.{field.name}.doc"), self._default_note(field)]
        if field.needs_restart:
            notes.append(self._texts.tr("Takes effect at the next start."))
        note = _label(" ".join(notes), "muted small")
        form.addRow(note)

    def _default_note(self, field: SettingField) -> str:
        if isinstance(field.default, bool):
            shown = self._texts.tr("on") if field.default else self._texts.tr("off")
        elif field.choices:
            shown = self._texts.tr(f"setting.{field.name}.{field.default}")
        else:
            shown = f"{field.default} {field.unit}".strip()
        return self._texts.tr("Default: {value}.", value=shown)

    def _editor(self, field: SettingField) -> QWidget:
        value = field.value
        if isinstance(value, bool):
            box = QCheckBox(self._texts.tr("on"))
            box.setChecked(value)
            self._values[field.name] = box.isChecked
            return box
        if field.choices:
            return self._choice(field)
        if isinstance(value, int):
            whole = QSpinBox()
            whole.setRange(int(field.minimum or 0), int(field.maximum or 0))
            whole.setValue(value)
            self._values[field.name] = whole.value
            return whole
        if isinstance(value, float):
            number = QDoubleSpinBox()
            number.setRange(field.minimum or 0.0, field.maximum or 0.0)
            number.setSingleStep(_STEP)
            number.setValue(value)
            self._values[field.name] = lambda: round(number.value(), 6)
            return number
        line = QLineEdit(value)
        self._values[field.name] = line.text
        return line

    def _choice(self, field: SettingField) -> QComboBox:
        choice = QComboBox()
        for key in field.choices:
            choice.addItem(self._texts.tr(f"setting.{field.name}.{key}"), key)
        choice.setCurrentIndex(field.choices.index(str(field.value)))
        self._values[field.name] = lambda: str(choice.currentData())
        return choice

    def _save(self) -> None:
        self.saved.emit({name: read() for name, read in self._values.items()})
        self.close()


def _label(text: str, kind: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("class", kind)
    label.setWordWrap(True)
    return label
