"""Presentation states applied to films: where graphics lie, what is seen, and what nothing of the file survives."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import make_film, make_instance
from workstation.core.display import render
from workstation.core.geometry import Orientation
from workstation.core.graphics import Colour, GraphicKind, from_cielab, grey, outline
from workstation.core.image import Photometric, Rescale, Shutter, WindowLevel
from workstation.core.presentation import (
    DisplayedArea,
    DrawnLine,
    DrawnText,
    GraphicLayer,
    PresentationState,
    Reference,
    SizeMode,
    StateGraphic,
    StateText,
    StateVoi,
    Units,
    present,
    to_film,
)

ROWS, COLUMNS = 64, 48
FILM = make_film(windows=(WindowLevel(centre=99, width=9),), shutter=Shutter(circle=(9, 9, 3)))
UID = FILM.instance.sop_uid
STATE = PresentationState(sop_uid="1.9", references=(Reference(sop_uid=UID),))
K = GraphicKind

orientations = st.builds(Orientation, quarter_turns=st.integers(0, 3), mirrored=st.booleans())
places = st.tuples(st.floats(0, 1), st.floats(0, 1))
areas = st.builds(
    lambda x, y, w, h: DisplayedArea(top_left=(x, y), bottom_right=(x + w, y + h)),
    *(st.integers(-9, 60) for _ in range(2)),
    *(st.integers(1, 60) for _ in range(2)),
)


def square(**changes):
    return StateGraphic(
        layer="A", kind=K.POLYLINE, units=Units.PIXEL, points=((0, 0), (1, 1)), **changes
    )


@given(areas, orientations, places)
def test_shares_of_the_area_run_along_the_screen(area, orientation, place):
    turned = orientation.to_turned(rows=ROWS, columns=COLUMNS)
    back = to_film(Units.DISPLAY, area, orientation, rows=ROWS, columns=COLUMNS)
    on_screen = turned(back(place))
    ends = [turned(corner) for corner in area.corners()]
    for axis in (0, 1):
        low, high = sorted(end[axis] for end in ends)
        assert on_screen[axis] == pytest.approx(low + place[axis] * (high - low), abs=1e-6)


@given(orientations)
def test_pixels_count_from_the_first_ones_outer_corner_however_the_film_is_turned(orientation):
    area = DisplayedArea(top_left=(3, 4), bottom_right=(10, 12))
    place = to_film(Units.PIXEL, area, orientation, rows=ROWS, columns=COLUMNS)
    assert place((0.0, 0.0)) == (-0.5, -0.5)
    assert place((COLUMNS, ROWS)) == (COLUMNS - 0.5, ROWS - 0.5)


def test_a_point_of_the_whole_film_is_the_same_in_both_units():
    area = DisplayedArea(top_left=(1, 1), bottom_right=(COLUMNS, ROWS))
    share = to_film(Units.DISPLAY, area, Orientation(), rows=ROWS, columns=COLUMNS)
    pixel = to_film(Units.PIXEL, area, Orientation(), rows=ROWS, columns=COLUMNS)
    assert share((0.25, 0.5)) == pytest.approx(pixel((12.0, 32.0)))


@given(st.tuples(st.floats(-99, 99), st.floats(-99, 99)), st.floats(0.1, 99), st.floats(0, 7))
def test_every_point_of_a_circle_is_as_far_from_its_centre(centre, radius, way):
    edge = (centre[0] + radius * math.cos(way), centre[1] + radius * math.sin(way))
    (line,) = outline(K.CIRCLE, [centre, edge])
    assert line[0] == pytest.approx(line[-1])
    for point in line:
        assert math.dist(point, centre) == pytest.approx(radius)


def test_an_ellipse_reaches_the_ends_of_its_axes_even_at_a_slant():
    ends = [(0.0, 0.0), (8.0, 8.0), (5.0, 3.0), (3.0, 5.0)]
    (line,) = outline(K.ELLIPSE, ends)
    for end in ends:
        assert min(math.dist(end, point) for point in line) < 1e-9


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=6))
def test_a_smooth_line_goes_through_all_its_points(points):
    (line,) = outline(K.INTERPOLATED, points)
    assert len(line) > len(points)
    for point in points:
        assert min(math.dist(point, other) for other in line) < 1e-9


def test_a_closed_smooth_line_has_no_corner_where_it_meets_itself():
    ring = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0), (0.0, 0.0)]
    (line,) = outline(K.INTERPOLATED, ring)
    first, last = np.subtract(line[1], line[0]), np.subtract(line[-1], line[-2])
    turn = abs(math.atan2(*first) - math.atan2(*last))
    assert min(turn, 2 * math.pi - turn) < 0.3


def test_layers_are_drawn_by_their_order_and_an_unknown_one_last():
    marks = [replace(square(), layer=name) for name in ("top", "unknown", "bottom")]
    layers = (
        GraphicLayer(name="top", order=2, colour=Colour(red=1)),
        GraphicLayer(name="bottom", order=1, colour=Colour(red=2)),
    )
    drawn = present(replace(STATE, graphics=tuple(marks), layers=layers), FILM).drawn
    assert [line.colour.red for line in drawn] == [2, 1, 255]


def test_what_is_about_another_film_or_frame_is_left_out():
    film = make_film(instance=make_instance(frames=3), frame=1)
    here, there = Reference(sop_uid=UID, frames=(2,)), Reference(sop_uid=UID, frames=(1,))
    state = replace(
        STATE,
        graphics=(square(references=(here,)), square(references=(there,))),
        vois=tuple(
            StateVoi(windows=(WindowLevel(centre=c, width=9),), references=(r,))
            for c, r in ((1, there), (2, here))
        ),
    )
    shown = present(state, film)
    assert len(shown.drawn) == 1
    assert shown.voi.centre == 2
    with pytest.raises(ValueError, match="not about"):
        present(replace(STATE, references=(there,)), film)


def test_nothing_of_the_file_survives_a_silent_state():
    film = replace(
        FILM, modality_transform=Rescale(slope=3), photometric=Photometric.MONOCHROME1
    )
    shown = present(STATE, film)
    assert shown.film.shutter is None
    assert shown.film.modality_transform == Rescale()
    assert shown.inverted
    grey_levels = render(shown.film, shown.voi, inverted=shown.inverted)
    assert np.abs(grey_levels - np.rint(film.pixels / 4095 * 255)).max() <= 1


def test_its_own_shutter_hides_what_lies_outside():
    shown = present(replace(STATE, shutter=Shutter(rectangle=(11, 20, 5, 30))), FILM).film
    picture = render(shown)
    assert not picture[:4].any()
    assert not picture[:, 20:].any()
    assert picture[4:30, 10:20].any()


def test_an_area_is_seen_along_its_pixels_outer_edges_in_either_order():
    area = DisplayedArea(top_left=(40, 60), bottom_right=(11, 5))
    assert present(replace(STATE, areas=(area,)), FILM).area == ((9.5, 3.5), (39.5, 59.5))
    whole = DisplayedArea(top_left=(1, 1), bottom_right=(COLUMNS, ROWS))
    assert present(replace(STATE, areas=(whole,)), FILM).area is None


def test_magnification_counts_only_where_it_is_asked_for():
    area = DisplayedArea(top_left=(1, 1), bottom_right=(9, 9), magnification=2.0)
    assert present(replace(STATE, areas=(area,)), FILM).magnification is None
    magnified = replace(area, mode=SizeMode.MAGNIFY)
    assert present(replace(STATE, areas=(magnified,)), FILM).magnification == 2.0


def test_texts_have_their_box_and_anchor_in_film_coordinates():
    text = StateText(
        layer="A",
        text="nodule",
        box=((1, 2), (3, 4)),
        anchor=(0.5, 0.5),
        anchor_units=Units.DISPLAY,
        anchor_visible=True,
    )
    (drawn,) = present(replace(STATE, texts=(text,)), FILM).drawn
    assert isinstance(drawn, DrawnText)
    assert drawn.box == ((0.5, 1.5), (2.5, 3.5))
    assert drawn.anchor == (COLUMNS / 2 - 0.5, ROWS / 2 - 0.5)


def test_a_point_stays_a_point():
    dot = StateGraphic(layer="A", kind=K.POINT, units=Units.PIXEL, points=((5.0, 6.0),))
    (drawn,) = present(replace(STATE, graphics=(dot,)), FILM).drawn
    assert drawn == DrawnLine(points=((4.5, 5.5),), colour=Colour())


def test_colours_of_layers():
    assert grey(65535) == Colour()
    assert grey(0) == Colour(red=0, green=0, blue=0)
    assert from_cielab((65535, 32896, 32896)) == Colour()
    red = from_cielab((34885, 53485, 50171))  # L* 53.23, a* 80.11, b* 67.22: sRGB's red, by D65
    assert red.red > 240
    assert max(red.green, red.blue) < 40


def test_a_colour_film_has_none():
    with pytest.raises(ValueError, match="not about"):
        present(STATE, make_film(np.zeros((4, 4, 3), np.uint8)))
