"""Which of the open study's films and frames the reader wants to be shown: marked, and said on the film."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from resources.i18n import Texts
from workstation.core.changes import ChangeSet
from workstation.core.review import Actor
from workstation.services.review import ReviewService
from workstation.ui.record import Record
from workstation.ui.viewer.view import FilmView


class KeyImages(QObject):
    """Marks the frame on screen and shows whether it is marked.

    Signals
    -------
    said
        Words why nothing was marked.
    """

    said = Signal(str)

    def __init__(self, view: FilmView, record: Record, texts: Texts) -> None:
        super().__init__(view)
        self._view = view
        self._record = record
        self._texts = texts
        view.hand.film_changed.connect(self.show)
        record.changed.connect(self.show)
        self.show()

    @property
    def is_marked(self) -> bool:
        """Whether the frame on screen is a key image."""
        film = self._view.film
        shown = film and (film.instance.sop_uid, film.frame)
        return shown in self._record.state.key_images

    def show(self) -> None:
        """Say on the film what the record holds of it."""
        badge = (f"★ {self._texts.tr('Key image')}",) if self.is_marked else ()
        self._view.set_note("key image", badge)

    def toggle(self) -> None:
        """Mark the frame on screen, or take its mark away."""
        film, state, marked = self._view.film, self._record.state, not self.is_marked
        if film is None or film.instance.study_uid != state.study_uid:
            return
        if state.is_locked:
            self.said.emit(
                self._texts.tr("This review is closed: open it again to mark key images.")
            )
            return
        sop_uid, frame = film.instance.sop_uid, film.frame

        def command(service: ReviewService, study_uid: str, actor: Actor) -> ChangeSet:
            return service.mark_key_image(
                study_uid, actor, sop_uid=sop_uid, frame=frame, marked=marked
            )

        self._record.perform(command, about="key image")
