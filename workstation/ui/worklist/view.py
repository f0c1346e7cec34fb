"""The worklist: find a study in the library, open it, choose among its films."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.core.jobs import Progress
from workstation.core.ports import ImportSummary, WorklistQuery
from workstation.core.study import Study
from workstation.ui.worklist.model import Fetch


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
    remove_requested : str
        Study Instance UID to take out of the library (never its files).
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
    remove_requested = Signal(str)
    scan_cancel_requested = Signal()
    summary_requested = Signal()

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts

    @property
    def query(self) -> WorklistQuery:
        """What the search box, the filters and the sort ask for."""
        return WorklistQuery()

    def show_rows(self, count: int, fetch: Fetch) -> None:
        """Show `count` studies that match `query`, fetched as they come into sight; the scroll position stays."""

    def show_open_study(self, study: Study | None, sop_uid: str | None = None) -> None:
        """Unfold the open study's films beneath it and mark the one on the canvas."""

    def set_thumbnail(self, sop_uid: str, picture: NDArray[np.uint8]) -> None:
        """The small grey picture, (rows, columns) uint8, of one film."""

    def set_recent(self, folders: Sequence[Path]) -> None:
        """The folders opened last, newest first."""

    def show_scan(self, progress: Progress | None) -> None:
        """How far the running import is; None when it ended."""

    def show_summary(self, summary: ImportSummary | None) -> None:
        """One line about the finished import; None takes it away."""

    def activate_next(self, step: int = 1) -> None:
        """Open the next (or, with -1, the previous) study of the list."""

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
