"""Windows chosen from the film, and dragging: bounded, and never with a jump."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import make_film, make_pixels
from tests.factories.presentation import windows
from workstation.core.display import render
from workstation.core.image import LookupTable, Photometric, WindowLevel
from workstation.core.voi import value_range
from workstation.core.windowing import (
    auto_window,
    chest_presets,
    drag_window,
    otsu_threshold,
    window_like,
)

PIXELS = make_pixels(400, 320)
FILM = make_film(PIXELS)
NEGATIVE = make_film(4095 - PIXELS, photometric=Photometric.MONOCHROME1)
LOW, HIGH = value_range(FILM)
STEP = (HIGH - LOW) / 800
moves = st.floats(-3000, 3000)


@given(windows(), moves, moves)
def test_drag_never_jumps_and_stays_in_bounds(window: WindowLevel, dx: float, dy: float):
    moved = drag_window(window, dx=dx, dy=dy, film=FILM)
    assert abs(moved.centre - window.centre) <= abs(dy) * STEP * (1 + 1e-9) + 1e-6
    assert abs(moved.width - window.width) <= abs(dx) * STEP * (1 + 1e-9) + 1e-6
    assert min(LOW, window.centre) <= moved.centre <= max(HIGH, window.centre)
    assert moved.width <= max(HIGH - LOW, window.width)
    assert moved.function is window.function


def test_drag_directions():
    """To the right is wider, downwards lowers the centre; 800 pixels are the film's whole range."""
    start = WindowLevel(centre=2000, width=1000, explanation="LUNG")
    moved = drag_window(start, dx=80, dy=40, film=FILM)
    assert (moved.centre, moved.width) == pytest.approx((2000 - 40 * STEP, 1000 + 80 * STEP))
    assert moved.explanation == ""
    assert drag_window(start, dx=0, dy=0, film=FILM) == start


def test_many_small_drags_are_one_large_one():
    whole = window = WindowLevel(centre=2000, width=1000)
    for _ in range(50):
        window = drag_window(window, dx=2, dy=-1, film=FILM)
    whole = drag_window(whole, dx=100, dy=-50, film=FILM)
    assert (window.centre, window.width) == pytest.approx((whole.centre, whole.width))


def test_presets_show_inverted_copies_in_the_same_light():
    for (name, preset), (other, negative) in zip(
        chest_presets(FILM), chest_presets(NEGATIVE), strict=True
    ):
        assert name == other
        difference = render(FILM, preset).astype(int) - render(NEGATIVE, negative)
        assert np.abs(difference).max() <= 1, name


@pytest.mark.parametrize("film", [FILM, NEGATIVE], ids=["MONOCHROME2", "MONOCHROME1"])
def test_presets_favour_what_they_are_named_for(film):
    presets = dict(chest_presets(film))
    assert list(presets) == ["lungs", "mediastinum", "bones", "soft"]
    dark = render(film)
    lungs, dense = dark < 90, dark > 170

    def contrast(name: str, region: np.ndarray) -> float:
        return float(render(film, presets[name])[region].std())

    assert contrast("lungs", lungs) > contrast("soft", lungs)
    assert contrast("lungs", lungs) > contrast("bones", lungs)
    assert contrast("bones", dense) > contrast("soft", dense)
    assert presets["soft"].width == max(p.width for p in presets.values())


def test_presets_of_a_flat_film_and_of_colour():
    flat = make_film(np.full((20, 20), 7, np.uint16))
    assert len(chest_presets(flat)) == 4
    assert chest_presets(make_film(np.zeros((4, 4, 3), np.uint8))) == ()


def test_auto_window_leaves_out_a_blank_border_and_clipped_air():
    framed = np.zeros((500, 420), np.uint16)
    framed[50:450, 50:370] = PIXELS
    window, plain = auto_window(make_film(framed)), auto_window(FILM)
    assert window.centre == pytest.approx(plain.centre, rel=0.03)
    assert window.width == pytest.approx(plain.width, rel=0.06)


def test_auto_window_of_nothing_but_padding_and_of_a_flat_film():
    for changes in ({"padding": (7, 7)}, {}):
        assert auto_window(make_film(np.full((9, 9), 7, np.uint16), **changes)).width > 0


def test_otsu_divides_two_heaps_in_the_middle():
    values = np.concatenate([np.full(100, 10.0), np.full(50, 90.0)])
    assert otsu_threshold(values) == pytest.approx(50, abs=1)


def test_window_like_a_table_spans_where_it_changes():
    values = np.concatenate([np.zeros(100), np.linspace(0, 4095, 50), np.full(80, 4095)])
    table = LookupTable(first=1000, values=values.astype(np.uint16), bits=12)
    window = window_like(table)
    assert window.centre - window.width / 2 == pytest.approx(1100, abs=1)
    assert window.centre + window.width / 2 == pytest.approx(1149, abs=1)
    assert window_like(window) is window
    flat = LookupTable(first=5, values=np.full(10, 3, np.uint16), bits=8)
    assert window_like(flat).width == 10
