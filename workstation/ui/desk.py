"""What lies on the reader's desk: the open study and the film on screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.core.errors import ErrorCode, Reason
from workstation.core.image import Radiograph
from workstation.core.ports import FilmReader
from workstation.core.study import Instance, Study
from workstation.services.opening import first_film
from workstation.ui.film_ahead import FilmAhead, Image
from workstation.ui.jobs.lanes import Lanes

# Films read ahead of a step; the one after the next covers a step made while the next is read.
_AHEAD = 2


class Desk(QObject):
    """Opens studies and films; a late film of another study never arrives.

    Parameters
    ----------
    find_study
        Looks a study up by its UID on the GUI thread.

    Signals
    -------
    study_opened
        `Study`, or None when the desk was cleared.
    study_updated
        `Study` that is open and has more, or fewer, films than before.
    film_loading
        `Instance` of the film that is being read.
    film_shown
        `Radiograph` that is ready.
    film_failed
        `Reason` why the film could not be read.
    """

    study_opened = Signal(object)
    study_updated = Signal(object)
    film_loading = Signal(object)
    film_shown = Signal(object)
    film_failed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        reader: FilmReader,
        find_study: Callable[[str], Study | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._find_study = find_study
        self._ahead = FilmAhead(
            lanes=lanes,
            reader=reader,
            done=self._on_film,
            failed=self.film_failed.emit,
            parent=self,
        )
        self.study: Study | None = None
        self.instance: Instance | None = None
        self.frame = 0
        self.film: Radiograph | None = None

    def open_study(self, study_uid: str, *, sop_uid: str | None = None) -> None:
        """Open a study with one of its films: the named one, else the one to read first."""
        study = self._find_study(study_uid)
        if study is None:
            self.film_failed.emit(Reason(code=ErrorCode.FILE_VANISHED))
            return
        if self.study is None or self.study.study_uid != study_uid:
            self._clear()
            self.study = study
            self.study_opened.emit(study)
        else:
            self.refresh_study()
        film = (study.film(sop_uid) if sop_uid else None) or first_film(study)
        if film is not None:
            self._show(film, frame=0)

    def show_film(self, sop_uid: str, *, frame: int = 0) -> None:
        """Show another film, or frame, of the open study."""
        film = self.study.film(sop_uid) if self.study else None
        if film is not None:
            self._show(film, frame=frame)

    def step(self, by: int) -> None:
        """Go `by` images on (or back), through frames first, then through the films of the study; stop at the ends."""
        if self.study is None or self.instance is None:
            return
        images = [
            (film, frame) for film in self.study.instances for frame in range(film[0].frames)
        ]
        uid, present = self.instance.sop_uid, self.frame
        numbers = (
            n
            for n, (film, frame) in enumerate(images)
            if (film[0].sop_uid, frame) == (uid, present)
        )
        here = next(numbers, 0)  # a rescan may have dropped the film on screen
        there = min(max(here + by, 0), len(images) - 1)
        if there != here:
            following = images[there + 1 :] if by > 0 else images[:there][::-1]
            film, frame = images[there]
            self._show(film, frame=frame, following=following[:_AHEAD])

    @property
    def stack(self) -> list[Image]:
        """What belongs together on the wheel: the frames of the present object, else the films of its series."""
        present = self.instance
        if self.study is None or present is None:
            return []
        films = [f for f in self.study.instances if f[0].series_uid == present.series_uid]
        if present.frames > 1:
            films = [f for f in films if f[0].sop_uid == present.sop_uid]
        return [(film, frame) for film in films for frame in range(film[0].frames)]

    def turn_over(self) -> None:
        """Go to the next image of the stack, and from the last to the first."""
        stack = self.stack
        places = [(film[0].sop_uid, frame) for film, frame in stack]
        here = self.instance is not None and (self.instance.sop_uid, self.frame)
        if here in places and len(stack) > 1:
            there = (places.index(here) + 1) % len(stack)
            film, frame = stack[there]
            following = (stack * 2)[there + 1 : there + 1 + _AHEAD]
            self._show(film, frame=frame, following=following)

    def refresh_study(self) -> None:
        """Look the open study up again: films may have been found since, and files replaced by others.

        A film on screen whose file is another one now is read anew, before anyone hears of the change.
        """
        before = self.study
        study = self._find_study(before.study_uid) if before else None
        if before is None or study is None or study == before:
            return
        self.study = study
        replaced = not set(before.stamps) <= set(study.stamps)
        if replaced:
            self._ahead.forget()  # all that was read, for it may be of the file before
        film = self._film_in_place(before, study, replaced=replaced)
        if film is not None:
            self._show(film, frame=min(self.frame, film[0].frames - 1))
        self.study_updated.emit(study)

    def _film_in_place(
        self, before: Study, study: Study, *, replaced: bool
    ) -> tuple[Instance, Path] | None:
        """What must be read in place of the film on screen; None when that one stays."""
        if self.instance is None:
            return None
        was, film = before.film(self.instance.sop_uid), study.film(self.instance.sop_uid)
        if film is None:  # it left the study; a film of somebody else does not stay in it
            return first_film(study) if self.instance.patient != study.patient else None
        interrupted = replaced and self.film is None
        same = film == was and study.stamp(film[1]) == before.stamp(film[1])
        return None if same and not interrupted else film

    def leave_removed_study(self) -> None:
        """Clear the desk when the open study has left the library; show what is left of it otherwise."""
        if self.study is not None and self._find_study(self.study.study_uid) is None:
            self.close_study()
        else:
            self.refresh_study()

    def retry(self) -> None:
        """Read the present film again."""
        if self.instance is not None:
            self.show_film(self.instance.sop_uid, frame=self.frame)

    def close_study(self) -> None:
        """Clear the desk."""
        self._clear()
        self.study_opened.emit(None)

    def _clear(self) -> None:
        self._ahead.forget()
        self.study, self.instance, self.film, self.frame = None, None, None, 0

    def _show(
        self, film: tuple[Instance, Path], *, frame: int, following: Sequence[Image] = ()
    ) -> None:
        self.instance, self.frame, self.film = film[0], frame, None
        self.film_loading.emit(film[0])
        self._ahead.want((film, frame), following)

    def _on_film(self, film: Radiograph) -> None:
        if self.instance is None or film.instance.sop_uid != self.instance.sop_uid:
            return
        self.film = film
        self.film_shown.emit(film)
