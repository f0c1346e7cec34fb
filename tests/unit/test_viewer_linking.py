"""Linked films: what lies together stays together, and there and back again changes nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import make_film, make_pixels
from workstation.core.display import auto_window, chest_presets, default_voi
from workstation.core.geometry import Affine2D, Orientation
from workstation.core.image import Photometric, PixelSpacing, SpacingSource, WindowLevel
from workstation.ui.viewer.linking import LinkedFilm
from workstation.ui.viewer.state import ViewState, film_to_upright, middle_of

CANVAS = (300.0, 200.0)
ONE = LinkedFilm.of(make_film(make_pixels(64, 48)))
OTHER = LinkedFilm.of(
    make_film(
        make_pixels(90, 110, bits=10, seed=2),
        bits_stored=10,
        spacing=PixelSpacing(row_mm=0.3, column_mm=0.2, source=SpacingSource.AT_DETECTOR),
    )
)


def first(linked):
    return ViewState(voi=default_voi(linked.film), zoom=2.0, centre=middle_of(linked.film))


def to_screen(linked, state):
    """As `film_to_screen`, not rounded to whole pixels."""
    scaled = film_to_upright(linked.film, state.orientation).then(
        Affine2D(a=state.zoom, e=state.zoom)
    )
    x, y = scaled(state.centre)
    return scaled.then(Affine2D(c=CANVAS[0] / 2 - x, f=CANVAS[1] / 2 - y))


orientations = st.builds(Orientation, quarter_turns=st.integers(0, 3), mirrored=st.booleans())
places = st.tuples(st.floats(-20, 120), st.floats(-20, 120))
looks = st.builds(
    ViewState,
    voi=st.builds(WindowLevel, centre=st.floats(-500, 4000), width=st.floats(2, 5000)),
    inverted=st.booleans(),
    orientation=orientations,
    zoom=st.floats(0.1, 20),
    centre=places,
    fitted=st.just(False),
)


@given(looks, looks, looks, places)
def test_what_lies_at_one_place_of_both_canvases_stays_together(before, after, state, place):
    after = replace(after, orientation=before.orientation)
    followed = OTHER.follow(before, after, leader=ONE, state=state)
    mine = to_screen(ONE, before).inverse()(place)
    theirs = to_screen(OTHER, state).inverse()(place)
    assert to_screen(OTHER, followed)(theirs) == pytest.approx(
        to_screen(ONE, after)(mine), abs=1e-6 * (1 + after.zoom / before.zoom) * 1e3
    )


@given(looks, looks, looks)
def test_there_and_back_again_changes_nothing(before, after, state):
    after = replace(after, orientation=before.orientation)
    there = OTHER.follow(before, after, leader=ONE, state=state)
    back = OTHER.follow(after, before, leader=ONE, state=there)
    assert back.zoom == pytest.approx(state.zoom)
    assert back.centre == pytest.approx(state.centre, abs=1e-6 * (1 + before.zoom / state.zoom))
    assert replace(back, zoom=1.0, centre=(0, 0), voi=None) == replace(
        state, zoom=1.0, centre=(0, 0), voi=None
    )


@given(looks, looks)
def test_a_dragged_window_comes_back_with_the_drag(before, after):
    state = first(OTHER)
    there = OTHER.follow(before, after, leader=ONE, state=state)
    back = OTHER.follow(after, before, leader=ONE, state=there)
    if there.voi.width > 1:
        assert back.voi.width == pytest.approx(state.voi.width)
        assert back.voi.centre == pytest.approx(state.voi.centre, abs=1e-3 * state.voi.width)


def test_a_window_of_another_value_range_moves_by_the_same_share():
    before, state = first(ONE), first(OTHER)
    wider = replace(
        before.voi, width=before.voi.width * 2, centre=before.voi.centre + before.voi.width / 4
    )
    voi = OTHER.follow(before, replace(before, voi=wider), leader=ONE, state=state).voi
    assert voi.width == pytest.approx(2 * state.voi.width)
    assert voi.centre == pytest.approx(state.voi.centre + state.voi.width / 4)


def test_brighter_is_brighter_on_a_film_that_is_stored_the_other_way_round():
    pixels = make_pixels(64, 48)
    negative = LinkedFilm.of(make_film(4095 - pixels, photometric=Photometric.MONOCHROME1))
    before, state = first(ONE), first(negative)
    brighter = replace(before, voi=replace(before.voi, centre=before.voi.centre - 100))
    assert (
        negative.follow(before, brighter, leader=ONE, state=state).voi.centre > state.voi.centre
    )


def test_a_window_by_name_is_the_films_own():
    before, state = first(ONE), first(OTHER)
    for mine, theirs in (
        (auto_window(ONE.film), auto_window(OTHER.film)),
        (dict(chest_presets(ONE.film))["bones"], dict(chest_presets(OTHER.film))["bones"]),
    ):
        named = replace(mine, explanation="as the button says")
        voi = OTHER.follow(before, replace(before, voi=named), leader=ONE, state=state).voi
        assert voi == replace(theirs, explanation="as the button says")


def test_a_fitted_film_makes_the_other_fit():
    before = replace(first(ONE), fitted=False, zoom=3.0)
    state = replace(first(OTHER), fitted=False)
    after = replace(before, fitted=True, zoom=1.7)
    assert OTHER.follow(before, after, leader=ONE, state=state) == replace(state, fitted=True)


def test_turning_a_film_leaves_the_other_alone():
    before, state = replace(first(ONE), fitted=False), first(OTHER)
    after = replace(before, orientation=Orientation(quarter_turns=1, mirrored=True))
    assert OTHER.follow(before, after, leader=ONE, state=state) == state


def test_colour_films_take_part_without_a_window():
    colour = LinkedFilm.of(
        make_film(make_pixels(20, 30).astype("uint8")[..., None].repeat(3, 2))
    )
    state = ViewState(voi=None, zoom=2.0, centre=(3.0, 4.0))
    before = first(ONE)
    dragged = replace(before, voi=auto_window(ONE.film))
    assert colour.follow(before, dragged, leader=ONE, state=state) == state
    zoomed = replace(before, zoom=4.0, fitted=False)
    assert colour.follow(before, zoomed, leader=ONE, state=state).zoom == 4.0
