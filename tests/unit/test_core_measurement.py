"""Lengths, angles, regions and the cardiothoracic ratio, against plain geometry and plain numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.factories.films import make_annotation, make_film, make_pixels
from workstation.core.annotation import AnnotationKind
from workstation.core.display import to_modality
from workstation.core.image import (
    LookupTable,
    Photometric,
    PixelSpacing,
    Rescale,
    SpacingSource,
)
from workstation.core.measurement import (
    Angle,
    CardiothoracicRatio,
    Extent,
    Region,
    calibrated,
    measure,
    mm_per_column,
    region_pixels,
)

K = AnnotationKind
SQUARE = PixelSpacing(row_mm=0.2, column_mm=0.2, source=SpacingSource.AT_DETECTOR)
TALL = PixelSpacing(row_mm=0.4, column_mm=0.1, source=SpacingSource.CORRECTED_BY_ERMF)
FILM = make_film()

places = st.tuples(st.floats(-10, 60), st.floats(-10, 70))
# Sums and halves of these are exact.
exact = st.tuples(st.integers(-160, 960), st.integers(-160, 1120)).map(
    lambda p: (p[0] / 16, p[1] / 16)
)


@pytest.mark.parametrize(
    ("spacing", "figure", "source"),
    [
        (None, "50.0 px", None),
        (SQUARE, "10.0 mm", SpacingSource.AT_DETECTOR),
        (TALL, "16.3 mm", SpacingSource.CORRECTED_BY_ERMF),
    ],
)
def test_a_length_says_its_unit_and_what_it_rests_on(spacing, figure, source):
    length = measure(make_annotation(K.DISTANCE, (5, 5), (35, 45)), FILM, spacing)
    assert (length.figure, length.source) == (figure, source)


def test_angles_are_those_of_the_patient_not_of_the_matrix():
    drawn = make_annotation(K.ANGLE, (40.0, 0.0), (0.0, 0.0), (40.0, 10.0))
    assert measure(drawn, FILM, TALL).degrees == pytest.approx(45.0)
    assert measure(drawn, FILM, None).degrees == pytest.approx(math.degrees(math.atan2(10, 40)))


@given(places, places, places)
def test_an_angle_is_the_smaller_one_and_the_same_from_both_sides(start, vertex, end):
    there = measure(make_annotation(K.ANGLE, start, vertex, end), FILM, SQUARE)
    back = measure(make_annotation(K.ANGLE, end, vertex, start), FILM, SQUARE)
    assume(there is not None)
    assert 0 <= there.degrees <= 180
    assert back.degrees == pytest.approx(there.degrees, abs=1e-6)


@pytest.mark.parametrize("kind", [K.ANGLE, K.CARDIOTHORACIC_RATIO])
def test_lines_without_a_length_measure_nothing(kind):
    drawn = make_annotation(kind, *[(3.0, 3.0)] * kind.points_needed)
    assert measure(drawn, FILM, SQUARE) is None


@pytest.mark.parametrize("kind", [K.ARROW, K.NOTE])
def test_words_measure_nothing(kind):
    assert measure(make_annotation(kind), FILM, SQUARE) is None


@given(exact, exact, st.sampled_from([K.ELLIPSE, K.RECTANGLE]))
def test_a_region_holds_the_pixels_whose_centres_lie_in_it(one, other, kind):
    film = FILM
    drawn = make_annotation(kind, one, other)
    y, x = np.mgrid[0 : film.rows, 0 : film.columns]
    (x0, x1), (y0, y1) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    assume(x1 - x0 > 0.01 and y1 - y0 > 0.01)
    inside = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    slack = np.zeros_like(inside)
    if kind is K.ELLIPSE:
        off = ((x - (x0 + x1) / 2) / ((x1 - x0) / 2)) ** 2 + (
            (y - (y0 + y1) / 2) / ((y1 - y0) / 2)
        ) ** 2
        inside = off <= 1
        slack = np.abs(off - 1) < 1e-6  # on the line itself either will do
    found = region_pixels(drawn, film)
    assert abs(found.size - inside.sum()) <= slack.sum()
    if not slack.any():
        assert np.array_equal(found, film.pixels[inside])


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"modality_transform": Rescale(slope=-2.5, intercept=100)},
        {
            "modality_transform": LookupTable(
                first=0, values=np.arange(4096, dtype=np.uint16)[::-1] // 3, bits=12
            )
        },
        {"padding": (0, 2200)},
    ],
)
def test_statistics_are_of_modality_values_without_padding(changes):
    film = make_film(make_pixels(300, 200), **changes)
    drawn = make_annotation(K.RECTANGLE, (10.0, 20.0), (150.0, 280.0))
    region = measure(drawn, film, SQUARE)
    stored = film.pixels[20:281, 10:151]
    if film.padding:
        stored = stored[stored > film.padding[1]]
    values = to_modality(film, stored)
    found = region.statistics
    assert found.count == values.size
    assert found.mean == pytest.approx(values.mean())
    assert found.deviation == pytest.approx(values.std())
    assert (found.least, found.greatest) == (values.min(), values.max())
    assert region.area == Extent(
        value=pytest.approx(28.0 * 52.0), unit="mm²", source=SpacingSource.AT_DETECTOR
    )


def test_an_ellipse_has_an_ellipse_s_area():
    region = measure(make_annotation(K.ELLIPSE, (10.0, 20.0), (30.0, 50.0)), FILM, None)
    assert region.area.value == pytest.approx(math.pi * 10 * 15)
    assert region.area.unit == "px²"


def test_colours_and_places_beside_the_film_have_no_statistics():
    colour = make_film(np.zeros((9, 9, 3), np.uint8), photometric=Photometric.RGB)
    drawn = make_annotation(K.RECTANGLE, (1.0, 1.0), (5.0, 5.0))
    assert measure(drawn, colour, None).statistics is None
    assert measure(drawn.moved(500, 500), FILM, None) == Region(
        area=Extent(value=16.0, unit="px²", source=None)
    )


def ratio_of(turn: float = 0.0, spacing: PixelSpacing | None = SQUARE) -> CardiothoracicRatio:
    """Widths of 60 and 110 across a midline that is tilted by `turn`; their ends lie at different heights."""
    c, s = math.cos(turn), math.sin(turn)
    upright = ((0, -50), (0, 50), (-20, 10), (40, 25), (-55, 30), (55, 20))
    points = [(c * x - s * y + 200, s * x + c * y + 300) for x, y in upright]
    return measure(make_annotation(K.CARDIOTHORACIC_RATIO, *points), FILM, spacing)


@given(st.floats(-math.pi, math.pi))
def test_both_widths_are_taken_across_the_midline(turn):
    found = ratio_of(turn)
    assert found.heart.value == pytest.approx(12.0)
    assert found.thorax.value == pytest.approx(22.0)
    assert found.ratio == pytest.approx(60 / 110)
    assert found.is_above_mark


def test_a_ratio_needs_no_calibration():
    found = ratio_of(spacing=None)
    assert found.heart.unit == "px"
    assert found.ratio == pytest.approx(60 / 110)


def test_the_mark_itself_is_not_above_it():
    half = CardiothoracicRatio(
        heart=Extent(value=50.0, unit="px", source=None),
        thorax=Extent(value=100.0, unit="px", source=None),
    )
    assert not half.is_above_mark


@given(places, places, st.floats(1, 100), st.sampled_from([None, SQUARE, TALL]))
def test_the_line_that_calibrates_has_the_length_that_was_typed(start, end, length, spacing):
    film = make_film(spacing=spacing)
    assume(math.dist(start, end) > 20)
    size = mm_per_column(film, start, end, length_mm=length)
    after = calibrated(film, size)
    drawn = measure(make_annotation(K.DISTANCE, start, end), film, after)
    assert drawn.value == pytest.approx(length)
    assert drawn.source is SpacingSource.USER_CALIBRATED
    if spacing is not None:
        assert after.row_mm / after.column_mm == pytest.approx(
            spacing.row_mm / spacing.column_mm
        )


def test_without_a_calibration_the_file_s_own_spacing_holds():
    assert calibrated(make_film(spacing=TALL), None) is TALL
    assert calibrated(FILM, None) is None


@pytest.mark.parametrize(("end", "length"), [((3.0, 3.0), 10.0), ((4.0, 3.0), 1000.0)])
def test_impossible_calibrations_are_refused(end, length):
    with pytest.raises(ValueError, match=r"length|spacing"):
        mm_per_column(FILM, (3.0, 3.0), end, length_mm=length)


@pytest.mark.parametrize("points", [((1.0, 2.0),), ((1.0, 2.0), (math.nan, 0.0))])
def test_an_invalid_annotation_cannot_exist(points):
    with pytest.raises(ValueError, match="points"):
        make_annotation(K.DISTANCE, *points)


def test_points_move_alone_or_together():
    drawn = make_annotation(K.ANGLE, (0.0, 0.0), (5.0, 0.0), (5.0, 5.0))
    assert drawn.with_point(1, (6.0, 1.0)).points == ((0.0, 0.0), (6.0, 1.0), (5.0, 5.0))
    assert drawn.moved(1, 2).points == ((1.0, 2.0), (6.0, 2.0), (6.0, 7.0))
    right = make_annotation(K.ANGLE, (9.0, 0.0), (5.0, 0.0), (5.0, 5.0))
    assert measure(right, FILM, None) == Angle(degrees=pytest.approx(90.0))
