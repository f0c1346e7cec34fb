"""Scanning a folder: every file is accounted for, and nothing is read twice."""

import os
from pathlib import Path

import pytest

from tests.factories.fakes import FakeIndex, FakeScanner, instance_of, loaded
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.study import SUSPECTED, FileOutcome
from workstation.services.indexing import Indexing, together
from workstation.services.walking import place_of


def touch(folder, *names):
    paths = []
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
        paths.append(path)
    return paths


def test_every_file_is_accounted_for(tmp_path):
    film, notes, broken = touch(tmp_path, "a.dcm", "notes.txt", "z.dcm")
    scanner = FakeScanner({film: instance_of(1)}, refused={broken: ErrorCode.MALFORMED})
    index = FakeIndex()
    summary = Indexing(scanner, index).run(tmp_path, JobContext())
    assert (summary.loaded, summary.skipped, summary.refused) == (1, 1, 1)
    assert summary.files == 3
    assert not summary.cancelled
    assert {r.stamp.path for r in summary.problems} == {notes, broken}
    assert set(index.kept) == {film, notes, broken}


def test_names_that_may_be_garbled_are_counted(tmp_path):
    one, other = touch(tmp_path, "a.dcm", "b.dcm")
    films = {one: instance_of(1, text_note=SUSPECTED), other: instance_of(2)}
    summary = Indexing(FakeScanner(films), FakeIndex()).run(tmp_path, JobContext())
    assert summary.garbled == 1
    assert together(summary, summary).garbled == 2


def test_unchanged_files_are_counted_and_not_read_again(tmp_path):
    film, notes = touch(tmp_path, "a.dcm", "notes.txt")
    scanner, index = FakeScanner({film: instance_of(1)}), FakeIndex()
    indexing = Indexing(scanner, index)
    indexing.run(tmp_path, JobContext())
    scanner.seen.clear()
    again = indexing.run(tmp_path, JobContext())
    assert scanner.seen == []
    assert (again.loaded, again.skipped, again.unchanged) == (1, 1, 2)
    assert [r.stamp.path for r in again.problems] == [notes]
    os.utime(film, ns=(7, 7))
    indexing.run(tmp_path, JobContext())
    assert scanner.seen == [film]


def test_files_that_are_gone_are_forgotten_and_others_are_not(tmp_path):
    kept, gone = touch(tmp_path / "here", "a.dcm", "b.dcm")
    (elsewhere,) = touch(tmp_path / "there", "c.dcm")
    films = {p: instance_of(n) for n, p in enumerate((kept, gone, elsewhere))}
    index = FakeIndex()
    indexing = Indexing(FakeScanner(films), index)
    indexing.run(tmp_path, JobContext())
    gone.unlink()
    elsewhere.unlink()
    indexing.run(tmp_path / "here", JobContext())
    assert index.forgotten == [gone]


def test_a_folder_that_cannot_be_entered_loses_nothing(tmp_path, monkeypatch):
    (film,) = touch(tmp_path / "locked", "a.dcm")
    index = FakeIndex()
    indexing = Indexing(FakeScanner({film: instance_of(1)}), index)
    indexing.run(tmp_path, JobContext())
    scandir = os.scandir

    def guarded(path):  # root may read everything: the refusal is the system call's
        if str(path).endswith("locked"):
            raise PermissionError(13, "denied")
        return scandir(path)

    monkeypatch.setattr("workstation.services.walking.os.scandir", guarded)
    summary = indexing.run(tmp_path, JobContext())
    assert summary.refused == 1
    assert index.forgotten == []


def test_stopping_keeps_what_was_read_and_says_so(tmp_path):
    paths = touch(tmp_path, *(f"{n:02}.dcm" for n in range(30)))
    token = CancelToken()

    def stop_at(path):
        if path == paths[11]:
            token.cancel()

    scanner = FakeScanner({p: instance_of(n) for n, p in enumerate(paths)}, before=stop_at)
    index = FakeIndex()
    index.add([loaded(tmp_path / "gone.dcm", instance_of(99))])
    summary = Indexing(scanner, index).run(tmp_path, JobContext(token=token))
    assert summary.cancelled
    assert summary.loaded == 12
    assert {*paths[:12], tmp_path / "gone.dcm"} == set(
        index.kept
    )  # nothing is forgotten half-way


def test_the_first_film_is_told_once_it_is_committed_and_only_once(tmp_path):
    paths = touch(tmp_path, *(f"{n:03}.dcm" for n in range(100)))
    index, told = FakeIndex(), []

    def report(progress):
        if progress.payload is not None:
            assert progress.payload.stamp.path in index.kept
            told.append((progress.payload.stamp.path, len(index.kept)))

    scanner = FakeScanner({p: instance_of(n) for n, p in enumerate(paths) if n > 2})
    Indexing(scanner, index).run(tmp_path, JobContext(report=report))
    assert told == [(paths[3], 8)]  # with the first small batch, long before the end
    assert sum(index.batches) == 100
    assert len(index.batches) < 6


def test_progress_counts_files_and_refusals_to_the_end(tmp_path):
    paths = touch(tmp_path, *(f"{n:02}.dcm" for n in range(20)))
    scanner = FakeScanner({}, refused=dict.fromkeys(paths[:5], ErrorCode.MALFORMED))
    seen = []
    indexing = Indexing(scanner, FakeIndex())
    indexing.run(tmp_path, JobContext(report=seen.append))
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert (seen[-1].done, seen[-1].refused) == (20, 5)


def test_progress_goes_on_over_unchanged_files(tmp_path):
    touch(tmp_path, *(f"{n:02}.dcm" for n in range(30)))
    index, ticks = FakeIndex(), iter(range(1000))
    indexing = Indexing(FakeScanner({}), index, clock=lambda: float(next(ticks)))
    indexing.run(tmp_path, JobContext())
    seen = []
    indexing.run(tmp_path, JobContext(report=seen.append))
    assert seen[-1].done == 30


def test_another_film_under_a_known_identifier_is_counted_as_refused(tmp_path):
    first, second = touch(tmp_path, "a.dcm", "bb.dcm")
    scanner = FakeScanner({first: instance_of(1), second: instance_of(1)})
    indexing = Indexing(scanner, FakeIndex())
    for _ in range(2):  # and again when nothing has changed
        summary = indexing.run(tmp_path, JobContext())
        assert (summary.loaded, summary.refused) == (1, 1)
        assert summary.problems[0].reason.code is ErrorCode.DUPLICATE_UID
    assert scanner.seen == [first, second]


def test_a_film_under_a_new_name_takes_the_place_of_its_old_file(tmp_path):
    (old,) = touch(tmp_path, "b-old.dcm")
    index, scanner = FakeIndex(), FakeScanner({old: instance_of(1)})
    indexing = Indexing(scanner, index)
    indexing.run(tmp_path, JobContext())
    old.unlink()
    new, later = touch(tmp_path, "a-new.dcm", "c-later.dcm")
    scanner.films |= {new: instance_of(1), later: instance_of(1)}
    summary = indexing.run(tmp_path, JobContext())
    assert (summary.loaded, summary.refused) == (1, 1)
    assert index.record(old) is None
    assert index.record(new).outcome is FileOutcome.LOADED
    assert index.record(later).reason.parameters == {"path": str(new)}


@pytest.mark.parametrize("fate", ["gone", "another film now"])
def test_a_refused_film_is_read_again_once_the_first_no_longer_stands(tmp_path, fate):
    first, second = touch(tmp_path, "here/a.dcm", "there/bb.dcm")
    scanner = FakeScanner({first: instance_of(1), second: instance_of(1)})
    index = FakeIndex()
    indexing = Indexing(scanner, index)
    indexing.run(tmp_path, JobContext())
    assert index.record(second).reason.code is ErrorCode.DUPLICATE_UID
    if fate == "gone":
        first.unlink()
    else:
        first.write_bytes(b"another")
        scanner.films[first] = instance_of(2)
    summary = indexing.run(tmp_path / "there", JobContext())
    assert (summary.loaded, summary.refused) == (1, 0)
    assert index.study("1.2.1").instances[0][1] == second


def test_a_refused_film_that_is_gone_is_forgotten_with_its_first(tmp_path):
    first, second = touch(tmp_path, "a.dcm", "bb.dcm")
    (kept,) = touch(tmp_path, "c.dcm")
    films = {first: instance_of(1), second: instance_of(1), kept: instance_of(2)}
    index = FakeIndex()
    indexing = Indexing(FakeScanner(films), index)
    indexing.run(tmp_path, JobContext())
    first.unlink()
    second.unlink()
    indexing.run(tmp_path, JobContext())
    assert set(index.kept) == {kept}


def test_an_empty_folder_is_an_error_and_a_missing_one_a_refused_file(tmp_path):
    with pytest.raises(WorkstationError) as caught:
        Indexing(FakeScanner({}), FakeIndex()).run(tmp_path, JobContext())
    assert caught.value.code is ErrorCode.FOLDER_EMPTY
    assert caught.value.reason.parameters == {"path": str(tmp_path)}
    summary = Indexing(FakeScanner({}), FakeIndex()).run(tmp_path / "no", JobContext())
    assert summary.problems[0].reason.code is ErrorCode.FILE_VANISHED


def test_where_films_came_from_is_kept_and_an_unplugged_folder_loses_nothing(tmp_path):
    (film,) = touch(tmp_path / "stick", "a.dcm")
    stick = film.parent
    index = FakeIndex()
    indexing = Indexing(FakeScanner({film: instance_of(1)}), index)
    indexing.run(stick, JobContext())
    stick.rename(tmp_path / "pocket")
    summary = indexing.run(stick, JobContext())
    assert (summary.loaded, summary.refused) == (0, 1)
    assert index.forgotten == []
    assert film in index.kept
    assert [place.path for place in index.places()] == [stick]
    (tmp_path / "pocket").rename(stick)
    assert indexing.run(stick, JobContext()).loaded == 1


def test_a_folder_that_is_empty_or_was_never_there_is_no_place(tmp_path):
    index = FakeIndex()
    indexing = Indexing(FakeScanner({}), index)
    (tmp_path / "empty").mkdir()
    with pytest.raises(WorkstationError):
        indexing.run(tmp_path / "empty", JobContext())
    indexing.run(tmp_path / "typo", JobContext())
    assert index.places() == ()


def test_a_folder_named_from_here_is_summed_up_with_paths_below_it(tmp_path, monkeypatch):
    touch(tmp_path / "films", "a.dcm")
    monkeypatch.chdir(tmp_path)
    index = FakeIndex()
    summary = Indexing(FakeScanner({}), index).run(Path("films"), JobContext())
    assert summary.root == tmp_path / "films"
    assert all(path.is_relative_to(summary.root) for path in index.known(summary.root))


@pytest.mark.parametrize(
    ("chosen", "place"),
    [("cd/DICOMDIR", "cd"), ("cd/dicomdir.;1", "cd"), ("cd/a.ZIP", "cd/a.ZIP"), ("cd", "cd")],
)
def test_films_come_from_a_folder_an_archive_or_the_folder_of_a_cd(tmp_path, chosen, place):
    """A CD's films lie beside its directory: under the directory's own path none of them would be found again."""
    touch(tmp_path / "cd", "DICOMDIR", "dicomdir.;1", "a.ZIP", "film.dcm")
    index = FakeIndex()
    Indexing(FakeScanner({}), index).run(tmp_path / chosen, JobContext())
    assert [found.path for found in index.places()] == [tmp_path / place]
    assert place_of(tmp_path / chosen) == tmp_path / place
    assert place_of(tmp_path / "cd" / "film.dcm") is None
