import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.runtime.preprocess import (
    Denoise,
    PreprocessError,
    RefusalReason,
    preprocess,
)


def ramp(rows: int, columns: int) -> np.ndarray:
    x = np.linspace(0.1, 0.9, columns, dtype=np.float32)
    y = np.linspace(0.0, 0.1, rows, dtype=np.float32)
    return x[None, :] + y[:, None]


def spot_film(rows: int, columns: int, x: float, y: float, sigma: float) -> np.ndarray:
    v, u = np.mgrid[0:rows, 0:columns]
    return np.exp(-((u - x) ** 2 + (v - y) ** 2) / 2 / sigma**2).astype(np.float32)


@given(
    rows=st.integers(40, 700),
    columns=st.integers(40, 700),
    size=st.sampled_from([64, 128, 192]),
    aspect=st.floats(0.7, 1.4),
)
@settings(max_examples=40, deadline=None)
def test_map_back_covers_the_whole_film_and_is_centred(rows, columns, size, aspect):
    made = preprocess(ramp(rows, columns), size=size, pixel_aspect=aspect)
    (sx, _, ox), (_, sy, oy) = made.to_film
    assert sx / sy == pytest.approx(aspect)
    # The edges of the square, in film pixels, lie at or outside the film's edges, evenly.
    left, right = ox - sx / 2, ox + sx * (size - 0.5)
    top, bottom = oy - sy / 2, oy + sy * (size - 0.5)
    assert left <= -0.5 + 1e-6
    assert right >= columns - 0.5 - 1e-6
    assert top <= -0.5 + 1e-6
    assert bottom >= rows - 0.5 - 1e-6
    assert left + right == pytest.approx(columns - 1)
    assert top + bottom == pytest.approx(rows - 1)


@pytest.mark.parametrize(("rows", "columns"), [(900, 700), (500, 1200), (300, 310), (90, 80)])
def test_a_spot_lands_where_the_map_says(rows, columns):
    x, y = columns / 3, 2 * rows / 3
    made = preprocess(spot_film(rows, columns, x, y, min(rows, columns) / 20), size=128)
    weights = np.where(made.model_input > 0.2, made.model_input, 0).astype(float)
    v, u = np.mgrid[0:128, 0:128]
    centre = np.array([(weights * u).sum(), (weights * v).sum()]) / weights.sum()
    back = made.to_film @ [*centre, 1.0]
    assert back == pytest.approx([x, y], abs=0.1 * made.to_film[0, 0])


def test_same_film_gives_same_bits_on_the_grid_of_a_training_cache():
    film = np.random.default_rng(3).random((611, 503), dtype=np.float32)
    first, second = preprocess(film, size=160), preprocess(film.copy(), size=160)
    assert first.model_input.tobytes() == second.model_input.tobytes()
    stored = np.rint(first.model_input * np.float32(65535)).astype(np.uint16)
    assert (
        stored.astype(np.float32) / np.float32(65535)
    ).tobytes() == first.model_input.tobytes()
    assert first.model_input.min() >= 0
    assert first.model_input.max() <= 1


def test_outside_the_film_is_black_and_arrays_are_read_only():
    made = preprocess(ramp(100, 400), size=64)
    assert (made.model_input[:20] == 0).all()
    assert (made.model_input[-20:] == 0).all()
    with pytest.raises(ValueError, match="read-only"):
        made.model_input[0, 0] = 1


def test_one_bright_marker_does_not_set_the_range():
    film = ramp(400, 400) * np.float32(0.3)
    marked = film.copy()
    marked[5:12, 5:12] = 1.0
    plain, with_marker = preprocess(film, size=64), preprocess(marked, size=64)
    difference = np.abs(plain.model_input - with_marker.model_input)[8:]
    assert difference.max() < 0.02


def test_shrinking_averages_instead_of_picking():
    film = np.zeros((1024, 1024), dtype=np.float32)
    film[::2, ::2] = film[1::2, 1::2] = 1.0
    made = preprocess(film, size=128)
    assert made.model_input == pytest.approx(np.full((128, 128), 0.5), abs=0.02)


@pytest.mark.parametrize(
    ("film", "reason"),
    [
        (np.full((100, 100), 0.5), RefusalReason.FLAT),
        (np.full((100, 100), np.nan), RefusalReason.NOT_FINITE),
        (np.full((100, 100), np.inf), RefusalReason.NOT_FINITE),
        (np.zeros((0, 5)), RefusalReason.TOO_SMALL),
        (np.zeros((10, 500)), RefusalReason.TOO_SMALL),
        (np.zeros((3, 100, 100)), RefusalReason.NOT_A_FILM),
    ],
)
def test_refusals_carry_their_reason(film, reason):
    with pytest.raises(PreprocessError) as caught:
        preprocess(film.astype(np.float32), size=64)
    assert caught.value.reason is reason


def test_one_nan_pixel_is_seen():
    film = ramp(300, 300)
    film[151, 77] = np.nan
    with pytest.raises(PreprocessError):
        preprocess(film, size=64)


@pytest.mark.parametrize("denoise", [Denoise.MEDIAN, Denoise.CURVATURE_FLOW])
def test_denoising_is_recorded_and_calms_noise(denoise):
    noisy = ramp(256, 256) + np.random.default_rng(0).normal(0, 0.1, (256, 256))
    plain = preprocess(noisy.astype(np.float32), size=128)
    calm = preprocess(noisy.astype(np.float32), size=128, denoise=denoise)
    assert plain.denoise == "none"
    assert calm.denoise == denoise.value

    def roughness(image: np.ndarray) -> float:
        return float(np.abs(np.diff(image[20:-20, 20:-20], axis=1)).mean())

    assert roughness(calm.model_input) < 0.8 * roughness(plain.model_input)
