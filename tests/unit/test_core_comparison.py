"""Warping, agreement and difference of two pictures, without any registration."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import make_pixels
from workstation.core.comparison import (
    difference,
    difference_colours,
    identity_places,
    is_folded,
    local_contrast,
    structure_correlation,
    warp,
)
from workstation.core.geometry import Affine2D

PICTURE = (make_pixels(96, 80) / 4095).astype(np.float32)
ALL = np.ones(PICTURE.shape, bool)


@given(st.integers(-9, 9), st.integers(-9, 9))
def test_whole_pixels_move_without_loss(right, down):
    places = identity_places(PICTURE.shape, Affine2D(c=-right, f=-down))
    moved, mask = warp(PICTURE, places)
    expected = np.roll(PICTURE, (down, right), axis=(0, 1))
    assert np.array_equal(moved[mask], expected[mask])
    assert (moved[~mask] == 0).all()
    assert mask.sum() == (96 - abs(down)) * (80 - abs(right))


def test_between_pixels_lies_their_mean():
    moved, _ = warp(np.array([[0.0, 1.0], [2.0, 3.0]]), np.full((1, 1, 2), 0.5, np.float32))
    assert moved[0, 0] == 1.5


@given(st.floats(0.2, 5), st.floats(-0.5, 0.5))
def test_agreement_is_blind_to_exposure_and_contrast(gain, offset):
    other = (PICTURE * gain + offset).astype(np.float32)
    assert structure_correlation(PICTURE, other, ALL) == pytest.approx(1, abs=1e-3)


def test_agreement_of_nothing_alike():
    assert structure_correlation(PICTURE, 1 - PICTURE, ALL) == pytest.approx(-1, abs=1e-3)
    assert structure_correlation(PICTURE, np.zeros_like(PICTURE), ALL) == 0.0
    assert structure_correlation(PICTURE, PICTURE, ~ALL) == 0.0


def test_local_contrast_is_blind_to_shading():
    shading = np.linspace(0, 0.4, 80, dtype=np.float32)[None, :]
    one, other = local_contrast(PICTURE), local_contrast(PICTURE + shading)
    assert np.corrcoef(one[10:-10, 10:-10].ravel(), other[10:-10, 10:-10].ravel())[0, 1] > 0.98


def test_a_fold_is_seen():
    places = identity_places((40, 40), Affine2D(a=1.2, b=0.1, e=0.9))
    assert not is_folded(places)
    assert not is_folded(identity_places((40, 40), Affine2D(a=-1.0, c=39.0, e=-1.0, f=39.0)))
    folded = places.copy()
    folded[:, 20:, 0] = folded[:, 20:0:-1, 0][:, :20]
    assert is_folded(folded)


def test_the_difference_is_what_is_new_and_nothing_else():
    """The prior is darker and flatter; only the new density is left, with its sign."""
    current = PICTURE.copy()
    current[40:50, 20:30] += 0.2
    left = difference(current, PICTURE * np.float32(0.6) + np.float32(0.1), ALL)
    inside, outside = left[42:48, 22:28], np.delete(left, np.s_[35:55], axis=0)
    assert inside.min() > 0.15
    assert np.abs(outside).max() < 0.03
    half = ALL.copy()
    half[:, :40] = False
    assert (difference(current, PICTURE, half)[:, :40] == 0).all()


def test_colours_tell_more_from_less_even_in_grey():
    colours = difference_colours(np.linspace(-1, 1, 21, dtype=np.float32), 0.5)
    light = colours @ [0.299, 0.587, 0.114]
    assert (np.diff(light[5:16]) > 0).all()
    assert colours[0, 2] > colours[0, 0]
    assert colours[-1, 0] > colours[-1, 2]
    assert colours[10].tolist() == [128, 128, 128]
