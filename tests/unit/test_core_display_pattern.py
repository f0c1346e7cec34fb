"""The display's test pattern shows what a reader is told to look for."""

import numpy as np
import pytest

from workstation.core.display_pattern import PATCH_LEVELS, quality_pattern


@pytest.mark.parametrize(
    ("rows", "columns"), [(1080, 1920), (1200, 1600), (2560, 2048), (480, 640)]
)
def test_every_level_that_is_asked_for_is_drawn(rows, columns):
    pattern = quality_pattern(rows, columns)
    assert pattern.shape == (rows, columns)
    for level in PATCH_LEVELS:
        assert {level - 4, level, level + 4} <= set(np.unique(pattern).tolist())
    assert {0, 13, 242, 255} <= set(np.unique(pattern).tolist())


def test_the_edge_is_white_all_round():
    pattern = quality_pattern(1080, 1920)
    for edge in (pattern[0], pattern[-1], pattern[:, 0], pattern[:, -1]):
        assert (edge == 255).all()


def test_lines_are_one_pixel_wide_in_the_corners_and_in_the_middle():
    pattern = quality_pattern(1080, 1920)
    unit = 90
    corners = [(unit, unit), (unit, 1920 - 3 * unit), (1080 - 2 * unit, unit)]
    for row, column in [*corners, (540 - unit // 2, 960 - unit)]:
        upright = pattern[row + 2, column : column + unit].astype(int)
        level = pattern[row : row + unit // 2, column + unit + 2].astype(int)
        assert (np.abs(np.diff(upright)) == 255).all()
        assert (np.abs(np.diff(level)) == 255).all()


def test_a_display_too_small_is_told():
    with pytest.raises(ValueError, match="too small"):
        quality_pattern(100, 1920)
