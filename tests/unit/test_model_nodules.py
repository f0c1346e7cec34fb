"""The detector of nodule candidates: from maps to places, its record, its training targets, its figures."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save

from model.evaluation.froc import (
    MarkedFilm,
    curve_of,
    diameter_figures,
    figures_of,
    marks_a_film,
    threshold_at,
)
from model.films.cache import CachedFilms
from model.films.manifest import Box, Row
from model.films.simulated import Lesion, with_nodules
from model.films.table import ManifestError
from model.runtime.builtin import built_in_package
from model.runtime.labels import ALL_CODES
from model.runtime.nodule_record import DetectorGolden, DetectorRecord
from model.runtime.nodules import (
    Candidate,
    NoduleDetector,
    build_detector,
    candidates,
    nodule_detector,
    on_film,
)
from model.runtime.package import NODULE_WEIGHTS, NODULES, PackageError, open_package
from model.runtime.package_writer import half_precision, repack
from model.training.nodules.config import NoduleConfig
from model.training.nodules.crops import CropSource, targets
from model.training.nodules.loop import diameter_loss, place_loss
from model.training.recipe import read_recipe
from workstation.adapters.inference.findings_model import PackageModel
from workstation.adapters.inference.packages import PackageShelf
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.image import PixelSpacing, SpacingSource

RECORD = DetectorRecord(width=4, input_size=64, threshold=0.5, training={"boxes": 3})


def maps_with(*peaks: tuple[float, float, float, float], side: int = 16) -> np.ndarray:
    """Maps ``(2, side, side)`` with Gaussian peaks (x, y, log-odds, diameter) in model-input pixels."""
    y, x = np.mgrid[0:side, 0:side] * 8 + 3.5
    maps = np.full((2, side, side), -6.0, np.float32)
    for px, py, odds, diameter in peaks:
        apart = (x - px) ** 2 + (y - py) ** 2
        maps[0] = np.maximum(maps[0], -6 + (odds + 6) * np.exp(-apart / 200))
        maps[1][apart < 400] = math.log(diameter / 20)
    return maps


def test_candidates_lie_between_cells_and_carry_their_diameter():
    first, *others = candidates(maps_with((50.0, 70.0, 2.0, 30.0), (100.0, 30.0, 0.0, 12.0)))
    assert (first.x, first.y) == pytest.approx((50, 70), abs=2.5)
    assert first.diameter == pytest.approx(30, rel=1e-3)
    assert first.score == pytest.approx(1 / (1 + math.exp(-2)), abs=0.06)
    assert (others[0].x, others[0].y) == pytest.approx((100, 30), abs=2.5)
    assert others[0].score < first.score


def test_of_two_maxima_in_one_lesion_one_stays():
    near = maps_with((40.0, 64.0, 2.0, 80.0), (70.0, 64.0, 1.0, 80.0))
    apart = maps_with((40.0, 64.0, 2.0, 20.0), (70.0, 64.0, 1.0, 20.0))
    assert [len([c for c in candidates(m) if c.score > 0.5]) for m in (near, apart)] == [1, 2]


def test_a_maximum_at_the_edge_is_a_candidate():
    best = candidates(maps_with((3.5, 124.0, 3.0, 20.0)))[0]
    assert (best.x, best.y) == pytest.approx((3.5, 124), abs=4)


def test_candidates_are_told_in_film_pixels():
    to_film = np.array([[4.0, 0.0, 10.0], [0.0, 2.0, -5.0]])
    found = on_film(Candidate(x=30, y=40, diameter=12, score=0.5), to_film)
    # Film pixels twice as high as wide: the diameter counts them along a row.
    assert (found.x, found.y, found.diameter) == (130, 75, 48)


def test_a_simulated_nodule_is_where_it_says():
    film = np.full((256, 256), 0.3, np.float32)
    drawn, (lesion,) = with_nodules(film, 1, np.random.default_rng(1))
    assert (film == 0.3).all()
    added = drawn - film
    y, x = np.mgrid[0:256, 0:256]
    apart = np.hypot(x - lesion.x, y - lesion.y)
    centre = np.array([(added * x).sum(), (added * y).sum()]) / added.sum()
    assert centre == pytest.approx((lesion.x, lesion.y), abs=1.5)
    assert added[apart < lesion.diameter / 4].min() > 0.02
    assert added[apart > lesion.diameter].max() == 0


def one_film(tmp_path, lesion: Lesion) -> CachedFilms:
    """A dark film of 128 px with a bright spot where its box says; the file's pixels are 4 by 2 times finer."""
    y, x = np.mgrid[0:128, 0:128]
    spot = np.hypot(x - lesion.x, y - lesion.y) < 4
    width, height = 4 * lesion.diameter, 2 * lesion.diameter
    box = Box(
        label="nodule",
        x=4 * lesion.x + 7 + 0.5 - width / 2,
        y=2 * lesion.y + 3 + 0.5 - height / 2,
        width=width,
        height=height,
    )
    row = Row(
        path=tmp_path,
        patient_id="p",
        labels=tuple(float(code in {"nodule", "any_abnormality"}) for code in ALL_CODES),
        boxes=(box,),
    )
    return CachedFilms(
        rows=(row,),
        inputs=(spot[None] * 65535).astype(np.uint16),
        to_film=np.array([[[4.0, 0, 7.0], [0, 2.0, 3.0]]]),
        hashes=("h",),
    )


def test_a_crop_keeps_its_lesion_under_its_target(tmp_path):
    films = one_film(tmp_path, Lesion(x=70, y=50, diameter=16))
    config = NoduleConfig(size=128, crop=96, batch_size=16, real=1.0, simulated=0.0)
    source = CropSource(films, "train", config)
    assert source.lesions == {0: [Lesion(x=70, y=50, diameter=16)]}
    crops = source.batch(np.random.default_rng(0))
    again = source.batch(np.random.default_rng(0))
    assert torch.equal(crops.inputs, again.inputs)
    sizes = []
    for image, heat, diameters in zip(
        crops.inputs[:, 0], crops.heat, crops.diameters, strict=True
    ):
        y, x = torch.meshgrid(torch.arange(96.0), torch.arange(96.0), indexing="ij")
        bright = (image - 0.3).clamp_min(0)
        centre = [float((bright * axis).sum() / bright.sum()) for axis in (x, y)]
        row, column = divmod(int(heat.argmax()), 12)
        assert heat[row, column] == 1
        assert centre == pytest.approx((8 * column + 3.5, 8 * row + 3.5), abs=5.5)
        sizes.append(20 * math.exp(float(diameters[row, column])))
    # The spot is 8 px of the 16 in the box; crops scale by up to exp(0.25).
    assert 12 < min(sizes) < 16 < max(sizes) < 21


def test_targets_hold_a_centre_wherever_in_its_cell_a_lesion_lies():
    for x in (0.0, 3.5, 7.4, 11.0):
        heat, diameters = targets([Lesion(x=x, y=20.0, diameter=10)], 8)
        row, column = np.unravel_index(heat.argmax(), heat.shape)
        assert (row, column) == (2, int((x + 0.5) // 8))
        assert heat.max() == 1
        assert diameters[row, column] == pytest.approx(math.log(0.5))
    assert targets([], 8)[0].max() == 0


def test_the_losses_fall_towards_the_truth():
    heat, diameters = (
        torch.from_numpy(v)[None] for v in targets([Lesion(x=20, y=20, diameter=30)], 8)
    )
    right = torch.logit(heat.clamp(0.001, 0.999))
    assert place_loss(right, heat) < place_loss(torch.zeros_like(heat), heat)
    assert place_loss(right, heat) < place_loss(-right, heat)
    assert diameter_loss(diameters, diameters, heat) == 0
    assert diameter_loss(diameters + 0.5, diameters, heat) == pytest.approx(0.5)


def mark(x: float, score: float, diameter: float = 10) -> Candidate:
    return Candidate(x=x, y=10, diameter=diameter, score=score)


def film(number: int, *marks: Candidate, lesion: bool = True) -> MarkedFilm:
    box = Box(label="nodule", x=5.5, y=5.5, width=10, height=10)
    return MarkedFilm(patient=f"p{number}", lesions=(box,) if lesion else (), marks=marks)


FILMS = [
    *(film(n, mark(10, 0.9, 11), mark(40, 0.2)) for n in range(6)),
    *(film(n, mark(40, 0.6)) for n in range(6, 10)),
    *(film(n, mark(40, 0.5), mark(60, 0.4), lesion=False) for n in range(10, 20)),
]


def test_figures_count_lesions_found_and_false_marks():
    found = figures_of(FILMS, 0.5, resamples=200)
    assert (found["films"], found["films_with_lesion"], found["lesions"]) == (20, 10, 10)
    assert found["sensitivity_at"]["0.25"]["value"] == 0.6
    assert found["sensitivity"]["value"] == 0.6
    assert found["false_marks_a_film"]["value"] == pytest.approx(14 / 20)
    low, high = (found["sensitivity_at"]["1"][k] for k in ("low", "high"))
    assert 0.2 < low < 0.6 < high < 1
    band = {at: (lowest, highest) for at, lowest, highest in found["band"]}
    assert band[1.0] == pytest.approx((low, high))
    assert band[0.0][0] <= band[8.0][0]
    assert found["diameter"] == {
        "lesions": 6,
        "ratio_quartiles": [1.1, 1.1, 1.1],
        "within_a_quarter": 1.0,
    }
    assert threshold_at(FILMS, 0.7) == 0.5
    assert threshold_at(FILMS, 0.1) == 0.9
    # No score keeps so few false marks: a threshold all the same, that a record accepts.
    replace(RECORD, threshold=threshold_at([film(0, mark(15.0, 1.0))], 0.0))


def test_marks_on_the_edge_of_a_box_hit_and_two_on_a_lesion_are_none_false():
    twice = film(0, mark(5.0, 0.9), mark(15.0, 0.8), mark(15.1, 0.7))
    assert [twice.hit(m) for m in twice.marks] == [0, 0, None]
    assert curve_of([twice])[-1] == (0.7, 1.0, 1.0)
    # The best mark of a lesion gives its diameter.
    assert diameter_figures([film(0, mark(9, 0.9, 20), mark(10, 0.8, 5))], 0.1)[
        "ratio_quartiles"
    ] == [2, 2, 2]


def test_few_lesions_are_insufficient():
    assert figures_of(FILMS[:4], 0.5)["insufficient"]
    assert marks_a_film([], 0.5) == {"films": 0}
    assert marks_a_film(FILMS[10:], 0.45)["marks_a_film"]["value"] == 1


def detector() -> NoduleDetector:
    torch.manual_seed(0)
    return NoduleDetector(RECORD, build_detector(4))


def members(record: DetectorRecord = RECORD) -> dict[str, bytes]:
    torch.manual_seed(0)
    network = build_detector(record.width)
    # A head that marks something everywhere.
    torch.nn.init.normal_(network.head.weight, std=0.5)
    torch.nn.init.constant_(network.head.bias, 1.0)
    weights = half_precision(network.state_dict())
    return {NODULES: record.as_bytes(), NODULE_WEIGHTS: save(weights)}


def with_detector(tmp_path, changes: dict[str, bytes]):
    path = tmp_path / "with-1.cxrmodel"
    plain = open_package(built_in_package())
    others = {k: v for k, v in plain.members.items() if k not in {NODULES, NODULE_WEIGHTS}}
    repack(replace(plain, members=others), path, changes)
    return open_package(path)


def test_the_record_survives_and_golden_answers_are_checked():
    found = detector()
    record = replace(RECORD, golden=(found.golden(1),), shown=True)
    assert DetectorRecord.from_bytes(record.as_bytes()) == record
    torch.manual_seed(0)
    NoduleDetector(record, build_detector(4)).check_golden()
    wrong = replace(record, golden=(replace(record.golden[0], seed=2, answers=(1.0,) * 8),))
    with pytest.raises(PackageError, match="golden vector 2"):
        NoduleDetector(wrong, build_detector(4)).check_golden()


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"width": 0},
        {"input_size": 70},
        {"threshold": 1.0},
        {"golden": [{"seed": 1}]},
        {"training": None},
        {"width": 8},
    ],
)
def test_a_damaged_detector_is_refused(tmp_path, change):
    record = json.loads(RECORD.as_bytes()) | change
    package = with_detector(tmp_path, members() | {NODULES: json.dumps(record).encode()})
    with pytest.raises(PackageError):
        nodule_detector(package)


def test_half_a_detector_is_refused(tmp_path):
    both = members()
    for name in both:
        with pytest.raises(PackageError, match="only one"):
            nodule_detector(with_detector(tmp_path, {name: both[name]}))
    poisoned = torch.full((1,), float("nan"))
    with pytest.raises(PackageError, match="not finite"):
        nodule_detector(with_detector(tmp_path, both | {NODULE_WEIGHTS: save({"a": poisoned})}))


def picture() -> np.ndarray:
    """Noise; the input check, which would refuse it, is left out by the caller."""
    return np.random.default_rng(0).random((300, 200), dtype=np.float32)


def answered(tmp_path, record: DetectorRecord, spacing: PixelSpacing | None, monkeypatch):
    monkeypatch.setattr(
        "workstation.adapters.inference.findings_model.quality_check", lambda _: None
    )
    model = PackageModel(with_detector(tmp_path, members(record)))
    return model.nodules(model.prepare(picture(), spacing=spacing))


def test_a_detector_that_was_found_wanting_stays_silent(tmp_path, monkeypatch):
    answer = answered(tmp_path, RECORD, None, monkeypatch)
    assert answer == Reason(code=ErrorCode.NODULES_TOO_UNRELIABLE)


def test_candidates_reach_the_reader_in_millimetres_only_with_known_spacing(
    tmp_path, monkeypatch
):
    record = replace(RECORD, shown=True, threshold=0.1)
    spacing = PixelSpacing(row_mm=0.3, column_mm=0.3, source=SpacingSource.AT_DETECTOR)
    known = answered(tmp_path, record, spacing, monkeypatch)
    unknown = answered(tmp_path, record, None, monkeypatch)
    assert known
    assert [c.score for c in known] == sorted((c.score for c in known), reverse=True)
    for a, b in zip(known, unknown, strict=True):
        assert a.centre == b.centre
        assert a.diameter_mm == pytest.approx(0.3 * a.diameter_px)
        assert a.spacing_source is SpacingSource.AT_DETECTOR
        assert (b.diameter_mm, b.spacing_source) == (None, None)
    high = answered(tmp_path, replace(record, threshold=0.99), None, monkeypatch)
    assert len(high) < len(known)


def test_a_recipe_with_a_wrong_key_or_value_is_refused(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text('sites = ["nih"]\ncrop = 96\nsize = 128\n')
    config = read_recipe(NoduleConfig, path, {"seed": 4})
    assert (config.sites, config.crop, config.seed) == (("nih",), 96, 4)
    for text in ("flip = true", "crop = 100", "real = 0.9", "precision = 'half'", "steps = 0"):
        path.write_text(text)
        with pytest.raises(ManifestError, match=r"c\.toml"):
            read_recipe(NoduleConfig, path)


def test_a_package_whose_detector_answers_otherwise_is_not_installed(tmp_path):
    golden = (DetectorGolden(seed=1, answers=(7.0,) * 8),)
    package = with_detector(tmp_path, members(replace(RECORD, golden=golden)))
    shelf = PackageShelf(tmp_path / "shelf")
    with pytest.raises(WorkstationError) as caught:
        shelf.install(package.path, allow_unsigned=True)
    assert caught.value.code is ErrorCode.MODEL_INCOMPATIBLE
    assert not (tmp_path / "shelf").exists()
