"""Accounts for every file of an import that was not loaded."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.core.errors import WorkstationError
from workstation.core.ports import ImportSummary
from workstation.core.study import FileOutcome
from workstation.services.exporting import write_atomically
from workstation.ui.panel import plain_table
from workstation.ui.worklist.wording import summary_line

_ROW_MARGIN_PX = 10
_MEASURED = 50  # rows that the second column is fitted to
_Index = QModelIndex | QPersistentModelIndex
_TEXT_ROLES = frozenset({Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole})


class _LeftOut(QAbstractTableModel):
    """Files that were not loaded; each is put into words when it is looked at."""

    def __init__(self, texts: Texts, summary: ImportSummary) -> None:
        super().__init__()
        self._texts = texts
        self._summary = summary
        tr = texts.tr
        self.header = (tr("File"), tr("What became of it"), tr("Reason"))

    def row(self, number: int) -> tuple[str, str, str]:
        """One file: its path below the folder, what became of it, and why."""
        record, root, tr = self._summary.problems[number], self._summary.root, self._texts.tr
        path = record.stamp.path
        shown = path.relative_to(root) if path != root and path.is_relative_to(root) else path
        skipped = record.outcome is FileOutcome.SKIPPED
        reason = record.reason
        why = tr(f"error.{reason.code.value}", **reason.parameters) if reason else ""
        return str(shown), tr("– skipped") if skipped else tr("✗ refused"), why

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Files."""
        return 0 if parent.isValid() else len(self._summary.problems)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """File, outcome, reason."""
        return 0 if parent.isValid() else len(self.header)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """The words of one cell; the tip says them in full."""
        return self.row(index.row())[index.column()] if role in _TEXT_ROLES else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """The names of the columns."""
        across = orientation is Qt.Orientation.Horizontal
        return self.header[section] if across and role in _TEXT_ROLES else None


class ImportSummaryDialog(QDialog):
    """The counts, then each skipped or refused file with its reason; to copy, or to keep as a table."""

    def __init__(self, texts: Texts, summary: ImportSummary, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Import summary"))
        self._texts = texts
        self._files = _LeftOut(texts, summary)
        heading = QLabel(summary_line(texts, summary))
        heading.setProperty("class", "title")
        root = QLabel(str(summary.root))
        root.setProperty("class", "muted")
        root.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._status = QLabel("")
        self._status.setProperty("class", "muted")
        buttons = QDialogButtonBox()
        copy = buttons.addButton(texts.tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        save = buttons.addButton(
            texts.tr("Save as table…"), QDialogButtonBox.ButtonRole.ActionRole
        )
        buttons.addButton(QDialogButtonBox.StandardButton.Close)
        copy.clicked.connect(self._copy)
        save.clicked.connect(self._save)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(10)
        for widget in (heading, root):
            layout.addWidget(widget)
        layout.addWidget(self._table(), 1)
        layout.addWidget(self._status)
        layout.addWidget(buttons)
        self.resize(860, 560)

    def as_csv(self) -> str:
        """The table as text."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream)
        writer.writerow(self._files.header)
        writer.writerows(map(self._files.row, range(self._files.rowCount())))
        return stream.getvalue()

    def _table(self) -> QTableView:
        table = plain_table(QTableView())
        table.setModel(self._files)
        table.setAccessibleName(self._texts.tr("Files that were not loaded"))
        # Two lines hold every reason; measuring thousands of rows one by one would stall the window.
        table.verticalHeader().setDefaultSectionSize(
            2 * table.fontMetrics().lineSpacing() + _ROW_MARGIN_PX
        )
        table.setWordWrap(True)
        header = table.horizontalHeader()
        header.setResizeContentsPrecision(_MEASURED)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(0, 280)
        return table

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.as_csv())
        self._status.setText(self._texts.tr("Copied."))

    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, self._texts.tr("Save as table…"), "import.csv", "CSV (*.csv)"
        )
        if not name:
            return
        try:
            write_atomically(Path(name), self.as_csv().encode("utf-8-sig"))
        except WorkstationError as error:
            code = f"error.{error.code.value}"
            self._status.setText(self._texts.tr(code, **error.reason.parameters))
        else:
            self._status.setText(self._texts.tr("Saved: {path}", path=name))
