"""Modality transform and VOI against PS3.3 C.11.1 and C.11.2, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import ArrayLike, NDArray

from tests.factories.films import make_film
from tests.factories.presentation import windows
from workstation.core.image import LookupTable, Rescale, VoiFunction, WindowLevel
from workstation.core.voi import (
    apply_voi,
    apply_window,
    default_voi,
    file_vois,
    full_window,
    modality_values,
    to_modality,
    value_range,
    voi_span,
)

LINEAR, EXACT, SIGMOID = VoiFunction.LINEAR, VoiFunction.LINEAR_EXACT, VoiFunction.SIGMOID


def grey(values: ArrayLike, centre: float, width: float, function: VoiFunction) -> list[float]:
    window = WindowLevel(centre=centre, width=width, function=function)
    return (apply_window(np.array(values, dtype=float), window) * 255).tolist()


def table(values: ArrayLike, *, first: int = 0, bits: int = 16) -> LookupTable:
    return LookupTable(first=first, values=np.array(values, dtype=np.uint16), bits=bits)


# --- windows: the examples of PS3.3 C.11.2.1.2.1, with an output of 0 to 255 ---


def test_linear_of_12_bits():
    """c=2048, w=4096: 0 up to 0, 255 above 4095, ((x - 2047.5) / 4095 + 0.5) * 255 between."""
    found = grey([-1, 0, 1, 2047.5, 4095, 4096], 2048, 4096, LINEAR)
    assert found == pytest.approx([0, 0, 255 / 4095, 127.5, 255, 255])


def test_linear_of_width_100():
    """c=0, w=100: 0 up to -50, 255 above 49, ((x + 0.5) / 99 + 0.5) * 255 between."""
    found = grey([-51, -50, -49, 0, 49, 50], 0, 100, LINEAR)
    assert found == pytest.approx([0, 0, 255 / 99, (0.5 / 99 + 0.5) * 255, 255, 255])


@pytest.mark.parametrize("centre", [2048, 0])
def test_linear_of_width_1_is_a_step(centre: int):
    """w=1: 0 up to c - 0.5, 255 above."""
    edge = centre - 0.5
    assert grey([edge - 0.01, edge, edge + 0.01], centre, 1, LINEAR) == [0, 0, 255]


def test_linear_exact():
    """c=2048, w=4096 (C.11.2.1.3.2): 0 up to 0, 255 above 4096, (x - c) / w + 0.5 between."""
    found = grey([-1, 0, 1024, 2048, 4096, 5000], 2048, 4096, EXACT)
    assert found == pytest.approx([0, 0, 63.75, 127.5, 255, 255])


def test_linear_exact_narrower_than_1():
    assert grey([9.8, 10, 10.1, 10.2], 10, 0.4, EXACT) == pytest.approx([0, 127.5, 191.25, 255])


def test_sigmoid():
    """C.11.2.1.3.1: 1 / (1 + exp(-4 (x - c) / w)); a quarter width from the centre that is 1 / (1 + 1/e)."""
    found = grey([100, 150, 50], 100, 200, SIGMOID)
    assert found == pytest.approx([127.5, 255 / (1 + np.exp(-1)), 255 / (1 + np.exp(1))])


def test_sigmoid_far_away_does_not_overflow():
    assert grey([-1e9, 1e9], 0, 1, SIGMOID) == pytest.approx([0, 255])


@given(windows())
def test_windows_never_fall_and_stay_within_0_and_1(window: WindowLevel):
    values = np.linspace(-200_000, 200_000, 1001)
    light = apply_window(values, window)
    assert (np.diff(light) >= 0).all()
    assert light[0] >= 0
    assert light[-1] <= 1


@given(windows())
def test_light_is_at_its_ends_outside_the_span(window: WindowLevel):
    low, high = voi_span(window)
    ends = apply_window(np.array([low - 1e-6, high + 1e-6 * abs(high) + 1e-6]), window)
    assert np.rint(ends * 255).tolist() == [0, 255]


@pytest.mark.parametrize("width", [0.99, 0.0, -1.0, float("nan"), float("inf")])
def test_linear_window_refuses_width_below_1(width: float):
    with pytest.raises(ValueError, match="width"):
        WindowLevel(centre=0, width=width)


# --- tables ---


def test_voi_table_first_value_mapped_and_clamping():
    voi = table([0, 100, 65535], first=10)
    assert apply_voi(np.array([-5.0, 10, 11, 12, 9000]), voi) == pytest.approx(
        [0, 0, 100 / 65535, 1, 1]
    )


def test_voi_table_with_a_negative_first_value():
    assert apply_voi(np.array([-3.0, -2, -1]), table([0, 255], first=-2, bits=8)).tolist() == [
        0,
        0,
        1,
    ]


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_voi_table_bits_are_the_full_scale(bits: int):
    top = (1 << bits) - 1
    light = apply_voi(np.array([0.0, 1]), table([top // 3, top], bits=bits))
    assert light == pytest.approx([(top // 3) / top, 1])


def test_voi_table_entry_above_its_depth_is_white():
    assert apply_voi(np.array([0.0]), table([4095], bits=8)).tolist() == [1]


def test_voi_table_takes_the_nearest_whole_value_and_survives_far_ones():
    voi = table([0, 255, 51], bits=8)
    assert apply_voi(np.array([0.4, 0.6, 1e30, -1e30]), voi).tolist() == [0, 1, 0.2, 0]


# --- modality ---


def test_rescale():
    film = make_film(
        np.array([[0, 10, 4095]], np.uint16),
        modality_transform=Rescale(slope=2, intercept=-1024),
    )
    assert modality_values(film).tolist() == [[-1024, -1004, 7166]]
    assert value_range(film) == (-1024, 7166)


def test_negative_slope_orders_its_range():
    film = make_film(
        np.array([[3, 100]], np.uint16), modality_transform=Rescale(slope=-0.5, intercept=50)
    )
    assert value_range(film) == (0, 48.5)


def test_signed_pixels_rescale():
    film = make_film(
        np.array([[-32768, -1, 32767]], np.int16), modality_transform=Rescale(slope=3)
    )
    assert modality_values(film).tolist() == [[-98304, -3, 98301]]


def test_32_bit_pixels_keep_their_order():
    stored = np.array([[0, 1, 2**32 - 1]], np.uint32)
    film = make_film(stored, bits_stored=32)
    assert to_modality(film, stored).tolist() == [[0, 1, 2**32 - 1]]


def test_modality_table_clamps_at_both_ends():
    transform = table([500, 40, 900], first=100)
    film = make_film(
        np.array([[0, 100, 101, 102, 4000]], np.uint16), modality_transform=transform
    )
    assert modality_values(film).tolist() == [[500, 500, 40, 900, 900]]


def test_range_of_a_table_that_is_not_monotonic():
    transform = table([500, 40, 900, 7], first=100)
    film = make_film(np.array([[100, 102]], np.uint16), modality_transform=transform)
    assert value_range(film) == (40, 900)


@pytest.mark.parametrize("padding", [(0, 0), (0, 5)])
def test_padding_is_no_part_of_the_range(padding: tuple[int, int]):
    film = make_film(np.array([[0, 7, 900]], np.uint16), padding=padding)
    assert value_range(film) == (7, 900)


def test_film_of_nothing_but_padding_keeps_a_range():
    film = make_film(np.array([[3, 3]], np.uint16), padding=(3, 3))
    assert value_range(film) == (3, 3)


def test_colour_has_no_modality_values():
    film = make_film(np.zeros((2, 2, 3), np.uint8))
    for question in (modality_values, value_range):
        with pytest.raises(ValueError, match="monochrome"):
            question(film)


# --- which VOI ---


def test_first_window_of_several_is_shown_first():
    first, second = WindowLevel(centre=1, width=2), WindowLevel(centre=5, width=9)
    voi = table([0, 1])
    film = make_film(windows=(first, second), voi_tables=(voi,))
    assert default_voi(film) is first
    assert file_vois(film) == (first, second, voi)


def test_table_is_shown_first_where_there_is_no_window():
    voi = table([0, 1])
    assert default_voi(make_film(voi_tables=(voi,))) is voi


def test_without_voi_the_whole_range_is_shown():
    film = make_film(np.array([[100, 150, 200]], np.uint16))
    assert default_voi(film) == full_window(film)
    assert light(film.pixels, full_window(film)) == [0, 0.5, 1]


def test_flat_film_is_mid_grey():
    film = make_film(np.full((3, 3), 77, np.uint16))
    assert light(film.pixels[:1, :1], full_window(film)) == [0.5]


def light(values: NDArray[np.integer], window: WindowLevel) -> list[float]:
    return apply_window(values.astype(float).reshape(-1), window).tolist()
