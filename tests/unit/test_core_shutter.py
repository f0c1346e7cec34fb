"""Shutters (PS3.3 C.7.6.11) and overlay planes (C.9.2), worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from workstation.core.image import OverlayPlane, Shutter
from workstation.core.shutter import draw_overlays, outside_shutter


def picture_of(shutter: Shutter, rows: int, columns: int) -> list[str]:
    hidden = outside_shutter(shutter, rows=rows, columns=columns)
    return ["".join(".#"[int(shown)] for shown in line) for line in ~hidden]


def test_rectangle_edges_are_inside():
    """Left 2, right 4, upper 2, lower 3: counted from 1, edges included."""
    assert picture_of(Shutter(rectangle=(2, 4, 2, 3)), 4, 5) == [
        ".....",
        ".###.",
        ".###.",
        ".....",
    ]


def test_rectangle_of_the_whole_film_hides_nothing():
    assert not outside_shutter(Shutter(rectangle=(1, 5, 1, 4)), rows=4, columns=5).any()


def test_circle_edge_is_inside():
    """Centre row 3, column 4, radius 2."""
    assert picture_of(Shutter(circle=(3, 4, 2)), 5, 7) == [
        "...#...",
        "..###..",
        ".#####.",
        "..###..",
        "...#...",
    ]


def test_circle_may_reach_beyond_the_film():
    assert picture_of(Shutter(circle=(1, 1, 1)), 3, 3) == ["##.", "#..", "..."]


def test_polygon_edges_and_corners_are_inside():
    """A triangle with its corners at (1,1), (1,5) and (5,1)."""
    shutter = Shutter(polygon=((1, 1), (1, 5), (5, 1)))
    assert picture_of(shutter, 6, 6) == [
        "#####.",
        "####..",
        "###...",
        "##....",
        "#.....",
        "......",
    ]


def test_polygon_that_is_not_convex():
    """An L: (1,1) (1,2) (4,2) (4,4) (5,4) (5,1)."""
    shutter = Shutter(polygon=((1, 1), (1, 2), (4, 2), (4, 4), (5, 4), (5, 1)))
    assert picture_of(shutter, 5, 5) == ["##...", "##...", "##...", "####.", "####."]


def test_polygon_needs_three_vertices():
    assert not outside_shutter(Shutter(polygon=((2, 2), (3, 3))), rows=4, columns=4).any()


def test_shapes_apply_together():
    shutter = Shutter(rectangle=(1, 7, 3, 5), circle=(3, 4, 2))
    assert picture_of(shutter, 5, 7) == [".......", ".......", ".#####.", "..###..", "...#..."]


@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(1, 12), st.integers(1, 12), st.booleans()
)
def test_a_rectangle_drawn_as_polygon_hides_the_same(
    left: int, upper: int, width: int, height: int, clockwise: bool
):
    right, lower = left + width, upper + height
    corners = ((upper, left), (upper, right), (lower, right), (lower, left))
    by_polygon = Shutter(polygon=corners if clockwise else corners[::-1])
    by_rectangle = Shutter(rectangle=(left, right, upper, lower))
    assert picture_of(by_polygon, 16, 14) == picture_of(by_rectangle, 16, 14)


# --- overlay planes ---


def drawn(mask: NDArray[np.bool_], origin: tuple[int, int]) -> list[str]:
    picture = np.zeros((3, 4), np.uint8)
    draw_overlays(picture, (OverlayPlane(mask=mask, origin=origin),))
    return ["".join(".#"[int(value == 255)] for value in line) for line in picture]


CORNER = np.array([[True, True], [True, False]])


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ((1, 1), ["##..", "#...", "...."]),
        ((2, 3), ["....", "..##", "..#."]),
        (
            (0, 0),
            ["....", "....", "...."],
        ),  # only its lower right pixel is on the film, and that is clear
        ((0, 1), ["#...", "....", "...."]),
        ((3, 4), ["....", "....", "...#"]),
        ((4, 1), ["....", "....", "...."]),
        ((1, -9), ["....", "....", "...."]),
        ((-32768, 32767), ["....", "....", "...."]),
    ],
)
def test_overlay_origin(origin: tuple[int, int], expected: list[str]):
    assert drawn(CORNER, origin) == expected


def test_overlay_larger_than_the_film_is_cut():
    assert drawn(np.ones((50, 60), np.bool_), (-10, -10)) == ["####"] * 3


def test_later_overlays_are_drawn_over_earlier_ones():
    picture = np.zeros((1, 3), np.uint8)
    one, two = (OverlayPlane(mask=np.array([[True]]), origin=(1, c)) for c in (1, 3))
    draw_overlays(picture, (one, two))
    assert picture.tolist() == [[255, 0, 255]]
