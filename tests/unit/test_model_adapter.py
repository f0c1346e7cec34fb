"""The shelf of packages and one package behind the findings port."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.builtin import built_in_package
from model.runtime.calibration import Calibration, Method, OperatingPoints
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.runtime.network import build_network
from model.runtime.package import QUALITY, open_package
from model.runtime.package_writer import repack, write_package
from workstation.adapters.inference.findings_model import PackageModel
from workstation.adapters.inference.packages import PackageShelf
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import FindingCode
from workstation.core.geometry import Disc
from workstation.core.image import PixelSpacing, SpacingSource

POINTS = OperatingPoints(youden=0.4, sens90=0.3, sens95=0.2)


@pytest.fixture
def package_path(tmp_path):
    record = PackageMetadata(
        package_id="local",
        version="1.0.0",
        network=NetworkConfig(labels=3, width=4),
        input_size=64,
        preprocess_version=PREPROCESS_VERSION,
        labels=(
            LabelRecord(
                code="effusion",
                name="Pleural effusion",
                threshold=0.4,
                thresholds=POINTS,
                calibration=Calibration(method=Method.PLATT, slope=0.8, intercept=0.1),
            ),
            LabelRecord(code="hernia", name="Hernia", trained=False),
            LabelRecord(code="word_of_another_house", name="?"),
        ),
        calibration_id="local-val",
        metrics={"marks_per_100_normals": 42.0},
        limits={"age_years_min": 16},
    )
    torch.manual_seed(0)
    weights = build_network(record.network).state_dict()
    path = tmp_path / "local-1.0.0.cxrmodel"
    write_package(path, record, weights, "<p>card</p>")
    return path


def film() -> np.ndarray:
    return np.random.default_rng(0).random((90, 70), dtype=np.float32)


def code_of(call) -> ErrorCode:
    with pytest.raises(WorkstationError) as caught:
        call()
    return caught.value.code


def test_the_program_can_look_at_packages_without_torch():
    script = (
        "import sys, workstation.adapters.inference.packages as p; p.PackageShelf(None).open();"
        "sys.exit('torch' in sys.modules or 'SimpleITK' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_package_offers_what_is_trained_and_has_a_word(package_path):
    info = PackageModel(open_package(package_path)).info
    assert info.codes == (FindingCode.EFFUSION,)
    assert info.marks_per_100_normal == 42.0
    assert info.minimum_age == 16.0


def test_scores_and_maps_come_from_one_pass(package_path):
    package = open_package(package_path)
    model = PackageModel(package)
    prepared = model.prepare(film(), spacing=None)
    (score,) = model.predict(prepared).scores
    (evidence,) = model.evidence(prepared)
    bias = float(build_bias(package))
    logit = float(evidence.values.mean(dtype=np.float64)) + bias
    expected = 1 / (1 + np.exp(-(0.8 * logit + 0.1)))
    assert score.probability == pytest.approx(expected, abs=1e-5)
    assert score.threshold == 0.4
    assert isinstance(model.nodules(prepared), Reason)


def build_bias(package) -> float:
    from model.runtime.predict import Predictor

    return Predictor(package).head_bias[0]


def test_the_map_lies_on_the_film_whatever_its_shape(package_path):
    model = PackageModel(open_package(package_path))
    spacing = PixelSpacing(row_mm=0.4, column_mm=0.2, source=SpacingSource.AT_DETECTOR)
    (evidence,) = model.evidence(model.prepare(film(), spacing=spacing))
    rows, columns = evidence.values.shape
    x, y = evidence.to_film(((columns - 1) / 2, (rows - 1) / 2))
    # The film's centre; its pixels are twice as high as wide.
    assert (x, y) == pytest.approx((34.5, 44.5))


@pytest.mark.parametrize(
    ("pixels", "code"),
    [
        (np.full((90, 70), 0.5, np.float32), ErrorCode.FLAT_IMAGE),
        (np.zeros((10, 10), np.float32), ErrorCode.TOO_SMALL),
        (np.full((90, 70), np.nan, np.float32), ErrorCode.UNSUPPORTED_PIXELS),
    ],
)
def test_a_film_without_content_is_refused_and_never_scored(package_path, pixels, code):
    model = PackageModel(open_package(package_path))
    prepared = model.prepare(pixels, spacing=None)
    assert prepared.quality.refusal == Reason(code=code)
    assert code_of(lambda: model.predict(prepared)) is ErrorCode.ANALYSIS_FAILED


def test_a_package_nobody_vouches_for_needs_consent(package_path, tmp_path):
    shelf = PackageShelf(tmp_path / "installed")
    refused = code_of(lambda: shelf.install(package_path, allow_unsigned=False))
    assert refused is ErrorCode.MODEL_UNTRUSTED
    assert shelf.paths() == (built_in_package(),)
    shelf.install(package_path, allow_unsigned=True)
    assert shelf.open("local").sha256 == open_package(package_path).sha256
    assert shelf.open("local-1.0.0").id == "local"
    assert code_of(lambda: shelf.open("other")) is ErrorCode.MODEL_NOT_FOUND


def test_the_programs_own_package_is_not_kept_twice(tmp_path):
    shelf = PackageShelf(tmp_path / "installed")
    (own,) = shelf.paths()
    assert shelf.install(own, allow_unsigned=False).sha256 == shelf.open().sha256
    assert shelf.paths() == (own,)


def test_a_damaged_package_is_not_installed(package_path, tmp_path):
    shelf = PackageShelf(tmp_path / "installed")
    repack(open_package(package_path), package_path, {QUALITY: b"no arrays"})
    damaged = code_of(lambda: shelf.install(package_path, allow_unsigned=True))
    assert damaged is ErrorCode.MODEL_DAMAGED
    package_path.write_bytes(package_path.read_bytes()[:-9])
    damaged = code_of(lambda: shelf.install(package_path, allow_unsigned=True))
    assert damaged is ErrorCode.MODEL_DAMAGED
    assert not (tmp_path / "installed").exists()


def test_a_painted_region_changes_the_scores_and_no_region_does_not(package_path):
    model = PackageModel(open_package(package_path))
    prepared = model.prepare(film(), spacing=None)
    original = model.predict(prepared)
    assert model.without(prepared, ()).scores == original.scores
    painted = model.without(prepared, (Disc(centre=(35.0, 45.0), radius=20.0),))
    assert painted.scores != original.scores
    assert model.predict(prepared).scores == original.scores


def test_the_region_lies_where_the_film_has_it(package_path):
    model = PackageModel(open_package(package_path))
    blank = film()
    blank[60:80, 10:30] = 1.0  # a bright square, which the fill takes away
    prepared = model.prepare(blank, spacing=None)
    there = Disc(centre=(19.5, 69.5), radius=16.0)
    elsewhere = Disc(centre=(55.0, 15.0), radius=2.0)
    changes = [
        abs(model.without(prepared, (disc,)).scores[0].probability
            - model.predict(prepared).scores[0].probability)
        for disc in (there, elsewhere)
    ]  # fmt: skip
    assert changes[0] > 3 * changes[1]


def test_a_film_that_is_painted_out_whole_is_told(package_path):
    model = PackageModel(open_package(package_path))
    prepared = model.prepare(film(), spacing=None)
    everything = (Disc(centre=(35.0, 45.0), radius=1e4),)
    assert code_of(lambda: model.without(prepared, everything)) is ErrorCode.REGION_TOO_LARGE
