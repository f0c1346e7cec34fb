"""The built-in sample: valid objects of one invented patient, and the script that makes them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pydicom
import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "resources" / "sample"
SCRIPTS = ROOT / "packaging" / "sample"
NAMES = ("current-lateral", "current-pa", "prior-pa")
TRUTH = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))


def read(name: str) -> pydicom.Dataset:
    return pydicom.dcmread(SAMPLE / "films" / f"{name}.dcm")


@pytest.fixture
def make_sample(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("scipy")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import make_sample as module  # type: ignore[import-not-found]

    assert isinstance(module, ModuleType)
    return module


def test_the_folder_holds_three_films_and_at_most_six_megabytes() -> None:
    files = sorted((SAMPLE / "films").iterdir())
    assert [file.name for file in files] == [f"{name}.dcm" for name in NAMES]
    assert sum(file.stat().st_size for file in files) <= 6_000_000


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_dciodvfy_finds_nothing(name: str) -> None:
    path = SAMPLE / "films" / f"{name}.dcm"
    answer = subprocess.run(
        ["dciodvfy", str(path)], capture_output=True, text=True, check=False
    )
    said = answer.stdout + answer.stderr
    assert "DXImageForPresentation" in said
    assert "Error" not in said
    assert "Warning" not in said


def test_one_synthetic_patient_with_two_studies() -> None:
    films = {name: read(name) for name in NAMES}
    names = {str(film.PatientName) for film in films.values()}
    assert names == {"Sample^Shan=样本^山"}
    assert {film.PatientID for film in films.values()} == {"SAMPLE-0001"}
    assert {film.PatientBirthDate for film in films.values()} == {"19660214"}
    current = films["current-pa"].StudyInstanceUID
    assert films["current-lateral"].StudyInstanceUID == current
    assert films["prior-pa"].StudyInstanceUID != current
    assert films["prior-pa"].StudyDate < films["current-pa"].StudyDate
    assert len({film.SOPInstanceUID for film in films.values()}) == 3
    assert len({film.SeriesInstanceUID for film in films.values()}) == 3


@pytest.mark.parametrize("name", NAMES)
def test_the_age_agrees_with_the_dates(name: str) -> None:
    film = read(name)
    born, taken = film.PatientBirthDate, film.StudyDate
    years = int(taken[:4]) - int(born[:4]) - (taken[4:] < born[4:])
    assert film.PatientAge == f"{years:03d}Y"


@pytest.mark.parametrize("name", NAMES)
def test_every_film_says_that_it_is_synthetic(name: str) -> None:
    film = read(name)
    assert film.ImageComments.startswith("Synthetic image")
    assert film.DerivationDescription.startswith("Synthetic image")
    assert film.SOPInstanceUID.startswith("2.25.")


@pytest.mark.parametrize(
    ("name", "view", "orientation"),
    [
        ("current-pa", ("PA", "272479007"), ["L", "F"]),
        ("prior-pa", ("PA", "272479007"), ["L", "F"]),
        ("current-lateral", ("LL", "399173006"), ["P", "F"]),
    ],
)
def test_view_and_orientation(name: str, view: tuple[str, str], orientation: list[str]) -> None:
    film = read(name)
    assert (film.ViewPosition, film.ViewCodeSequence[0].CodeValue) == view
    assert list(film.PatientOrientation) == orientation


@pytest.mark.parametrize("name", NAMES)
def test_spacing_is_the_detectors_divided_by_the_magnification(name: str) -> None:
    film = read(name)
    magnification = film.DistanceSourceToDetector / film.DistanceSourceToPatient
    assert film.EstimatedRadiographicMagnificationFactor == pytest.approx(magnification, 1e-5)
    assert film.PixelSpacing[0] == pytest.approx(
        film.ImagerPixelSpacing[0] / magnification, 1e-4
    )
    assert film.PixelSpacingCalibrationType == "GEOMETRY"


@pytest.mark.parametrize("name", NAMES)
def test_pixels_decode_within_their_bits_and_fill_the_window(name: str) -> None:
    film = read(name)
    pixels = film.pixel_array
    assert pixels.shape == (film.Rows, film.Columns)
    assert pixels.max() < 2**film.BitsStored
    # The LINEAR function of PS3.3 C.11.2.1.2.1.
    low = film.WindowCenter - 0.5 - (film.WindowWidth - 1) / 2
    high = film.WindowCenter - 0.5 + (film.WindowWidth - 1) / 2
    assert 0.97 <= np.mean((pixels >= low) & (pixels <= high)) <= 1.0


def excess(nodule: dict[str, Any]) -> float:
    """Return how much brighter the nodule's middle is than the lung around it."""
    pixels = pydicom.dcmread(SAMPLE / nodule["file"]).pixel_array.astype(float)
    column, row = nodule["centre_column_row_px"]
    radius = nodule["diameter_px"] / 2
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    away = np.hypot(rows - row, columns - column)
    ring = (away > 1.5 * radius) & (away < 2.2 * radius)
    return float(pixels[away < 0.5 * radius].mean() - pixels[ring].mean())


def test_the_nodule_is_where_the_truth_says_and_grew() -> None:
    current, prior = TRUTH["nodules"]
    assert current["diameter_mm"] > prior["diameter_mm"]
    assert excess(current) > 100
    assert excess(prior) > 30
    spacing = read("current-pa").PixelSpacing[0]
    assert current["diameter_px"] * spacing == pytest.approx(current["diameter_mm"], rel=0.01)


def test_the_truth_file_is_what_the_script_says(make_sample: ModuleType) -> None:
    assert make_sample.truth() == TRUTH


def test_the_script_derives_the_same_objects_again(
    make_sample: ModuleType, tmp_path: Path
) -> None:
    objects = make_sample.film_object
    for number, film in enumerate(make_sample.FRONTALS):
        pixels = read(film.name).pixel_array
        again = tmp_path / f"{number}.dcm"
        made = objects.film_object(pixels, film.visit, objects.PA, series=1)
        objects.write_film(made, again)
        assert again.read_bytes() == (SAMPLE / "films" / f"{film.name}.dcm").read_bytes()


@pytest.mark.long
def test_the_script_makes_the_same_bytes_again(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPTS / "make_sample.py"), "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    for name in NAMES:
        made = (tmp_path / "films" / f"{name}.dcm").read_bytes()
        assert made == (SAMPLE / "films" / f"{name}.dcm").read_bytes()


def test_averaging_without_the_films_says_what_is_missing(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    command = [sys.executable, str(SCRIPTS / "average.py"), str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "NIH films are not part of this repository" in answer.stdout
