"""Which film hangs beside the current one; a late film of another comparison never arrives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from workstation.core.errors import Reason
from workstation.core.image import Radiograph
from workstation.core.jobs import Lane, Ticket
from workstation.core.ports import FilmReader, LibraryIndex, SessionStore
from workstation.core.study import Instance, Study
from workstation.services.opening import open_film
from workstation.services.priors import StoredFilm, other_view, prior_films
from workstation.ui.compare.model import Beside, CompareState, Hanging
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import Lanes

_HANGING = "hanging"


class ComparePresenter(QObject):
    """Finds, reads and changes the film beside. The desk, and with it record, findings and report, never turns to it.

    Parameters
    ----------
    index, session
        Used on the store lane alone.
    saved_session
        Read on the GUI thread.

    Signals
    -------
    state_changed
        `CompareState`.
    nothing_found
        `Beside` that the reader asked for and that does not exist.
    failed
        `Reason` why priors could not be looked for, or the hanging not be kept.
    """

    state_changed = Signal(object)
    nothing_found = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        index: LibraryIndex,
        reader: FilmReader,
        session: SessionStore,
        saved_session: SessionStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._index = index
        self._reader = reader
        self._session = session
        self._search: Ticket | None = None
        self._reading: Ticket | None = None
        self._priors: tuple[StoredFilm, ...] = ()
        self._searched_for = ""
        self._is_hung = False
        kept = saved_session.get(_HANGING)
        hanging = next((way for way in Hanging if way.value == kept), Hanging.ONE)
        self.state = CompareState(hanging=hanging)
        desk.study_opened.connect(self._on_study)
        desk.film_loading.connect(self._on_film_loading)
        desk.film_shown.connect(self._on_film)

    # What the reader asks for

    def with_prior(self) -> None:
        """Hang the newest prior beside the current film."""
        self._ask(Beside.PRIOR)

    def two_views(self) -> None:
        """Hang a lateral beside a frontal film of the study, or the other way round."""
        self._ask(Beside.VIEW)

    def next_prior(self, by: int = 1) -> None:
        """Hang the next older prior; after the oldest the newest again."""
        if self.state.beside is not Beside.PRIOR:
            self.with_prior()
        elif self._priors:
            self.choose_prior((self.state.number + by) % len(self._priors))

    def choose_prior(self, number: int) -> None:
        """Hang the prior of this number, 0 the newest."""
        if self.state.beside is Beside.PRIOR and 0 <= number < len(self._priors):
            self.state = replace(self.state, number=number)
            self._read(self._priors[number])

    def hold(self) -> None:
        """Keep the current film beside whatever is opened next."""
        film = self._desk.film
        if film is not None:
            self._end()
            self._is_hung = True
            self._set(
                replace(self.state, beside=Beside.HELD, instance=film.instance, film=film)
            )

    def one_film(self) -> None:
        """The current film alone."""
        self._is_hung = True
        self._end()
        self._set(self.state)

    def hang_each(self, hanging: Hanging) -> None:
        """Hang this study, and every one that is opened from now on, in this way."""
        self._lanes.submit(
            Lane.STORE,
            lambda _: self._session.put(_HANGING, hanging.value),
            done=_ignore,
            failed=self.failed.emit,
        )
        self._end()
        self.state = replace(self.state, hanging=hanging)
        self._is_hung = False
        self.refresh()

    def refresh(self) -> None:
        """Look for priors again, for films that were found since."""
        self._set(self.state)
        study, instance = self._desk.study, self._desk.instance
        if study is not None and instance is not None:
            self._look_for(study, instance, then=self._hang_by_rule)

    # What happens on the desk

    def _on_study(self, study: Study | None) -> None:
        self._is_hung = False
        self._priors = ()
        if study is None or self.state.beside is not Beside.HELD:
            self._end()
        self._set(replace(self.state, current=None, priors=()))

    def _on_film_loading(self, instance: Instance) -> None:
        shown = self.state.current
        if shown is not None and shown.sop_uid == instance.sop_uid:
            return  # another frame
        self._lanes.discard(self._search)
        if self.state.beside is not Beside.HELD:
            self._lanes.discard(self._reading)
            self.state = replace(self.state, instance=None, film=None, reason=None)
        self._priors, self._searched_for = (), ""
        self._set(replace(self.state, current=instance, priors=(), number=0))

    def _on_film(self, film: Radiograph) -> None:
        study = self._desk.study
        if study is None or self._searched_for == film.instance.sop_uid:
            return  # another frame
        wish = self.state.beside
        if wish in {Beside.PRIOR, Beside.VIEW}:
            self._look_for(study, film.instance, then=lambda: self._hang(wish))
        else:
            self._look_for(study, film.instance, then=self._hang_by_rule)

    # Private

    def _ask(self, wish: Beside) -> None:
        study, instance = self._desk.study, self._desk.instance
        if study is not None and instance is not None:
            self._is_hung = True
            self._look_for(study, instance, then=lambda: self._hang(wish))

    def _look_for(self, study: Study, instance: Instance, *, then: Callable[[], None]) -> None:
        def found(priors: tuple[StoredFilm, ...]) -> None:
            self._priors, self._searched_for = priors, instance.sop_uid
            films = tuple(film for film, _ in priors)
            at = films.index(self.state.instance) if self.state.instance in films else 0
            self._set(replace(self.state, priors=films, number=at))
            then()

        self._lanes.discard(self._search)
        self._search = self._lanes.submit(
            Lane.STORE,
            lambda _: prior_films(self._index, study, instance),
            done=found,
            failed=self.failed.emit,
        )

    def _hang_by_rule(self) -> None:
        """Hang a study that the reader has not hung yet."""
        if self._is_hung or self.state.is_comparing or self.state.hanging is Hanging.ONE:
            return
        wishes = [Beside.PRIOR] if self.state.hanging is Hanging.PRIOR else []
        for wish in (*wishes, Beside.VIEW):
            if self._film_for(wish) is not None:
                self._hang(wish)
                break

    def _film_for(self, wish: Beside) -> StoredFilm | None:
        if wish is Beside.PRIOR:
            return next(iter(self._priors), None)
        study, instance = self._desk.study, self._desk.instance
        return None if study is None or instance is None else other_view(study, instance)

    def _hang(self, wish: Beside) -> None:
        film = self._film_for(wish)
        if film is None:
            self._end()
            self._set(self.state)
            self.nothing_found.emit(wish)
        else:
            self.state = replace(self.state, beside=wish, number=0)
            self._read(film)

    def _read(self, film: StoredFilm) -> None:
        def read(radiograph: Radiograph) -> None:
            self._set(replace(self.state, film=radiograph))

        def failed(reason: Reason) -> None:
            self._set(replace(self.state, reason=reason))

        self._lanes.discard(self._reading)
        self._set(replace(self.state, instance=film[0], film=None, reason=None))
        self._reading = self._lanes.submit(
            Lane.FILM,
            lambda context: open_film(self._reader, film, context),
            done=read,
            failed=failed,
        )

    def _end(self) -> None:
        self._lanes.discard(self._reading)
        self.state = replace(
            self.state, beside=Beside.NOTHING, instance=None, film=None, reason=None, number=0
        )

    def _set(self, state: CompareState) -> None:
        self.state = state
        self.state_changed.emit(state)


def _ignore(_value: object) -> None:
    return None
