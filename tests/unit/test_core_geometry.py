"""Places: affine maps, and orientations that move pixels, points and edge letters alike."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from workstation.core.geometry import Affine2D, Orientation, opposite_direction

entry = st.floats(-50, 50)
points = st.tuples(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
ORIENTATIONS = [
    Orientation(quarter_turns=turns, mirrored=mirrored)
    for turns in range(4)
    for mirrored in (False, True)
]
each = pytest.mark.parametrize("orientation", ORIENTATIONS)


@st.composite
def maps(draw: st.DrawFn) -> Affine2D:
    a, b, c, d, e, f = (draw(entry) for _ in range(6))
    assume(abs(a * e - b * d) > 1e-2)
    return Affine2D(a=a, b=b, c=c, d=d, e=e, f=f)


@given(maps(), points)
def test_inverse_brings_a_point_back(there: Affine2D, point: tuple[float, float]):
    assert there.inverse()(there(point)) == pytest.approx(point, abs=1e-3)


@given(maps(), maps(), points)
def test_then_maps_one_after_the_other(
    first: Affine2D, second: Affine2D, point: tuple[float, float]
):
    assert first.then(second)(point) == pytest.approx(second(first(point)), rel=1e-6, abs=1e-4)


@given(maps(), maps())
def test_scale_multiplies(first: Affine2D, second: Affine2D):
    assert first.then(second).scale == pytest.approx(first.scale * second.scale, rel=1e-6)


@given(maps())
def test_matrix_and_back(there: Affine2D):
    assert Affine2D.from_matrix(there.matrix) == there
    assert Affine2D.from_matrix(there.matrix[:2]) == there


@pytest.mark.parametrize(
    "entries", [{"a": 0.0}, {"a": 1.0, "b": 1.0, "d": 1.0}, {"c": math.nan}, {"f": math.inf}]
)
def test_impossible_map_is_refused(entries: dict[str, float]):
    with pytest.raises(ValueError, match=r"singular|finite"):
        Affine2D(**entries)


@each
@pytest.mark.parametrize(("rows", "columns"), [(3, 5), (4, 4), (1, 7)])
def test_points_turn_as_pixels_do(orientation: Orientation, rows: int, columns: int):
    pixels = np.arange(rows * columns).reshape(rows, columns)
    turned = orientation.apply(pixels)
    to_turned = orientation.to_turned(rows=rows, columns=columns)
    for row in range(rows):
        for column in range(columns):
            x, y = to_turned((column, row))
            assert turned[round(y), round(x)] == pixels[row, column]


@each
def test_colour_turns_with_its_channels(orientation: Orientation):
    pixels = np.arange(24).reshape(2, 4, 3)
    for channel in range(3):
        assert np.array_equal(
            orientation.apply(pixels)[..., channel], orientation.apply(pixels[..., channel])
        )


@each
def test_buttons_move_what_is_on_the_screen(orientation: Orientation):
    """Whatever the orientation, the next button acts on the picture as seen."""
    pixels = np.arange(15).reshape(3, 5)
    seen = orientation.apply(pixels)
    assert np.array_equal(orientation.rotated_right().apply(pixels), np.rot90(seen, -1))
    assert np.array_equal(orientation.rotated_left().apply(pixels), np.rot90(seen))
    assert np.array_equal(orientation.flipped().apply(pixels), seen[:, ::-1])
    assert orientation.rotated_right().rotated_left() == orientation
    assert orientation.flipped().flipped() == orientation


@each
def test_letters_stay_with_the_edge_they_name(orientation: Orientation):
    """A film whose outer pixels carry their side's letter: rows run to L, columns to F."""
    letters = np.full((3, 3), "", dtype="<U1")
    letters[1, 0], letters[0, 1], letters[1, 2], letters[2, 1] = "R", "H", "L", "F"
    seen = orientation.apply(letters)
    assert orientation.edge_letters("L", "F") == (
        seen[1, 0],
        seen[0, 1],
        seen[1, 2],
        seen[2, 1],
    )


@each
def test_unknown_directions_stay_empty(orientation: Orientation):
    assert orientation.edge_letters("", "") == ("", "", "", "")


@pytest.mark.parametrize(
    ("direction", "opposite"), [("L", "R"), ("A", "P"), ("F", "H"), ("HL", "FR"), ("", "")]
)
def test_opposite_direction(direction: str, opposite: str):
    assert opposite_direction(direction) == opposite
    assert opposite_direction(opposite) == direction


def test_quarter_turns_are_0_to_3():
    with pytest.raises(ValueError, match="quarter"):
        Orientation(quarter_turns=4)
