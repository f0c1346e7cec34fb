"""The command line's grammar, its closing words and exit codes, with the work itself made up."""

from collections import Counter
from pathlib import Path

import pytest

from resources.i18n import Texts
from tests.factories.reports import MODEL
from workstation.app.entry import main
from workstation.cli import analyse, dataset, doctor, models
from workstation.cli.doctor import Check, Health
from workstation.cli.models import OfferedFinding
from workstation.cli.parser import COMMANDS, parse
from workstation.cli.progress import StageBar
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import FindingCode
from workstation.core.jobs import Progress

EN = Texts("en")


def test_without_a_command_the_window_opens():
    assert parse([]).command == "window"
    options = parse(["--sample", "--lang", "zh", "films"])
    assert (options.command, options.sample, options.lang) == ("window", True, "zh")
    assert options.paths == [Path("films")]


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyse"],
        ["analyse", "x"],
        ["analyse", "x", "--out", "o", "--jobs", "0"],
        ["analyse", "x", "--out", "o", "--lang", "fr"],
        ["dataset", "x", "--out", "o"],
        ["models"],
        ["models", "install"],
        ["--nonsense"],
    ],
)
def test_wrong_usage_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        parse([command, "--help"])
    assert ended.value.code == 0
    assert command in capsys.readouterr().out


def analyse_options(tmp_path, *more):
    films = tmp_path / "films"
    films.mkdir(exist_ok=True)
    return parse(["analyse", str(films), "--out", str(tmp_path / "out"), *more])


def test_analyse_accounts_for_every_file(tmp_path, capsys):
    asked = []

    def work(request, context):
        asked.append(request)
        context.report(Progress(stage="scan", done=1, total=6))
        return Counter(analysed=3, refused=2, skipped=1)

    options = analyse_options(tmp_path, "--pdf", "--jobs", "3", "--model", "m")
    assert analyse.run(options, work, EN) == 0
    out = capsys.readouterr().out
    assert "Files: 6. Analysed 3, refused 2, skipped 1, failed 0." in out
    assert str(tmp_path / "out") in out
    (request,) = asked
    assert (request.pdf, request.maps, request.model, request.jobs) == (True, False, "m", 3)


def test_analyse_of_a_missing_path_is_wrong_usage(tmp_path, capsys):
    options = parse(["analyse", str(tmp_path / "no"), "--out", str(tmp_path)])
    assert analyse.run(options, pytest.fail, EN) == 2
    assert str(tmp_path / "no") in capsys.readouterr().err


def test_a_failure_is_said_on_the_error_stream(tmp_path, capsys):
    def full(_request, _context):
        raise WorkstationError(ErrorCode.DISK_FULL, path="x")

    assert analyse.run(analyse_options(tmp_path), full, EN) == 1
    assert analyse.run(analyse_options(tmp_path), full, Texts("zh")) == 1
    english, chinese = capsys.readouterr().err.splitlines()
    assert "disk is full" in english
    assert "磁盘" in chinese


def dataset_options(tmp_path, *more):
    (tmp_path / "labels.csv").write_text("film,labels\n")
    labels = ["--labels", str(tmp_path / "labels.csv")]
    return parse(["dataset", str(tmp_path), *labels, "--out", str(tmp_path / "o"), *more])


def test_dataset_accounts_for_every_file_reason_by_reason(tmp_path, capsys):
    lateral = Reason(code=ErrorCode.NOT_FRONTAL, parameters={"view": "LL"})
    asked = []

    def work(request, _context):
        asked.append(request)
        return 4, (lateral, Reason(code=ErrorCode.NO_LABEL), lateral)

    assert dataset.run(dataset_options(tmp_path, "--site", "north"), work, EN) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "7 files: 4 films in the training set, 3 left out."
    assert out[1].startswith("  2 × Not analysed: its view is LL")
    assert out[2].startswith("  1 × The label table")
    assert asked[0].site == "north"


def test_dataset_without_its_table_is_wrong_usage(tmp_path, capsys):
    options = dataset_options(tmp_path)
    (tmp_path / "labels.csv").unlink()
    assert dataset.run(options, pytest.fail, EN) == 2
    assert "labels.csv" in capsys.readouterr().err


def test_dataset_says_what_failed(tmp_path, capsys):
    def unreadable(_request, _context):
        raise WorkstationError(ErrorCode.LABELS_UNREADABLE, path="labels.csv")

    assert dataset.run(dataset_options(tmp_path), unreadable, EN) == 1
    assert "labels.csv" in capsys.readouterr().err


def test_doctor_is_1_when_something_is_bad_and_says_what_to_do(capsys):
    good = Check(name="Fonts", health=Health.GOOD, found="found")
    note = Check(name="Key", health=Health.NOTE, found="a file", advice="use a key store")
    bad = Check(name="Disk", health=Health.BAD, found="0 MB", advice="make room")
    assert doctor.run([good, note], EN) == 0
    assert doctor.run([bad, good], EN) == 1
    out = capsys.readouterr().out
    assert "✗ Disk: 0 MB" in out
    assert "To do: make room" in out


class Shelf:
    """Two packages, the second one damaged."""

    def paths(self):
        return [Path("good.cxrmodel"), Path("bad.cxrmodel")]

    def read(self, path):
        if path.stem == "bad":
            raise WorkstationError(ErrorCode.MODEL_DAMAGED, model="bad")
        return MODEL

    def find(self, model_id):
        if model_id == "none":
            raise WorkstationError(ErrorCode.MODEL_NOT_FOUND, model=model_id)
        return MODEL, [
            OfferedFinding(code=FindingCode.NODULE, threshold=0.25, auroc=(0.8, 0.75, 0.85)),
            OfferedFinding(code=FindingCode.MASS, threshold=None, auroc=None),
        ]

    def verify(self, model_id):
        return self.find(model_id)[0]

    def install(self, _path, *, allow_unsigned):
        if not allow_unsigned:
            raise WorkstationError(ErrorCode.MODEL_UNTRUSTED, model="x")
        return MODEL


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["list"], 1, ["✓ test-model 1.0.0", "✗ bad.cxrmodel"]),
        (["show"], 0, ["threshold 0.25", "AUROC 0.80 [0.75-0.85]", "no threshold: no call"]),
        (["show", "none"], 1, ["none"]),
        (["verify"], 0, ["test-model 1.0.0"]),
        (["install", "x.cxrmodel"], 1, []),
        (["install", "x.cxrmodel", "--allow-unsigned"], 0, ["is installed"]),
    ],
)
def test_models(arguments, code, words, capsys):
    assert models.run(parse(["models", *arguments]), Shelf(), EN) == code
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert bool(printed.err) == (code == 1 and arguments[0] != "list")
    for word in words:
        assert word in text


def test_the_bar_is_silent_where_there_is_no_terminal(capsys):
    bar = StageBar(EN)
    for stage, done in (("scan", 1), ("scan", 2), ("analyse", 1), ("preprocess", 1)):
        bar.show(Progress(stage=stage, done=done, total=2))
    bar.close()
    assert capsys.readouterr() == ("", "")


def test_a_mistyped_command_opens_no_window(capsys):
    assert main(["modell", "install", "x.cxrmodel", "--lang", "en"]) == 2
    assert "no file or folder modell" in capsys.readouterr().err
