"""Films read on the film lane: the wanted one, then those that the reader is about to step to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from workstation.core.errors import CancelledError, ErrorCode, Reason
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext, Lane, Ticket
from workstation.core.ports import FilmReader
from workstation.core.study import Instance
from workstation.services.opening import open_film
from workstation.ui.jobs.lanes import LATER, NORMAL, Lanes

Image = tuple[tuple[Instance, Path], int]
"""A film with its file, and a frame of it, counted from 0."""

_MOST_KEPT = 4
_LARGEST_KEPT_BYTES = 64 << 20
# A film that nobody waits for any more may still be read for so long: ending the child costs more than most films.
_PATIENCE_MS = 400


class FilmAhead(QObject):
    """Reads one image after the other and keeps the last few, so that a step within a stack finds the next one read.

    Parameters
    ----------
    done, failed
        Called with the wanted film, or with the reason why there is none; never for one that is no longer wanted.
    """

    def __init__(
        self,
        *,
        lanes: Lanes,
        reader: FilmReader,
        done: Callable[[Radiograph], None],
        failed: Callable[[Reason], None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._reader = reader
        self._done = done
        self._failed = failed
        self._wanted: Image | None = None
        self._ahead: tuple[Image, ...] = ()
        self._kept: dict[Image, Radiograph] = {}
        self._reading: dict[Image, Ticket] = {}
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._end_useless)

    def want(self, image: Image, ahead: Sequence[Image] = ()) -> None:
        """Deliver `image`, at once where it is kept; after it read what is `ahead`, the nearest first."""
        self._wanted, self._ahead = image, tuple(ahead)
        if image in self._kept:
            self._deliver(self._kept[image])
            return
        self._patience.start()
        if image not in self._reading:
            self._read(image, priority=NORMAL)

    def forget(self) -> None:
        """Want nothing, stop reading and keep nothing."""
        self._wanted, self._ahead = None, ()
        self._end_useless()
        self._kept.clear()

    def _read(self, image: Image, *, priority: int) -> None:
        def read(context: JobContext) -> Radiograph:
            if not self._is_useful(image):  # it has waited its turn in vain
                raise CancelledError
            return open_film(self._reader, image[0], context, frame=image[1])

        self._reading[image] = self._lanes.submit(
            Lane.FILM,
            read,
            done=lambda film: self._on_read(image, film),
            failed=lambda reason: self._on_failed(image, reason),
            priority=priority,
        )

    def _is_useful(self, image: Image) -> bool:
        return image == self._wanted or image in self._ahead

    def _on_read(self, image: Image, film: Radiograph) -> None:
        del self._reading[image]
        if film.pixels.nbytes <= _LARGEST_KEPT_BYTES:
            self._kept[image] = film
            while len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        if image == self._wanted:
            self._deliver(film)
        elif self._wanted not in self._reading:
            self._read_ahead()

    def _on_failed(self, image: Image, reason: Reason) -> None:
        del self._reading[image]
        if image != self._wanted:
            return
        if reason.code is ErrorCode.CANCELLED:  # it was dropped just before it was wanted again
            self._read(image, priority=NORMAL)
        else:
            self._failed(reason)

    def _deliver(self, film: Radiograph) -> None:
        self._patience.stop()
        self._done(film)
        if film.pixels.nbytes <= _LARGEST_KEPT_BYTES:
            self._read_ahead()

    def _read_ahead(self) -> None:
        """Read the nearest image that is missing: one after the other, for the lane takes the newest first."""
        missing = [image for image in self._ahead if image not in self._kept]
        if missing and missing[0] not in self._reading:
            self._read(missing[0], priority=LATER)

    def _end_useless(self) -> None:
        for image in [image for image in self._reading if not self._is_useful(image)]:
            self._lanes.discard(self._reading.pop(image))
