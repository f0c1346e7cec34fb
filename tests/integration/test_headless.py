"""`thoravue` without a window, on made films, with the built-in model."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from tests.factories.dicom_files import make_dx, write
from workstation.adapters.config.folders import HOME_VARIABLE
from workstation.app import commands
from workstation.app.entry import main
from workstation.app.sample import SAMPLE


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def films(tmp_path):
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("current-pa.dcm", "current-lateral.dcm"):
        shutil.copy(SAMPLE / name, folder)
    write(make_dx(BodyPartExamined="HIP"), folder / "hip.dcm")
    (folder / "notes.txt").write_text("not a film")
    (folder / "empty.dcm").write_bytes(b"")
    return folder


def everything(folder):
    return {
        path.relative_to(folder): path.stat().st_mtime_ns
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_analyse_accounts_for_every_file_and_writes_to_its_folder_alone(
    films, tmp_path, home, capsys
):
    before = everything(films)
    out = tmp_path / "out"
    arguments = ["analyse", str(films), "--out", str(out), "--pdf", "--lang", "zh"]
    assert main(arguments) == 0
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert results["schema"] == "thoravue.results/1"
    assert {file["path"].rsplit("/", 1)[-1] for file in results["files"]} == {
        path.name for path in before
    }
    for file in results["files"]:
        assert (file["reason"] is None) == (file["status"] == "analysed")
        assert bool(file["scores"]) == (file["status"] == "analysed")
    assert "共 5 个文件" in capsys.readouterr().out
    assert list(out.glob("*.pdf"))
    assert everything(films) == before
    assert not home.exists()


def test_other_pixels_under_a_known_identifier_are_refused_and_named(films, tmp_path):
    first = films / "current-pa.dcm"
    data = bytearray(first.read_bytes())
    data[-1] ^= 1
    (films / "other-pixels.dcm").write_bytes(data)
    shutil.copy(first, films / "copy.dcm")
    assert main(["analyse", str(films), "--out", str(tmp_path / "out"), "--lang", "en"]) == 0
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    found = {file["path"].rsplit("/", 1)[-1]: file for file in results["files"]}
    copy, original = found["copy.dcm"], found["current-pa.dcm"]
    assert copy["status"] == original["status"] != "refused"
    assert copy["scores"] == original["scores"]
    refused = found["other-pixels.dcm"]
    assert (refused["status"], refused["reason"]["code"]) == ("refused", "duplicate_uid")
    assert str(films / "copy.dcm") in refused["reason"]["message"]


@pytest.mark.parametrize("where", ["films", "films/out", ".", "link/out"])
def test_results_are_not_mixed_with_the_films(where, films, tmp_path, capsys):
    (tmp_path / "link").symlink_to(films)
    before = everything(tmp_path)
    for source in (films, films / "current-pa.dcm"):
        if source.is_file() and where.endswith("out"):
            continue  # a folder beside the one film that was asked for
        arguments = ["analyse", str(source), "--out", str(tmp_path / where), "--lang", "en"]
        assert main(arguments) == 2
        said = capsys.readouterr().err
        assert str(source) in said
        assert "--out" in said
    assert everything(tmp_path) == before


@pytest.mark.parametrize("kind", ["empty", "missing", "unwritable", "no such model"])
def test_what_goes_wrong_is_said_with_its_exit_code(kind, films, tmp_path, capsys):
    empty, blocked = tmp_path / "empty", tmp_path / "blocked"
    empty.mkdir()
    blocked.write_text("a file where the folder should be")
    path, out, more, code = {
        "empty": (empty, tmp_path / "out", [], 1),
        "missing": (tmp_path / "none", tmp_path / "out", [], 2),
        "unwritable": (films, blocked / "out", [], 1),
        "no such model": (films, tmp_path / "out", ["--model", "nobody"], 1),
    }[kind]
    arguments = ["analyse", str(path), "--out", str(out), "--lang", "en", *more]
    assert main(arguments) == code
    said = capsys.readouterr()
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert not (tmp_path / "out" / "results.json").exists()


def test_read_headless_says_where_the_report_lies(films, tmp_path, capsys):
    out = tmp_path / "out"
    assert commands.read_headless([films / "current-pa.dcm"], out, "en") == 0
    printed = capsys.readouterr().out
    (report,) = out.glob("*.pdf")
    assert f"Report: {report}" in printed


def test_models_are_listed_shown_verified_and_refused_when_damaged(tmp_path, home, capsys):
    assert main(["models", "list", "--lang", "en"]) == 0
    assert main(["models", "show", "--lang", "en"]) == 0
    assert main(["models", "verify", "--lang", "en"]) == 0
    capsys.readouterr()
    (built_in,) = commands.PackageShelf(home, ()).paths()
    damaged = tmp_path / "damaged.cxrmodel"
    data = bytearray(built_in.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    assert main(["models", "install", str(damaged), "--lang", "en"]) == 1
    assert "damaged" in capsys.readouterr().err
    assert not home.exists() or not list(home.rglob("*.cxrmodel"))


def test_doctor_checks_without_making_a_library(home, capsys):
    assert main(["doctor", "--lang", "en"]) in {0, 1}
    assert "✓" in capsys.readouterr().out
    assert not list(home.rglob("library.db")) if home.exists() else True


def test_dataset_from_films_to_manifest(films, tmp_path, capsys):
    (films / "labels.csv").write_text("film,labels\ncurrent-pa.dcm,nodule\nhip.dcm,mass\n")
    labels = ["--labels", os.fspath(films / "labels.csv")]
    arguments = ["dataset", str(films), *labels, "--out", str(tmp_path / "set"), "--lang", "en"]
    assert main(arguments) == 0
    assert "6 files: 1 films in the training set, 5 left out." in capsys.readouterr().out
    assert len(list((tmp_path / "set" / "films").iterdir())) == 1
