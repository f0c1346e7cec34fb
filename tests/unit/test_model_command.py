"""Every command of the model with bad input: exit code 2 and one line that names what is wrong, never a traceback."""

import errno
import resource

import numpy as np
import pytest
from PIL import Image

from model.command import aligned, file_to_write, folder_to_write, os_words, run_command
from model.convert.__main__ import main as convert
from model.evaluation.__main__ import main as evaluate
from model.runtime.builtin import built_in_package
from model.runtime.errors import ModelError
from model.training.__main__ import main as train
from model.training.adapters import main as adapt
from model.training.nodules.__main__ import main as train_nodules
from model.training.nodules.attach import main as attach
from model.training.package import main as package
from model.training.publish import main as publish
from model.training.quality.__main__ import main as quality
from model.training.recalibrate import main as recalibrate

BUILT_IN = str(built_in_package())


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder with one film in a table, and files that are none of what they are called."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save(tmp_path / "1.png")
    (tmp_path / "m.csv").write_text("path,patient_id,split,labels\n1.png,p,train,mass\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "last.safetensors").write_bytes(b"no checkpoint")
    (tmp_path / "junk.bin").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "boxes.csv").write_text("path,label,x,y,w,h\n1.png,mass,1,2,,4\n")
    (tmp_path / "two.csv").write_text("path,patient_id,mass,mass_score\na,p,2,0.5\n")
    (tmp_path / "twice.csv").write_text(
        "path,patient_id,mass,mass_score,mass_score\na,p,1,0.5,0.9\n"
    )
    (tmp_path / "c.toml").write_text("stages = [ { size = 64 } ]\n")
    (tmp_path / "e.json").write_text('{"source": "Package 0", "scores": {}}')
    (tmp_path / "val.json").write_text('{"scores": {}, "source": "')
    return tmp_path


TRAIN = "--manifest m.csv --out new --quiet"
CASES = [
    (train, f"{TRAIN} --config none.toml", "no recipe at none.toml"),
    (train, f"{TRAIN} --config c.toml", "c.toml: stages.epochs: is missing"),
    (train, f"{TRAIN} --config junk.bin", "junk.bin is no TOML"),
    (train, f"{TRAIN} --config folder", "folder: Is a directory"),
    (train, f"{TRAIN} --boxes boxes.csv", "boxes.csv, line 2: w is ''"),
    (train, f"{TRAIN} --boxes none.csv", "no table at none.csv"),
    (train, f"{TRAIN} --init junk.bin", "junk.bin is no sound package"),
    (train, f"{TRAIN} --init none.cxrmodel", "none.cxrmodel cannot be read"),
    (train, f"{TRAIN} --device cuda:99", "--device cuda:99"),
    (train, f"{TRAIN} --device tpu", "choose auto, cpu, cuda"),
    (train, f"{TRAIN} --seed -1", "seed is -1, but has to be 0 to 4294967295"),
    (train, "--manifest m.csv --out run --quiet", "holds a run already"),
    (train, "--manifest m.csv --out run --resume --quiet", "the val split is empty"),
    (train, "--manifest folder --out new --quiet", "folder is a folder"),
    (train, "--manifest junk.bin --out new --quiet", "junk.bin is not UTF-8"),
    (train, "--manifest m.csv --out m.csv/new --quiet", "m.csv is a file; name a folder"),
    (train_nodules, f"{TRAIN} --boxes boxes.csv", "boxes.csv, line 2"),
    (train_nodules, f"{TRAIN} --boxes m.csv", "m.csv lacks the columns label, x"),
    (train_nodules, f"{TRAIN} --boxes boxes.csv --config c.toml", "unknown keys stages"),
    (attach, f"--package {BUILT_IN} --run run --version 2 --out p", "is no checkpoint"),
    (attach, f"--package {BUILT_IN} --run none --version 2 --out p", "no run in none"),
    (attach, "--package m.csv --run run --version 2 --out p", "m.csv is no sound package"),
    (quality, "--manifest m.csv --out q.npz", "needs 64 readable films"),
    (quality, "--manifest m.csv --out q.npz --site mars=3", "no film of mars"),
    (quality, "--manifest m.csv --out folder", "folder is a folder; name a file"),
    (package, "--run folder --manifest m.csv --version 1 --out p", "no run in folder"),
    (package, "--run run --manifest m.csv --version 1 --out p", "is no checkpoint"),
    (package, "--run run --manifest m.csv --version 1 --out folder", "folder is a folder"),
    (publish, f"--package {BUILT_IN} --out p", "nothing to publish"),
    (publish, f"--package {BUILT_IN} --evaluation e.json --out p", "of another package"),
    (publish, f"--package {BUILT_IN} --evaluation val.json --out p", "no evaluation.json"),
    (publish, f"--package {BUILT_IN} --nodules none.json --out p", "none.json: No such file"),
    (recalibrate, f"--package {BUILT_IN} --manifest none.csv --out p", "no table at none.csv"),
    (recalibrate, "--package none --manifest m.csv --out p", "none cannot be read"),
    (evaluate, f"--package {BUILT_IN} --out new", "--package needs a --manifest"),
    (evaluate, f"--package {BUILT_IN} --manifest m.csv --out new", "no film in the val split"),
    (evaluate, f"--package {BUILT_IN} --manifest m.csv --out m.csv", "m.csv is a file"),
    (evaluate, "--csv junk.bin --out new", "junk.bin is not UTF-8"),
    (evaluate, "--csv m.csv --out new", "needs a column <code>"),
    (evaluate, "--csv twice.csv --out new", "twice.csv has the column mass_score twice"),
    (evaluate, "--csv two.csv --out new", "two.csv, line 2: mass is '2'"),
    (evaluate, "--csv two.csv --threshold nan --out new", "--threshold has to be a number"),
    (train, "--manifest twice.csv --out new --quiet", "twice.csv has the column mass_score"),
    (convert, "--weights none.pt --out p", "none.pt: No such file"),
    (convert, "--weights junk.bin --out p", "junk.bin is no torch checkpoint"),
    (adapt, "m.csv out.csv", "m.csv lacks the columns file, site"),
    (adapt, "none.csv out.csv", "no table at none.csv"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("main", "line", "words"), CASES, ids=[f"{m.__module__} {w}" for m, _, w in CASES]
)
def test_bad_input_is_one_line_and_exit_code_two(work, caplog, main, line, words):
    assert main(line.split()) == 2
    error = caplog.records[-1]
    assert error.levelname == "ERROR"
    assert words in error.getMessage()
    assert "\n" not in error.getMessage()
    assert error.exc_info is None
    assert not (work / "p").exists()
    assert not list(work.glob("*.partial"))


@pytest.mark.parametrize(
    ("main", "line", "words"),
    [
        (package, "--run run --manifest m.csv --version 1 --id a/b --out p", "--id: 'a/b'"),
        (attach, f"--package {BUILT_IN} --run run --version ../2 --out p", "--version: '../2'"),
        (convert, "--weights junk.bin --id .x --out p", "--id: '.x'"),
        (quality, "--manifest m.csv --out q.npz --site nih=few", "'few' is no whole number"),
        (train, f"{TRAIN} --threads 0", "'0' is no whole number"),
    ],
)
def test_an_option_out_of_bounds_is_wrong_usage_and_says_what_is_right(
    work, capsys, main, line, words
):
    with pytest.raises(SystemExit, match="2"):
        main(line.split())
    assert words in capsys.readouterr().err


def test_a_bad_signing_key_is_told_before_the_work_and_not_repeated(work, caplog, monkeypatch):
    monkeypatch.setenv("THORAVUE_SIGNING_KEY", "secret-and-wrong")
    line = "--run run --manifest m.csv --version 1 --out p"
    assert package(line.split()) == 2
    assert "64 hexadecimal digits" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("main", "line"),
    [
        (train, TRAIN),
        (train_nodules, f"{TRAIN} --boxes boxes.csv"),
        (evaluate, "--csv m.csv --out new"),
    ],
)
def test_a_program_without_the_training_extra_says_so_before_the_work(
    work, caplog, monkeypatch, main, line
):
    monkeypatch.setattr("model.command.find_spec", lambda name: None)
    assert main(line.split()) == 2
    message = caplog.records[-1].getMessage()
    assert "thoravue[training]" in message
    assert "matplotlib" in message
    assert not (work / "new").exists()


@pytest.fixture
def small_disk():
    """No file may grow over 64 KiB: what a full disk does, without filling one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_without_room_is_one_line_and_leaves_nothing_half(work, caplog, small_disk):
    rows = ["path,patient_id,split,labels"]
    for k in range(8):
        name = f"f{k}.png"
        pixels = np.random.default_rng(k).integers(0, 255, (64, 64)).astype(np.uint8)
        Image.fromarray(pixels).save(work / name)
        rows.append(
            f"{name},p{k},{'train' if k < 4 else 'val'},{('mass', 'no_finding')[k % 2]}"
        )
    (work / "m.csv").write_text("\n".join(rows) + "\n")
    assert train(TRAIN.split()) == 2
    assert "File too large" in caplog.records[-1].getMessage()
    assert not list(work.rglob("*.partial"))
    assert not list(work.rglob("*.npy"))


def test_what_the_system_refuses_is_told_with_what_helps():
    full = OSError(errno.ENOSPC, "No space left on device", "runs/a")
    assert os_words(full) == (
        "runs/a: No space left on device; free some space, or choose another folder"
    )
    assert os_words(OSError("odd")) == "odd"


def test_an_interrupted_command_leaves_with_its_own_code(caplog):
    def work(_options):
        raise KeyboardInterrupt

    import argparse

    assert run_command(argparse.ArgumentParser(), work, []) == 130
    assert "interrupted" in caplog.text


def test_an_output_is_checked_before_the_work(tmp_path):
    assert file_to_write(tmp_path / "new" / "p") == tmp_path / "new" / "p"
    assert list((tmp_path / "new").iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="name a folder"):
        folder_to_write(tmp_path / "file")
    with pytest.raises(ModelError, match="file is a file; name a folder"):
        file_to_write(tmp_path / "file" / "p")


def test_a_table_for_a_terminal_is_aligned():
    assert aligned([("a", "bb"), ("ccc", "d")]) == "a    bb\nccc   d"
