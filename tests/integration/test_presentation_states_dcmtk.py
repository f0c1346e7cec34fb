"""Films under presentation states beside dcmtk's: within one grey level for all that its tool draws.

It draws no graphics and no shutter and cuts no area out; those are worked by hand in tests/unit.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from tests.factories.dicom_files import _lut_item, make_cr, make_dx, write
from tests.factories.films import make_pixels
from tests.factories.presentation_states import image, item, make_state, spatial, window
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.core.display import render
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.presentation import Presented, present

pytestmark = pytest.mark.skipif(
    shutil.which("dcmp2pgm") is None, reason="dcmtk is not installed here"
)

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
CHEST = make_pixels(64, 48)
CURVE = np.rint(65535 * (np.arange(4096) / 4095) ** 2).astype(np.uint16)


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedFilmReader]:
    running = GuardedFilmReader()
    yield running
    running.close()


def dcmtk(film: Path, state: Path, *, frame: int) -> NDArray[np.uint8]:
    out = film.with_suffix(".pgm")
    command = ["dcmp2pgm", "-q", "-f", str(frame), "-p", str(state), str(film), str(out)]
    subprocess.run(command, check=True, capture_output=True)
    with Image.open(out) as picture:
        return np.asarray(picture)


def ours(presented: Presented) -> NDArray[np.generic]:
    """The film as the viewer shows it: in light, and turned."""
    grey = render(presented.film, presented.voi, inverted=presented.inverted)
    return presented.orientation.apply(grey)


def two_frames() -> Dataset:
    return make_cr(np.stack([RAMP, RAMP[::-1]]), frames=True)


STATES: dict[str, tuple[Dataset, dict[str, Any]]] = {
    "nothing": (make_dx(RAMP, windows=[(900, 300)]), {}),
    "window": (make_dx(RAMP), {"SoftcopyVOILUTSequence": [window(2000, 900)]}),
    "window of another film": (
        make_dx(RAMP),
        {
            "SoftcopyVOILUTSequence": [
                window(100, 50, ReferencedImageSequence=[image(make_dx(RAMP))]),
                window(2000, 900),
            ]
        },
    ),
    "table": (
        make_dx(RAMP),
        {
            "SoftcopyVOILUTSequence": [
                item(VOILUTSequence=[_lut_item(CURVE, first=0, bits=16, signed=False)])
            ]
        },
    ),
    "inverse": (
        make_dx(RAMP),
        {"SoftcopyVOILUTSequence": [window(2000, 900)], "PresentationLUTShape": "INVERSE"},
    ),
    "MONOCHROME1": (
        make_cr(RAMP, photometric="MONOCHROME1"),
        {"SoftcopyVOILUTSequence": [window(2000, 900)]},
    ),
    "MONOCHROME1 inverse": (
        make_cr(RAMP, photometric="MONOCHROME1"),
        {"SoftcopyVOILUTSequence": [window(2000, 900)], "PresentationLUTShape": "INVERSE"},
    ),
    "rescale": (
        make_dx(RAMP, slope=3, intercept=70),
        {
            "RescaleSlope": 0.5,
            "RescaleIntercept": -100,
            "RescaleType": "US",
            "SoftcopyVOILUTSequence": [window(700, 900)],
        },
    ),
    "the film's own rescale counts no more": (
        make_dx(RAMP, slope=0.5, intercept=-100),
        {"SoftcopyVOILUTSequence": [window(2000, 900)]},
    ),
    "second frame": (two_frames(), {"SoftcopyVOILUTSequence": [window(2000, 900)]}),
} | {
    f"{degrees}° {'flipped' if flip else ''}": (make_dx(CHEST), spatial(degrees, flip=flip))
    for degrees in (0, 90, 180, 270)
    for flip in (False, True)
}


@pytest.mark.parametrize("name", STATES)
def test_dcmtk_shows_the_same(name: str, reader: GuardedFilmReader, tmp_path: Path):
    dataset, attributes = STATES[name]
    film = write(dataset, tmp_path / "film.dcm")
    file = write(make_state(dataset, **attributes), tmp_path / "state.dcm")
    context = JobContext(token=CancelToken(), report=lambda _: None)
    frame = 1 if name == "second frame" else 0
    state = reader.read_presentation(file, context)
    assert state.unsupported == ()
    presented = present(state, reader.read(film, context, frame=frame))
    picture, theirs = ours(presented), dcmtk(film, file, frame=frame + 1)
    assert picture.shape == theirs.shape
    assert np.abs(picture.astype(int) - theirs).max() <= 1
    assert theirs.min() < theirs.max()
