import json
from dataclasses import replace

import pytest
import torch

from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.calibration import Calibration, Method
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.runtime.network import build_network
from model.runtime.package import open_package
from model.runtime.package_writer import write_package
from model.training.card import card_html
from model.training.publish import figures_for_card
from model.training.publish import main as publish
from model.training.recalibrate import still_true

RECORD = PackageMetadata(
    package_id="made",
    version="1",
    network=NetworkConfig(labels=2, width=4),
    input_size=64,
    preprocess_version=PREPROCESS_VERSION,
    labels=(
        LabelRecord(
            code="effusion",
            name="Pleural effusion",
            threshold=0.25,
            calibration=Calibration(method=Method.PLATT, slope=0.7, intercept=-0.2),
            validation={"auroc": 0.81, "auroc_low": 0.7, "auroc_high": 0.9, "positives": 40},
        ),
        LabelRecord(code="hernia", name="Hernia", trained=False),
    ),
    calibration_id="made-val",
    training={"sites": ["here"], "films_train": 900, "films_val": 120, "patients_train": 700},
    metrics={"split": "val", "marks_per_100_normals": 88.2},
    limits={"age_years_min": 18.0},
)


def estimate(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def evaluation(sha256: str) -> dict[str, object]:
    share = {"films": 50, **estimate(0.9)}
    point = {"sensitivity": estimate(0.7), "specificity": estimate(0.8)}
    return {
        "source": f"Package {sha256}, manifest m.csv",
        "readings": 1,
        "scores": {
            "films": 50,
            "patients": 45,
            "marks_per_100_normals": 97.0,
            "mean_findings": {
                "insufficient": False,
                "findings": ["effusion"],
                **estimate(0.77),
            },
            "mean_offered": {"insufficient": True, "findings": []},
            "labels": {
                "effusion": {
                    "films": 50,
                    "positives": 20,
                    "insufficient": False,
                    "auroc": estimate(0.77),
                    "auprc": estimate(0.6),
                    "operating_points": {"default": point},
                }
            },
        },
        "localisation": {"all": {"boxed": 12, "pointing": estimate(0.55)}},
        "input_check": {
            "usable_refused": {"all": {"films": 50, **estimate(0.02)}},
            "copies_caught": {"mirrored": share, "inverted": share, "turned_90": share},
        },
        "unusable": {"refused": share, "grey_refused": share},
    }


@pytest.fixture
def made(tmp_path):
    torch.manual_seed(0)
    path = tmp_path / "made-1.cxrmodel"
    weights = build_network(RECORD.network).state_dict()
    write_package(path, RECORD, weights, card_html(RECORD))
    return path


def test_each_language_has_a_page_of_its_own(made):
    package = open_package(made)
    english, chinese = package.card_page("en"), package.card_page("zh")
    assert "Model card" in english
    assert "模型说明卡" not in english
    assert "模型说明卡" in chinese
    assert "Model card" not in chinese
    assert english.startswith("<!doctype html>")
    assert package.card_page("fr") == package.card_html


def test_the_card_says_what_is_not_offered_and_that_test_was_not_read(made):
    page = open_package(made).card_page("en")
    assert "Not offered (too few cases, or not shown to beat chance): Hernia." in page
    assert "The test split has not been read" in page
    assert "about 88 marks per 100 normal films" in page
    assert "no input check" in page
    assert "0.81 [0.70–0.90]" in page
    assert "NIH ChestX-ray14" not in page
    nih = card_html(replace(RECORD, training={**RECORD.training, "sites": ["nih"]}))
    assert "62 as normal" in nih
    assert "62 张被放射科医生判读为正常" in nih


def test_publishing_writes_the_test_figures_and_keeps_the_weights(made, tmp_path):
    package = open_package(made)
    record = tmp_path / "evaluation.json"
    record.write_text(json.dumps(evaluation(package.sha256)))
    out = tmp_path / "published.cxrmodel"
    arguments = ["--package", str(made), "--evaluation", str(record), "--out", str(out)]
    assert publish([*arguments, "--note", "It falls short.", "--note-zh", "未达预期。"]) == 0
    after = open_package(out)
    assert after.weights_sha256 == package.weights_sha256
    assert after.labels == package.labels
    for page in (after.card_page("en"), after.card_page("zh")):
        for figure in ("0.77 [0.67–0.87]", "55 % [45–65]", "90 % [80–100]", "97"):
            assert figure in page
    assert "has not been read" not in after.card_page("en")
    assert "It falls short." in after.card_page("en")
    assert "未达预期。" in after.card_page("zh")


def test_an_evaluation_of_another_package_is_not_published(made, tmp_path, caplog):
    record = tmp_path / "evaluation.json"
    record.write_text(json.dumps(evaluation("0" * 64)))
    arguments = ["--package", str(made), "--evaluation", str(record), "--out"]
    assert publish([*arguments, str(tmp_path / "no.cxrmodel")]) == 2
    assert "another package" in caplog.text
    assert not (tmp_path / "no.cxrmodel").exists()


def test_a_recalibration_keeps_of_a_test_reading_what_thresholds_do_not_change():
    test = figures_for_card(evaluation("0"))
    kept = still_true(test, {"effusion"})
    assert kept["labels"]["effusion"]["auroc"] == estimate(0.77)
    assert kept["pointing"] == test["pointing"]
    assert "sensitivity" not in kept["labels"]["effusion"]
    assert "marks_per_100_normals" not in kept
    others = still_true(test, {"mass"})["labels"]
    assert others["effusion"]["sensitivity"] == estimate(0.7)
    assert still_true({}, {"effusion"}) == {}
    metrics = {**RECORD.metrics, "test": kept, "local": {"films": 40, "labels": ["effusion"]}}
    page = card_html(replace(RECORD, metrics=metrics))
    assert "0.77 [0.67–0.87]" in page
    assert "70 %" not in page
    assert "of these test films" in page


def test_the_known_failures_are_those_of_this_package():
    adults = card_html(RECORD)
    assert "patients under 18" in adults
    assert "reduced to 64 pixels" in adults
    for nih_only in ("drains", "112,120", "Pneumonia", "引流管"):
        assert nih_only not in adults
    assert "Least sure" not in adults  # one finding alone is offered
    mass = replace(RECORD.labels[0], code="mass", name="Mass", validation={"auroc": 0.7})
    everyone = replace(
        RECORD, limits={}, labels=(*RECORD.labels, mass), training={"sites": ["nih"]}
    )
    page = card_html(everyone)
    assert "patients of any age" in page
    assert "patients under" not in page
    assert "Least sure of the offered findings: Mass, AUROC 0.70" in page
    assert "最不可靠者:肿块" in page
    assert "drains" in page
