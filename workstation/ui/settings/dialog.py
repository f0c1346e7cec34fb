"""The settings as pages made of their own descriptions, with a list of the pages at the left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.panel import Words, dress, scrolling, stacked
from workstation.ui.settings.form import SettingsForm
from workstation.ui.settings.model import SettingField
from workstation.ui.settings.packages import PackagesPage

_LIST_PX, _ROW_PX = 170, 34
_SIZE, _MARGIN = QSize(960, 600), QSize(40, 80)


class SettingsDialog(QDialog):
    """One page a group of settings, and one for the model packages; no setting changes before Save.

    Signals
    -------
    saved
        Mapping of field name to value, all fields; with ``model`` where packages are shown.
    """

    saved = Signal(object)

    def __init__(
        self,
        texts: Texts,
        fields: Sequence[SettingField],
        parent: QWidget | None,
        *,
        packages: PackagesPage | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Settings"))
        self._forms: list[SettingsForm] = []
        self._packages = packages
        self.pages = QListWidget()
        self.pages.setAccessibleName(texts.tr("Groups of settings"))
        self.pages.setProperty("class", "pages")
        self.pages.setFixedWidth(_LIST_PX)
        self._stack = QStackedWidget()
        for group, members in groupby(fields, key=lambda field: field.group):
            form = SettingsForm(texts, tuple(members))
            self._forms.append(form)
            self._add_page(texts.tr(f"settings.{group}"), scrolling(stacked(form)))
        if packages is not None:
            self._add_page(texts.tr("settings.models"), packages)
        self.pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self.pages.setCurrentRow(0)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        dress(buttons.button(QDialogButtonBox.StandardButton.Save), "primary")
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.close)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self.pages)
        body.addWidget(self._stack, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(body, 1)
        layout.addWidget(buttons)
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - _MARGIN))

    def _add_page(self, title: str, content: QWidget) -> None:
        page = QWidget()
        column = stacked(Words(title, "title"), content, gap=12)
        column.setStretch(1, 1)
        page.setLayout(column)
        item = QListWidgetItem(title, self.pages)
        item.setSizeHint(QSize(_LIST_PX, _ROW_PX))
        self._stack.addWidget(page)

    def _save(self) -> None:
        values = {name: value for form in self._forms for name, value in form.values().items()}
        if self._packages is not None:
            values["model"] = self._packages.chosen
        self.saved.emit(values)
        self.close()
