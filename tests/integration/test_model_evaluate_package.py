"""`python -m model.evaluation` on a package and made films: every part of the record, and the bad inputs."""

import csv
import json

import numpy as np
import pytest
import torch
from PIL import Image

from model.evaluation.__main__ import main
from model.evaluation.comparators import comparators
from model.evaluation.readings import record_reading
from model.films.manifest import Row
from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.calibration import OperatingPoints
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.runtime.network import build_network
from model.runtime.package_writer import write_package
from model.runtime.quality import WRONG, Limits, QualityCheck
from model.training.quality.fitting import fit_distances

CODES = ("effusion", "hernia", "any_abnormality")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A random network with a random check, and forty films of noise of twenty patients."""
    folder = tmp_path_factory.mktemp("evaluated")
    torch.manual_seed(0)
    generator = np.random.default_rng(0)
    points = OperatingPoints(youden=0.5, sens90=0.3, sens95=0.2)
    metadata = PackageMetadata(
        package_id="made",
        version="1",
        network=NetworkConfig(labels=3, width=4),
        input_size=64,
        preprocess_version=PREPROCESS_VERSION,
        labels=tuple(
            LabelRecord(
                code=code,
                name=code,
                trained=code != "hernia",
                threshold=None if code == "hernia" else 0.5,
                thresholds=None if code == "hernia" else points,
            )
            for code in CODES
        ),
        calibration_id="made-val",
    )
    check = QualityCheck(
        build_network(NetworkConfig(labels=len(WRONG), width=4)),
        fit_distances([generator.gamma(2.0, 1.0, (100, 4 * 2**k)) for k in range(4)]),
        Limits(wrong=100.0, distance=1e9, mirrored=-100.0),
    )
    weights = build_network(metadata.network).state_dict()
    write_package(
        folder / "made.cxrmodel", metadata, weights, "", extra={"quality.npz": check.as_npz()}
    )
    rows = [["path", "patient_id", "site", "view", "sex", "age", "split", "labels"]]
    for k in range(80):
        Image.fromarray(generator.integers(0, 255, (80, 70)).astype(np.uint8)).save(
            folder / f"{k}.png"
        )
        label, split = ("effusion", "no_finding")[k % 2], "train" if k < 40 else "test"
        row = [f"{k}.png", f"p{k // 2}", "here", "PA", "F", "50", split, label]
        rows.append(row)
    (folder / "broken.png").write_bytes(b"no image")
    rows.append(["broken.png", "p99", "here", "PA", "F", "50", "test", "effusion"])
    with (folder / "m.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    (folder / "boxes.csv").write_text("path,label,x,y,w,h\n40.png,effusion,0,0,70,80\n")
    colour = np.zeros((40, 40, 3), np.uint8)
    colour[..., 0] = 200
    Image.fromarray(colour).save(folder / "red.png")
    (folder / "ood.csv").write_text("file,kind\nred.png,photo\n0.png,noise\n1.png,noise\n")
    return folder


def run(work, *more: str) -> int:
    return main(
        ["--package", str(work / "made.cxrmodel"), "--manifest", str(work / "m.csv"),
         "--quiet", "--out", str(work / "out"), *more]
    )  # fmt: skip


def test_every_part_is_in_the_record_and_test_readings_are_counted(work):
    more = ["--boxes", str(work / "boxes.csv"), "--unusable", str(work / "ood.csv"), "--rivals"]
    assert run(work, "--split", "test", *more) == 0
    record = json.loads((work / "out" / "evaluation.json").read_text())
    assert record["readings"] == 1
    assert record["scores"]["films"] == 40
    effusion = record["scores"]["labels"]["effusion"]
    assert effusion["offered"]
    assert not record["scores"]["labels"]["hernia"]["offered"]
    points = effusion["operating_points"]
    assert set(points) == {"default", "youden", "sens90", "sens95"}
    assert "slope" in effusion["calibration"]
    assert effusion["subgroups"]["view"]["PA"]["positives"] == 20
    assert record["localisation"]["all"]["boxed"] == 1
    assert record["localisation"]["all"]["pointing"]["value"] == 1.0
    # Limits no film can pass or fail: only colour refuses, every film is warned of.
    assert record["input_check"]["usable_refused"]["all"]["value"] == 0.0
    assert record["input_check"]["copies_caught"]["mirrored"]["value"] == 1.0
    assert record["unusable"]["refused"]["value"] == pytest.approx(1 / 3)
    assert record["unusable"]["grey_refused"]["value"] == 0.0
    assert record["latency"]["preprocess"]["median_ms"] > 0
    assert set(record["comparators"]) == {"site", "view_age_sex", "thumbnail"}
    assert record["comparators"]["site"]["insufficient"]  # all films are of one site
    assert "unreadable image (damaged): 1 (broken.png)" in record["problems"]
    assert run(work, "--split", "test") == 0
    assert json.loads((work / "out" / "evaluation.json").read_text())["readings"] == 2


def test_readings_are_counted_for_the_sites_that_were_read(tmp_path):
    manifest = tmp_path / "m.csv"
    log = tmp_path / "m.csv.test-readings.jsonl"
    log.write_text('{"utc": "before sites were noted", "package_sha256": "0"}\n')
    assert record_reading(manifest, "1", ["a"]) == 2
    assert record_reading(manifest, "1", ["b"]) == 2
    assert record_reading(manifest, "1", ["a", "b"]) == 4


def test_a_site_alone_knows_what_its_prevalence_says(tmp_path):
    rows = [
        Row(
            path=tmp_path / "none.png",
            patient_id=f"p{k}",
            site="ab"[k % 2],
            labels=(float(k % 2 or k % 8 == 0),),
        )
        for k in range(80)
    ]
    found = comparators(rows, rows, 0)
    assert found["site"]["value"] == pytest.approx(40 / 50 + 10 / 50 / 2)
    assert found["thumbnail"]["insufficient"]


def test_a_split_without_films_and_a_missing_manifest_are_named(work, caplog):
    assert run(work, "--split", "val") == 2
    assert "no film in the val split" in caplog.text
    assert run(work, "--split", "train", "--site", "elsewhere") == 2
    assert main(["--package", str(work / "made.cxrmodel"), "--out", str(work / "out")]) == 2
    assert main(["--package", str(work / "none.cxrmodel"), "--out", str(work / "out")]) == 2
