import subprocess
import sys

import numpy as np
import pytest
import torch

from model.runtime.architecture import NetworkConfig
from model.runtime.builtin import built_in_package
from model.runtime.explain import cell_to_film, cell_to_input, evidence_maps
from model.runtime.explain_gradcam import CamMethod, explain, unscaled
from model.runtime.network import build_network
from model.runtime.occlusion import filled, what_if
from model.runtime.package import open_package
from model.runtime.predict import Predictor, golden_input, load_network
from model.runtime.preprocess import preprocess


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor(open_package(built_in_package()))


@pytest.fixture(scope="module")
def model_input(predictor) -> np.ndarray:
    return golden_input(9, predictor.input_size)


def test_prediction_is_the_same_bit_for_bit(predictor, model_input):
    first, second = predictor.predict(model_input), predictor.predict(model_input.copy())
    assert first.logits.tobytes() == second.logits.tobytes()
    assert first.feature_maps.tobytes() == second.feature_maps.tobytes()


def test_folding_the_normalisation_changes_nothing(predictor, model_input):
    plain = load_network(predictor.package)
    with torch.inference_mode():
        logits, maps = plain(torch.from_numpy(model_input.copy()[None, None]))
    raw = predictor.predict(model_input)
    assert raw.logits == pytest.approx(logits[0].numpy(), abs=1e-4)
    assert raw.feature_maps == pytest.approx(maps[0].numpy(), abs=1e-3)


def test_probabilities_are_the_calibrated_logits(predictor, model_input):
    raw = predictor.predict(model_input)
    for label, logit, probability in zip(
        predictor.package.labels, raw.logits, raw.probabilities, strict=True
    ):
        assert label.calibration.apply(logit) == probability


def test_a_map_averages_to_its_logit(predictor, model_input):
    raw = predictor.predict(model_input)
    maps = evidence_maps(raw, predictor)
    assert maps.dtype == np.float32
    assert maps.mean(axis=(1, 2)) + predictor.head_bias == pytest.approx(raw.logits, abs=1e-4)


def test_maps_equal_grad_cam_before_its_scaling(predictor, model_input):
    maps = evidence_maps(predictor.predict(model_input), predictor)
    for label in range(0, len(maps), 3):
        oracle = unscaled(predictor, model_input, label)
        expected = np.maximum(maps[label], 0) / maps[label].size
        assert oracle == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "method",
    [
        CamMethod.GRAD_CAM,
        CamMethod.GRAD_CAM_PLUS_PLUS,
        CamMethod.LAYER_CAM,
        CamMethod.EIGEN_CAM,
    ],
)
def test_library_methods_give_a_map_of_the_input(predictor, model_input, method):
    image = explain(predictor, model_input, 2, method)
    assert image.shape == model_input.shape
    assert image.min() >= 0
    assert image.max() <= 1 + 1e-6


def test_an_explanation_leaves_the_network_as_it_was(predictor, model_input):
    before = predictor.predict(model_input).logits.tobytes()
    explain(predictor, model_input, 1)
    assert predictor.predict(model_input).logits.tobytes() == before


def test_cells_part_the_input_evenly_and_reach_the_film():
    matrix = cell_to_input((8, 8), 128)
    assert matrix @ [0, 0, 1] == pytest.approx([7.5, 7.5])
    assert matrix @ [7, 7, 1] == pytest.approx([119.5, 119.5])
    film = np.linspace(0, 1, 640 * 512, dtype=np.float32).reshape(640, 512)
    made = preprocess(film, size=128)
    centre = cell_to_film((8, 8), 128, made.to_film) @ [3.5, 3.5, 1]
    assert centre == pytest.approx([255.5, 319.5])


def test_two_trunks_answer_the_mean_of_both():
    torch.manual_seed(5)
    one, two = (build_network(NetworkConfig(labels=3, width=4)).eval() for _ in range(2))
    both = build_network(NetworkConfig(labels=3, width=4, trunks=2)).eval()
    state = {}
    for number, network in enumerate((one, two)):
        for name, value in network.state_dict().items():
            state[name.replace("trunks.0.", f"trunks.{number}.")] = value
    state["head.weight"] = torch.cat([one.head.weight, two.head.weight], dim=1) / 2
    state["head.bias"] = (one.head.bias + two.head.bias) / 2
    both.load_state_dict(state)
    x = torch.rand(2, 1, 64, 64)
    expected = (one(x)[0] + two(x)[0]) / 2
    assert torch.allclose(both(x)[0], expected, atol=1e-5)


def test_what_if_fills_from_the_surroundings(predictor, model_input):
    size = predictor.input_size
    x = np.linspace(0, 1, size, dtype=np.float32)
    plane = np.repeat(x[None], size, axis=0)
    region = np.zeros((size, size), dtype=bool)
    region[40:80, 30:90] = True
    damaged = np.where(region, np.float32(1), plane)
    # A linear ramp solves Laplace's equation: the fill must restore it.
    assert filled(damaged, region) == pytest.approx(plane, abs=0.02)
    assert (filled(damaged, region)[~region] == plane[~region]).all()
    raw = what_if(predictor, model_input, region)
    assert not np.allclose(raw.logits, predictor.predict(model_input).logits)
    nothing = what_if(predictor, model_input, np.zeros_like(region))
    assert nothing.logits.tobytes() == predictor.predict(model_input).logits.tobytes()


def test_a_region_that_leaves_nothing_is_refused(model_input):
    with pytest.raises(ValueError, match="region"):
        filled(model_input, np.ones_like(model_input, dtype=bool))


def test_another_shape_is_refused(predictor):
    with pytest.raises(ValueError, match="model input"):
        predictor.predict(np.zeros((32, 32), dtype=np.float32))


def test_inference_imports_neither_torchvision_nor_the_cam_library():
    code = (
        "import sys; import model.runtime.predict, model.runtime.explain, model.runtime.occlusion, "
        "model.runtime.package_writer; "
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('torchvision', 'pytorch_grad_cam', 'sklearn', 'matplotlib', 'PySide6', 'pydicom')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
