"""Headers of 5,000 files: our guarded scanner, child and pipe included, beside pydicom in this process."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import pydicom

from tests.factories.dicom_files import make_dx, to_bytes
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.core.jobs import JobContext
from workstation.core.study import FileStamp

_FILES, _ROUNDS = 5000, 3


def main() -> None:
    """Median files per second of either, and their ratio; pydicom only parses, and reads no value."""
    with tempfile.TemporaryDirectory() as folder:
        paths = _write_films(Path(folder))
        stamps = [FileStamp(path=path, size=0, mtime_ns=0) for path in paths]
        scanner = GuardedScanner()
        scanner.start()
        ours, peer = [], []
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            records = list(scanner.scan(stamps, JobContext()))
            ours.append(time.perf_counter() - started)
            assert all(record.instance is not None for record in records)
            started = time.perf_counter()
            for path in paths:
                pydicom.dcmread(path, stop_before_pixels=True)
            peer.append(time.perf_counter() - started)
        scanner.close()
    mine, theirs = statistics.median(ours), statistics.median(peer)
    print(f"{'header scan of 5,000 files':<30}{'files/s':>10}")
    print(f"{'ours, records in the parent':<30}{_FILES / mine:>10.0f}")
    print(f"{'pydicom, headers parsed':<30}{_FILES / theirs:>10.0f}")
    print(f"{'ratio':<30}{theirs / mine:>10.2f}")


def _write_films(folder: Path) -> list[Path]:
    data = to_bytes(make_dx(windows=((2048, 4096),)))
    uid = pydicom.dcmread(folder_file(folder, data)).SOPInstanceUID.encode()
    paths = []
    for number in range(_FILES):
        path = folder / f"{number:05d}.dcm"
        path.write_bytes(data.replace(uid, uid[:-5] + f"{number:05d}".encode()))
        paths.append(path)
    return paths


def folder_file(folder: Path, data: bytes) -> Path:
    """One file to learn from."""
    path = folder / "model.dcm"
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    main()
