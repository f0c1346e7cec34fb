"""The folders of the library: where films came from, whether they can be reached, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from resources.i18n import Texts
from workstation.core.ports import Place
from workstation.ui.panel import Words, button, in_line, plain_table, stacked


class FoldersDialog(QDialog):
    """One row a folder.

    Signals
    -------
    scan_requested
        Path to scan again.
    removal_requested
        `Place` to take out of the library.
    """

    scan_requested = Signal(object)
    removal_requested = Signal(object)

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Folders of the library"))
        self._texts = texts
        self._places: tuple[Place, ...] = ()
        tr = texts.tr
        hint = Words(
            tr("Films came from here. A folder that cannot be reached stays in the list."),
            "muted",
        )
        self.table = self._made_table()
        self.scan = button(tr("Scan again"), name="scan_folder")
        self.remove = button(tr("Remove from the library…"), name="remove_folder")
        close = button(tr("Close"), name="close")
        self.setLayout(
            stacked(
                hint,
                self.table,
                in_line(self.scan, self.remove, None, close),
                gap=10,
                margins=(20, 18, 20, 16),
            )
        )
        self.table.itemSelectionChanged.connect(self._enable)
        self.scan.clicked.connect(lambda: self._with_chosen(self._scan))
        self.remove.clicked.connect(lambda: self._with_chosen(self.removal_requested.emit))
        close.clicked.connect(self.close)
        self.resize(720, 380)
        self._enable()

    def show_places(self, places: Sequence[Place]) -> None:
        """List these; whether they can be reached is told later."""
        row = self.table.currentRow()
        self._places = tuple(places)
        self.table.setRowCount(len(places))
        for number, place in enumerate(places):
            for column, text in enumerate((str(place.path), str(place.films), "…")):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(number, column, item)
        self.table.setCurrentCell(min(max(row, 0), len(places) - 1), 0)
        self._enable()

    def show_reach(self, found: Mapping[Path, bool]) -> None:
        """Say which can be reached."""
        tr = self._texts.tr
        for number, place in enumerate(self._places):
            item = self.table.item(number, 2)
            if item is not None and place.path in found:
                here = found[place.path]
                item.setText(tr("reachable") if here else tr("⚠ not reachable"))

    def _made_table(self) -> QTableWidget:
        tr = self._texts.tr
        table = plain_table(QTableWidget(0, 3))
        table.setAccessibleName(tr("Folders of the library"))
        table.setHorizontalHeaderLabels([tr("Folder"), tr("Films"), tr("State")])
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return table

    def _scan(self, place: Place) -> None:
        self.scan_requested.emit(place.path)
        self.close()

    def _with_chosen(self, act: Callable[[Place], object]) -> None:
        row = self.table.currentRow()
        if 0 <= row < len(self._places):
            act(self._places[row])

    def _enable(self) -> None:
        chosen = 0 <= self.table.currentRow() < len(self._places)
        self.scan.setEnabled(chosen)
        self.remove.setEnabled(chosen)
