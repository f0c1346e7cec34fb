"""Evidence drawn over the film: contours, sampling, colours and legend."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.factories.films import make_evidence
from workstation.core.geometry import Affine2D
from workstation.core.overlay import (
    EvidenceStyle,
    blend,
    colourise,
    contours,
    default_style,
    evidence_at,
    has_positive_evidence,
    legend,
    ramp,
    sample,
)

IDENTITY = Affine2D()
STYLE = EvidenceStyle(cut_off=1.0, maximum=3.0, opacity=0.5)
fields = arrays.arrays(
    np.float32, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(-3, 3)
)


@given(fields)
def test_contours_are_closed_and_at_the_cut_off(values: np.ndarray):
    """Inside the map every point lies where bilinear evidence along a grid line equals the cut-off."""
    height, width = values.shape
    evidence = make_evidence(values, to_film=IDENTITY)
    lines = contours(evidence, 0.5)
    assert bool(lines) == bool((values >= 0.5).any())
    for line in lines:
        assert np.array_equal(line[0], line[-1])
        for x, y in line:
            assert x == pytest.approx(round(x)) or y == pytest.approx(round(y))
            if 0 <= x <= width - 1 and 0 <= y <= height - 1:
                c, r = int(min(x, max(width - 2, 0))), int(min(y, max(height - 2, 0)))
                u, v = x - c, y - r
                right, below = min(c + 1, width - 1), min(r + 1, height - 1)
                upper = values[r, c] * (1 - u) + values[r, right] * u
                lower = values[below, c] * (1 - u) + values[below, right] * u
                assert upper * (1 - v) + lower * v == pytest.approx(0.5, abs=1e-6)


def test_contour_of_one_cell_by_hand():
    """A cell of 2 among cells of 0, cut at 1: half way to each neighbour."""
    values = np.zeros((3, 3), np.float32)
    values[1, 1] = 2
    (line,) = contours(make_evidence(values, to_film=IDENTITY), 1.0)
    assert {tuple(p) for p in line.tolist()} == {(0.5, 1), (1, 0.5), (1.5, 1), (1, 1.5)}


def test_contours_follow_to_film():
    values = make_evidence().values
    plain = contours(make_evidence(values, to_film=IDENTITY), 1.0)
    moved = Affine2D(a=2.0, b=0.5, c=7.0, d=-0.5, e=3.0, f=-1.0)
    turned = contours(make_evidence(values, to_film=moved), 1.0)
    for before, after in zip(plain, turned, strict=True):
        assert [moved(tuple(p)) for p in before.tolist()] == [
            pytest.approx(tuple(p)) for p in after.tolist()
        ]


def test_two_islands_have_two_contours():
    values = np.zeros((3, 7), np.float32)
    values[1, 1] = values[1, 5] = 2
    assert len(contours(make_evidence(values), 1.0)) == 2


def test_sample_is_bilinear_between_cell_centres():
    evidence = make_evidence([[0, 4], [8, 20]], to_film=IDENTITY)
    found = sample(evidence, target_to_film=Affine2D(a=0.25, e=0.5), shape=(3, 5))
    assert found[0].tolist() == [0, 1, 2, 3, 4]
    assert found[1].tolist() == [4, 6, 8, 10, 12]
    assert found[2].tolist() == [8, 11, 14, 17, 20]


def test_outermost_cells_keep_their_value_up_to_their_edge():
    evidence = make_evidence([[1, 2]], to_film=IDENTITY)
    found = sample(evidence, target_to_film=Affine2D(a=0.5, c=-1.0), shape=(1, 7))
    assert found[0].tolist() == [-np.inf, 1, 1, 1.5, 2, 2, -np.inf]


def test_sample_goes_through_both_maps():
    to_film = Affine2D(a=8.0, c=3.5, e=8.0, f=3.5)
    evidence = make_evidence([[0, 1], [2, 3]], to_film=to_film)
    found = sample(evidence, target_to_film=IDENTITY, shape=(16, 16))
    assert found[4, 4] == pytest.approx(0.1875, abs=1e-6)  # 1/16 of a cell right and down
    assert np.isfinite(found).all()


@given(arrays.arrays(np.float32, (3, 4), elements=st.floats(-5, 5, width=32)))
def test_colour_begins_at_the_cut_off(values: np.ndarray):
    rgba = colourise(values, STYLE)
    assert np.array_equal(rgba[..., 3] > 0, values >= STYLE.cut_off)
    assert (rgba[values < STYLE.cut_off] == 0).all()
    assert set(np.unique(rgba[..., 3])) <= {0, 128}


def test_nothing_and_minus_infinity_have_no_colour():
    assert (colourise(np.full((2, 2), -np.inf, np.float32), STYLE) == 0).all()


def test_ramp_darkens_all_the_way():
    luminance = ramp(np.linspace(0, 1, 256)) @ np.array([0.2126, 0.7152, 0.0722])
    assert (np.diff(luminance) <= 0.5).all()
    assert luminance[0] - luminance[-1] > 100


def test_colours_and_legend_are_the_same_numbers():
    strip, ticks = legend(STYLE)
    assert strip.shape == (256, 3)
    for tick in ticks:
        colour = colourise(np.array([[tick.value]], np.float32), STYLE)[0, 0, :3]
        assert np.abs(colour.astype(int) - strip[round(tick.position * 255)]).max() <= 3


def test_legend_ticks_run_from_cut_off_to_maximum():
    _, ticks = legend(STYLE)
    assert [t.position for t in ticks] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert [t.value for t in ticks] == pytest.approx([1, 5 / 3, 7 / 3, 3])


def test_blend_leaves_clear_pixels_untouched_and_mixes_the_rest():
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    rgba = np.zeros((16, 16, 4), np.uint8)
    rgba[..., :3] = 77
    assert np.array_equal(blend(grey, rgba), np.repeat(grey[..., None], 3, axis=2))
    rgba[..., 3] = 255
    assert (blend(grey, rgba) == 77).all()
    rgba[..., 3] = 128
    assert blend(grey, rgba)[0, 0].tolist() == [39, 39, 39]  # 77 * 128 / 255 = 38.7
    colour = np.repeat(grey[..., None], 3, axis=2)
    assert np.array_equal(blend(colour, rgba), blend(grey, rgba))


@pytest.mark.parametrize("values", [[[-2, -1]], [[0, 0]]])
def test_map_without_evidence_has_a_style_that_shows_nothing(values: list[list[float]]):
    evidence = make_evidence(values)
    assert not has_positive_evidence(evidence)
    assert (colourise(evidence.values, default_style(evidence)) == 0).all()


@pytest.mark.parametrize(
    ("cut_off", "maximum", "opacity"), [(-1, 2, 0.5), (2, 2, 0.5), (3, 2, 0.5), (1, 2, 1.5)]
)
def test_impossible_style_is_refused(cut_off: float, maximum: float, opacity: float):
    with pytest.raises(ValueError, match=r"cut-off|opacity"):
        EvidenceStyle(cut_off=cut_off, maximum=maximum, opacity=opacity)


def test_evidence_at_a_place_is_what_is_drawn_there():
    evidence = make_evidence(
        np.array([[0, 1], [2, 3]], np.float32), to_film=Affine2D(a=10.0, e=10.0)
    )
    assert evidence_at(evidence, (0.0, 0.0)) == 0.0
    assert evidence_at(evidence, (5.0, 10.0)) == pytest.approx(2.5)
    assert evidence_at(evidence, (14.9, 14.9)) == 3.0
    assert evidence_at(evidence, (15.5, 0.0)) is None
