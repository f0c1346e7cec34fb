"""The detector from a table with boxes to a package that shows candidates, as docs/model.md says."""

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter

from model.evaluation.__main__ import main as evaluate
from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.labels import ALL_CODES
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.runtime.network import build_network
from model.runtime.nodules import nodule_detector
from model.runtime.package import WEIGHTS, open_package
from model.runtime.package_writer import write_package
from model.runtime.preprocess import preprocess
from model.training.checkpoint import read_checkpoint
from model.training.nodules.__main__ import main as train
from model.training.nodules.attach import main as attach
from model.training.publish import main as publish

RECIPE = """
width = 4
size = 128
crop = 96
steps = 80
validate_every = 40
batch_size = 8
learning_rate = 2e-2
warmup_steps = 4
ema_decay = 0.9
sites = ["here"]
"""
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
SIDE = 128
FILMS, LARGEST = 100, 24


def made_film(random: np.random.Generator, place: tuple[int, int] | None) -> np.ndarray:
    """Two dark lungs between bright tissue; a soft bright spot of `LARGEST` pixels where a nodule is."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    film = np.full((SIDE, SIDE), 150.0)
    for centre in (36, 92):
        film[((x - centre) / 20) ** 2 + ((y - 56) / 44) ** 2 < 1] = 50
    film = gaussian_filter(film, 2) + random.normal(0, 3, film.shape)
    if place is not None:
        apart = np.hypot(x - place[0], y - place[1])
        film += 90 * np.sqrt(np.clip(1 - (2 * apart / LARGEST) ** 2, 0, 1))
    return film.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """A hundred made films, every other one with a nodule; ten patients of either kind validate and test."""
    folder = tmp_path_factory.mktemp("films")
    random = np.random.default_rng(0)
    rows, boxes = [], ["path,label,x,y,w,h"]
    for number in range(FILMS):
        ill = number % 2 == 1
        x, y = int(random.choice([34, 94])), int(random.integers(35, 75))
        Image.fromarray(made_film(random, (x, y) if ill else None)).save(
            folder / f"{number}.png"
        )
        if ill:
            corner = f"{x - LARGEST // 2},{y - LARGEST // 2}"
            boxes.append(f"{number}.png,nodule,{corner},{LARGEST},{LARGEST}")
        rows.append(
            {
                "path": f"{number}.png",
                "patient_id": f"p{number}",
                "site": "here",
                "labels": "nodule" if ill else "no_finding",
                "split": "train" if number < 40 else "val" if number < 70 else "test",
            }
        )
    with (folder / "m.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "boxes.csv").write_text("\n".join(boxes) + "\n")
    (folder / "c.toml").write_text(RECIPE)
    return folder


def options(films: Path, out: Path, *more: str) -> list[str]:
    return ["--manifest", str(films / "m.csv"), "--config", str(films / "c.toml"),
            "--boxes", str(films / "boxes.csv"), "--out", str(out), "--device", "cpu",
            "--cache", str(films / "cache"), "--threads", "1", "--quiet", *more]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def straight(films) -> Path:
    out = films / "straight"
    assert train(options(films, out)) == 0
    return out


@pytest.fixture(scope="module")
def findings(films) -> Path:
    """A package of a findings network without a detector."""
    record = PackageMetadata(
        package_id="made",
        version="1",
        network=NetworkConfig(labels=len(ALL_CODES), width=4),
        input_size=64,
        preprocess_version=PREPROCESS_VERSION,
        labels=tuple(LabelRecord(code=code, name=code) for code in ALL_CODES),
        changelog={"1": "first"},
        metrics={"test": {"films": 3, "patients": 3, "readings": 1}},
    )
    path = films / "made-1.cxrmodel"
    torch.manual_seed(0)
    write_package(path, record, build_network(record.network).state_dict(), "<p>card</p>")
    return path


def test_a_killed_run_resumes_to_the_same_weights(films, straight, tmp_path, caplog):
    out = tmp_path / "killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "model.training.nodules", *options(films, out)],
        env=ENVIRONMENT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "saved step 40" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with caplog.at_level("INFO"):
        assert train(options(films, out, "--resume")) == 0
    assert "resumed after step 40" in caplog.text
    expected, _ = read_checkpoint(straight / "last.safetensors")
    found, _ = read_checkpoint(out / "last.safetensors")
    assert all(torch.equal(expected[key], found[key]) for key in expected)
    assert len((out / "curves.csv").read_text().splitlines()) == 3


def test_a_detector_goes_into_a_package_is_measured_and_shown(
    films, straight, findings, tmp_path
):
    held = tmp_path / "made-2.cxrmodel"
    assert attach(["--package", str(findings), "--run", str(straight), "--version", "2",
                   "--out", str(held)]) == 0  # fmt: skip
    before, after = open_package(findings), open_package(held)
    assert after.weights_sha256 == before.weights_sha256
    assert after.metadata.labels == before.metadata.labels
    assert after.metadata.metrics["test"] == before.metadata.metrics["test"]
    assert set(after.metadata.changelog) == {"1", "2"}
    assert "switched off" in after.card_html
    assert not nodule_detector(after).record.shown

    report = tmp_path / "report"
    assert evaluate(["--package", str(held), "--manifest", str(films / "m.csv"),
                     "--boxes", str(films / "boxes.csv"), "--split", "val", "--split", "test",
                     "--out", str(report), "--quiet"]) == 0  # fmt: skip
    record = json.loads((report / "evaluation.json").read_text())
    assert record["films"] == {"splits": ["test", "val"], "sites": ["here"]}
    assert record["readings"] == 1
    real, drawn = record["nodules"]["real"], record["nodules"]["simulated"]
    assert (real["films"], real["films_with_lesion"], real["lesions"]) == (60, 30, 30)
    assert drawn["lesions"] == 30
    assert real["sensitivity_at"]["1"]["value"] > 0.7
    assert 0.7 < real["diameter"]["ratio_quartiles"][1] < 1.4
    assert "free-response" in (report / "evaluation.html").read_text()

    final = tmp_path / "final.cxrmodel"
    assert publish(["--package", str(held), "--nodules", str(report / "evaluation.json"),
                    "--out", str(final)]) == 0  # fmt: skip
    shown = open_package(final)
    detector = nodule_detector(shown)
    assert detector.record.shown
    assert shown.members[WEIGHTS] == before.members[WEIGHTS]
    assert "30 boxed nodules and masses on 60 films" in shown.card_page("en")
    assert "30 个" in shown.card_page("zh")
    film = made_film(np.random.default_rng(5), (94, 60)).astype(np.float32) / 255
    best = detector.find(preprocess(film, size=128))[0]
    assert (best.x, best.y) == pytest.approx((94, 60), abs=8)


def test_a_detector_that_finds_too_little_stays_off_and_the_card_says_so(
    films, straight, findings, tmp_path
):
    held = tmp_path / "held.cxrmodel"
    attach(["--package", str(findings), "--run", str(straight), "--version", "2",
            "--out", str(held)])  # fmt: skip
    figure = {"value": 0.34, "low": 0.2, "high": 0.5}
    real = {
        "insufficient": False, "lesions": 30, "films": 60, "sensitivity": figure,
        "sensitivity_at": {"0.5": figure, "1": figure, "2": figure},
        "false_marks_a_film": figure, "diameter": {"lesions": 0}, "curve": [[0, 0]],
    }  # fmt: skip
    record = {
        "source": f"Package {open_package(held).sha256}",
        "films": {"splits": ["val"], "sites": ["here"]},
        "scores": {},
        "nodules": {
            "real": real,
            "simulated": {"insufficient": True},
            "other_findings": {"films": 0},
        },
    }
    (tmp_path / "e.json").write_text(json.dumps(record))
    final = tmp_path / "final.cxrmodel"
    arguments = [
        "--package",
        str(held),
        "--nodules",
        str(tmp_path / "e.json"),
        "--out",
        str(final),
    ]
    assert publish(arguments) == 0
    package = open_package(final)
    assert not nodule_detector(package).record.shown
    assert "switched off" in package.card_page("en")
    assert "34 % [20–50] at 1" in package.card_page("en")
    arguments[1] = str(findings)
    assert publish(arguments) == 2


def test_a_table_without_boxes_cannot_train(films, tmp_path, caplog):
    (tmp_path / "none.csv").write_text("path,label,x,y,w,h\n")
    arguments = options(films, tmp_path / "run")
    arguments[5] = str(tmp_path / "none.csv")
    assert train(arguments) == 2
    assert "boxed nodules" in caplog.text


def test_the_features_of_a_package_start_a_detector(films, findings, tmp_path, caplog):
    (films / "short.toml").write_text(RECIPE.replace("steps = 80", "steps = 1"))
    arguments = options(films, tmp_path / "run", "--init", str(findings))
    arguments[3] = str(films / "short.toml")
    assert train(arguments) == 0
    state, _ = read_checkpoint(tmp_path / "run" / "last.safetensors")
    torch.manual_seed(0)
    source = build_network(NetworkConfig(labels=len(ALL_CODES), width=4)).state_dict()
    name = "trunk.blocks.0.conv1.weight"
    started_from = source[name.replace("trunk.", "trunks.0.")]
    assert state[f"network.{name}"] == pytest.approx(started_from.half().float(), abs=0.05)
    (films / "short.toml").write_text(RECIPE.replace("width = 4", "width = 6"))
    assert (
        train(
            options(
                films, tmp_path / "other", "--init", str(findings), "--config", arguments[3]
            )
        )
        == 2
    )
    assert "another architecture or width" in caplog.text
