"""Networks of exactly the foreign layouts, with random weights: equal outputs before and after."""

import io
import zipfile

import numpy as np
import pytest
import torch

from model.convert.__main__ import main
from model.convert.checkpoint import ConvertError, read_checkpoint
from model.runtime.package import Trust, open_package
from model.runtime.predict import Predictor, golden_input
from model.runtime.vision_shim import import_torchvision


@pytest.fixture(scope="module")
def densenet121():
    vision, keep = import_torchvision()
    yield vision.models.densenet121
    del keep


@pytest.fixture(scope="module")
def xrv(densenet121):
    """torchxrayvision's: one channel, eighteen outputs, thresholds as a buffer."""
    torch.manual_seed(0)
    network = densenet121(num_classes=18)
    network.features.conv0 = torch.nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    network.register_buffer("op_threshs", torch.full((18,), 0.5))
    return settled(network)


@pytest.fixture(scope="module")
def chexnet(densenet121):
    """CheXNet's: three channels, fourteen outputs through a sigmoid."""
    torch.manual_seed(1)
    network = densenet121()
    network.classifier = torch.nn.Sequential(torch.nn.Linear(1024, 14), torch.nn.Sigmoid())
    return settled(network)


def settled(network):
    """Running statistics that are not those of a fresh network."""
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    return network.eval().requires_grad_(requires_grad=False)


def converted(path, tmp_path) -> Predictor:
    out = tmp_path / "imported-1.0.0.cxrmodel"
    assert main(["--weights", str(path), "--out", str(out)]) == 0
    return Predictor(open_package(out))


def test_a_pickled_torchxrayvision_module_answers_as_before(xrv, tmp_path):
    torch.save(xrv, tmp_path / "xrv.pt")
    predictor = converted(tmp_path / "xrv.pt", tmp_path)
    film = golden_input(5, 224)
    before = xrv(torch.from_numpy(film)[None, None] * 2048 - 1024)[0].numpy()
    after = predictor.predict(film)
    assert np.allclose(after.logits, before, atol=1e-4)
    package = predictor.package
    assert package.trusted is Trust.UNSIGNED
    assert package.metadata.calibration_id is None
    assert all(label.threshold is None for label in package.labels)
    assert [label.code for label in package.labels][-4:] == [
        "lung_lesion", "fracture", "lung_opacity", "enlarged_cardiomediastinum"
    ]  # fmt: skip
    assert "未经校准" in package.card_page("zh")


def old_names(name: str) -> str:
    if "denselayer" in name:
        for part in ("norm", "conv"):
            for number in "12":
                name = name.replace(f".{part}{number}.", f".{part}.{number}.")
    return "module.densenet121." + name


def test_a_chexnet_checkpoint_of_old_names_and_format_answers_as_before(chexnet, tmp_path):
    state = {
        old_names(k): v
        for k, v in chexnet.state_dict().items()
        if not k.endswith("num_batches_tracked")
    }
    path = tmp_path / "model.pth.tar"
    checkpoint = {"epoch": 7, "state_dict": state, "best": 0.84}
    torch.save(checkpoint, path, _use_new_zipfile_serialization=False)
    predictor = converted(path, tmp_path)
    film = golden_input(3, 224)
    mean, scale = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    colour = (film[None] - mean[:, None, None]) / scale[:, None, None]
    before = chexnet(torch.from_numpy(colour[None].astype(np.float32)))[0].numpy()
    after = 1 / (1 + np.exp(-predictor.predict(film).logits))
    assert np.allclose(after, before, atol=1e-5)
    assert [label.code for label in predictor.package.labels][:2] == [
        "atelectasis",
        "cardiomegaly",
    ]


class Trap:
    """A pickle that would write a file when loaded by the usual unpickler."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_nothing_in_a_checkpoint_is_run(tmp_path):
    mark = tmp_path / "was-run"
    torch.save({"state_dict": {"features.conv0.weight": torch.ones(2)}, "x": Trap(mark)},
               tmp_path / "trap.pt")  # fmt: skip
    assert set(read_checkpoint(tmp_path / "trap.pt")) == {"features.conv0.weight"}
    assert main(["--weights", str(tmp_path / "trap.pt"), "--out", str(tmp_path / "o")]) == 2
    assert not mark.exists()
    assert not (tmp_path / "o").exists()


def test_strides_and_offsets_are_followed(tmp_path):
    whole = torch.arange(24.0).reshape(4, 6)
    torch.save({"a": whole.T, "b": whole[1:3, 2:4]}, tmp_path / "t.pt")
    found = read_checkpoint(tmp_path / "t.pt")
    assert np.array_equal(found["a"], whole.T.numpy())
    assert np.array_equal(found["b"], whole[1:3, 2:4].numpy())


def test_a_tensor_beyond_its_storage_is_refused(tmp_path):
    torch.save({"a": torch.arange(100.0)}, tmp_path / "t.pt")
    cut = io.BytesIO()
    with zipfile.ZipFile(tmp_path / "t.pt") as old, zipfile.ZipFile(cut, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data[:40] if "/data/" in name else data)
    (tmp_path / "cut.pt").write_bytes(cut.getvalue())
    with pytest.raises(ConvertError, match="beyond"):
        read_checkpoint(tmp_path / "cut.pt")


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04", b"\x80\x02]q\x00.", b"\x80\x02c" + b"a" * 90]
)
def test_what_is_no_checkpoint_is_named(tmp_path, data):
    path = tmp_path / "bad.pt"
    path.write_bytes(data)
    with pytest.raises(ConvertError):
        read_checkpoint(path)


def test_another_network_is_named(tmp_path, caplog):
    torch.save(torch.nn.Linear(3, 2), tmp_path / "linear.pt")
    assert main(["--weights", str(tmp_path / "linear.pt"), "--out", str(tmp_path / "o")]) == 2
    assert "known layout" in caplog.text
