"""What is drawn on the open film and what the study's record holds of it, kept the same."""

from __future__ import annotations

from PySide6.QtCore import QObject

from resources.i18n import Texts
from workstation.core.annotation import Annotation
from workstation.core.changes import ChangeSet
from workstation.core.review import Actor
from workstation.services.review import ReviewService
from workstation.ui.record import Command, Record
from workstation.ui.viewer.view import FilmView


class Marking(QObject):
    """Stores each annotation and calibration as it is made, and shows what is stored; a refused one disappears again."""

    def __init__(self, view: FilmView, record: Record, texts: Texts) -> None:
        super().__init__(view)
        self._texts = texts
        self._view = view
        self._record = record
        view.hand.annotation_changed.connect(self._annotate)
        view.hand.calibrated.connect(self._calibrate)
        view.hand.film_changed.connect(self.show)
        record.changed.connect(self.show)
        self.show()

    def show(self) -> None:
        """Draw what the record holds of the film on screen."""
        film, state = self._view.film, self._record.state
        if film is None or film.instance.study_uid != state.study_uid:
            return
        sop_uid = film.instance.sop_uid
        closed = self._texts.tr("This review is closed: reopen it to draw or measure.")
        self._view.hand.show(
            state.annotations_of(sop_uid),
            mm_per_column=state.calibrations.get(sop_uid),
            refusal=closed if state.is_locked else "",
        )

    def _annotate(self, before: Annotation | None, after: Annotation | None) -> None:
        drawn = after or before

        def command(service: ReviewService, study_uid: str, actor: Actor) -> ChangeSet:
            assert drawn is not None  # noqa: S101 - one of both there is
            return service.annotate(study_uid, actor, drawn.annotation_id, after)

        self._perform(command)

    def _perform(self, command: Command) -> None:
        if not self._record.perform(command, about="annotation"):
            self.show()

    def _calibrate(self, mm_per_column: float | None) -> None:
        film = self._view.film
        if film is None:
            return
        sop_uid = film.instance.sop_uid

        def command(service: ReviewService, study_uid: str, actor: Actor) -> ChangeSet:
            return service.calibrate(
                study_uid, actor, sop_uid=sop_uid, mm_per_column=mm_per_column
            )

        self._perform(command)
