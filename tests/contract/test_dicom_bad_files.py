"""Both guarded children on files no device writes: a fitting reason each, soon, and the next file is served."""

from __future__ import annotations

import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.factories.bad_files import bombs, good_film, lut_overflow, mutants
from tests.factories.dicom_files import (
    add_palette,
    add_voi_lut,
    compress,
    compress_jpeg,
    make_cr,
    make_dx,
    to_bytes,
)
from tests.factories.films import make_pixels
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.jobs import JobContext
from workstation.core.study import FileOutcome, FileRecord, FileStamp

E = ErrorCode
# What the reader must say of each bomb; the scanner may load those that lie behind the header.
_READER_SAYS = {
    "deflate": {E.SUSPICIOUS},
    "nested": {E.SUSPICIOUS},
    "empty_items": {E.SUSPICIOUS},
    "rle_65535": {E.TOO_LARGE},
    "j2k_65535": {E.TOO_LARGE},
    "j2k_65535_hidden": {E.MALFORMED},
    "length_fffffff0": {E.FILE_TRUNCATED},
    "short_pixels": {E.SHORT_PIXEL_DATA},
    "short_pixels_declared": {E.SHORT_PIXEL_DATA},
    "palette_overflow": {E.MALFORMED},
    "undefined_length": {E.MALFORMED},
    "unclosed_sequence": {E.FILE_TRUNCATED, E.MALFORMED},
    "program": {E.SUSPICIOUS},
    "rle_past_its_end": {E.MALFORMED},
    "gigabytes": {E.TOO_LARGE},
    "terabytes_of_frames": {E.SHORT_PIXEL_DATA},
    "frames_without_fragments": {E.SHORT_PIXEL_DATA, E.MALFORMED},
    "rle_65535_hidden": {E.MALFORMED},
    "jpegls_65535": {E.MALFORMED},
    "jpeg_lossless_of_more_bits": {E.MALFORMED},
    "fragments": {E.SUSPICIOUS},
    "png_65535": {E.TOO_LARGE},
    "jpeg_65535": {E.TOO_LARGE},
}
_BEHIND_THE_HEADER = {
    "j2k_65535_hidden",
    "palette_overflow",
    "fragments",
    "rle_past_its_end",
    "frames_without_fragments",
    "rle_65535_hidden",
    "jpegls_65535",
    "jpeg_lossless_of_more_bits",
}
_CUT_SAYS = {
    E.FILE_NOT_FOUND,
    E.FILE_EMPTY,
    E.FILE_TRUNCATED,
    E.FILE_UNREADABLE,
    E.SHORT_PIXEL_DATA,
    E.MALFORMED,  # a page cut in the middle reads as zeros from there on
    E.NOT_AN_IMAGE,
    E.NO_PIXEL_DATA,
    E.DECODER_CRASHED,
}
_LIMIT_S = 2.0


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


def stamp(path: Path) -> FileStamp:
    status = path.stat()
    return FileStamp(path=path, size=status.st_size, mtime_ns=status.st_mtime_ns)


@pytest.mark.parametrize("name", _READER_SAYS)
def test_each_bomb_class_is_refused_in_two_seconds_and_the_next_file_opens(
    name: str, reader: GuardedFilmReader, scanner: GuardedScanner, tmp_path: Path
) -> None:
    assert _READER_SAYS.keys() == bombs().keys()
    bad, good = tmp_path / "bad.dcm", tmp_path / "good.dcm"
    bad.write_bytes(bombs()[name]())
    good.write_bytes(good_film())

    started = time.monotonic()
    with pytest.raises(WorkstationError) as raised:
        reader.read(bad, JobContext())
    assert time.monotonic() - started < _LIMIT_S
    assert raised.value.code in _READER_SAYS[name]
    assert reader.read(good, JobContext()).rows == 64

    started = time.monotonic()
    first, second = scanner.scan([stamp(bad), stamp(good)], JobContext())
    assert time.monotonic() - started < _LIMIT_S
    assert second.outcome is FileOutcome.LOADED
    expected = FileOutcome.LOADED if name in _BEHIND_THE_HEADER else FileOutcome.REFUSED
    assert first.outcome is expected


def test_a_lut_that_declares_more_than_it_has_is_dropped(
    reader: GuardedFilmReader, tmp_path: Path
) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(lut_overflow())
    assert reader.read(path, JobContext()).voi_tables == ()


@pytest.mark.parametrize(
    ("name", "make", "code"),
    [
        ("empty.dcm", lambda p: p.write_bytes(b""), E.FILE_EMPTY),
        ("text.dcm", lambda p: p.write_text("Dear colleague, " * 40), E.NOT_AN_IMAGE),
        ("folder.dcm", lambda p: p.mkdir(), E.FILE_UNREADABLE),
        ("head.dcm", lambda p: p.write_bytes(good_film()[:600]), E.FILE_TRUNCATED),
        ("cut.png", lambda p: p.write_bytes(b"\x89PNG\r\n\x1a\n\0\0"), E.MALFORMED),
    ],
)
def test_files_that_are_no_film(
    name: str,
    make: Callable[[Path], object],
    code: ErrorCode,
    tmp_path: Path,
    *,
    scanner: GuardedScanner,
    reader: GuardedFilmReader,
) -> None:
    path = tmp_path / name
    make(path)
    record = next(iter(list(scanner.scan([stamp(path)], JobContext()))))
    assert record.reason is not None
    assert record.reason.code is code
    assert record.reason.parameters["path"] == str(path)
    skipped = code is ErrorCode.NOT_AN_IMAGE
    assert record.outcome is (FileOutcome.SKIPPED if skipped else FileOutcome.REFUSED)
    with pytest.raises(WorkstationError) as raised:
        reader.read(path, JobContext())
    assert raised.value.code is code


def test_a_file_of_gigabytes_is_refused_by_both(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    """Really as long as its header says, though sparse."""
    path = tmp_path / "film.dcm"
    path.write_bytes(to_bytes(make_dx(Rows=65535, Columns=65535)))
    os.truncate(path, 9 << 30)
    (record,) = scanner.scan([stamp(path)], JobContext())
    assert record.reason is not None
    assert record.reason.code is E.TOO_LARGE
    with pytest.raises(WorkstationError) as raised:
        reader.read(path, JobContext())
    assert raised.value.code is E.TOO_LARGE


@pytest.mark.parametrize("cut", [0, 1, 600, 9000, 100_000])
def test_a_file_cut_or_gone_while_it_is_read(
    cut: int, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    """The child may die of it (SIGBUS); the reader gives a reason or the film, never anything else."""
    path, spare = tmp_path / "film.dcm", tmp_path / "spare.dcm"
    whole = to_bytes(make_dx(make_pixels(700, 700)))
    spare.write_bytes(good_film())
    stop = threading.Event()

    def disturb() -> None:
        while not stop.is_set():
            path.write_bytes(whole)
            os.truncate(path, cut)
            path.unlink()

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(25):
            try:
                assert reader.read(path, JobContext()).rows == 700
            except WorkstationError as error:
                assert error.code in _CUT_SAYS  # noqa: PT017 - some reads succeed
    finally:
        stop.set()
        thread.join()
    assert reader.read(spare, JobContext()).rows == 64


def test_a_file_that_vanished(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    gone = FileStamp(path=tmp_path / "gone.dcm", size=1, mtime_ns=1)
    (record,) = scanner.scan([gone], JobContext())
    assert record.reason is not None
    assert record.reason.code is ErrorCode.FILE_VANISHED
    with pytest.raises(WorkstationError) as raised:
        reader.read(gone.path, JobContext())
    assert raised.value.code is ErrorCode.FILE_NOT_FOUND


def _originals() -> list[bytes]:
    syntaxes = ("1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90")
    eight = make_cr(make_pixels(bits=8).astype(np.uint8))
    ramp = np.arange(256)
    return [
        good_film(),
        to_bytes(make_cr(), transfer_syntax="1.2.840.10008.1.2"),
        to_bytes(add_voi_lut(make_dx(), range(4096)), transfer_syntax="1.2.840.10008.1.2.2"),
        to_bytes(make_dx(), transfer_syntax="1.2.840.10008.1.2.1.99"),
        to_bytes(compress_jpeg(make_cr(make_pixels(bits=8).astype(np.uint8)))),
        to_bytes(add_palette(eight, ramp, ramp[::-1], ramp * 0, bits=8)),
        *(to_bytes(compress(make_dx(), syntax)) for syntax in syntaxes),
    ]


def _fuzz(
    count: int, seed: int, folder: Path, scanner: GuardedScanner, reader: GuardedFilmReader
) -> Counter[str]:
    """How often each outcome came up; fails for a lost file, a long wait or a child beyond its memory."""
    paths = []
    for number, data in enumerate(mutants(_originals(), count, seed=seed)):
        path = folder / f"{number}.dcm"
        path.write_bytes(data)
        paths.append(path)
    seen: Counter[str] = Counter()
    records: list[FileRecord] = list(scanner.scan([stamp(p) for p in paths], JobContext()))
    assert [record.stamp.path for record in records] == paths
    seen.update(f"scan {r.reason.code if r.reason else r.outcome}" for r in records)
    for path in paths:
        started = time.monotonic()
        try:
            assert reader.read(path, JobContext()).pixels.size
            seen["film opened"] += 1
        except WorkstationError as error:
            assert error.code is not E.UNEXPECTED  # noqa: PT017 - most mutants raise, some do not
            seen[f"film {error.code}"] += 1
        assert time.monotonic() - started < 10.5
    for child in (scanner._child, reader._child):
        assert _peak_kib(child.pid) < 1.5 * (1 << 20)
    return seen


def _peak_kib(pid: int | None) -> int:
    """Most memory a process ever held (Linux tells; elsewhere 0)."""
    status = Path(f"/proc/{pid}/status")
    found = re.search(r"VmHWM:\s+(\d+)", status.read_text()) if status.exists() else None
    return int(found[1]) if found else 0


def test_mutants_never_reach_the_workstation(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    _fuzz(300, 7, tmp_path, scanner, reader)


@pytest.mark.long
def test_ten_thousand_mutants(
    scanner: GuardedScanner, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    seen: Counter[str] = Counter()
    peak = [0, 0]
    before = _peak_kib(os.getpid())
    for seed in range(20):
        folder = tmp_path / str(seed)
        folder.mkdir()
        seen += _fuzz(500, 100 + seed, folder, scanner, reader)
        peak = [
            max(p, _peak_kib(a._child.pid))
            for p, a in zip(peak, (scanner, reader), strict=True)
        ]
    growth = _peak_kib(os.getpid()) - before
    sys.stdout.write("".join(f"{n:>7}  {outcome}\n" for outcome, n in sorted(seen.items())))
    sys.stdout.write(f"peak KiB of scan child, film child: {peak}; growth here: {growth}\n")
    assert growth < 50 << 10
    assert not any("timed_out" in outcome for outcome in seen)
