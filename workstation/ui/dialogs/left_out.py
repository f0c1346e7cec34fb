"""Accounts for every file of an import that was not loaded, and every film of a batch that got no score."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
from workstation.core.findings import AnalysisStatus
from workstation.core.ports import ImportSummary
from workstation.core.study import FileOutcome
from workstation.services.exporting import write_atomically
from workstation.ui.panel import Words, plain_table, told
from workstation.ui.worklist.batch import BatchState, Unscored
from workstation.ui.worklist.batch_strip import batch_words
from workstation.ui.worklist.wording import summary_line

_ROW_MARGIN_PX = 10
_MEASURED = 50  # rows that the second column is fitted to
Row = tuple[str, str, str]
_Index = QModelIndex | QPersistentModelIndex
_TEXT_ROLES = frozenset({Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a dialog says: `row` puts one of `count` rows into words when it is looked at."""

    title: str
    heading: str
    place: str
    name: str
    """Of the table, for those who listen."""
    header: Row
    count: int
    row: Callable[[int], Row]
    file: str
    """Suggested name of the table as a file."""


def of_import(texts: Texts, summary: ImportSummary) -> Listing:
    """Each file of an import that was skipped or refused."""
    tr, root = texts.tr, summary.root

    def row(number: int) -> Row:
        record = summary.problems[number]
        path = record.stamp.path
        shown = path.relative_to(root) if path != root and path.is_relative_to(root) else path
        skipped = record.outcome is FileOutcome.SKIPPED
        why = told(texts, record.reason) if record.reason else ""
        return str(shown), tr("– skipped") if skipped else tr("✗ refused"), why

    return Listing(
        title=tr("Import summary"),
        heading=summary_line(texts, summary),
        place=str(root),
        name=tr("Files that were not loaded"),
        header=(tr("File"), tr("What became of it"), tr("Reason")),
        count=len(summary.problems),
        row=row,
        file="import.csv",
    )


def of_batch(texts: Texts, state: BatchState, unscored: Sequence[Unscored]) -> Listing:
    """Each film of a batch that got no score."""
    tr = texts.tr

    def row(number: int) -> Row:
        film = unscored[number]
        refused = film.status is AnalysisStatus.REFUSED
        return (
            film.name,
            tr("✗ refused") if refused else tr("⚠ failed"),
            told(texts, film.reason),
        )

    return Listing(
        title=tr("AI summary"),
        heading=batch_words(state, texts),
        place="",
        name=tr("Films without a score"),
        header=(tr("Film"), tr("What became of it"), tr("Reason")),
        count=len(unscored),
        row=row,
        file="ai.csv",
    )


class _Rows(QAbstractTableModel):
    """The rows of a listing for Qt."""

    def __init__(self, listing: Listing) -> None:
        super().__init__()
        self._listing = listing

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Files or films."""
        return 0 if parent.isValid() else self._listing.count

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """File or film, outcome, reason."""
        return 0 if parent.isValid() else len(self._listing.header)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        """The words of one cell; the tip says them in full."""
        return self._listing.row(index.row())[index.column()] if role in _TEXT_ROLES else None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """The names of the columns."""
        across = orientation is Qt.Orientation.Horizontal
        return self._listing.header[section] if across and role in _TEXT_ROLES else None


class LeftOutDialog(QDialog):
    """The counts, then each file or film that was left out with its reason; to copy, or to keep as a table."""

    def __init__(self, texts: Texts, listing: Listing, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(listing.title)
        self._texts, self._listing = texts, listing
        self._rows = _Rows(listing)
        heading = Words(listing.heading, "title")
        place = Words(listing.place, "muted")
        place.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
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
        for widget in (heading, place):
            layout.addWidget(widget)
        layout.addWidget(self._table(), 1)
        layout.addWidget(self._status)
        layout.addWidget(buttons)
        self.resize(860, 560)

    def as_csv(self) -> str:
        """The table as text."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream)
        writer.writerow(self._listing.header)
        writer.writerows(map(self._listing.row, range(self._listing.count)))
        return stream.getvalue()

    def _table(self) -> QTableView:
        table = plain_table(QTableView())
        table.setModel(self._rows)
        table.setAccessibleName(self._listing.name)
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
            self, self._texts.tr("Save as table…"), self._listing.file, "CSV (*.csv)"
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
