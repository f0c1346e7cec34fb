"""5,000 films of two a study, warm: our scan and our whole indexing beside pydicom reading the same headers."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pydicom

from tests.factories.dicom_files import make_dx, to_bytes
from tests.factories.films import make_pixels
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.adapters.store.library import Library
from workstation.core.jobs import JobContext
from workstation.core.study import FileStamp
from workstation.services.indexing import Indexing

_FILES, _ROUNDS = 5000, 3
_KEYWORDS = (  # what an Instance is made of (workstation.adapters.dicom.headers)
    *("SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID"),
    *("PatientBirthDate", "PatientSex", "PatientAge", "StudyInstanceUID", "SeriesInstanceUID"),
    *("SOPInstanceUID", "SOPClassUID", "StudyDate", "StudyTime", "AcquisitionDateTime"),
    *("AcquisitionDate", "AcquisitionTime", "StudyDescription", "AccessionNumber"),
    *("InstitutionName", "InstitutionalDepartmentName", "ReferringPhysicianName"),
    *("SeriesNumber", "SeriesDescription", "InstanceNumber", "Modality", "BodyPartExamined"),
    *("ViewPosition", "ViewCodeSequence", "ImageLaterality", "Laterality"),
    *("PatientOrientation", "PresentationIntentType", "Rows", "Columns", "NumberOfFrames"),
    "LossyImageCompression",
)


def main() -> None:
    """Medians in files per second; ratios to pydicom's two rows, all by turns in one run."""
    with tempfile.TemporaryDirectory() as place:
        films = _write_films(Path(place) / "films")
        scanner = GuardedScanner()
        scanner.start()
        libraries = (Path(place) / f"library{n}.db" for n in range(_ROUNDS))
        jobs: dict[str, Callable[[], None]] = {
            "pydicom, headers parsed": lambda: _parse(films),
            "pydicom, the same values read": lambda: _read_values(films),
            "our scan, records in the parent": lambda: _scan(films, scanner),
            "our indexing, database included": lambda: _index(films, scanner, next(libraries)),
        }
        taken = _by_turns(jobs)
        scanner.close()
    parsed, values = (taken[name] for name in list(jobs)[:2])
    print(f"{'5,000 films':<33}{'files/s':>9}{'x parsed':>10}{'x values':>10}")
    for name, seconds in taken.items():
        rate = _FILES / seconds
        print(f"{name:<33}{rate:>9.0f}{parsed / seconds:>10.2f}{values / seconds:>10.2f}")
    print(f"goal: 3 x pydicom with the database; load {os.getloadavg()[0]:.1f}")


def _by_turns(jobs: dict[str, Callable[[], None]]) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(_ROUNDS):
        for name, job in jobs.items():
            started = time.perf_counter()
            job()
            times[name].append(time.perf_counter() - started)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def _parse(films: Path) -> None:
    for path in films.iterdir():
        pydicom.dcmread(path, stop_before_pixels=True)


def _read_values(films: Path) -> None:
    for path in films.iterdir():
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        for keyword in _KEYWORDS:
            dataset.get(keyword)
        str(dataset.PatientName)  # decoded when asked for
        str(dataset.ReferringPhysicianName)
        str(dataset.ViewCodeSequence[0].CodeValue)


def _scan(films: Path, scanner: GuardedScanner) -> None:
    stamps = [FileStamp(path=path, size=0, mtime_ns=0) for path in films.iterdir()]
    records = list(scanner.scan(stamps, JobContext()))
    assert all(record.instance is not None for record in records)


def _index(films: Path, scanner: GuardedScanner, path: Path) -> None:
    library = Library(path, bytes(range(32)))
    try:
        summary = Indexing(scanner, library).run(films, JobContext())
    finally:
        library.close()
    assert summary.loaded == _FILES


def _write_films(folder: Path) -> Path:
    """Studies of two films each; other UIDs of the same length make other films."""
    folder.mkdir()
    dataset = make_dx(make_pixels(128, 128), windows=((2048, 4096),))
    root = "1.2.826.0.1.3680043.8.498."
    dataset.StudyInstanceUID = f"{root}7.10000"
    dataset.SeriesInstanceUID = f"{root}8.10000"
    dataset.SOPInstanceUID = f"{root}9.10000"
    data = to_bytes(dataset)
    for number in range(_FILES):
        made = data
        for level, count in ((7, number // 2), (8, number // 2), (9, number)):
            made = made.replace(
                f"498.{level}.10000".encode(), f"498.{level}.{10000 + count}".encode()
            )
        (folder / f"film{number:05d}.dcm").write_bytes(made)
    return folder


if __name__ == "__main__":
    main()
