"""The worklist's selection and the library's folders meet what is done with them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.core.ports import Place, WorklistRow
from workstation.ui.dialogs.left_out import LeftOutDialog, of_batch
from workstation.ui.panel import told
from workstation.ui.window import MainWindow
from workstation.ui.worklist.batch import BatchPresenter, BatchState
from workstation.ui.worklist.folders import FoldersDialog
from workstation.ui.worklist.places import PlacesPresenter
from workstation.ui.worklist.presenter import WorklistPresenter
from workstation.ui.worklist.removal import MOST_NAMED, ask_about_place, ask_about_studies


class Keeping(QObject):
    """Connects a window with the presenters of batches and folders; ends with the window."""

    def __init__(
        self,
        window: MainWindow,
        texts: Texts,
        *,
        worklist: WorklistPresenter,
        places: PlacesPresenter,
        batch: BatchPresenter,
    ) -> None:
        super().__init__(window)
        self._window, self._texts = window, texts
        self._worklist, self._places, self._batch = worklist, places, batch
        view = window.worklist
        view.analysis_requested.connect(self._analyse)
        view.removal_requested.connect(self._ask_removal)
        view.batch_strip.pause_requested.connect(self._pause)
        view.batch_strip.stop_requested.connect(batch.stop)
        view.batch_strip.details_requested.connect(self._show_unscored)
        window.folders_requested.connect(self._show_folders)
        batch.changed.connect(self._on_batch)
        batch.failed.connect(self._complain)
        places.removed.connect(self._on_removed)
        places.failed.connect(self._complain)
        if batch.state.running:
            view.batch_strip.show_state(batch.state)

    def _analyse(self, ranges: Sequence[tuple[int, int]]) -> None:
        if not ranges:
            self._window.say(
                self._texts.tr(
                    "Select studies in the worklist first: Ctrl or Shift with a click, or Ctrl+A."
                )
            )
        elif not self._batch.can_start:
            self._window.say(self._texts.tr("No model package could be opened."))
        else:
            self._batch.start(self._worklist.uids(ranges))

    def _pause(self, paused: bool) -> None:  # noqa: FBT001 - a signal's payload
        self._batch.pause(paused=paused)

    def _show_unscored(self) -> None:
        listing = of_batch(self._texts, self._batch.state, tuple(self._batch.unscored))
        LeftOutDialog(self._texts, listing, self._window).open()

    def _on_batch(self, state: BatchState) -> None:
        self._window.worklist.batch_strip.show_state(state)
        if not state.running and state.total == 0:
            self._window.say(self._texts.tr("This model has read every selected film already."))

    def _on_removed(self) -> None:
        self._worklist.rows_changed.emit()
        self._places.refresh()
        self._window.say(
            self._texts.tr("Removed from the library. Open the folder again to bring it back.")
        )

    def _ask_removal(self, rows: Sequence[WorklistRow]) -> None:
        if not rows:
            self._window.say(self._texts.tr("Select a study in the worklist first."))
        elif len(rows) > MOST_NAMED:
            text = self._texts.tr(
                "At most {count} studies are removed at once; for more, remove their folder.",
                count=MOST_NAMED,
            )
            self._window.say(text)
        else:
            uids = [row.study.study_uid for row in rows]
            ask_about_studies(
                self._texts,
                rows,
                self._window,
                agreed=lambda: self._places.remove_studies(uids),
            )

    def _show_folders(self) -> None:
        dialog = FoldersDialog(self._texts, self._window)
        dialog.scan_requested.connect(self._scan)
        dialog.removal_requested.connect(lambda place: self._ask_place(place, dialog))
        self._places.listed.connect(dialog.show_places)
        self._places.looked.connect(dialog.show_reach)
        dialog.open()
        self._places.refresh()

    def _scan(self, path: Path) -> None:
        self._worklist.scan((path,), chosen=False)

    def _ask_place(self, place: Place, dialog: QWidget) -> None:
        ask_about_place(
            self._texts,
            place,
            dialog,
            agreed=lambda: self._places.remove_place(place.path),
        )

    def _complain(self, reason: Reason) -> None:
        self._window.say(told(self._texts, reason))
