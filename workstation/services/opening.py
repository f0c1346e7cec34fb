"""Open a film of the library: the right one first, and only the one that the index promised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.core.display import render
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext
from workstation.core.ports import FilmReader
from workstation.core.study import Instance, Study

THUMBNAIL_PX = 96


def first_film(study: Study) -> tuple[Instance, Path] | None:
    """The film to show first: a frontal one if there is one, else the first in reading order."""
    films = study.instances
    frontal = [film for film in films if film[0].view_position.upper() in {"PA", "AP"}]
    return next(iter(frontal or films), None)


def open_film(
    reader: FilmReader, film: tuple[Instance, Path], context: JobContext, *, frame: int = 0
) -> Radiograph:
    """Decode one frame of a film of the library.

    Raises
    ------
    WorkstationError
        ``file_changed`` when the file holds another object, or another patient's, than it did when it was indexed; the reader's own reasons.
    """
    instance, path = film
    radiograph = reader.read(path, context, frame=frame)
    found = radiograph.instance
    if (found.sop_uid, found.patient) != (instance.sop_uid, instance.patient):
        raise WorkstationError(ErrorCode.FILE_CHANGED, path=str(path))
    return radiograph


def thumbnail(film: Radiograph) -> NDArray[np.uint8]:
    """A small grey picture of a film, at most `THUMBNAIL_PX` a side, (rows, columns) uint8."""
    step = max(-(-max(film.rows, film.columns) // THUMBNAIL_PX), 1)
    picture = render(film)
    if picture.ndim == 3:
        picture = picture.mean(axis=2).astype(np.uint8)
    rows, columns = (length - length % step or length for length in picture.shape)
    if rows < step or columns < step:
        return np.ascontiguousarray(picture[::step, ::step])
    blocks = picture[:rows, :columns].reshape(rows // step, step, columns // step, step)
    return np.ascontiguousarray(np.rint(blocks.mean(axis=(1, 3))), dtype=np.uint8)
