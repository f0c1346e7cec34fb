"""How fast frames are to be shown, as the three attributes say it; nonsense says nothing."""

from __future__ import annotations

import numpy as np
import pytest

from tests.factories.dicom_files import make_cr, write
from workstation.adapters.dicom.film import read_film

FRAMES = np.zeros((3, 8, 8), np.uint16)


@pytest.mark.parametrize(
    ("attributes", "rate"),
    [
        ({}, None),
        ({"RecommendedDisplayFrameRate": 15, "CineRate": 30, "FrameTime": 10}, 15.0),
        ({"CineRate": 30, "FrameTime": 10}, 30.0),
        ({"FrameTime": "40.0"}, 25.0),
        ({"FrameTime": "0"}, None),
        ({"CineRate": 0, "FrameTime": 100}, 10.0),
        ({"CineRate": -5}, None),
        ({"RecommendedDisplayFrameRate": 100000}, None),
    ],
)
def test_rate(tmp_path, attributes, rate):
    path = write(make_cr(FRAMES, frames=True, **attributes), tmp_path / "frames.dcm")
    assert read_film(str(path), frame=1)["frame_rate_hz"] == rate
