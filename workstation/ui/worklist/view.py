"""The worklist: find a study in the library, open it, choose among its films."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QKeyEvent, QKeySequence, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.core.jobs import Progress
from workstation.core.ports import ImportSummary, WorklistQuery
from workstation.core.study import Study
from workstation.ui.worklist.batch_strip import BatchStrip
from workstation.ui.worklist.delegate import ROW_PX, WorklistDelegate
from workstation.ui.worklist.filters import WorklistFilters
from workstation.ui.worklist.model import Fetch, FilmEntry, StudyEntry
from workstation.ui.worklist.pages import NothingFound, Opening, Welcome
from workstation.ui.worklist.removal import MOST_NAMED
from workstation.ui.worklist.rows import WorklistRows
from workstation.ui.worklist.strip import ImportStrip

# The rest is drawn again, or read from the library, when it is seen again.
_THUMBNAILS_KEPT = 512
# A larger selection, unless it is the whole list, does not outlive a change of the rows.
_SELECTION_KEPT = 200
_Flag = QItemSelectionModel.SelectionFlag


class StudyList(QTableView):
    """The list, as a table of one column: a list view lays 100,000 rows out in half a second, a table in no time.

    Del is its own key while it has the focus; Home and End go to the ends, as in a list.

    Signals
    -------
    removal_pressed
        Nothing.
    """

    removal_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.horizontalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(1)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Home and End mean rows, not columns."""
        last = self.model().rowCount() - 1
        if action is QAbstractItemView.CursorAction.MoveHome:
            return self.model().index(0, 0)
        if action is QAbstractItemView.CursorAction.MoveEnd:
            return self.model().index(last, 0)
        return super().moveCursor(action, modifiers)

    def event(self, event: QEvent) -> bool:
        """Take Del before the film's command gets it."""
        if isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Delete):
            if event.type() is QEvent.Type.KeyPress:
                self.removal_pressed.emit()
            event.accept()
            return True
        return super().event(event)


class WorklistView(QWidget):
    """Shows studies page by page; every signal comes from the GUI thread.

    Signals
    -------
    query_changed : WorklistQuery
        Search, filter or sort changed (typing is debounced).
    study_activated : str
        Study Instance UID to open.
    instance_activated : str
        SOP Instance UID of a film of the open study.
    thumbnail_requested : str
        SOP Instance UID of a row that became visible without a picture; answer with `set_thumbnail`.
    open_folder_requested, open_files_requested : ()
        Buttons.
    paths_dropped : tuple of Path
        Files or folders dropped on the list.
    recent_requested : Path
        A folder of the recent list.
    scan_cancel_requested, summary_requested : ()
        The strip at the foot.
    analysis_requested : sequence of (int, int)
        Selected studies, as (first position in the list, how many).
    removal_requested : sequence of WorklistRow
        Selected studies as they are shown.
    menu_requested : QPoint
        Place on the screen; the studies that it is about are selected.
    """

    query_changed = Signal(object)
    study_activated = Signal(str)
    instance_activated = Signal(str)
    thumbnail_requested = Signal(str)
    open_folder_requested = Signal()
    open_files_requested = Signal()
    paths_dropped = Signal(object)
    recent_requested = Signal(object)
    scan_cancel_requested = Signal()
    summary_requested = Signal()
    analysis_requested = Signal(object)
    removal_requested = Signal(object)
    menu_requested = Signal(QPoint)

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._thumbnails: dict[str, QPixmap] = {}
        self._open_uid = ""
        self.setProperty("class", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._filters = WorklistFilters(texts)
        self._rows = WorklistRows(texts, self)
        self._list = self._made_list()
        self._opening, self._welcome = Opening(texts), Welcome(texts)
        self._nothing = NothingFound(texts)
        self._strip = ImportStrip(texts)
        self.batch_strip = BatchStrip(texts)
        self._body = QStackedWidget()
        for page in (self._opening, self._welcome, self._nothing, self._list):
            self._body.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._filters)
        layout.addWidget(self._body, 1)
        layout.addWidget(self.batch_strip)
        layout.addWidget(self._strip)
        self.setMinimumWidth(240)
        self.setAcceptDrops(True)
        self._filters.query_changed.connect(self.query_changed)
        self._filters.first_requested.connect(self._open_first)
        self._filters.list_requested.connect(self._enter_list)
        self._welcome.open_folder_requested.connect(self.open_folder_requested)
        self._welcome.open_files_requested.connect(self.open_files_requested)
        self._welcome.recent_requested.connect(self.recent_requested)
        self._nothing.clear_requested.connect(self._filters.clear)
        self._strip.cancel_requested.connect(self.scan_cancel_requested)
        self._strip.details_requested.connect(self.summary_requested)
        self._list.clicked.connect(self._click)
        self._list.removal_pressed.connect(self.ask_removal)
        self._rows.contents_changed.connect(self._list.viewport().update)
        self._list.customContextMenuRequested.connect(self._ask_menu)
        self._list.activated.connect(self._activate)

    @property
    def query(self) -> WorklistQuery:
        """What the search box, the filters and the sort ask for."""
        return self._filters.query

    def show_query(self, query: WorklistQuery) -> None:
        """Let the search box, the filters and the sort show `query`; nothing is asked anew."""
        self._filters.show_query(query)

    def set_triage_bound(self, bound: int) -> None:
        """Behind how many studies that came later one may wait in the AI's order."""
        self._filters.set_triage_bound(bound)

    def show_rows(self, count: int, fetch: Fetch) -> None:
        """Show `count` studies that match `query`, fetched as they come into sight; the scroll position stays."""
        with self._staying():
            self._rows.show_rows(count, fetch)
            self._filters.show_count(count)
            self._choose_page()

    def show_unopened(self) -> None:
        """The library could not be opened, which is said elsewhere: there is nothing to list."""
        self._opening.words.clear()

    def show_open_study(self, study: Study | None, sop_uid: str | None = None) -> None:
        """Unfold the open study's films beneath it and mark the one on the canvas; a study that was just opened is brought in sight."""
        with self._staying():
            self._rows.show_open(study, sop_uid)
        uid, before = (study.study_uid if study else ""), self._open_uid
        self._open_uid = uid
        if uid != before:
            self._reveal_open()

    def ask_analysis(self) -> None:
        """Ask for the analysis of the selected studies."""
        ranges = [(first, last - first + 1) for first, last in self._selected()]
        self.analysis_requested.emit(ranges)

    def ask_removal(self) -> None:
        """Ask for the removal of the selected studies."""
        chosen = islice(self._positions(), MOST_NAMED + 1)
        rows = [row for row in map(self._rows.study, chosen) if row is not None]
        self.removal_requested.emit(rows)

    def set_thumbnail(self, sop_uid: str, picture: NDArray[np.uint8]) -> None:
        """The small grey picture, (rows, columns) uint8, of one film."""
        rows, columns = picture.shape
        grey = np.ascontiguousarray(picture)
        image = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
        self._thumbnails[sop_uid] = QPixmap.fromImage(image.copy())
        while len(self._thumbnails) > _THUMBNAILS_KEPT:
            del self._thumbnails[next(iter(self._thumbnails))]
        self._list.viewport().update()

    def forget_thumbnails(self) -> None:
        """Ask for every picture again: files may have been replaced."""
        self._thumbnails.clear()
        self._list.viewport().update()

    def set_recent(self, folders: Sequence[Path]) -> None:
        """The folders opened last, newest first."""
        self._welcome.set_recent(folders)

    def show_scan(self, progress: Progress | None) -> None:
        """How far the running import is; None when it ended."""
        self._strip.show_progress(progress)

    def show_summary(self, summary: ImportSummary | None) -> None:
        """One line about the finished import; None takes it away. What was read meanwhile may stand above the open study."""
        self._strip.show_summary(summary)
        if self._list.verticalScrollBar().value() == 0:  # the reader has not gone elsewhere
            self._reveal_open()

    def activate_next(self, step: int = 1) -> None:
        """Open the next (or, with -1, the previous) study of the list."""
        row = self._rows.open_row + step
        while 0 <= row < self._rows.rowCount():
            if isinstance(self._rows.entry(row), StudyEntry):
                self._list.setCurrentIndex(self._rows.index(row))
                self._activate(self._rows.index(row))
                return
            row += step

    def select_all(self) -> None:
        """Select every study of the list."""
        self._list.selectAll()

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self._filters.search.setFocus()
        self._filters.search.selectAll()

    def _open_first(self) -> None:
        if self._rows.studies:
            self._activate(self._rows.index(0))

    def _enter_list(self) -> None:
        """Go to the list and select where Enter would open: what was current already, or else its first study."""
        self._list.setFocus()
        current = self._list.currentIndex()
        self._list.setCurrentIndex(current if current.isValid() else self._rows.index(0))

    def _reveal_open(self) -> None:
        """Bring the open study into sight: its last film, then the study itself."""
        at = self._rows.open_row
        if at >= 0:
            for row in (self._rows.row(at + 1) - 1, at):
                self._list.scrollTo(self._rows.index(row))

    def _made_list(self) -> StudyList:
        view = StudyList()
        view.setModel(self._rows)
        view.setItemDelegate(WorklistDelegate(self._texts, self._thumbnail, self))
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalScrollBar().setSingleStep(24)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName(self._texts.tr("Worklist"))
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        return view

    def _thumbnail(self, sop_uid: str) -> QPixmap | None:
        picture = self._thumbnails.get(sop_uid)
        if picture is None:
            # Not while painting: the answer may repaint this very list.
            QTimer.singleShot(0, self, lambda: self.thumbnail_requested.emit(sop_uid))
        return picture

    @contextmanager
    def _staying(self) -> Iterator[None]:
        """Keep place and selection while rows change; a study that is no longer at its place is no longer selected."""
        bar, rows = self._list.verticalScrollBar(), self._rows
        place, chosen = bar.value(), list(islice(self._positions(), _SELECTION_KEPT + 1))
        many = len(chosen) > _SELECTION_KEPT
        everything = many and self._selected() == [(0, rows.studies - 1)]
        named = {} if many else {number: self._uid(number) for number in chosen}
        current = self._list.currentIndex()
        at = rows.position(current.row()) if current.isValid() else -1
        yield
        selection = self._list.selectionModel()
        selection.clearSelection()
        if everything and rows.studies:
            whole = QItemSelection(rows.index(0), rows.index(rows.rowCount() - 1))
            selection.select(whole, _Flag.Select)
        for number, uid in named.items():
            if number < rows.studies and self._uid(number) == uid:
                selection.select(rows.index(rows.row(number)), _Flag.Select)
        if 0 <= at < rows.studies:
            selection.setCurrentIndex(rows.index(rows.row(at)), _Flag.NoUpdate)
        bar.setValue(place)

    def _selected(self) -> list[tuple[int, int]]:
        """Positions of the selected studies in the list, as (first, last)."""
        ranges = self._list.selectionModel().selection().toList()
        at = self._rows.position
        return _joined([(at(part.top()), at(part.bottom())) for part in ranges])

    def _positions(self) -> Iterator[int]:
        return (n for first, last in self._selected() for n in range(first, last + 1))

    def _uid(self, position: int) -> str:
        row = self._rows.study(position)
        return row.study.study_uid if row else ""

    def _ask_menu(self, place: QPoint) -> None:
        if self._selected():
            self.menu_requested.emit(self._list.viewport().mapToGlobal(place))

    def _click(self, index: QModelIndex) -> None:
        """Open what was clicked; with Ctrl or Shift it is only selected."""
        held = QApplication.keyboardModifiers()
        if not held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
            self._activate(index)

    def _activate(self, index: QModelIndex) -> None:
        entry = self._rows.entry(index.row())
        if isinstance(entry, StudyEntry):
            self.study_activated.emit(entry.row.study.study_uid)
        elif isinstance(entry, FilmEntry):
            self.instance_activated.emit(entry.instance.sop_uid)

    def _choose_page(self) -> None:
        if self._rows.studies:
            page: QWidget = self._list
        else:
            page = self._nothing if self._filters.is_filtering else self._welcome
        self._body.setCurrentWidget(page)

    # Qt

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders may be dropped here."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand over what was dropped."""
        urls = event.mimeData().urls()
        paths = tuple(Path(url.toLocalFile()) for url in urls if url.isLocalFile())
        if paths:
            event.acceptProposedAction()
            self.paths_dropped.emit(paths)


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges (first, last) in their order, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined
