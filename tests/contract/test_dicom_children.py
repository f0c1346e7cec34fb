"""The guarded children as processes: killed, hung, cancelled, closed; nobody notices and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.factories.bad_files import good_film
from workstation.adapters.dicom.guard import describe_guard
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.core.errors import CancelledError, ErrorCode, WorkstationError
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.study import FileOutcome, FileStamp

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="uses /proc and signals")


@pytest.fixture
def films(tmp_path: Path) -> list[FileStamp]:
    stamps = []
    for number in range(4):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(good_film())
        stamps.append(FileStamp(path=path, size=path.stat().st_size, mtime_ns=0))
    return stamps


@contextmanager
def stopped(pid: int | None) -> Iterator[None]:
    """The child hangs, as in an endless loop."""
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    yield


@linux_only
def test_a_child_killed_during_a_scan_costs_one_file(films: list[FileStamp]) -> None:
    scanner = GuardedScanner()
    records = scanner.scan(films, JobContext())
    done = [next(records)]
    # What it answered ahead may still lie in the pipe: every record is there all the same.
    process = scanner._child._process
    assert process is not None
    process.kill()
    process.wait()
    done += list(records)
    assert [record.stamp for record in done] == films
    assert done[0].outcome is FileOutcome.LOADED
    crashed = [r for r in done if r.reason and r.reason.code is ErrorCode.DECODER_CRASHED]
    assert len(crashed) <= 1
    assert next(scanner.scan(films[:1], JobContext())).outcome is FileOutcome.LOADED
    scanner.close()


@linux_only
def test_a_reader_killed_between_films_is_replaced(films: list[FileStamp]) -> None:
    reader = GuardedFilmReader()
    reader.start()
    with stopped(reader._child.pid):
        killer = threading.Timer(0.1, os.kill, (reader._child.pid, signal.SIGKILL))
        killer.start()
        with pytest.raises(WorkstationError) as raised:
            reader.read(films[0].path, JobContext())
        killer.join()
    assert raised.value.code is ErrorCode.DECODER_CRASHED
    assert reader.read(films[0].path, JobContext()).rows == 64
    reader.close()


@linux_only
def test_a_hanging_child_is_a_timed_out_file_and_the_rest_goes_on(
    films: list[FileStamp],
) -> None:
    scanner = GuardedScanner(deadline_s=0.3)
    scanner.start()
    with stopped(scanner._child.pid):
        records = scanner.scan(films, JobContext())
        first = next(records)
    assert first.reason is not None
    assert first.reason.code is ErrorCode.DECODER_TIMED_OUT
    scanner._child._deadline_s = 10.0
    assert [record.outcome for record in records] == [FileOutcome.LOADED] * 3
    scanner.close()


@linux_only
@pytest.mark.parametrize("kind", ["scan", "film"])
def test_cancel_ends_a_hanging_child_within_a_second(kind: str, films: list[FileStamp]) -> None:
    token = CancelToken()
    context = JobContext(token=token)

    def work(adapter: GuardedScanner | GuardedFilmReader) -> None:
        if isinstance(adapter, GuardedScanner):
            list(adapter.scan(films, context))
        else:
            adapter.read(films[0].path, context)

    adapter = GuardedScanner() if kind == "scan" else GuardedFilmReader()
    adapter.start()
    with stopped(adapter._child.pid):
        threading.Timer(0.1, token.cancel).start()
        started = time.monotonic()
        with pytest.raises(CancelledError):
            work(adapter)
        assert time.monotonic() - started < 1.0
    adapter.close()


@linux_only
def test_no_process_is_left(films: list[FileStamp]) -> None:
    reader = GuardedFilmReader()
    reader.read(films[0].path, JobContext())
    pid = reader._child.pid
    reader.close()
    assert not Path(f"/proc/{pid}").exists()


@linux_only
def test_the_child_ends_with_its_parent() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "workstation", "--guarded-child", "scan"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    out, _ = child.communicate(b"", timeout=20)
    assert (out, child.returncode) == (b"", 0)


@linux_only
def test_a_warm_child_holds_neither_qt_nor_torch_and_is_limited(films: list[FileStamp]) -> None:
    reader = GuardedFilmReader()
    reader.read(films[0].path, JobContext())
    folder = Path(f"/proc/{reader._child.pid}")
    maps = (folder / "maps").read_text()
    status = (folder / "status").read_text()
    limits = (folder / "limits").read_text()
    reader.close()
    assert "NoNewPrivs:\t1" in status
    assert str(2 << 30) in limits
    assert not any(name in maps for name in ("libQt6", "libtorch", "SimpleITK"))


def test_a_film_can_be_read_from_any_folder(
    films: list[FileStamp], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    reader = GuardedFilmReader()
    assert reader.read(Path("0.dcm"), JobContext()).rows == 64
    reader.close()


def test_every_guard_is_named_once() -> None:
    has, lacks = describe_guard()
    assert has
    assert not set(has) & set(lacks)
