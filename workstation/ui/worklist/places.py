"""What is in the library at all: the folders that films came from, and studies and folders that leave it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.core.jobs import Lane
from workstation.core.ports import LibraryIndex, Place, SessionStore
from workstation.services.presence import reachable
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import LATER, Lanes

_DECODING = "decoding"


class PlacesPresenter(QObject):
    """Lists folders, and takes studies and folders out of the library; files are never touched.

    Parameters
    ----------
    index, session
        Used on the store lane alone.

    Signals
    -------
    outdated
        Paths of all places: they are to be scanned again.
    listed
        Tuple of `Place`.
    looked
        Path of each of those places to whether it can be reached.
    removed
        Nothing: something left the library.
    failed
        `Reason` why nothing was listed or removed.
    """

    outdated = Signal(object)
    listed = Signal(object)
    looked = Signal(object)
    removed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        index: LibraryIndex,
        session: SessionStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._index = index
        self._session = session

    def expect_decoding(self, decoding: str) -> None:
        """Have every file read again if the library was made with another `decoding` of its texts.

        A film whose name reads otherwise than it is listed is not shown.
        """

        def distrusted() -> Sequence[Place]:
            if (self._session.get(_DECODING) or "") == decoding:
                return ()
            self._index.distrust()
            self._session.put(_DECODING, decoding)
            return self._index.places()

        self._lanes.submit(
            Lane.STORE,
            lambda _: distrusted(),
            done=self._on_distrusted,
            failed=self.failed.emit,
        )

    def refresh(self) -> None:
        """List the places, and look afterwards which can be reached: a dead drive may take long."""
        self._lanes.submit(
            Lane.STORE,
            lambda _: self._index.places(),
            done=self._on_listed,
            failed=self.failed.emit,
        )

    def remove_studies(self, study_uids: Sequence[str]) -> None:
        """Take studies out of the list; one that is open leaves the desk."""
        self._remove(lambda: self._index.remove_studies(study_uids))

    def remove_place(self, path: Path) -> None:
        """Take a folder, and all studies that have films nowhere else, out of the list."""
        self._remove(lambda: self._index.remove_place(path))

    def _remove(self, work: Callable[[], None]) -> None:
        self._lanes.submit(
            Lane.STORE,
            lambda _: work(),
            done=lambda _: self._on_removed(),
            failed=self.failed.emit,
        )

    def _on_removed(self) -> None:
        self._desk.leave_removed_study()
        self.removed.emit()

    def _on_distrusted(self, places: Sequence[Place]) -> None:
        if places:
            self.outdated.emit(tuple(place.path for place in places))

    def _on_listed(self, places: Sequence[Place]) -> None:
        self.listed.emit(places)
        paths = [place.path for place in places]
        self._lanes.submit(
            Lane.SCAN,
            lambda context: reachable(paths, context.token),
            done=self.looked.emit,
            failed=self.failed.emit,
            priority=LATER,
        )
