"""The film to show first, the film that was promised, and its small picture."""

from pathlib import Path

import numpy as np
import pytest

from tests.factories.fakes import FakeReader, instance_of
from tests.factories.films import make_film, make_patient
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.image import Photometric
from workstation.core.jobs import JobContext
from workstation.core.study import study_of
from workstation.services.opening import THUMBNAIL_PX, first_film, open_film, thumbnail

PATH = Path("/films/a.dcm")


def test_a_frontal_film_comes_first():
    lateral = instance_of(1, 1, view_position="LL")
    frontal = instance_of(1, 2, view_position="ap")
    films = [(lateral, PATH), (frontal, PATH)]
    assert first_film(study_of(films))[0] is frontal
    assert first_film(study_of(films[:1]))[0] is lateral


@pytest.mark.parametrize(
    "now",
    [{"sop_uid": "1.2.9"}, {"patient": make_patient(patient_id="P-0002")}],
    ids=["another object", "another patient"],
)
def test_a_file_that_became_another_is_refused(now):
    promised = instance_of(1)
    reader = FakeReader({PATH: make_film(instance=instance_of(1, **now))})
    with pytest.raises(WorkstationError) as caught:
        open_film(reader, (promised, PATH), JobContext())
    assert caught.value.code is ErrorCode.FILE_CHANGED
    assert caught.value.reason.parameters == {"path": str(PATH)}


def test_the_promised_film_opens():
    film = make_film(instance=instance_of(1))
    assert open_film(FakeReader({PATH: film}), (instance_of(1), PATH), JobContext()) is film


@pytest.mark.parametrize(
    "shape", [(40, 30), (96, 96), (97, 96), (2001, 1003), (1, 500), (3000, 7)]
)
def test_a_thumbnail_is_small_and_keeps_the_proportions(shape):
    picture = thumbnail(make_film(np.arange(np.prod(shape)).reshape(shape) % 4096))
    assert picture.dtype == np.uint8
    assert max(picture.shape) <= THUMBNAIL_PX
    assert min(picture.shape) >= 1
    if min(shape) > 900:
        assert picture.shape[0] / picture.shape[1] == pytest.approx(
            shape[0] / shape[1], rel=0.05
        )


def test_a_thumbnail_averages_and_does_not_pick():
    stripes = np.zeros((192, 192), dtype=np.uint16)
    stripes[:, ::2] = 4095
    assert set(np.unique(thumbnail(make_film(stripes)))) <= {127, 128}


def test_a_colour_film_has_a_grey_thumbnail():
    pixels = np.zeros((200, 100, 3), dtype=np.uint8)
    pixels[..., 0] = 90
    picture = thumbnail(make_film(pixels, photometric=Photometric.RGB))
    assert picture.shape[0] <= THUMBNAIL_PX
    assert set(np.unique(picture)) == {30}
