"""A film of 3000 x 2500 from file to array: our guarded reader, pipe included, beside SimpleITK and pydicom in here."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK

from tests.factories.dicom_files import compress, compress_jpeg, make_dx, write
from tests.factories.films import make_pixels
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.core.jobs import JobContext

_COMPRESSED = {
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
}
_ROUNDS = 5
_LONGEST_S = 90


def main() -> None:
    """Medians in ms, and how many times as fast as each peer."""
    until = time.monotonic() + _LONGEST_S
    reader = GuardedFilmReader(deadline_s=60)
    reader.start()
    print(f"{'ms':<20}{'ours':>9}{'pydicom':>9}{'SimpleITK':>11}{'x pyd.':>8}{'x SITK':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for name, path in _films(Path(folder)).items():
            if time.monotonic() > until:
                print(f"{name:<20} left out: {_LONGEST_S} s are over")
                continue
            _row(name, path, reader)
    reader.close()
    print(f"load {os.getloadavg()[0]:.1f}")


def _films(folder: Path) -> dict[str, Path]:
    """One film of 16 bits per lossless syntax, one of 8 bits in JPEG baseline; JPEG lossless where DCMTK is."""
    dataset = make_dx(make_pixels(3000, 2500, bits=16), bits_stored=16)
    films = {"raw": write(dataset, folder / "raw.dcm")}
    for name, syntax in _COMPRESSED.items():
        dataset = make_dx(make_pixels(3000, 2500, bits=16), bits_stored=16)
        films[name] = write(compress(dataset, syntax), folder / f"{name}.dcm")
    eight = make_dx(make_pixels(3000, 2500, bits=8).astype(np.uint8))
    films["JPEG baseline, 8"] = write(compress_jpeg(eight), folder / "baseline.dcm")
    encoder = shutil.which("dcmcjpeg")
    if encoder:
        films["JPEG lossless"] = folder / "lossless.dcm"
        arguments = ["+e1", str(films["raw"]), str(films["JPEG lossless"])]
        subprocess.run([encoder, *arguments], check=True)
    return films


def _row(name: str, path: Path, reader: GuardedFilmReader) -> None:
    film = reader.read(path, JobContext())
    assert np.array_equal(film.pixels, pydicom.dcmread(path).pixel_array)
    ours, peer, itk = _together(
        lambda: reader.read(path, JobContext()),
        lambda: pydicom.dcmread(path).pixel_array,
        lambda: SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))),
    )
    print(
        f"{name:<20}{ours:>9.1f}{peer:>9.1f}{itk:>11.1f}{peer / ours:>8.2f}{itk / ours:>8.2f}"
    )


def _together(*jobs: Callable[[], object]) -> list[float]:
    """Medians in ms of jobs run by turns, so that a busy machine is busy for all of them."""
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(_ROUNDS):
        for job, taken in zip(jobs, times, strict=True):
            started = time.perf_counter()
            job()
            taken.append((time.perf_counter() - started) * 1e3)
    return [statistics.median(taken) for taken in times]


if __name__ == "__main__":
    main()
