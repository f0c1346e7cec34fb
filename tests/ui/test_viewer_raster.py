"""A film at screen resolution against the whole pipeline of the core."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import make_film, make_pixels
from workstation.core.display import default_voi, full_window, present, render
from workstation.core.image import (
    LookupTable,
    OverlayPlane,
    Palette,
    Photometric,
    Rescale,
    Shutter,
    WindowLevel,
)
from workstation.ui.viewer.pyramid import Pyramid
from workstation.ui.viewer.raster import FilmRaster, Look
from workstation.ui.viewer.sampling import Grid

RNG = np.random.default_rng(5)


def table(values, *, bits=8, first=0):
    return LookupTable(first=first, values=np.array(values, np.uint16), bits=bits)


def films():
    grey = make_pixels()
    signed = grey.astype(np.int16) - 2000
    wide = (grey.astype(np.int32) - 2000) * 1000
    colours = RNG.integers(0, 256, (3, 16))
    mask = RNG.random((20, 30)) < 0.3
    return {
        "monochrome2": make_film(grey),
        "monochrome1": make_film(grey, photometric=Photometric.MONOCHROME1),
        "8 bits": make_film((grey >> 4).astype(np.uint8)),
        "signed": make_film(signed, modality_transform=Rescale(slope=2.0, intercept=-7.0)),
        "32 bits": make_film(wide, bits_stored=32),
        "padded": make_film(np.where(grey > 3000, 4095, grey), padding=(4095, 4095)),
        "all padding": make_film(np.full((9, 7), 5, np.uint16), padding=(5, 5)),
        "voi table": make_film(grey, voi_tables=(table(RNG.permutation(4096) % 256),)),
        "rgb": make_film(RNG.integers(0, 256, (31, 17, 3)).astype(np.uint8)),
        "palette": make_film(
            RNG.integers(0, 20, (13, 11)).astype(np.uint8),
            photometric=Photometric.PALETTE,
            palette=Palette(
                red=table(colours[0]), green=table(colours[1]), blue=table(colours[2])
            ),
        ),
        "one pixel": make_film(np.array([[7]], np.uint16)),
        "one column": make_film(np.arange(9, dtype=np.uint16)[:, None]),
        "overlay": make_film(grey, overlays=(OverlayPlane(mask=mask, origin=(-4, 30)),)),
        "shutter": make_film(
            grey,
            shutter=Shutter(
                rectangle=(5, 40, 8, 60), circle=(30, 24, 22), presentation_value=30000
            ),
        ),
    }


FILMS = films()


def whole(film, step=1.0):
    """Grids of screen pixels that are `step` film pixels wide and cover the film from its first corner."""
    grids = (
        Grid(first=step / 2 - 0.5, step=step, count=max(int(extent / step), 1))
        for extent in (film.rows, film.columns)
    )
    return tuple(grids)


def window_of(film):
    return default_voi(film) if film.is_monochrome else None


def picture(film, rows, columns, *, raster=None, **look):
    """Grey or RGB that stands on the screen."""
    look = Look(**{"voi": window_of(film)} | look)
    packed = (raster or FilmRaster(film)).screen(rows, columns, look)
    assert (packed >> 24 == 0xFF).all()
    colours = np.stack([packed >> shift & 0xFF for shift in (16, 8, 0)], axis=-1)
    if not film.is_monochrome:
        return colours.astype(np.uint8)
    assert (colours == colours[..., :1]).all()
    return colours[..., 0].astype(np.uint8)


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("inverted", [False, True])
def test_one_to_one_is_the_core_s_rendering(name, inverted):
    film = FILMS[name]
    shown = picture(film, *whole(film), inverted=inverted).astype(int)
    expected = render(film, inverted=inverted).astype(int)
    assert np.abs(shown - expected).max() <= (0 if film.pixels.dtype.itemsize <= 2 else 1)


@pytest.mark.parametrize("name", FILMS)
def test_flipped_grids_flip_the_picture(name):
    film = FILMS[name]
    rows, columns = whole(film)
    backwards = Grid(first=film.columns - 1.0, step=-1.0, count=film.columns)
    assert np.array_equal(picture(film, rows, backwards), picture(film, rows, columns)[:, ::-1])


@pytest.mark.parametrize("step", [2.0, 4.0, 8.0])
def test_downscaling_averages_areas_of_stored_values(step):
    film = FILMS["monochrome2"]
    rows, columns = whole(film, step)
    size = int(step)
    blocks = film.pixels[: rows.count * size, : columns.count * size].reshape(
        rows.count, size, columns.count, size
    )
    mean = blocks.mean(axis=(1, 3))
    expected = present(film, np.rint(mean).astype(np.int64), window_of(film)) * 255
    # Each halving on the way rounds to a whole stored value of 4096.
    assert np.abs(picture(film, rows, columns) - expected).max() <= 0.6


@given(step=st.floats(1.0, 7.0), first=st.floats(-0.5, 3.0))
def test_an_even_film_stays_even_at_any_scale(step, first):
    film = make_film(
        np.full((40, 50), 1234, np.uint16), windows=(WindowLevel(centre=1500, width=2000),)
    )
    grid = Grid(first=first, step=step, count=6)
    shown = picture(film, grid, grid)
    assert shown.min() == shown.max() == render(film)[0, 0]


@pytest.mark.parametrize("step", [0.1, 0.4, 1.3, 2.7, 5.0])
def test_padding_never_bleeds_into_the_film(step):
    pixels = np.full((40, 40), 1000, np.uint16)
    pixels[:, 17:] = 4095
    film = make_film(
        pixels, padding=(4095, 4095), windows=(WindowLevel(centre=1000, width=500),)
    )
    shown = picture(film, *whole(film, step))
    inside = render(film)[0, 0]
    assert set(np.unique(shown).tolist()) == {0, int(inside)}


def test_a_smooth_ramp_is_interpolated_when_magnified_and_squares_show_far_in():
    film = make_film(
        np.array([[0, 100]], np.uint16), windows=(WindowLevel(centre=50.5, width=101),)
    )
    row = Grid(first=0.0, step=1.0, count=1)
    near = picture(film, row, Grid(first=0.0, step=0.25, count=5))
    assert np.array_equal(near[0], [0, 64, 128, 191, 255])
    far = picture(film, row, Grid(first=0.0, step=0.1, count=11))
    assert set(far[0].tolist()) == {0, 255}


@given(
    top=st.integers(-60, 60),
    left=st.integers(-60, 60),
    step=st.sampled_from([0.3, 1.0, 1.7, 3.1]),
)
def test_panning_shows_what_a_fresh_start_shows(top, left, step):
    film = make_film(make_pixels(300, 300))
    raster = FilmRaster(film)
    start = Grid(first=80.2, step=step, count=20)
    picture(film, start, start, raster=raster)
    rows = Grid(first=80.2 + top * step, step=step, count=20)
    columns = Grid(first=80.2 + left * step, step=step, count=20)
    panned = picture(film, rows, columns, raster=raster)
    fresh = picture(film, rows, columns)
    assert np.array_equal(panned, fresh)


@given(
    top=st.integers(-60, 60),
    left=st.integers(-60, 60),
    centres=st.lists(st.sampled_from([1000.0, 2000.0, 2500.0]), min_size=3, max_size=3),
)
def test_the_screen_s_picture_is_the_picture_whatever_was_shown_before(top, left, centres):
    film = make_film(make_pixels(300, 300))
    raster = FilmRaster(film)
    start = Grid(first=80.2, step=1.7, count=20)
    rows = Grid(first=80.2 + top * 1.7, step=1.7, count=20)
    columns = Grid(first=80.2 + left * 1.7, step=1.7, count=20)
    windows = [WindowLevel(centre=centre, width=800) for centre in centres]
    for grids, window in zip(
        ((start, start), (rows, columns), (rows, columns)), windows, strict=True
    ):
        shown = picture(film, *grids, raster=raster, voi=window)
        assert np.array_equal(shown, picture(film, *grids, voi=window))


@pytest.mark.parametrize("name", sorted(set(FILMS) - {"overlay", "shutter"}))
@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_draft_of_halved_films_is_their_exact_picture(name, number):
    film = FILMS[name]
    step = 2**number
    grids = whole(film, step)
    look = Look(voi=window_of(film), inverted=True)
    draft = FilmRaster(film).draft(*grids, look)
    exact = picture(film, *grids, inverted=True)
    rows, columns = (slice(0, grid.count) for grid in grids)
    assert (draft.number, draft.top, draft.left) == (number, 0, 0)
    red = draft.picture[rows, columns] >> 16 & 0xFF
    assert np.array_equal(red, exact[..., 0] if exact.ndim == 3 else exact)


def test_a_draft_is_kept_while_it_shows_what_is_seen_in_the_same_look():
    film = make_film(make_pixels(400, 400))
    raster = FilmRaster(film)
    look = Look(voi=window_of(film))
    seen = Grid(first=150.0, step=1.0, count=80)
    first = raster.draft(seen, seen, look)
    beside = Grid(first=160.0, step=1.1, count=70)
    assert raster.draft(beside, beside, look) is first
    away = Grid(first=10.0, step=1.0, count=80)
    assert raster.draft(away, seen, look) is not first
    dark = Look(voi=WindowLevel(centre=9000, width=500))
    assert (raster.draft(seen, seen, dark).picture == 0xFF000000).all()


@pytest.mark.parametrize("name", ["overlay", "shutter"])
def test_films_with_marks_have_no_draft_that_would_lack_them(name):
    film = FILMS[name]
    assert FilmRaster(film).draft(*whole(film), Look(voi=window_of(film))) is None


@pytest.mark.parametrize("shape", [(200, 31), (129, 64), (64, 1)])
def test_a_film_is_halved_whole_however_many_rows_it_has(shape):
    film = make_film(make_pixels(*shape))
    even = np.pad(film.pixels, [(0, side % 2) for side in shape], mode="edge").astype(int)
    blocks = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2)
    expected = (blocks.sum(axis=(1, 3)) + 2) // 4
    assert np.array_equal(Pyramid(film).level(1).values, expected)


def test_a_thin_overlay_line_keeps_its_light_when_scaled_down():
    mask = np.zeros((64, 48), np.bool_)
    mask[30] = True
    film = make_film(
        np.zeros((64, 48), np.uint16),
        overlays=(OverlayPlane(mask=mask),),
        windows=(full_window(FILMS["8 bits"]),),
    )
    shown = picture(film, *whole(film, 4.0))
    assert (shown.max(axis=0) == 255).all()
