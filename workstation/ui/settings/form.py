"""One group of settings: each with an editor of its kind, its doc, range, unit and default."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLineEdit,
    QSpinBox,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.panel import Words, without_wheel
from workstation.ui.settings.model import SettingField, Value

_STEP = 0.05
_EDITOR_PX = 260


class SettingsForm(QWidget):
    """Editors for `fields`; `values` is what they hold now."""

    def __init__(self, texts: Texts, fields: Sequence[SettingField]) -> None:
        super().__init__()
        self._texts = texts
        self._values: dict[str, Callable[[], Value]] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 12, 0)
        form.setHorizontalSpacing(18)
        form.setVerticalSpacing(6)
        for field in fields:
            self._add(form, field)

    def values(self) -> dict[str, Value]:
        """The values by the fields' names."""
        return {name: read() for name, read in self._values.items()}

    def _add(self, form: QFormLayout, field: SettingField) -> None:
        name = self._texts.tr(f"setting.{field.name}")
        doc = self._texts.tr(f"setting.{field.name}.doc")
        editor = self._editor(field)
        editor.setAccessibleName(name)
        editor.setAccessibleDescription(doc)
        editor.setMaximumWidth(_EDITOR_PX)
        form.addRow(Words(name, "heading", wrap=False), editor)
        note = Words(f"{doc} {self._facts(field)}", "muted small")
        note.setContentsMargins(0, 0, 0, 10)
        form.addRow(note)

    def _facts(self, field: SettingField) -> str:
        tr, facts = self._texts.tr, []
        if field.minimum is not None and field.maximum is not None:
            low, high = f"{field.minimum:g}", f"{field.maximum:g}"
            unit = self._unit(field)
            facts.append(tr("Range: {low} to {high}{unit}.", low=low, high=high, unit=unit))
        facts.append(tr("Default: {value}.", value=self._default(field)))
        if field.needs_restart:
            facts.append(tr("Takes effect at the next start."))
        return " ".join(facts)

    def _default(self, field: SettingField) -> str:
        if isinstance(field.default, bool):
            return self._texts.tr("on") if field.default else self._texts.tr("off")
        if field.choices:
            return self._texts.tr(f"setting.{field.name}.{field.default}")
        return f"{field.default}{self._unit(field)}"

    def _unit(self, field: SettingField) -> str:
        return f" {self._texts.tr(f'unit.{field.unit}')}" if field.unit else ""

    def _editor(self, field: SettingField) -> QWidget:
        value = field.value
        if isinstance(value, bool):
            box = QCheckBox(self._texts.tr("on"))
            box.setChecked(value)
            self._values[field.name] = box.isChecked
            return box
        if field.choices:
            return self._choice(field)
        if isinstance(value, int | float):
            return self._number(field, value)
        line = QLineEdit(value)
        self._values[field.name] = line.text
        return line

    def _number(self, field: SettingField, value: float) -> QWidget:
        low, high = field.minimum or 0, field.maximum or 0
        if isinstance(value, int):
            whole = without_wheel(QSpinBox())
            whole.setRange(int(low), int(high))
            whole.setValue(value)
            whole.setSuffix(self._unit(field))
            self._values[field.name] = whole.value
            return whole
        number = without_wheel(QDoubleSpinBox())
        number.setRange(low, high)
        number.setSingleStep(_STEP)
        number.setValue(value)
        number.setSuffix(self._unit(field))
        self._values[field.name] = lambda: round(number.value(), 6)
        return number

    def _choice(self, field: SettingField) -> QComboBox:
        choice = without_wheel(QComboBox())
        for key in field.choices:
            choice.addItem(self._texts.tr(f"setting.{field.name}.{key}"), key)
        choice.setCurrentIndex(field.choices.index(str(field.value)))
        self._values[field.name] = lambda: str(choice.currentData())
        return choice
