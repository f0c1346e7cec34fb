import csv
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from model.runtime.architecture import NetworkConfig
from model.runtime.network import build_network
from model.runtime.package import PackageError
from model.runtime.quality import WRONG, Distances, Limits, Look, QualityCheck
from model.training.phantoms import PHANTOMS, SIDE
from model.training.quality.__main__ import main
from model.training.quality.films import model_inputs
from model.training.quality.fitting import choose_limits, fit_distances
from model.training.quality.network import targets_of
from model.training.spoiled import SPOILS, spoiled


def check(**limits: float) -> QualityCheck:
    torch.manual_seed(0)
    network = build_network(NetworkConfig(labels=len(WRONG), width=4))
    generator = np.random.default_rng(0)
    features = [generator.gamma(2.0, 1.0, (200, 4 * 2**k)) for k in range(4)]
    return QualityCheck(
        network,
        fit_distances(features),
        Limits(**({"wrong": 1.0, "distance": 2.0, "mirrored": 0.5} | limits)),
    )


def odds(**looks: float) -> np.ndarray:
    return np.array([looks.get(look.value, -5.0) for look in WRONG], np.float32)


def test_the_worst_refused_look_is_the_reason():
    verdict = check().verdict(odds(inverted=2.0, rotated=3.0, mirrored=9.0), 0.0)
    assert verdict.refusal is Look.ROTATED
    assert verdict.wrong == 3.0


def test_a_mirrored_film_is_warned_of_and_not_refused():
    verdict = check().verdict(odds(mirrored=0.6), 0.0)
    assert verdict.refusal is None
    assert verdict.looks_mirrored
    assert not check().verdict(odds(mirrored=0.4), 0.0).looks_mirrored


def test_a_far_film_is_unlike_a_chest_whatever_the_network_says():
    assert check().verdict(odds(), 2.1).refusal is Look.UNLIKE
    assert check().verdict(odds(), 1.9).refusal is None


def test_the_file_keeps_the_check(tmp_path):
    made = check()
    read = QualityCheck.from_npz(made.as_npz())
    assert read.limits == made.limits
    film = np.random.default_rng(1).random((256, 256), dtype=np.float32)
    before, after = made.judge(film), read.judge(film)
    # The weights are stored in half precision.
    assert after.wrong == pytest.approx(before.wrong, abs=0.02)
    assert after.distance == pytest.approx(before.distance, abs=0.02)
    assert QualityCheck.from_npz(read.as_npz()).judge(film) == after


def test_any_input_size_is_reduced_to_the_checks_own():
    generator = np.random.default_rng(1)
    small = generator.random((128, 128), dtype=np.float32)
    large = np.repeat(np.repeat(small, 2, axis=0), 2, axis=1)
    assert check().judge(large).wrong == pytest.approx(check().judge(small).wrong, abs=1e-5)


def changed(**arrays: object) -> bytes:
    with np.load(io.BytesIO(check().as_npz())) as stored:
        contents = {name: stored[name] for name in stored.files} | arrays
    stream = io.BytesIO()
    np.savez(stream, **{k: v for k, v in contents.items() if v is not None})
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 not a zip",
        changed(limits=np.array([{"a": 1}], dtype=object)),
        changed(limits=np.array([1.0, np.nan, 0.0])),
        changed(limits=np.array([1.0])),
        changed(limits=None),
        changed(width=np.array(10**6)),
        changed(**{"mean/1": np.zeros(3)}),
        changed(**{"weight/head.bias": np.zeros(2, np.float16)}),
        changed(extra=np.zeros(5_000_000)),
    ],
)
def test_a_file_of_anything_else_is_refused(data):
    with pytest.raises(PackageError):
        QualityCheck.from_npz(data)


def test_distance_is_small_for_the_fitted_and_large_for_others():
    generator = np.random.default_rng(0)
    features = [generator.gamma(2.0, 1.0, (500, 6)) for _ in range(2)]
    distances: Distances = fit_distances(features)
    own = distances.of(tuple(features))
    assert abs(np.median(own)) < 0.1
    other = distances.of(tuple(np.full((1, 6), 40.0) for _ in range(2)))
    assert other[0] > np.quantile(own, 0.999)


def test_limits_keep_false_refusals_at_every_site():
    generator = np.random.default_rng(0)
    sites = np.array(["large"] * 900 + ["odd"] * 100)
    wrong, distance, mirrored = generator.normal(size=(3, 1000))
    wrong[sites == "odd"] += 1.5
    limits = choose_limits(wrong, distance, mirrored, sites)
    refused = (wrong > limits.wrong) | (distance > limits.distance)
    assert 0 < refused.mean() <= 0.015
    assert refused[sites == "odd"].mean() <= 0.03
    assert (mirrored > limits.mirrored).mean() <= 0.03


def test_whether_an_otherwise_wrong_film_is_mirrored_is_unknown():
    targets = targets_of([Look.USABLE, Look.MIRRORED, Look.ROTATED])
    mirror = WRONG.index(Look.MIRRORED)
    assert targets[0].tolist() == [0.0] * len(WRONG)
    assert targets[1, mirror] == 1.0
    assert np.nansum(targets[1]) == 1.0
    assert np.isnan(targets[2, mirror])
    assert targets[2, WRONG.index(Look.ROTATED)] == 1.0


@pytest.mark.parametrize("look", list(Look))
def test_spoiled_films_stay_films_and_repeat_with_the_seed(look):
    film = np.random.default_rng(0).random((120, 100))
    for seed in range(12):
        made = spoiled(film, look, np.random.default_rng(seed))
        assert made.ndim == 2
        assert min(made.shape) >= 32
        assert made.min() >= -1e-6
        assert made.max() <= 1 + 1e-6
        again = spoiled(film, look, np.random.default_rng(seed))
        assert np.array_equal(made, again)


def test_each_orientation_is_what_it_is_called():
    film = np.random.default_rng(0).random((6, 5))
    generator = np.random.default_rng(0)
    assert np.array_equal(SPOILS[Look.INVERTED][0](film, generator), 1 - film)
    assert np.array_equal(SPOILS[Look.MIRRORED][0](film, generator), np.fliplr(film))
    turned = [SPOILS[Look.ROTATED][0](film, generator) for _ in range(30)]
    assert not any(t.shape == film.shape and np.array_equal(t, film) for t in turned)
    assert {t.shape for t in turned} == {(6, 5), (5, 6)}


@pytest.mark.parametrize("draw", PHANTOMS, ids=lambda f: f.__name__)
def test_phantoms_are_images(draw):
    image = draw(np.random.default_rng(0))
    assert image.shape == (SIDE, SIDE)
    assert np.isfinite(image).all()
    assert float(np.ptp(image)) > 0.3


def test_a_film_of_one_grey_becomes_black_and_not_an_error():
    assert model_inputs([np.full((50, 50), 0.4)]).max() == 0


def test_the_command_fits_a_check_that_can_be_read(tmp_path: Path):
    generator = np.random.default_rng(0)
    with (tmp_path / "m.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "patient_id", "site", "split"])
        for number in range(80):
            pixels = generator.integers(0, 255, (64, 64)).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / f"{number}.png")
            split = "train" if number < 66 else "val"
            writer.writerow([f"{number}.png", f"p{number}", "here", split])
    out = tmp_path / "quality.npz"
    arguments = ["--manifest", str(tmp_path / "m.csv"), "--out", str(out), "--epochs", "1"]
    assert main([*arguments, "--quiet"]) == 0
    QualityCheck.from_npz(out.read_bytes()).judge(np.zeros((64, 64), np.float32))
    assert main([*arguments, "--site", "elsewhere", "--quiet"]) == 2
