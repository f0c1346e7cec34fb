"""The shipped package's input check on real films and on the sample study, thresholds as shipped."""

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.pixels import apply_modality_lut, apply_voi_lut

from model.runtime.builtin import built_in_package
from model.runtime.package import open_package
from workstation.adapters.inference.findings_model import PackageModel
from workstation.core.errors import ErrorCode, WorkstationError

SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample" / "films"
CHESTS = (
    "gdcm-CR-MONO1-10-chest.dcm",
    "nih_google_dx.dcm",
    "orthanc_Issue44_Monochrome1-Jpeg.dcm",
    "rsna_cr_jpeg_baseline.dcm",
    "wg04_RG1_J2KI.dcm",
    "wg04_RG1_JLSN.dcm",
)


@pytest.fixture(scope="module")
def model() -> PackageModel:
    return PackageModel(open_package(built_in_package()))


def presented(path: Path) -> np.ndarray:
    """A film as it is displayed, bright = dense."""
    film = pydicom.dcmread(path)
    pixels = film.pixel_array if film.pixel_array.ndim == 2 else film.pixel_array[0]
    values = apply_voi_lut(apply_modality_lut(pixels, film), film).astype(np.float32)
    values = (values - values.min()) / np.float32(values.max() - values.min())
    return 1 - values if film.PhotometricInterpretation == "MONOCHROME1" else values


def quality(model, film):
    return model.prepare(np.ascontiguousarray(film), spacing=None).quality


@pytest.mark.parametrize("name", CHESTS)
def test_real_chest_films_are_analysed(model, shared, name):
    film = presented(shared / "dicom" / "chest" / name)
    prepared = model.prepare(film, spacing=None)
    assert prepared.quality.refusal is None
    assert len(model.predict(prepared).scores) == len(model.info.codes)


def test_a_film_with_the_heart_on_the_right_is_warned_of(model, shared):
    film = presented(shared / "dicom" / "chest" / "orthanc_Issue44_Monochrome1-Jpeg.dcm")
    warnings = [reason.code for reason in quality(model, film).warnings]
    assert warnings == [ErrorCode.LOOKS_MIRRORED]
    assert not quality(model, np.fliplr(film)).warnings


def test_a_dog_is_refused_and_gets_no_score(model, shared):
    prepared = model.prepare(
        presented(shared / "dicom" / "chest" / "highdicom_dx_image.dcm"), spacing=None
    )
    assert prepared.quality.refusal is not None
    assert prepared.quality.measures["distance"] > 0
    with pytest.raises(WorkstationError):
        model.predict(prepared)


@pytest.mark.parametrize("name", ["RG2_UNC.dcm", "RG3_UNC.dcm", "CT1_UNC.dcm", "MR1_UNC.dcm"])
def test_other_bodies_and_slices_are_refused(model, shared, name):
    assert quality(model, presented(shared / "dicom" / "wg04" / name)).refusal is not None


@pytest.mark.parametrize("name", ["current-pa.dcm", "prior-pa.dcm"])
def test_the_samples_frontal_films_are_analysed(model, name):
    found = quality(model, presented(SAMPLE / name))
    assert found.refusal is None
    assert not found.warnings


def test_the_samples_lateral_film_is_refused(model):
    assert quality(model, presented(SAMPLE / "current-lateral.dcm")).refusal is not None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda film: 1 - film, ErrorCode.LOOKS_INVERTED),
        (lambda film: np.rot90(film, 1), ErrorCode.LOOKS_ROTATED),
        (lambda film: np.rot90(film, 2), ErrorCode.LOOKS_ROTATED),
        (lambda film: np.rot90(film, 3), ErrorCode.LOOKS_ROTATED),
        (np.flipud, ErrorCode.LOOKS_ROTATED),
    ],
    ids=["inverted", "left", "upside-down", "right", "flipped"],
)
def test_a_sample_film_hung_wrongly_is_refused_with_its_reason(model, change, code):
    refusal = quality(model, change(presented(SAMPLE / "current-pa.dcm"))).refusal
    assert refusal is not None
    assert refusal.code is code


def test_a_mirrored_sample_film_is_analysed_with_a_warning(model):
    found = quality(model, np.fliplr(presented(SAMPLE / "current-pa.dcm")))
    assert found.refusal is None
    assert [reason.code for reason in found.warnings] == [ErrorCode.LOOKS_MIRRORED]


def test_marks_and_both_cards_reach_the_face(model):
    assert model.info.marks_per_100_normal is not None
    assert 0 < model.info.marks_per_100_normal <= 100
    assert "Model card" in model.info.card_html["en"]
    assert "模型说明卡" in model.info.card_html["zh"]
    assert "Model card" not in model.info.card_html["zh"]
