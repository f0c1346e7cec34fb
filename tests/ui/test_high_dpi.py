"""A screen whose pixels are one and a half of Qt's a side, which only a program of its own can have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_what_lies_over_the_film_stays_within_a_pixel_of_a_dense_screen():
    """Evidence, marks and a prior laid over it, through zoom, turn and mirror."""
    names = ("test_viewer_painting.py", "test_viewer_tools.py", "test_compare_superimpose.py")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-k", "within_a", *(HERE / n for n in names)],
        env=os.environ | {"QT_SCALE_FACTOR": "1.5", "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
