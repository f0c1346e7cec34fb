"""A library of mislabelled names, once it is decided that they are GBK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.factories.dicom_files import make_dx, to_bytes
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.adapters.store.library import Library
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.jobs import JobContext
from workstation.core.study import Study
from workstation.services.indexing import Indexing
from workstation.services.opening import open_film


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(Library(tmp_path / "library.db", bytes(range(32)))) as opened:
        yield opened


def scanned(folder: Path, library: Library, *, assume_gbk: bool) -> Study:
    with closing(GuardedScanner(assume_gbk=assume_gbk)) as scanner:
        Indexing(scanner, library).run(folder, JobContext())
    first = library.first_film(folder)
    assert first is not None
    study = library.study(first.study_uid)
    assert study is not None
    return study


def test_films_whose_names_read_otherwise_now_are_shown_after_another_scan(
    library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "films"
    folder.mkdir()
    data = to_bytes(make_dx(PatientName="XXXX", SpecificCharacterSet="ISO_IR 100"))
    for name in ("film.dcm", "the same film.dcm"):
        (folder / name).write_bytes(data.replace(b"XXXX", "张伟".encode("gbk")))
    before = scanned(folder, library, assume_gbk=False)
    with closing(GuardedFilmReader(assume_gbk=True)) as reader:
        with pytest.raises(WorkstationError) as refused:
            open_film(reader, before.instances[0], JobContext())
        assert refused.value.code is ErrorCode.FILE_CHANGED
        library.distrust()
        after = scanned(folder, library, assume_gbk=True)
        film = open_film(reader, after.instances[0], JobContext())
    assert str(film.instance.patient.name) == "张伟"
    assert len(library.known(folder)) == 2
