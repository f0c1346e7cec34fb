"""The bundle's list of files and components tells what is missing, foreign or changed."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "packaging" / "bundle"


@pytest.fixture
def inventory(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("inventory")


@pytest.fixture
def bundle(tmp_path, inventory, monkeypatch) -> Path:
    """Two components, one of them with a library that its wheel was given."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    monkeypatch.setattr(inventory, "BUNDLE", tmp_path)
    (tmp_path / "thoravue").write_bytes(b"program")
    library = tmp_path / "_internal" / "cv2.libs" / "libavcodec.so"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"library")
    ours = inventory.Component(
        "Thoravue", "1.2", "pkg:generic/thoravue@1.2", "Apache-2.0", files=["thoravue"]
    )
    other = inventory.Component(
        "opencv",
        "5.0",
        "pkg:pypi/opencv@5.0",
        "Apache-2.0",
        files=[str(library.relative_to(tmp_path))],
        grafted=[{"name": "ffmpeg", "version": "8"}],
    )
    components = {c.name: c for c in (ours, other)}
    text = json.dumps(inventory.bom(components))
    (tmp_path / inventory.SBOM).write_text(text, "utf-8")
    return tmp_path


def test_a_whole_bundle_has_no_fault(bundle, inventory):
    assert inventory.faults(bundle) == []


def test_the_list_is_cyclonedx_and_the_same_every_time(bundle, inventory):
    written = json.loads((bundle / inventory.SBOM).read_text("utf-8"))
    assert (written["bomFormat"], written["specVersion"]) == ("CycloneDX", "1.6")
    assert written["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    refs = {entry["bom-ref"] for entry in written["components"]}
    (depends,) = written["dependencies"]
    assert set(depends["dependsOn"]) == refs
    names = [inner["name"] for entry in written["components"] for inner in entry["components"]]
    assert names == ["thoravue", "ffmpeg", "_internal/cv2.libs/libavcodec.so"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda b: (b / "stray.so").write_bytes(b"?"), "no entry: stray.so"),
        (lambda b: (b / "thoravue").unlink(), "no file: thoravue"),
        (lambda b: (b / "thoravue").write_bytes(b"other"), "other bytes: thoravue"),
    ],
)
def test_every_deviation_is_a_fault(bundle, inventory, change, fault):
    change(bundle)
    assert inventory.faults(bundle) == [fault]


def test_a_licence_text_is_printed_once(inventory, tmp_path):
    licence = tmp_path / "LICENSE"
    licence.write_text("Permission is granted")
    ours = inventory.Component("Thoravue", "1.2", "", "Apache-2.0")
    others = [inventory.Component(name, "1", "", "MIT", [licence]) for name in ("a", "b")]
    text = inventory.notices({c.name: c for c in (ours, *others)})
    assert text.count("Permission is granted") == 1
    assert "\na, b\n" in text
    assert "- a 1: MIT\n- b 1: MIT\n" in text
    assert "replace" in text, "what the LGPL asks to be said"
