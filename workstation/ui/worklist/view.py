"""The worklist: find a study in the library, open it, choose among its films."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPixmap
from PySide6.QtWidgets import QListView, QStackedWidget, QVBoxLayout, QWidget

from resources.i18n import Texts
from workstation.core.jobs import Progress
from workstation.core.ports import ImportSummary, WorklistQuery
from workstation.core.study import Study
from workstation.ui.worklist.delegate import WorklistDelegate
from workstation.ui.worklist.filters import WorklistFilters
from workstation.ui.worklist.model import Fetch, FilmEntry, StudyEntry
from workstation.ui.worklist.pages import NothingFound, Welcome
from workstation.ui.worklist.rows import WorklistRows
from workstation.ui.worklist.strip import ImportStrip

# The rest is drawn again, or read from the library, when it is seen again.
_THUMBNAILS_KEPT = 512


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

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._thumbnails: dict[str, QPixmap] = {}
        self.setProperty("class", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._filters = WorklistFilters(texts)
        self._rows = WorklistRows(texts, self)
        self._list = self._made_list()
        self._welcome = Welcome(texts)
        self._nothing = NothingFound(texts)
        self._strip = ImportStrip(texts)
        self._body = QStackedWidget()
        for page in (self._welcome, self._nothing, self._list):
            self._body.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._filters)
        layout.addWidget(self._body, 1)
        layout.addWidget(self._strip)
        self.setMinimumWidth(240)
        self.setAcceptDrops(True)
        self._filters.query_changed.connect(self.query_changed)
        self._welcome.open_folder_requested.connect(self.open_folder_requested)
        self._welcome.open_files_requested.connect(self.open_files_requested)
        self._welcome.recent_requested.connect(self.recent_requested)
        self._nothing.clear_requested.connect(self._filters.clear)
        self._strip.cancel_requested.connect(self.scan_cancel_requested)
        self._strip.details_requested.connect(self.summary_requested)
        self._list.clicked.connect(self._activate)
        self._list.activated.connect(self._activate)
        self._choose_page()

    @property
    def query(self) -> WorklistQuery:
        """What the search box, the filters and the sort ask for."""
        return self._filters.query

    def show_query(self, query: WorklistQuery) -> None:
        """Let the search box, the filters and the sort show `query`; nothing is asked anew."""
        self._filters.show_query(query)

    def show_rows(self, count: int, fetch: Fetch) -> None:
        """Show `count` studies that match `query`, fetched as they come into sight; the scroll position stays."""
        bar, row = self._list.verticalScrollBar(), self._list.currentIndex().row()
        place = bar.value()
        self._rows.show_rows(count, fetch)
        self._choose_page()
        if 0 <= row < self._rows.rowCount():
            self._list.setCurrentIndex(self._rows.index(row))
        bar.setValue(place)

    def show_open_study(self, study: Study | None, sop_uid: str | None = None) -> None:
        """Unfold the open study's films beneath it and mark the one on the canvas."""
        bar = self._list.verticalScrollBar()
        place = bar.value()
        self._rows.show_open(study, sop_uid)
        bar.setValue(place)

    def set_thumbnail(self, sop_uid: str, picture: NDArray[np.uint8]) -> None:
        """The small grey picture, (rows, columns) uint8, of one film."""
        rows, columns = picture.shape
        grey = np.ascontiguousarray(picture)
        image = QImage(grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
        self._thumbnails[sop_uid] = QPixmap.fromImage(image.copy())
        while len(self._thumbnails) > _THUMBNAILS_KEPT:
            del self._thumbnails[next(iter(self._thumbnails))]
        self._list.viewport().update()

    def set_recent(self, folders: Sequence[Path]) -> None:
        """The folders opened last, newest first."""
        self._welcome.set_recent(folders)

    def show_scan(self, progress: Progress | None) -> None:
        """How far the running import is; None when it ended."""
        self._strip.show_progress(progress)

    def show_summary(self, summary: ImportSummary | None) -> None:
        """One line about the finished import; None takes it away."""
        self._strip.show_summary(summary)

    def activate_next(self, step: int = 1) -> None:
        """Open the next (or, with -1, the previous) study of the list."""
        row = self._rows.open_row + step
        while 0 <= row < self._rows.rowCount():
            if isinstance(self._rows.entry(row), StudyEntry):
                self._list.setCurrentIndex(self._rows.index(row))
                self._activate(self._rows.index(row))
                return
            row += step

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self._filters.search.setFocus()
        self._filters.search.selectAll()

    def _made_list(self) -> QListView:
        view = QListView()
        view.setModel(self._rows)
        view.setItemDelegate(WorklistDelegate(self._texts, self._thumbnail, self))
        view.setUniformItemSizes(True)
        view.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        view.verticalScrollBar().setSingleStep(24)
        view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        view.setAccessibleName(self._texts.tr("Worklist"))
        return view

    def _thumbnail(self, sop_uid: str) -> QPixmap | None:
        picture = self._thumbnails.get(sop_uid)
        if picture is None:
            # Not while painting: the answer may repaint this very list.
            QTimer.singleShot(0, self, lambda: self.thumbnail_requested.emit(sop_uid))
        return picture

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
            searching = self.query != WorklistQuery(
                sort=self.query.sort, descending=self.query.descending
            )
            page = self._nothing if searching else self._welcome
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
