"""A prior brought in line by SimpleITK: made films whose truth is known, the sample's own prior, refusals and stops."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.factories.films import make_film, make_instance, make_patient
from workstation.adapters.dicom.film import read_film
from workstation.adapters.registration.elastic import ElasticRegistration
from workstation.core.comparison import identity_places, warp
from workstation.core.errors import CancelledError, ErrorCode, WorkstationError
from workstation.core.geometry import Affine2D
from workstation.core.image import Photometric, Radiograph
from workstation.core.jobs import CancelToken, JobContext
from workstation.services.comparison import Comparison

SAME = Affine2D()
SAMPLE = Path(__file__).resolve().parents[2] / "resources" / "sample" / "films"


@pytest.fixture(scope="module")
def comparison():
    registration = ElasticRegistration(threads=1)
    return Comparison(lambda: registration)


def sample(name):
    return Radiograph(**read_film(str(SAMPLE / f"{name}.dcm"), frame=0))


def chest(to_chest=SAME, seed=1):
    """A film of 256 x 224 pixels; pixel p shows the same chest at `to_chest(p)`."""
    picture = np.zeros((256, 224), np.float32)
    x, y = np.moveaxis(identity_places(picture.shape, to_chest), -1, 0)
    for side in (-1, 1):
        picture -= 0.5 * np.exp(-(((x - 112 - 52 * side) / 38) ** 4) - ((y - 120) / 80) ** 4)
    picture += 0.08 * np.sin(y / 7 + 0.6 * np.cos(x / 40))
    marks = np.random.default_rng(5).uniform((20, 20), (204, 236), (60, 2))
    for at, over in marks:
        picture += 0.15 * np.exp(-((x - at) ** 2 + (y - over) ** 2) / 18)
    picture += np.random.default_rng(seed).normal(0, 0.002, picture.shape)
    pixels = np.clip((picture + 0.7) * 2800, 0, 4095).astype(np.uint16)
    return make_film(pixels)


def test_a_shift_and_a_scale_are_recovered(comparison):
    truth = Affine2D(a=1.06, c=-9.0, e=1.06, f=5.0)
    current, prior = chest(truth), chest(seed=2)
    found = comparison.run(current, prior, JobContext())
    assert found.after > 0.9 > found.before
    assert found.sop_uid == current.instance.sop_uid
    light, mask = warp(prior.pixels, identity_places(current.pixels.shape, truth))
    both = mask & found.mask
    both[:16] = both[-16:] = both[:, :16] = both[:, -16:] = False
    assert np.abs(found.warped.pixels - light)[both].mean() < 0.03 * 4095
    assert np.abs(np.median(found.difference)) < 0.01


def test_what_is_new_stands_out(comparison):
    pixels = chest(Affine2D(c=6.0)).pixels.copy()
    y, x = np.mgrid[0:256, 0:224]
    new = np.exp(-((x - 60) ** 2 + (y - 100) ** 2) / 60)
    current = make_film(np.clip(pixels + 900 * new, 0, 4095).astype(np.uint16))
    left = comparison.run(current, chest(seed=2), JobContext()).difference
    row, column = np.unravel_index(np.argmax(left), left.shape)
    assert (column, row) == pytest.approx((60, 100), abs=4)


def test_the_samples_prior_shows_what_grew(comparison):
    """The nodule grew from 9 to 16 mm: nothing else has become as much denser."""
    current, prior = (sample(f"{name}-pa") for name in ("current", "prior"))
    found = comparison.run(current, prior, JobContext())
    assert found.after > 0.75
    inner = found.difference.copy()
    inner[:60] = inner[:, :40] = inner[:, -40:] = 0
    row, column = np.unravel_index(np.argmax(inner), inner.shape)
    assert found.difference_to_film((column, row)) == pytest.approx((341, 554), abs=30)


def test_films_that_do_not_agree_are_refused_with_figures(comparison):
    noise = make_film(np.random.default_rng(1).integers(0, 4095, (256, 224), np.uint16))
    with pytest.raises(WorkstationError) as refusal:
        comparison.run(chest(), noise, JobContext())
    assert refusal.value.code is ErrorCode.REGISTRATION_FAILED
    assert refusal.value.reason.parameters["after"] < 0.3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (
            {"instance": make_instance(patient=make_patient(patient_id="P-9"))},
            "identity_mismatch",
        ),
        (
            {
                "pixels": np.zeros((256, 224, 3), np.uint8),
                "photometric": Photometric.RGB,
                "bits_stored": 8,
            },
            "registration_colour",
        ),
        ({"pixels": np.zeros((256, 224), np.uint16)}, "registration_failed"),
        ({"pixels": np.zeros((20, 20), np.uint16)}, "registration_failed"),
    ],
    ids=["another patient", "colour", "flat", "tiny"],
)
def test_what_cannot_be_laid_over(comparison, changes, code):
    with pytest.raises(WorkstationError) as refusal:
        comparison.run(chest(), replace(chest(seed=2), **changes), JobContext())
    assert refusal.value.code.value == code


@pytest.mark.parametrize("stage", ["affine", "elastic"])
def test_it_stops_within_a_second_and_says_where_it_is(comparison, stage):
    """Seconds of computing, which a busy machine does not stretch."""
    token, asked, later = CancelToken(), [], []

    def report(progress):
        if asked:
            later.append(progress)
        elif progress.stage == stage and progress.done >= 1:
            assert progress.total
            asked.append(time.process_time())
            token.cancel()

    context = JobContext(token=token, report=report)
    with pytest.raises(CancelledError):
        comparison.run(chest(Affine2D(c=8.0)), chest(seed=2), context)
    assert time.process_time() - asked[0] < 1.0
    assert len(later) <= 1
