"""The table of `thoravue self-test`, with made-up steps."""

import json

from resources.i18n import Texts
from workstation.cli import self_test
from workstation.cli.parser import parse
from workstation.cli.self_test import Outcome, Step
from workstation.core.errors import ErrorCode, WorkstationError

EN = Texts("en")


def raising(error):
    def work():
        raise error

    return work


def test_every_step_is_a_line_and_all_good_is_0(tmp_path, capsys):
    target = tmp_path / "numbers.json"
    steps = [
        Step(name="Model", work=lambda: Outcome(found="fine", numbers={"sum": 0.1 + 0.2})),
        Step(name="样本", work=lambda: Outcome(found="三张胶片")),
    ]
    assert self_test.run(parse(["self-test", "--json", str(target)]), steps, EN) == 0
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith(" ✓ Model ")
    assert second.startswith(" ✓ 样本 ")
    assert len(first) - len(second) == 6, "Chinese characters are two columns wide"
    assert json.loads(target.read_text()) == {"sum": 0.1 + 0.2}


def test_a_failed_step_is_1_and_the_others_still_run(capsys):
    steps = [
        Step(name="fonts", work=raising(WorkstationError(ErrorCode.NO_FONT))),
        Step(name="library", work=raising(ImportError("no torchvision here"))),
        Step(name="last", work=lambda: Outcome(found="reached")),
    ]
    assert self_test.run(parse(["self-test"]), steps, EN) == 1
    fonts, library, last, *_ = capsys.readouterr().out.splitlines()
    assert fonts.startswith(" ✗ fonts")
    assert EN.tr("error.no_font").splitlines()[0] in fonts
    assert "no torchvision here" in library
    assert "reached" in last
