"""Presentation states are listed with their study, and never taken for one of its films."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories.fakes import loaded
from tests.factories.films import STUDY_UID, make_instance
from workstation.adapters.store.library import Library
from workstation.core.ports import WorklistQuery
from workstation.core.study import PRESENTATION_STATE

STATE = make_instance(
    sop_uid="1.9", sop_class_uid=PRESENTATION_STATE, modality="PR", rows=0, columns=0
)
FILM = make_instance()
EVERYTHING = WorklistQuery()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "library.db", bytes(range(32)))
    yield opened
    opened.close()


def test_a_state_before_its_film_is_neither_the_first_film_nor_counted(library):
    library.add([loaded(Path("/a/1.dcm"), STATE), loaded(Path("/a/2.dcm"), FILM)])
    assert library.first_film(Path("/a")) == FILM
    (row,) = library.page(EVERYTHING, offset=0, limit=9)
    assert (row.image_count, row.path) == (1, Path("/a/2.dcm"))
    study = library.study(STUDY_UID)
    assert [instance for instance, _ in study.instances] == [FILM]
    assert study.presentations == ((STATE, Path("/a/1.dcm")),)


def test_states_alone_are_no_study_in_the_list_until_a_film_comes(library):
    library.add([loaded(Path("/a/1.dcm"), STATE)])
    assert library.count(EVERYTHING) == 0
    assert library.first_film(Path("/a")) is None
    assert library.study(STUDY_UID).instances == ()
    library.add([loaded(Path("/a/2.dcm"), FILM)])
    assert library.count(EVERYTHING) == 1
    library.forget([Path("/a/2.dcm")])
    assert library.count(EVERYTHING) == 0


def test_a_film_of_two_paths_keeps_its_states(library):
    library.add([loaded(Path("/a/2.dcm"), FILM), loaded(Path("/b/1.dcm"), STATE)])
    library.add([loaded(Path("/c/2.dcm"), replace(FILM))])
    assert len(library.study(STUDY_UID).presentations) == 1
