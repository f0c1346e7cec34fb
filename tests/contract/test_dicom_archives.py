"""ZIP archives and directories of CDs: every film in them is found, what is wrong with them is said, nothing is unpacked."""

from __future__ import annotations

import io
import os
import struct
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pydicom
import pytest

from tests.factories.archives import (
    bombs,
    dicomdir,
    raw_zip,
    write_cd,
    zip_mutants,
    zip_of,
)
from tests.factories.bad_files import bombs as bad_films
from tests.factories.bad_files import good_film
from tests.factories.dicom_files import make_dx, to_bytes
from tests.factories.fakes import FakeIndex
from tests.factories.films import make_pixels
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.study import FileOutcome, FileRecord, FileStamp
from workstation.services.indexing import Indexing
from workstation.services.walking import file_of, walk

E = ErrorCode
_LIMIT_S = 2.0
Outcomes = dict[str, ErrorCode | None]
"""Why a file was not loaded, by its path below a folder; None for a film."""


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedFilmReader]:
    made = GuardedFilmReader()
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def scanner() -> Iterator[GuardedScanner]:
    made = GuardedScanner()
    made.start()
    yield made
    made.close()


@pytest.fixture
def film() -> bytes:
    return good_film()


def scan(scanner: GuardedScanner, *paths: Path) -> list[FileRecord]:
    items = list(walk(paths, partial(scanner.contents, context=JobContext())))
    stamps = [item for item in items if isinstance(item, FileStamp)]
    decided = [item for item in items if isinstance(item, FileRecord)]
    return decided + list(scanner.scan(stamps, JobContext()))


def scan_listed(scanner: GuardedScanner, directory: Path) -> list[FileRecord]:
    """The files of a directory, whatever its name."""
    stamps = scanner.contents(FileStamp(path=directory, size=1, mtime_ns=1), JobContext())
    return list(scanner.scan([s for s in stamps if isinstance(s, FileStamp)], JobContext()))


def outcomes(records: Sequence[FileRecord], below: Path) -> Outcomes:
    assert len({record.stamp.path for record in records}) == len(records)
    return {
        record.stamp.path.relative_to(below).as_posix(): record.reason and record.reason.code
        for record in records
    }


def refused(reader: GuardedFilmReader, path: Path) -> ErrorCode:
    with pytest.raises(WorkstationError) as raised:
        reader.read(path, JobContext())
    assert raised.value.reason.parameters["path"] == str(path)
    return raised.value.code


# --- what an archive holds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_each_member_is_accounted_for_and_films_open(
    packing: int, scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    long_header = to_bytes(make_dx(ImageComments="x" * 10_000))
    members = {
        "series/2.dcm": good_film(),
        "1.dcm": long_header,
        "LIESMICH.TXT": b"Dear colleague, " * 9,
        "empty.dcm": b"",
        "inner.zip": zip_of({"3.dcm": good_film()}),
        "series/": b"",
        "DICOMDIR": dicomdir([["1.DCM"]]),
        "gigabytes.dcm": bad_films()["gigabytes"](),
    }
    archive = tmp_path / "films.zip"
    archive.write_bytes(zip_of(members, packing=packing, comment=b"from the other clinic"))
    records = scan(scanner, archive)
    assert outcomes(records, archive) == {
        "1.dcm": None,
        "series/2.dcm": None,
        "LIESMICH.TXT": E.NOT_AN_IMAGE,
        "empty.dcm": E.FILE_EMPTY,
        "inner.zip": E.ARCHIVE_NESTED,
        "DICOMDIR": E.MEDIA_DIRECTORY,
        "gigabytes.dcm": E.TOO_LARGE,
    }
    skipped = {r.stamp.path.name for r in records if r.outcome is FileOutcome.SKIPPED}
    assert skipped == {"LIESMICH.TXT", "inner.zip", "DICOMDIR"}
    for name in ("1.dcm", "series/2.dcm"):
        loose = tmp_path / "loose.dcm"
        loose.write_bytes(members[name])
        inside, outside = (reader.read(path, JobContext()) for path in (archive / name, loose))
        assert inside.content_sha256 == outside.content_sha256
        assert inside.instance == outside.instance
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films.zip", "loose.dcm"]


def test_an_archive_in_a_folder_is_opened_in_its_place(
    scanner: GuardedScanner, film: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.dcm").write_bytes(film)
    (tmp_path / "B.ZIP").write_bytes(zip_of({"sub/2.dcm": film, "1.dcm": film}))
    (tmp_path / "c.docx").write_bytes(zip_of({"1.dcm": film}))
    (tmp_path / "d.zip").write_bytes(film)
    (tmp_path / "e.zip").write_bytes(zip_of({}))
    (tmp_path / "f.zip").write_bytes(zip_of({"1.dcm": film})[:3000])
    (tmp_path / "g.zip").mkdir()
    (tmp_path / "g.zip" / "in a folder.dcm").write_bytes(film)
    found = [item for item in scan(scanner, tmp_path) if isinstance(item, FileRecord)]
    assert outcomes(found, tmp_path) == {
        "a.dcm": None,
        "B.ZIP/1.dcm": None,
        "B.ZIP/sub/2.dcm": None,
        "c.docx": E.NOT_AN_IMAGE,  # a ZIP archive too, but nobody sends films that way
        "d.zip": None,
        "e.zip": E.FOLDER_EMPTY,
        "f.zip": E.MALFORMED,
        "g.zip/in a folder.dcm": None,
    }


class _Pipe(io.BytesIO):
    """Where nobody can go back."""

    def tell(self) -> int:
        raise OSError

    def seekable(self) -> bool:
        return False


def test_an_archive_that_was_made_while_it_was_sent_opens(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    """Sizes behind the data, and room for those of more than 4 GiB, as web archives write them."""
    archive = tmp_path / "films.zip"
    stream = _Pipe()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in ("a.dcm", "b.dcm"):
            with packed.open(name, "w", force_zip64=True) as member:
                member.write(good_film())
    archive.write_bytes(stream.getvalue())
    assert outcomes(scan(scanner, archive), archive) == {"a.dcm": None, "b.dcm": None}
    assert reader.read(archive / "b.dcm", JobContext()).rows == 64


def test_pictures_in_an_archive_open(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    from PIL import Image

    picture, archive = tmp_path / "film.png", tmp_path / "films.zip"
    Image.linear_gradient("L").save(picture)
    archive.write_bytes(zip_of({"film.png": picture.read_bytes()}))
    assert outcomes(scan(scanner, archive), archive) == {"film.png": None}
    inside, outside = (reader.read(p, JobContext()) for p in (archive / "film.png", picture))
    assert inside.content_sha256 == outside.content_sha256
    assert inside.instance.sop_uid == outside.instance.sop_uid


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "cp437"])
def test_names_are_read_as_they_were_meant(
    encoding: str, scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    name = "Müller" if encoding == "cp437" else "胸片/王小东"
    archive = tmp_path / "films.zip"
    archive.write_bytes(raw_zip([(f"{name}.dcm".encode(encoding), good_film())]))
    assert outcomes(scan(scanner, archive), archive) == {f"{name}.dcm": None}
    assert reader.read(archive / f"{name}.dcm", JobContext()).rows == 64


# --- what is wrong with an archive -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"../../evil.dcm", "evil.dcm"),
        (b"/etc/evil.dcm", "etc/evil.dcm"),
        (b"a/..\\..\\evil.dcm", "a/evil.dcm"),
        (b"\\\\server\\evil.dcm", "server/evil.dcm"),
        (b"C:\\evil.dcm", "C:/evil.dcm"),
    ],
)
def test_a_path_outside_the_archive_is_refused(
    name: bytes, shown: str, film: bytes, *, scanner: GuardedScanner, tmp_path: Path
) -> None:
    (tmp_path / "evil.dcm").write_bytes(film)
    archive = tmp_path / "films.zip"
    archive.write_bytes(raw_zip([(name, film), (b"good.dcm", film)]))
    found = outcomes(scan(scanner, archive), archive)
    assert found == {shown: E.OUTSIDE_FOLDER, "good.dcm": None}


def test_dots_in_a_name_are_no_way_out(
    scanner: GuardedScanner, film: bytes, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    archive.write_bytes(raw_zip([(b"./a..b/c...dcm", film), (b"win\\d.dcm", film)]))
    found = outcomes(scan(scanner, archive), archive)
    assert found == {"a..b/c...dcm": None, "win/d.dcm": None}


def test_two_members_of_one_name_are_two_rows(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    archive.write_bytes(raw_zip([(b"a.dcm", good_film()), (b"a.dcm", b"no film" * 30)]))
    found = outcomes(scan(scanner, archive), archive)
    assert found == {"a.dcm": None, "a.dcm (2)": E.NOT_AN_IMAGE}
    assert reader.read(archive / "a.dcm", JobContext()).rows == 64


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"flags": 1}, E.ARCHIVE_ENCRYPTED),
        ({"packing": 99}, E.ARCHIVE_ENCRYPTED),
        ({"flags": 0x40}, E.ARCHIVE_ENCRYPTED),
        ({"packing": zipfile.ZIP_LZMA}, E.ARCHIVE_METHOD),
        ({"packing": 9}, E.ARCHIVE_METHOD),
        ({"size": 10_000_000}, E.SUSPICIOUS),
    ],
)
def test_members_that_are_not_read_say_why(
    changes: dict[str, int],
    code: ErrorCode,
    scanner: GuardedScanner,
    *,
    reader: GuardedFilmReader,
    tmp_path: Path,
) -> None:
    archive = tmp_path / "films.zip"
    archive.write_bytes(raw_zip([(b"a.dcm", good_film())], **changes))
    assert outcomes(scan(scanner, archive), archive) == {"a.dcm": code}
    assert refused(reader, archive / "a.dcm") is code


def test_a_member_of_more_than_a_gibibyte_is_refused(
    scanner: GuardedScanner, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    data = raw_zip([(b"a.dcm", bytes(12 << 20))], packing=8, size=(1 << 30) + 1)
    archive.write_bytes(data)
    assert outcomes(scan(scanner, archive), archive) == {"a.dcm": E.TOO_LARGE}


def test_a_member_that_lies_nowhere_is_damage_and_no_fault_of_the_disk(
    scanner: GuardedScanner, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    data = raw_zip([(b"a.dcm", good_film())])
    # The directory says of itself that it starts later than it does: all members lie earlier.
    archive.write_bytes(data[:-6] + struct.pack("<LH", len(data) - 22, 0))
    assert set(outcomes(scan(scanner, archive), archive).values()) == {E.MALFORMED}


def test_a_member_with_a_changed_byte_is_not_shown(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    data = bytearray(raw_zip([(b"a.dcm", to_bytes(make_dx(make_pixels(100, 100))))]))
    data[15_000] ^= 1
    archive.write_bytes(data)
    assert outcomes(scan(scanner, archive), archive) == {"a.dcm": None}  # its header is whole
    assert refused(reader, archive / "a.dcm") is E.MALFORMED


_BOMBS: dict[str, Outcomes] = {
    "one_deflate": {"film.dcm": E.SUSPICIOUS},
    "lying_size": {"film.dcm": None},
    "overlapping": {".": E.SUSPICIOUS},
    "members_65535": {".": E.ARCHIVE_TOO_MANY},
    "endless_directory": {".": E.ARCHIVE_TOO_MANY},
    "quine": {"again.zip": E.ARCHIVE_NESTED},
}


@pytest.mark.parametrize("name", _BOMBS)
def test_each_archive_bomb_is_refused_in_two_seconds(
    name: str, scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    assert _BOMBS.keys() == bombs().keys()
    archive = tmp_path / "bomb.zip"
    archive.write_bytes(bombs()[name]())
    started = time.monotonic()
    found = outcomes(scan(scanner, archive), archive)
    assert time.monotonic() - started < _LIMIT_S
    assert found == _BOMBS[name]
    started = time.monotonic()
    assert refused(reader, archive / "film.dcm") in {
        *_BOMBS[name].values(), E.MALFORMED, E.FILE_NOT_FOUND
    }  # fmt: skip
    assert time.monotonic() - started < _LIMIT_S


# --- an archive over time ----------------------------------------------------------------------------------------


def test_a_member_is_read_anew_once_its_archive_has_changed(
    reader: GuardedFilmReader, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    for rows in (32, 48):
        film = to_bytes(make_dx(make_pixels(rows, 64)))
        archive.write_bytes(zip_of({"a.dcm": film}))
        for _ in range(2):
            assert reader.read(archive / "a.dcm", JobContext()).rows == rows
    archive.unlink()
    assert refused(reader, archive / "a.dcm") is E.FILE_NOT_FOUND


def test_indexing_reads_an_unchanged_archive_no_second_time(
    scanner: GuardedScanner, film: bytes, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    other = to_bytes(make_dx())
    archive.write_bytes(zip_of({"a.dcm": film, "b.dcm": other, "note.txt": b"x" * 30}))
    index = FakeIndex()
    indexing = Indexing(scanner, index)
    first = indexing.run(tmp_path, JobContext())
    assert (first.loaded, first.skipped, first.unchanged) == (2, 1, 0)
    again = indexing.run(tmp_path, JobContext())
    assert (again.loaded, again.skipped, again.unchanged) == (2, 1, 3)
    os.utime(archive, ns=(7, 7))
    changed = indexing.run(tmp_path, JobContext())
    assert (changed.loaded, changed.skipped, changed.unchanged) == (2, 1, 0)


def test_the_films_of_an_archive_go_with_it_and_stay_while_it_cannot_be_read(
    scanner: GuardedScanner, film: bytes, tmp_path: Path
) -> None:
    archive, note = tmp_path / "films.zip", tmp_path / "note.txt"
    good = zip_of({"a.dcm": film})
    archive.write_bytes(good)
    note.write_text("hello " * 30)
    index = FakeIndex()
    indexing = Indexing(scanner, index)
    indexing.run(tmp_path, JobContext())
    assert {archive / "a.dcm", note} == set(index.kept)

    archive.write_bytes(good[:500])
    assert indexing.run(tmp_path, JobContext()).refused == 1
    assert {archive, archive / "a.dcm", note} == set(index.kept)

    archive.unlink()
    indexing.run(tmp_path, JobContext())
    assert {note} == set(index.kept)


def test_one_film_in_a_folder_and_in_archives_is_one_film_and_another_is_refused(
    scanner: GuardedScanner, tmp_path: Path
) -> None:
    """Of the same length and header, with other pixels in an archive of its own."""
    first = to_bytes(make_dx(SOPInstanceUID="1.2.3.4"))
    other = first[:-2] + bytes([first[-2] ^ 1, first[-1]])
    (tmp_path / "a.dcm").write_bytes(first)
    for name, film in (("b", first), ("c", other), ("d", first)):
        (tmp_path / f"{name}.zip").write_bytes(zip_of({"film.dcm": film}))
    summary = Indexing(scanner, FakeIndex()).run(tmp_path, JobContext())
    assert (summary.loaded, summary.refused) == (3, 1)
    (problem,) = summary.problems
    assert problem.stamp.path == tmp_path / "c.zip" / "film.dcm"
    assert problem.reason is not None
    assert problem.reason.code is E.DUPLICATE_UID


def test_a_stop_while_an_archive_is_listed(
    scanner: GuardedScanner, film: bytes, tmp_path: Path
) -> None:
    archive = tmp_path / "films.zip"
    archive.write_bytes(zip_of({"a.dcm": film}))
    token = CancelToken()
    token.cancel()
    summary = Indexing(scanner, FakeIndex()).run(archive, JobContext(token=token))
    assert summary.cancelled
    assert summary.files == 0


def test_the_file_of_a_member_is_its_archive(tmp_path: Path) -> None:
    archive = tmp_path / "films.zip"
    archive.write_bytes(zip_of({"a/b.dcm": b"x"}))
    assert file_of(archive / "a" / "b.dcm") == archive
    assert file_of(archive) == archive
    assert file_of(tmp_path / "gone.zip" / "b.dcm") is None
    assert file_of(tmp_path) is None


# --- the directory of a CD ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("undefined", [False, True])
def test_a_directory_of_a_cd_brings_the_files_that_it_lists(
    *, undefined: bool, scanner: GuardedScanner, tmp_path: Path
) -> None:
    files = {
        "dicom/im0001": good_film(),
        "DICOM2/IM2.;1": good_film(),
        "DICOM2/IM3;1": good_film(),
        "DICOM2/NOTE": b"no film" * 30,
        "DICOM2/UNLISTED": good_film(),
    }
    listed = [
        ["DICOM", "IM0001"],
        ["DICOM2", "IM2"],
        ["DICOM2", "IM3"],
        ["DICOM2", "IM3"],
        ["dicom2", "im3"],
        ["DICOM2", "NOTE"],
        ["DICOM2", "GONE"],
        ["DICOM2"],
        None,
    ]
    directory = write_cd(tmp_path, files, dicomdir(listed, undefined=undefined))
    assert outcomes(scan(scanner, directory), tmp_path) == {
        "dicom/im0001": None,
        "DICOM2/IM2.;1": None,
        "DICOM2/IM3;1": None,
        "DICOM2/NOTE": E.NOT_AN_IMAGE,
        "DICOM2/GONE": E.REFERENCE_MISSING,
        "DICOM2": E.REFERENCE_MISSING,
    }


@pytest.mark.parametrize("name", ["", "-bigEnd", "-implicit", "-nopatient", "-reordered"])
def test_a_directory_that_dcmtk_made(name: str, scanner: GuardedScanner) -> None:
    folder = Path(pydicom.__file__).parent / "data" / "test_files" / "dicomdirtests"
    listed = {
        str(Path(*record.ReferencedFileID))
        for record in pydicom.dcmread(folder / "DICOMDIR").DirectoryRecordSequence
        if "ReferencedFileID" in record
    }
    found = outcomes(scan_listed(scanner, folder / f"DICOMDIR{name}"), folder)
    assert found == dict.fromkeys(listed, None)
    assert len(found) == 31


def test_the_folder_of_a_cd_is_scanned_whole(
    scanner: GuardedScanner, film: bytes, tmp_path: Path
) -> None:
    write_cd(tmp_path, {"A": film, "B": film}, dicomdir([["A"]]))
    records = scan(scanner, tmp_path)
    assert outcomes(records, tmp_path) == {"A": None, "B": None, "DICOMDIR": E.MEDIA_DIRECTORY}
    (directory,) = (r for r in records if r.stamp.path.name == "DICOMDIR")
    assert directory.outcome is FileOutcome.SKIPPED


@pytest.mark.parametrize(
    "file_id",
    [
        ("..", "secret"),
        ("A", "..", "..", "secret"),
        ("", "etc", "passwd"),
        ("/etc/passwd",),
        ("../secret",),
        ("C:", "secret"),
    ],
)
def test_a_reference_outside_the_folder_is_refused(
    file_id: tuple[str, ...], scanner: GuardedScanner, film: bytes, *, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(film)
    directory = write_cd(tmp_path / "cd", {"A": film}, dicomdir([["A"], file_id]))
    records = scan(scanner, directory)
    assert [r.reason.code for r in records if r.reason] == [E.OUTSIDE_FOLDER]
    assert len(records) == 2


def test_a_link_out_of_the_folder_is_refused(
    scanner: GuardedScanner, film: bytes, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_bytes(film)
    directory = write_cd(tmp_path / "cd", {"A": film}, dicomdir([["A"], ["B"], ["C", "A"]]))
    (tmp_path / "cd" / "B").symlink_to(tmp_path / "secret")
    (tmp_path / "cd" / "C").symlink_to(tmp_path / "cd")
    found = outcomes(scan(scanner, directory), tmp_path / "cd")
    assert found == {"A": None, "B": E.OUTSIDE_FOLDER, "C/A": None}


def _with_empty_items(count: int) -> bytes:
    """A directory of `count` empty records."""
    data = dicomdir([])
    at = data.index(struct.pack("<HH2s", 4, 0x1220, b"SQ"))
    item = b"\xfe\xff\x00\xe0" + bytes(4)
    return data[: at + 8] + struct.pack("<L", 8 * count) + item * count


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (good_film, None),
        (lambda: b"no directory" * 30, E.NOT_AN_IMAGE),
        (lambda: dicomdir([["A"]])[:-3], E.FILE_TRUNCATED),
        (lambda: _with_empty_items(2_000_000), E.SUSPICIOUS),
        (lambda: dicomdir([None]), E.FOLDER_EMPTY),
    ],
)
def test_what_is_only_called_a_directory(
    make: Callable[[], bytes],
    code: ErrorCode | None,
    scanner: GuardedScanner,
    *,
    tmp_path: Path,
) -> None:
    directory = write_cd(tmp_path, {}, make())
    started = time.monotonic()
    assert outcomes(scan(scanner, directory), tmp_path) == {"DICOMDIR": code}
    assert time.monotonic() - started < _LIMIT_S


# --- whatever comes ----------------------------------------------------------------------------------------------


def test_mutants_of_archives_cost_no_row_and_no_child(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    children = scanner._child.pid, reader._child.pid
    for number, data in enumerate(zip_mutants(200, seed=11)):
        archive = tmp_path / f"{number}.zip"
        archive.write_bytes(data)
        records = scan(scanner, archive)
        paths = [record.stamp.path for record in records]
        assert paths
        assert len(set(paths)) == len(paths)
        assert all(file_of(path) == archive for path in paths)
        for record in records:
            try:
                film = reader.read(record.stamp.path, JobContext())
            except WorkstationError as error:
                assert error.code is not E.UNEXPECTED  # noqa: PT017 - most mutants raise, some do not
            else:
                assert film.instance == record.instance
    assert (scanner._child.pid, reader._child.pid) == children


def test_real_films_are_the_same_in_an_archive(
    scanner: GuardedScanner, reader: GuardedFilmReader, shared: Path, tmp_path: Path
) -> None:
    folder, archive = shared / "dicom", tmp_path / "films.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.stat().st_size < 1 << 20:
                packed.write(path, path.relative_to(folder).as_posix())
    loose = {r.stamp.path.relative_to(folder): r for r in scan(scanner, folder)}
    inside = {r.stamp.path.relative_to(archive): r for r in scan(scanner, archive)}
    assert len(inside) > 10
    for name, record in inside.items():
        assert record.instance == loose[name].instance
        assert record.outcome is loose[name].outcome
    films = [name for name, record in inside.items() if record.instance][:6]
    for name in films:
        one, other = (reader.read(base / name, JobContext()) for base in (folder, archive))
        assert one.content_sha256 == other.content_sha256
