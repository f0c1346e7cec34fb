"""A 3000 x 2500 film of 16 bits from file to array: our guarded reader beside SimpleITK and pydicom."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK

from tests.factories.dicom_files import compress, make_dx, write
from tests.factories.films import make_pixels
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.core.jobs import JobContext

_SYNTAXES = {
    "raw": "",
    "RLE": "1.2.840.10008.1.2.5",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
}
_ROUNDS = 5


def main() -> None:
    """Medians in ms, and how many times as fast as each peer."""
    reader = GuardedFilmReader(deadline_s=60)
    reader.start()
    pixels = make_pixels(3000, 2500, bits=16)
    print(
        f"{'syntax':<12}{'ours ms':>9}{'pydicom':>9}{'SimpleITK':>11}{'x pyd.':>8}{'x SITK':>8}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, syntax in _SYNTAXES.items():
            dataset = make_dx(pixels, bits_stored=16)
            path = write(
                compress(dataset, syntax) if syntax else dataset, Path(folder) / "f.dcm"
            )
            film = reader.read(path, JobContext())
            assert np.array_equal(film.pixels, pixels)
            ours, peer, itk = _together(
                lambda path=path: reader.read(path, JobContext()),
                lambda path=path: pydicom.dcmread(path).pixel_array,
                lambda path=path: SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))),
            )
            print(
                f"{name:<12}{ours:>9.1f}{peer:>9.1f}{itk:>11.1f}"
                f"{peer / ours:>8.2f}{itk / ours:>8.2f}"
            )
    reader.close()


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
