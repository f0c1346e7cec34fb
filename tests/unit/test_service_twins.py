"""Two files under one identifier: the same film, or one that is refused."""

import os
from dataclasses import replace

import pytest

from tests.factories.fakes import FakeModel, FakeReader, FakeScanner, digest_of, instance_of
from tests.factories.films import make_film, make_pixels
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.study import FileOutcome, FileRecord, FileStamp
from workstation.services.analysis import Analysis
from workstation.services.batch import BatchAnalysis, FileStatus
from workstation.services.twins import settle, stands
from workstation.services.walking import walk


def found(path, content, instance=None):
    """A file with a film in it, as a scan finds it."""
    path.write_bytes(content)
    return FileRecord(
        stamp=stamp_of(path), outcome=FileOutcome.LOADED, instance=instance or instance_of(1)
    )


def stamp_of(path):
    status = path.stat()
    return FileStamp(path=path, size=status.st_size, mtime_ns=status.st_mtime_ns)


def outcomes(records):
    return [(r.stamp.path.name, r.reason.code if r.reason else None) for r in records]


def test_same_bytes_are_one_film_and_other_bytes_of_the_same_length_are_refused(tmp_path):
    first = found(tmp_path / "a", b"film-1")
    copy, other = found(tmp_path / "b", b"film-1"), found(tmp_path / "c", b"film-2")
    listed = {"1.2.1.1.1": [first]}
    records, gone = settle([copy, other], listed, CancelToken(), digest=digest_of)
    assert outcomes(records) == [("b", None), ("c", ErrorCode.DUPLICATE_UID)]
    assert records[1].reason.parameters == {"path": str(tmp_path / "a")}
    assert gone == []


def test_within_one_batch_the_earlier_file_is_the_first(tmp_path):
    batch = [found(tmp_path / "a", b"1"), found(tmp_path / "b", b"22")]
    records, _ = settle(batch, {}, CancelToken(), digest=digest_of)
    assert outcomes(records) == [("a", None), ("b", ErrorCode.DUPLICATE_UID)]


@pytest.mark.parametrize("fate", ["gone", "changed", "folder gone"])
def test_a_first_file_that_no_longer_stands_gives_way(tmp_path, fate):
    folder = tmp_path / "first"
    folder.mkdir()
    first = found(folder / "a", b"1")
    if fate == "changed":
        (folder / "a").write_bytes(b"another film")
    else:
        (folder / "a").unlink()
    if fate == "folder gone":
        folder.rmdir()
    later = found(tmp_path / "b", b"22")
    records, gone = settle([later], {"1.2.1.1.1": [first]}, CancelToken(), digest=digest_of)
    assert (records, gone) == ([later], [first.stamp.path])


def test_a_file_that_was_read_again_is_no_twin_of_itself(tmp_path):
    old = found(tmp_path / "a", b"1")
    new = found(tmp_path / "a", b"22")
    assert settle([new], {"1.2.1.1.1": [old]}, CancelToken(), digest=digest_of) == ([new], [])


def test_two_copies_that_changed_together_stay_one_film(tmp_path):
    old = [found(tmp_path / name, b"1") for name in ("a", "b")]
    new = [found(tmp_path / name, b"22") for name in ("a", "b")]
    records, gone = settle(new, {"1.2.1.1.1": old}, CancelToken(), digest=digest_of)
    assert records == new
    assert gone == [tmp_path / "b"]


def test_nothing_is_read_without_a_twin(tmp_path):
    records = [found(tmp_path / str(n), b"1", instance_of(n)) for n in range(3)]
    settled = settle(records, {}, CancelToken(), digest=lambda _: pytest.fail("was read"))
    assert settled == (records, [])


def test_once_stopped_no_twin_is_compared_and_the_others_are_kept(tmp_path):
    first, copy = found(tmp_path / "a", b"1"), found(tmp_path / "b", b"1")
    other = found(tmp_path / "c", b"1", instance_of(2))
    token = CancelToken()
    token.cancel()
    records, gone = settle([copy, other], {"1.2.1.1.1": [first]}, token, digest=digest_of)
    assert (records, gone) == ([other], [])


def test_a_twin_that_cannot_be_compared_is_refused(tmp_path):
    batch = [found(tmp_path / "a", b"1"), found(tmp_path / "b", b"1")]

    def closed(_path):
        raise WorkstationError(ErrorCode.FILE_NO_PERMISSION)

    records, _ = settle(batch, {}, CancelToken(), digest=closed)
    assert outcomes(records)[1] == ("b", ErrorCode.DUPLICATE_UID)


def test_a_member_gives_way_once_its_archive_has_changed(tmp_path):
    archive = found(tmp_path / "films.zip", b"packed").stamp
    file = found(tmp_path / "a", b"film-1")
    stamp = FileStamp(path=archive.path / "a", size=6, mtime_ns=archive.mtime_ns + archive.size)
    listed = {"1.2.1.1.1": [replace(file, stamp=stamp)]}
    digests = {file.stamp.path: "1", stamp.path: "1"}
    assert settle([file], listed, CancelToken(), digest=digests.__getitem__) == ([file], [])
    digests[stamp.path] = "2"
    records, _ = settle([file], listed, CancelToken(), digest=digests.__getitem__)
    assert outcomes(records) == [("a", ErrorCode.DUPLICATE_UID)]
    archive.path.write_bytes(b"packed anew")
    assert settle([file], listed, CancelToken(), digest=digests.__getitem__) == (
        [file],
        [stamp.path],
    )


def test_a_file_stands_while_it_is_as_it_was(tmp_path):
    stamp = found(tmp_path / "a", b"1").stamp
    assert stands(stamp)
    os.utime(stamp.path, ns=(7, 7))
    assert not stands(stamp)


def test_a_batch_refuses_the_second_film_of_one_identifier_and_reads_it_not(tmp_path):
    for name, content in (("a", b"film-1"), ("b", b"film-2"), ("c", b"film-1")):
        (tmp_path / name).write_bytes(content)
    films = {tmp_path / name: instance_of(1) for name in "abc"}
    reader = FakeReader(
        {path: make_film(make_pixels(), instance=instance) for path, instance in films.items()}
    )
    batch = BatchAnalysis(
        scanner=FakeScanner(films), readers=[reader], analysis=Analysis(FakeModel)
    )
    results = [
        file for study in batch.run(walk([tmp_path]), JobContext()) for file in study.files
    ]
    by_name = {file.path.name: file for file in results}
    assert len(results) == 3
    assert by_name["b"].status is FileStatus.REFUSED
    assert by_name["b"].reason.code is ErrorCode.DUPLICATE_UID
    assert by_name["b"].reason.parameters == {"path": str(tmp_path / "a")}
    assert {by_name[name].status for name in "ac"} == {FileStatus.ANALYSED}
    assert reader.reads == 2
