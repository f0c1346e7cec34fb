"""The way without a mouse and without colours: names, order of the Tab key, commands in menus, contrast."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QWidget

from resources.i18n import Texts
from tests.factories.access import contrast, jumps_back, listed, nameless, spoken, tab_order
from tests.factories.fakes import instance_of, make_row
from tests.factories.films import make_film
from tests.factories.reports import MODEL
from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import FindingCode, FindingScore
from workstation.core.jobs import Progress
from workstation.core.ports import ImportSummary
from workstation.core.review import Decision, ReviewStatus, Verdict
from workstation.core.study import FileOutcome, FileRecord, FileStamp, study_of
from workstation.ui.commands import ALL_COMMANDS, by_menu
from workstation.ui.compare.model import Beside, CompareState
from workstation.ui.compare.superimpose import Phase, SuperimposeState
from workstation.ui.dialogs.keys import KeysDialog
from workstation.ui.dialogs.left_out import LeftOutDialog, of_import
from workstation.ui.dialogs.pages import about, guide, model_card
from workstation.ui.dialogs.reader_name import ReaderNameDialog
from workstation.ui.display_check import DisplayCheck
from workstation.ui.findings.model import FindingRow, FindingsPhase, FindingsState
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.settings.consent import ConsentDialog
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.settings.model import PackageEntry, PackageOffer, SettingField
from workstation.ui.settings.packages import PackagesPage
from workstation.ui.theme import TOKENS
from workstation.ui.viewer.state import ViewerOptions
from workstation.ui.window import MainWindow, WindowOptions

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

UI = Path(__file__).resolve().parents[2] / "workstation" / "ui"
CARDS = replace(MODEL, card_html={"en": "<p>card</p>", "zh": "<p>card</p>"})
LEFT_OUT = FileRecord(
    stamp=FileStamp(path=Path("/films/a.dcm"), size=1, mtime_ns=1),
    outcome=FileOutcome.REFUSED,
    reason=Reason(code=ErrorCode.FILE_EMPTY),
)
SUMMARY = ImportSummary(
    root=Path("/films"), loaded=1, unchanged=0, skipped=0, refused=1, cancelled=False,
    problems=(LEFT_OUT,),
)  # fmt: skip


def finding(code, probability, **more):
    score = FindingScore(code=code, probability=probability, threshold=0.5, calibration_id="c1")
    return FindingRow(score=score, peak_log_odds=1.0, **more)


EFFUSION = Decision(verdict=Verdict.ACCEPTED, code=FindingCode.EFFUSION)
RESULT = FindingsState(
    phase=FindingsPhase.RESULT,
    model=CARDS,
    rows=(
        finding(FindingCode.CARDIOMEGALY, 0.8),
        finding(FindingCode.EFFUSION, 0.7, decision=EFFUSION),
        finding(FindingCode.NODULE, 0.2),
    ),
    selected=FindingCode.CARDIOMEGALY,
)
PHASES = {
    "result": RESULT,
    "hidden": replace(RESULT, phase=FindingsPhase.HIDDEN, rows=()),
    "running": FindingsState(phase=FindingsPhase.RUNNING, model=CARDS),
    "failed": FindingsState(
        phase=FindingsPhase.FAILED, model=CARDS, reason=Reason(code=ErrorCode.ANALYSIS_FAILED)
    ),
    "not analysed": FindingsState(phase=FindingsPhase.NOT_ANALYSED, model=CARDS),
}


@pytest.fixture(params=["en", "zh"])
def language(request):
    return request.param


@pytest.fixture
def room(qtbot, language):
    """The window as it is in the middle of a reading: studies, a film, another beside it, results, a draft."""
    window = MainWindow(Texts(language), WindowOptions(viewer=ViewerOptions(), keys={}))
    qtbot.addWidget(window)
    window.enable(dict.fromkeys(window.actions_by_id, True))
    window.resize(1600, 1400)  # nothing is scrolled away
    window.film.show_film(make_film())
    window.findings.set_state(RESULT)
    window.review.set_state(ReviewPanelState(study_uid="1.2.3", status=ReviewStatus.DRAFT))
    study = study_of([(instance_of(1), Path("/1.dcm"))])
    window.worklist.show_rows(1, lambda _offset, _limit: (make_row(study),))
    window.worklist.show_scan(Progress(stage="scan", done=1, total=9))
    window.compare.show_state(
        CompareState(beside=Beside.PRIOR, current=instance_of(1), instance=instance_of(2), priors=(instance_of(2),))
    )  # fmt: skip
    running = Progress(stage="align", done=1, total=9)
    state = SuperimposeState(possible=True, phase=Phase.RUNNING, progress=running)
    window.compare.overlay.show_state(state)
    window.show()
    return window


@pytest.mark.parametrize("phase", PHASES)
def test_everything_in_the_window_that_is_operated_has_a_name(room, phase):
    room.findings.set_state(PHASES[phase])
    for part in room.findings.findChildren(QCheckBox):
        part.setChecked(True)
    assert nameless(room) == []


def test_a_prior_laid_over_is_operated_by_name(room):
    room.compare.overlay.show_state(SuperimposeState(possible=True, phase=Phase.DONE))
    assert nameless(room) == []


def test_the_empty_window_has_names_too(qtbot, language):
    window = MainWindow(Texts(language), WindowOptions(viewer=ViewerOptions(), keys={}))
    qtbot.addWidget(window)
    window.show()
    assert nameless(window) == []
    window.worklist.show_summary(SUMMARY)
    window.notify("Some settings could not be read.")
    assert nameless(window) == []


def packages(texts):
    page = PackagesPage(texts, chosen="", in_use=None)
    page.show_entries((PackageEntry(name="", file="a.cxrmodel", info=CARDS),))
    return page


FIELDS = (
    SettingField(
        name="corner_level", doc="", default="all", value="all", choices=("all", "none")
    ),
    SettingField(name="invert_vertical_drag", doc="", default=False, value=False),
    SettingField(name="compute_threads", doc="", default=2, value=2, minimum=1, maximum=8),
    SettingField(name="overlay_opacity", doc="", default=0.5, value=0.5, minimum=0, maximum=1),
)
OFFER = PackageOffer(
    path=Path("/a.cxrmodel"), info=CARDS, signer="ab" * 32, fingerprint="cd" * 32, needs_consent=True
)  # fmt: skip
DIALOGS = {
    "settings": lambda t: SettingsDialog(t, FIELDS, None, packages=packages(t)),
    "consent": lambda t: ConsentDialog(t, OFFER, None),
    "keys": lambda t: KeysDialog(t, by_menu(), {}, None),
    "import summary": lambda t: LeftOutDialog(t, of_import(t, SUMMARY), None),
    "reader's name": ReaderNameDialog,
    "about": lambda t: about(t, "1.0", None),
    "guide": lambda t: guide(t, None),
    "model card": lambda t: model_card(t, "<p>card</p>", None),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_everything_in_a_dialog_that_is_operated_has_a_name_and_follows_reading_order(
    qtbot, language, name
):
    dialog = DIALOGS[name](Texts(language))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dialog.show()
    pages = dialog.pages.count() if isinstance(dialog, SettingsDialog) else 1
    for number in range(pages):
        if isinstance(dialog, SettingsDialog):
            dialog.pages.setCurrentRow(number)
        assert dialog.windowTitle()
        assert nameless(dialog) == []
        assert jumps_back(dialog) == []


def test_the_display_check_says_what_it_is(qtbot, language):
    parent = QWidget()
    qtbot.addWidget(parent)
    check = DisplayCheck(Texts(language), parent)
    assert spoken(check)
    assert check.accessibleDescription()
    check.close()


# The Tab key


def test_the_tab_key_goes_from_worklist_to_film_to_findings_to_review(room):
    order = tab_order(room)
    panels = (room.worklist, room.stage, room.compare, room.findings, room.review)
    numbers = [
        next((n for n, panel in enumerate(panels) if panel.isAncestorOf(widget)), None)
        for widget in order
    ]
    inside = [n for n in numbers if n is not None]
    assert inside == sorted(inside)
    assert set(inside) == set(range(len(panels)))


def test_inside_each_panel_the_tab_key_follows_reading_order(room, qtbot):
    room.findings.set_state(replace(RESULT, rows=RESULT.rows[1:]))
    for panel in (room.worklist, room.compare, room.findings, room.review):
        qtbot.waitUntil(lambda panel=panel: jumps_back(panel) == [])


def test_the_editor_of_a_finding_follows_its_button(room, qtbot):
    row = room.findings.result.rows[FindingCode.CARDIOMEGALY]
    row.buttons[Verdict.EDITED].click()
    order = tab_order(room.findings)
    here = order.index(row.buttons[Verdict.EDITED])
    assert row.editor.isAncestorOf(order[here + 1])
    qtbot.waitUntil(lambda: jumps_back(row.editor) == [])


def test_every_command_stands_in_a_menu(room):
    names = {action.objectName() for action in listed(room.menuBar())}
    assert {command.id for command in ALL_COMMANDS} <= names


# Contrast (WCAG 2.2, 1.4.3)


def rules():
    """Selector and declarations of each rule of the style sheet, tokens filled in."""
    text = (files("resources") / "styles" / "theme.qss").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", text):
        parts = (part.split(":", 1) for part in body.split(";") if ":" in part)
        yield " ".join(selector.split()), {name.strip(): value.strip() for name, value in parts}


def token(value):
    return getattr(TOKENS, value.removeprefix("@"))


SURFACES = ("@window", "@panel", "@raised")
PAIRS = sorted(
    {
        (selector, declared["color"], surface)
        for selector, declared in rules()
        if "color" in declared
        for surface in (
            [declared["background"]]
            if declared.get("background", "").startswith("@")
            else SURFACES
        )
    }
    | {
        (selector, declared["selection-color"], declared["selection-background-color"])
        for selector, declared in rules()
        if "selection-color" in declared
    }
)


@pytest.mark.parametrize(("selector", "words", "surface"), PAIRS)
def test_every_rule_of_the_style_sheet_can_be_read(selector, words, surface):
    assert contrast(token(words), token(surface)) >= 4.5, selector


def test_colours_written_elsewhere_than_in_the_theme_can_be_read():
    found = [
        (path.name, background, words)
        for path in UI.rglob("*.py")
        for background, words in re.findall(
            r"background: (#\w{6}); color: (#\w{6})", path.read_text(encoding="utf-8")
        )
    ]
    assert found
    for name, background, words in found:
        assert contrast(background, words) >= 4.5, name


# Never colour alone


def test_a_pressed_button_differs_from_others_by_more_than_a_colour():
    declared = dict(rules())
    assert "2px" in declared["QPushButton:checked"]["border"]


def test_what_is_selected_has_an_edge_besides_its_background():
    declared = dict(rules())
    for selector in ("QMenu::item:selected", "QTableView::item:selected"):
        edges = [value for name, value in declared[selector].items() if "border" in name]
        assert any("@accent" in edge for edge in edges), selector
    for surface in SURFACES:
        assert contrast(TOKENS.accent, token(surface)) >= 3  # WCAG 2.2, 1.4.11
