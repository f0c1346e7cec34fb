"""Accounts for every file of an import that was not loaded."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.core.errors import WorkstationError
from workstation.core.ports import ImportSummary
from workstation.core.study import FileOutcome, FileRecord
from workstation.services.exporting import write_atomically
from workstation.ui.worklist.wording import summary_line

_ROW_MARGIN_PX = 10


class ImportSummaryDialog(QDialog):
    """The counts, then each skipped or refused file with its reason; to copy, or to keep as a table."""

    def __init__(self, texts: Texts, summary: ImportSummary, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Import summary"))
        self._texts = texts
        self._rows = [self._row(record, summary.root) for record in summary.problems]
        heading = QLabel(summary_line(texts, summary))
        heading.setProperty("class", "title")
        root = QLabel(str(summary.root))
        root.setProperty("class", "muted")
        root.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._status = QLabel("")
        self._status.setProperty("class", "muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        copy = buttons.addButton(texts.tr("Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        save = buttons.addButton(
            texts.tr("Save as table…"), QDialogButtonBox.ButtonRole.ActionRole
        )
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
        writer.writerow(self._header())
        writer.writerows(self._rows)
        return stream.getvalue()

    def _header(self) -> list[str]:
        tr = self._texts.tr
        return [tr("File"), tr("What became of it"), tr("Reason")]

    def _row(self, record: FileRecord, root: Path) -> tuple[str, str, str]:
        path = record.stamp.path
        shown = path.relative_to(root) if path != root and path.is_relative_to(root) else path
        skipped = record.outcome is FileOutcome.SKIPPED
        outcome = self._texts.tr("– skipped") if skipped else self._texts.tr("✗ refused")
        reason = record.reason
        text = (
            ""
            if reason is None
            else self._texts.tr(f"error.{reason.code.value}", **reason.parameters)
        )
        return str(shown), outcome, text

    def _table(self) -> QTableWidget:
        table = QTableWidget(len(self._rows), 3)
        table.setAccessibleName(self._texts.tr("Files that were not loaded"))
        table.setHorizontalHeaderLabels(self._header())
        table.verticalHeader().hide()
        # Two lines hold every reason; measuring thousands of rows one by one would stall the window.
        table.verticalHeader().setDefaultSectionSize(
            2 * table.fontMetrics().lineSpacing() + _ROW_MARGIN_PX
        )
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        table.setColumnWidth(0, 280)
        for row, texts in enumerate(self._rows):
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                table.setItem(row, column, item)
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
