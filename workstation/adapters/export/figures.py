"""Films as figures of a report, with their captions and patient directions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resources.i18n import Texts
from workstation.adapters.export import wording
from workstation.adapters.export.blocks import Figure, Figures
from workstation.core.geometry import opposite_direction
from workstation.core.report import ReportedFilm
from workstation.core.study import Instance


def key_figure(film: ReportedFilm, texts: Texts) -> Figure:
    """The film without any mark; it must have a key image."""
    assert film.key_image is not None  # noqa: S101 - the callers look
    return Figure(
        pixels=film.key_image,
        edges=edges_of(film.instance),
        caption=texts.tr("Film without AI: {film}", film=shown_text(film, texts)),
        notes=sides(film.instance, texts),
    )


def shown_text(film: ReportedFilm, texts: Texts) -> str:
    """Which film a picture is of, and which of its frames."""
    words, frames = wording.film_text(film.instance), film.instance.frames
    if frames == 1:
        return words
    image = texts.tr("Image {number}/{count}", number=film.frame + 1, count=frames)
    return f"{words}, {image}"


def sides(instance: Instance, texts: Texts) -> tuple[str, ...]:
    """A warning under a figure whose left and right are not stated; else nothing."""
    return () if any(edges_of(instance)) else (texts.tr("sides not stated in the file"),)


def edges_of(instance: Instance) -> tuple[str, str]:
    """Patient directions at the picture's left and right edge (PS3.3 C.7.6.1.1.1); empty when unknown."""
    row = instance.patient_orientation[0]
    return opposite_direction(row), row


def pairs(figures: Sequence[Figure]) -> Iterator[Figures]:
    """Two figures side by side, the last one perhaps alone."""
    for start in range(0, len(figures), 2):
        yield Figures(figures=tuple(figures[start : start + 2]))
