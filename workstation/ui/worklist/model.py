"""The worklist's rows: studies fetched page by page, and the films of the open study beneath its own row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workstation.core.ports import WorklistRow
from workstation.core.study import Instance, Series, Study

Fetch = Callable[[int, int], Sequence[WorklistRow]]
"""``fetch(offset, limit)``: that slice of the studies which match the query; called in the GUI thread, so it must be quick."""

STACK_FROM = 9
"""A series of this many films is one row (a stack); a smaller one has a row for every film."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyEntry:
    """A row that shows a study; `same_patient` when the row above shows the same patient."""

    row: WorklistRow
    is_open: bool
    same_patient: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmEntry:
    """A row beneath the open study: one film, of `count` frames, or a stack of `count` images shown by its first."""

    series: Series
    instance: Instance
    count: int
    is_current: bool


Entry = StudyEntry | FilmEntry


def films_of(study: Study) -> tuple[tuple[Series, Instance, int], ...]:
    """The rows beneath an open study: (series, its film, how many images the row stands for)."""
    rows: list[tuple[Series, Instance, int]] = []
    for series in study.series:
        films = [instance for instance, _ in series.instances]
        if len(films) >= STACK_FROM:
            rows.append((series, films[0], sum(film.frames for film in films)))
        else:
            rows += [(series, film, film.frames) for film in films]
    return tuple(rows)
