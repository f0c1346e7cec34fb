"""Real files: every one opens, lossless ones give exact pixels, identity is what pydicom reads."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pydicom.data
import pytest

from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.core.image import SpacingSource
from workstation.core.jobs import JobContext
from workstation.core.study import FileOutcome, FileStamp, Instance

_LOSSLESS = ("RLE", "JPLL", "JLSL", "J2KR")


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedFilmReader]:
    made = GuardedFilmReader()
    yield made
    made.close()


@pytest.mark.parametrize("name", ["CT1", "MR1", "NM1", "RG2", "RG3", "US1", "VL1", "XA1"])
def test_wg04_opens_and_lossless_is_exact(
    name: str, shared: Path, reader: GuardedFilmReader
) -> None:
    folder = shared / "dicom" / "wg04"
    reference = reader.read(folder / f"{name}_UNC.dcm", JobContext())
    paths = sorted(folder.glob(f"{name}_*.dcm"))
    assert len(paths) >= 4
    span = reference.stored_range[1] - reference.stored_range[0]
    for path in paths:
        film = reader.read(path, JobContext())
        assert film.pixels.shape == reference.pixels.shape
        if path.stem[4:] in _LOSSLESS:
            assert film.pixels.dtype == reference.pixels.dtype
            np.testing.assert_array_equal(film.pixels, reference.pixels)
            assert film.content_sha256 == reference.content_sha256
        else:
            difference = np.abs(film.pixels.astype(float) - reference.pixels.astype(float))
            assert difference.mean() < 0.02 * span


def test_every_chest_film_opens(shared: Path, reader: GuardedFilmReader) -> None:
    films = {
        path.name: reader.read(path, JobContext())
        for path in sorted((shared / "dicom" / "chest").glob("*.dcm"))
    }
    assert len(films) == 7
    assert films["wg04_RG1_J2KI.dcm"].spacing is None  # its spacing is 0
    spacing = films["highdicom_dx_image.dcm"].spacing
    assert spacing is None or spacing.source is not SpacingSource.USER_CALIBRATED


def _identity_of_pydicom(dataset: pydicom.Dataset) -> tuple[str, ...]:
    name = dataset.get("PatientName", "")
    groups = [getattr(name, group, "") for group in ("alphabetic", "ideographic", "phonetic")]
    return (
        *(" ".join(group.replace("^", " ").split()) for group in groups),
        str(dataset.get("PatientID", "") or "").strip("\0 "),
        str(dataset.get("PatientSex", "") or ""),
        str(dataset.get("StudyInstanceUID", "")),
        str(dataset.get("SOPInstanceUID", "")),
        str(dataset.get("StudyDescription", "") or "").strip(),
        str(dataset.get("AccessionNumber", "") or "").strip(),
        str(dataset.get("Rows", 0)),
    )


def _identity(instance: Instance) -> tuple[str, ...]:
    patient = instance.patient
    return (
        patient.name.alphabetic,
        patient.name.ideographic,
        patient.name.phonetic,
        patient.patient_id,
        patient.sex.value,
        instance.study_uid,
        instance.sop_uid,
        instance.study_description,
        instance.accession_number,
        str(instance.rows),
    )


def test_identity_is_what_pydicom_reads_on_all_its_files() -> None:
    root = Path(pydicom.data.__file__).parent
    paths = sorted(p for p in root.rglob("*") if p.is_file() and p.suffix in {".dcm", ""})
    stamps = [FileStamp(path=path, size=0, mtime_ns=0) for path in paths]
    scanner = GuardedScanner()
    records = list(scanner.scan(stamps, JobContext()))
    scanner.close()
    compared = 0
    for record in records:
        if record.outcome is not FileOutcome.LOADED or record.instance is None:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(record.stamp.path, force=True, stop_before_pixels=True)
            expected = _identity_of_pydicom(dataset)
        assert _identity(record.instance) == expected, record.stamp.path.name
        compared += 1
    assert compared > 90


def test_character_sets_of_pydicoms_files_are_read_in_the_child_as_by_pydicom() -> None:
    """These hold no pixels: their text goes through the same decoder."""
    from workstation.adapters.dicom.elements import read_elements
    from workstation.adapters.dicom.headers import instance_of

    folder = Path(pydicom.data.__file__).parent / "charset_files"
    compared = 0
    for path in sorted(folder.glob("*.dcm")):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
            instance = instance_of(read_elements(path.read_bytes()))
            expected = _identity_of_pydicom(dataset)
        assert _identity(instance) == expected, path.name
        compared += 1
    assert compared >= 15
