"""Presentation states of the open study: read behind the film, offered for the film they are about, chosen by the reader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.core.errors import ErrorCode, Reason
from workstation.core.image import Radiograph
from workstation.core.jobs import Lane, Ticket
from workstation.core.ports import PresentationReader
from workstation.core.presentation import PresentationState, Presented, present
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import LATER, Lanes


class Presentations(QObject):
    """Which states there are for the film on screen, and which one it is shown under.

    Signals
    -------
    offered_changed
        Nothing: other states are offered, or another film is on screen.
    chosen_changed
        Nothing: the film on screen is to be shown under another state, or under none.
    failed
        `Reason` why a state could not be read.
    """

    offered_changed = Signal()
    chosen_changed = Signal()
    failed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        reader: PresentationReader,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._reader = reader
        self._tickets: dict[Path, Ticket] = {}
        self._states: dict[str, PresentationState] = {}
        self._chosen: dict[str, str] = {}
        self._refused: set[Path] = set()
        desk.study_opened.connect(self._on_opened)
        desk.study_updated.connect(lambda _study: self._read())
        desk.film_shown.connect(lambda _film: self.offered_changed.emit())

    @property
    def offered(self) -> tuple[PresentationState, ...]:
        """The states about the frame on screen, the newest first."""
        film = self._desk.film
        if film is None or not film.is_monochrome:
            return ()
        uid, frame = film.instance.sop_uid, film.frame
        about = [state for state in self._states.values() if state.is_for(uid, frame)]
        by_age = sorted(
            about, key=lambda state: (state.created is not None, str(state.created))
        )
        return tuple(reversed(by_age))

    @property
    def chosen(self) -> PresentationState | None:
        """The one that the film on screen is shown under."""
        film = self._desk.film
        uid = self._chosen.get(film.instance.sop_uid) if film is not None else None
        return next((state for state in self.offered if state.sop_uid == uid), None)

    @property
    def applied(self) -> Mapping[str, PresentationState]:
        """The state under which each film of the study is shown, by the film's SOP Instance UID."""
        return {
            film: self._states[state]
            for film, state in self._chosen.items()
            if state in self._states
        }

    def presented(self, film: Radiograph) -> Presented | None:
        """`film`, the one on screen, under the chosen state; None under none."""
        return present(self.chosen, film) if self.chosen is not None else None

    def choose(self, state_uid: str) -> None:
        """Show the film on screen under one of the states; empty for its own look."""
        film, before = self._desk.film, self.chosen
        if film is None:
            return
        self._chosen[film.instance.sop_uid] = state_uid
        if self.chosen is not before:
            self.chosen_changed.emit()

    def step(self) -> None:
        """The next of the states offered, after the last one the film's own look."""
        uids = ["", *(state.sop_uid for state in self.offered)]
        here = uids.index(self.chosen.sop_uid) if self.chosen is not None else 0
        self.choose(uids[(here + 1) % len(uids)])

    def _on_opened(self, _study: object) -> None:
        for ticket in self._tickets.values():
            self._lanes.discard(ticket)
        self._tickets, self._states, self._chosen, self._refused = {}, {}, {}, set()
        self._read()

    def _read(self) -> None:
        """Read what the study has and was not asked for yet, after the film; never what names another patient."""
        study = self._desk.study
        for instance, path in study.presentations if study else ():
            if path in self._refused or path in self._tickets:
                continue
            if study and instance.patient.patient_id != study.patient.patient_id:
                self._refused.add(path)
                self.failed.emit(Reason(code=ErrorCode.IDENTITY_MISMATCH))
            else:
                self._tickets[path] = self._submit(instance.sop_uid, path)

    def _submit(self, sop_uid: str, path: Path) -> Ticket:
        def arrived(state: PresentationState) -> None:
            self._states[sop_uid] = state
            self.offered_changed.emit()

        return self._lanes.submit(
            Lane.FILM,
            lambda context: self._reader.read_presentation(path, context),
            done=arrived,
            failed=self.failed.emit,
            priority=LATER,
        )
