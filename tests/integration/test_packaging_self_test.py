"""`thoravue self-test` from the source tree: every engine, and a damaged installation."""

import json
import shutil

import pytest

from model.runtime.builtin import built_in_package
from workstation.adapters.config.folders import HOME_VARIABLE
from workstation.app.entry import main


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_sound_installation_passes_and_leaves_nothing(tmp_path, home, capsys, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    target = tmp_path / "numbers.json"
    assert main(["self-test", "--lang", "en", "--json", str(target)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:3] for line in lines[:-1]] == [" ✓ "] * 6
    numbers = json.loads(target.read_text())
    scores = {name for name in numbers if name.startswith("current-pa ")}
    assert len(scores) == 8
    assert numbers["grad-cam"] > 0
    assert not home.exists()
    left = [path for path in tmp_path.iterdir() if not path.name.startswith("torchinductor")]
    assert left == [target], "torch alone makes a folder of its own there"


def test_a_damaged_model_package_fails(tmp_path, capsys, monkeypatch):
    damaged = tmp_path / built_in_package().name
    shutil.copy(built_in_package(), damaged)
    with damaged.open("rb+") as file:
        file.seek(5_000_000)
        byte = file.read(1)
        file.seek(5_000_000)
        file.write(bytes([byte[0] ^ 1]))
    monkeypatch.setattr(
        "workstation.adapters.inference.packages.built_in_package", lambda: damaged
    )
    assert main(["self-test", "--lang", "en"]) == 1
    assert " ✗ Model package" in capsys.readouterr().out
