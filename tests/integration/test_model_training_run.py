import csv
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from model.evaluation.__main__ import main as evaluate
from model.runtime.calibration import Calibration
from model.runtime.package import METADATA, open_package
from model.runtime.package_writer import metadata_bytes, repack
from model.runtime.predict import Predictor, golden_input
from model.runtime.quality import quality_check
from model.training.__main__ import main as train
from model.training.checkpoint import read_checkpoint
from model.training.package import main as package
from model.training.recalibrate import main as recalibrate

RECIPE = """
width = 4
batch_size = 8
learning_rate = 5e-3
ema_decay = 0.9
sites = { here = 1.0 }
adults_from_years = 18
stages = [ { size = 64, epochs = 3 }, { size = 96, epochs = 2 } ]
"""
ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@pytest.fixture(scope="module")
def films(tmp_path_factory) -> Path:
    """Sixty made films: a bright disc on the right is an effusion."""
    folder = tmp_path_factory.mktemp("films")
    generator = np.random.default_rng(0)
    v, u = np.mgrid[0:96, 0:96]
    rows = []
    for number in range(120):
        pixels = generator.integers(40, 90, (96, 96))
        ill = number % 2
        if ill:
            pixels[(u - 70) ** 2 + (v - 60) ** 2 < 200] += 120
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
        rows.append(
            {
                "path": f"{number}.png",
                "patient_id": f"p{number}",
                "site": "here",
                "age": "50",
                "labels": "effusion" if ill else "no_finding",
                "split": "val" if number >= 80 else "train",
            }
        )
    with (folder / "m.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    boxes = ["path,label,x,y,w,h", *(f"{n}.png,effusion,56,46,28,28" for n in range(1, 120, 2))]
    (folder / "boxes.csv").write_text("\n".join(boxes) + "\n")
    (folder / "c.toml").write_text(RECIPE)
    return folder


def options(films: Path, out: Path, *more: str) -> list[str]:
    return ["--manifest", str(films / "m.csv"), "--config", str(films / "c.toml"),
            "--boxes", str(films / "boxes.csv"), "--out", str(out), "--device", "cpu",
            "--cache", str(films / "cache"), "--quiet", *more]  # fmt: skip


def curves_of(run: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((run / "curves.csv").read_text().splitlines()))


def started(arguments: list[str], *prefix: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*(prefix or (sys.executable, "-m", "model.training")), *arguments],
        env=ENVIRONMENT, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def straight(films, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "straight"
    process = started(options(films, out, "--threads", "1"))
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return out


def test_a_killed_run_resumes_to_the_same_weights(films, straight, tmp_path):
    out = tmp_path / "killed"
    process = started(options(films, out, "--threads", "1"))
    assert process.stderr is not None
    for line in process.stderr:
        if "saved epoch 2" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    process = started(options(films, out, "--threads", "1", "--resume"))
    _, errors = process.communicate(timeout=300)
    assert "resumed after epoch" in errors
    expected, record = read_checkpoint(straight / "last.safetensors")
    found, again = read_checkpoint(out / "last.safetensors")
    assert record == again
    assert all(torch.equal(expected[key], found[key]) for key in expected)
    curves = [(run / "curves.csv").read_text().splitlines() for run in (straight, out)]
    assert [len(lines) for lines in curves] == [6, 6]


def test_a_run_learns_shows_its_curves_and_becomes_a_package(films, straight, tmp_path, capsys):
    rows = curves_of(straight)
    assert float(rows[-1]["any_abnormality"]) > 0.9
    assert float(rows[-1]["pointing"]) > 0.5
    assert (straight / "curves.png").stat().st_size > 1000
    out = tmp_path / "made-1.0.0.cxrmodel"
    done = package(
        ["--run", str(straight), "--manifest", str(films / "m.csv"), "--out", str(out),
         "--version", "1.0.0", "--id", "made", "--cache", str(films / "cache"),
         "--check-epochs", "1", "--quiet"]
    )  # fmt: skip
    assert done == 0
    opened = open_package(out)
    Predictor(opened).check_golden()
    assert quality_check(opened) is not None
    offered = [label.code for label in opened.labels if label.trained]
    assert offered == ["effusion", "any_abnormality"]
    assert opened.metadata.limits["age_years_min"] == 18
    assert train(options(films, tmp_path / "next", "--init", str(out), "--seed", "4")) == 0


def test_a_run_is_not_overwritten_by_the_same_command(films, straight, caplog):
    before = (straight / "last.safetensors").read_bytes()
    assert train(options(films, straight)) == 2
    assert "--resume" in caplog.text
    assert (straight / "last.safetensors").read_bytes() == before


def test_another_recipe_does_not_resume(films, straight, caplog):
    assert train(options(films, straight, "--resume", "--seed", "9")) == 2
    assert "another recipe" in caplog.text


def test_leakage_stops_the_program_and_names_the_offender(films, tmp_path, caplog):
    text = (films / "m.csv").read_text().replace("99.png,p99,", "99.png,p7,")
    (films / "leak.csv").write_text(text)
    arguments = options(films, tmp_path / "run")
    arguments[1] = str(films / "leak.csv")
    assert train(arguments) == 2
    assert "p7" in caplog.text
    assert not (tmp_path / "run").exists()


def another_table(films: Path, name: str, change) -> Path:
    """The table with its rows changed: what another person may call train and val."""
    with (films / "m.csv").open(newline="") as stream:
        rows = [change(row) for row in csv.DictReader(stream)]
    with (films / name).open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return films / name


def swapped(row: dict[str, str]) -> dict[str, str]:
    return row | {"split": "train" if row["split"] == "val" else "val"}


def renamed(row: dict[str, str]) -> dict[str, str]:
    return swapped(row) | {"patient_id": "x" + row["patient_id"]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            swapped,
            "the same patient trained this network, so it can neither choose nor measure anything: p0",
        ),
        (
            renamed,
            "the same pixels trained this network, so it can neither choose nor measure anything: 0.png",
        ),
    ],
    ids=["swapped", "renamed"],
)
def test_films_that_trained_a_run_choose_nothing_in_another_table(
    films, straight, caplog, change, words
):
    table, out = another_table(films, "other.csv", change), films / "none.cxrmodel"
    assert package(["--run", str(straight), "--manifest", str(table), "--out", str(out),
                    "--version", "1", "--no-check", "--quiet"]) == 2  # fmt: skip
    assert words in caplog.text
    assert not out.exists()


@pytest.fixture(scope="module")
def made(films, straight) -> Path:
    """The run as a package without an input check."""
    out = films / "made.cxrmodel"
    assert package(["--run", str(straight), "--manifest", str(films / "m.csv"),
                    "--out", str(out), "--version", "1", "--no-check", "--quiet"]) == 0  # fmt: skip
    return out


def test_films_that_trained_a_package_neither_recalibrate_nor_measure_nor_validate_it(
    films, made, tmp_path, caplog
):
    members = open_package(made).members
    assert len(members["films.txt"].split()) == 80
    assert b"p7" not in members["films.txt"]
    table = str(another_table(films, "renamed.csv", renamed))
    for command, more in (
        (recalibrate, ["--package", str(made), "--out", str(tmp_path / "local.cxrmodel")]),
        (evaluate, ["--package", str(made), "--out", str(tmp_path / "report")]),
        (train, ["--init", str(made), "--out", str(tmp_path / "run"), "--device", "cpu",
                 "--config", str(films / "c.toml"), "--cache", str(films / "cache")]),
    ):  # fmt: skip
        caplog.clear()
        assert command(["--manifest", table, "--quiet", *more]) == 2
        assert "the same pixels trained this network" in caplog.text
        assert "0.png" in caplog.text
    assert not (tmp_path / "local.cxrmodel").exists()
    own = ["--manifest", str(films / "m.csv"), "--package", str(made), "--quiet"]
    assert evaluate([*own, "--split", "all", "--out", str(tmp_path / "all")]) == 2
    assert evaluate([*own, "--split", "train", "--out", str(tmp_path / "train")]) == 0


def test_what_a_started_run_has_seen_counts_for_its_package_too(films, made, tmp_path):
    out = tmp_path / "run"
    half = another_table(
        films, "half.csv", lambda r: r | {"site": "here" if int(r["path"][:-4]) % 4 < 2 else ""}
    )
    options_ = ["--manifest", str(half), *options(films, out, "--init", str(made))[2:]]
    assert train(options_) == 0
    seen = read_checkpoint(out / "last.safetensors")[1]["trained_films"]
    assert (len(seen["pixels"]), len(seen["patients"])) == (80, 40)


def test_the_binary_task_has_one_head(films, tmp_path):
    assert train(options(films, tmp_path / "run", "--task", "binary")) == 0
    state, record = read_checkpoint(tmp_path / "run" / "last.safetensors")
    assert record["codes"] == ["any_abnormality"]
    assert state["ema.head.weight"].shape[0] == 1


def test_two_processes_train_together(films, tmp_path):
    process = started(
        options(films, tmp_path / "run", "--threads", "1"),
        sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
        "-m", "model.training",
    )  # fmt: skip
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    state, record = read_checkpoint(tmp_path / "run" / "last.safetensors")
    assert record["epoch"] == 5
    assert int(state["step"]) == 5 * (80 // 2 // 8)
    rows = curves_of(tmp_path / "run")
    assert float(rows[-1]["any_abnormality"]) > 0.8


def test_golden_inputs_differ_by_seed():
    assert not np.array_equal(golden_input(1, 64), golden_input(2, 64))


def test_a_package_is_recalibrated_on_local_films(films, made, tmp_path, caplog):
    local, copy = tmp_path / "local.cxrmodel", tmp_path / "imported.cxrmodel"
    with (films / "m.csv").open(newline="") as stream:
        lines = [line for line in stream if not line.strip().endswith(",train")]
    (films / "local.csv").write_text("".join(lines))
    table = str(films / "local.csv")
    arguments = ["--package", str(made), "--manifest", table, "--out", str(local), "--quiet"]
    assert recalibrate(arguments) == 0
    before, after = open_package(made), open_package(local)
    assert after.weights_sha256 == before.weights_sha256
    assert after.metadata.calibration_id != before.metadata.calibration_id
    codes = [label.code for label in after.labels]
    effusion = codes.index("effusion")
    assert after.labels[effusion].calibration != before.labels[effusion].calibration
    assert after.labels[codes.index("mass")] == before.labels[codes.index("mass")]
    imported = replace(
        before.metadata,
        calibration_id=None,
        labels=tuple(
            replace(
                label, threshold=None, thresholds=None, calibration=Calibration(), validation={}
            )
            for label in before.labels
        ),
    )
    repack(before, copy, {METADATA: metadata_bytes(imported)})
    assert recalibrate(["--package", str(copy), *arguments[2:]]) == 0
    assert open_package(local).labels[effusion].threshold is not None
    few = tmp_path / "few.csv"
    few.write_text(f"path,patient_id,labels\n{films / '81.png'},p,effusion\n")
    assert recalibrate([*arguments[:2], "--manifest", str(few), "--out", str(local)]) == 2
    assert "positives and negatives" in caplog.text


def test_local_films_that_show_nothing_do_not_recalibrate(films, made, tmp_path, caplog):
    table, out = films / "wrong.csv", tmp_path / "p.cxrmodel"
    rows = [f"{n}.png,p{n},{('effusion', 'no_finding')[n % 2]}" for n in range(80, 120)]
    table.write_text("\n".join(["path,patient_id,labels", *rows]) + "\n")
    arguments = ["--package", str(made), "--manifest", str(table), "--out", str(out), "--quiet"]
    assert recalibrate(arguments) == 2
    assert "surely above 0.60" in caplog.records[-1].getMessage()
    assert not out.exists()


def test_where_no_film_is_known_to_be_normal_no_marks_are_foretold(films, made, tmp_path):
    table, out = films / "one.csv", tmp_path / "p.cxrmodel"
    rows = [f"{n}.png,p{n},{n % 2}" for n in range(80, 120)]
    table.write_text("\n".join(["path,patient_id,effusion", *rows]) + "\n")
    assert recalibrate(["--package", str(made), "--manifest", str(table), "--out", str(out),
                        "--quiet"]) == 0  # fmt: skip
    after = open_package(out)
    assert after.metadata.metrics["marks_per_100_normals"] is None
    assert "marks per 100" not in after.card_html
    page = after.card_page("en")
    assert "Recalibrated on 40 local films: Pleural effusion." in page
    assert "已用 40 张本地胸片重新校准:胸腔积液。" in after.card_page("zh")
