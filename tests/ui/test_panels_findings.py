"""The findings panel: every phase, every signal, nothing cut, nothing rebuilt under the mouse."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QWidget

from resources.i18n import Texts
from tests.factories.panels import cut_words, dress_alone
from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import FindingCode, FindingScore, ModelInfo, QualityResult
from workstation.core.jobs import Progress
from workstation.core.review import Certainty, Decision, Side, Verdict, Zone
from workstation.ui.findings.model import (
    EvidenceControls,
    FindingRow,
    FindingsPhase,
    FindingsState,
)
from workstation.ui.findings.view import FindingsView
from workstation.ui.findings.wording import score_words

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

Code = FindingCode
MODEL = ModelInfo(
    model_id="house-densenet",
    version="1.3.0",
    package_sha256="a" * 64,
    weights_sha256="b" * 64,
    trust="shipped",
    codes=tuple(FindingCode),
    calibrated=True,
    minimum_age=18,
    marks_per_100_normal=21.4,
    card_html={},
)
ACCEPTED = Decision(verdict=Verdict.ACCEPTED, code=Code.EFFUSION)
EDITED = Decision(
    verdict=Verdict.EDITED,
    code=Code.ENLARGED_CARDIOMEDIASTINUM,
    side=Side.RIGHT,
    zone=Zone.MEDIASTINUM,
    certainty=Certainty.CANNOT_EXCLUDE,
    comment="unchanged since the film of 2019, see the letter of the referring clinic",
)


def make_row(code, probability, threshold: float | None = 0.5, **more):
    calibration = "c1" if threshold else None
    score = FindingScore(
        code=code, probability=probability, threshold=threshold, calibration_id=calibration
    )
    return FindingRow(score=score, **more)


ROWS = (
    make_row(Code.CARDIOMEGALY, 0.82, peak_log_odds=2.0),
    make_row(Code.EFFUSION, 0.62, peak_log_odds=1.0, decision=ACCEPTED),
    make_row(Code.PLEURAL_THICKENING, 0.55, peak_log_odds=1.0, decision=EDITED),
    make_row(Code.NODULE, 0.2, peak_log_odds=0.1),
    make_row(Code.HERNIA, 0.1),
)
RESULT = FindingsState(
    phase=FindingsPhase.RESULT,
    model=MODEL,
    rows=ROWS,
    selected=Code.CARDIOMEGALY,
    quality=QualityResult(warnings=(Reason(code=ErrorCode.AGE_UNKNOWN),)),
    nodules_reason=Reason(code=ErrorCode.NODULES_TOO_UNRELIABLE),
)
FAILURE = Reason(code=ErrorCode.ANALYSIS_FAILED, detail="forward pass: nan")
TOO_YOUNG = Reason(code=ErrorCode.TOO_YOUNG, parameters={"age": 4, "minimum": 18})
STATES = {
    "no film": FindingsState(model=MODEL),
    "no model": FindingsState(phase=FindingsPhase.NOT_ANALYSED),
    "not analysed": FindingsState(phase=FindingsPhase.NOT_ANALYSED, model=MODEL),
    "running": FindingsState(
        phase=FindingsPhase.RUNNING,
        model=MODEL,
        progress=Progress(stage="predict", done=1, total=4),
    ),
    "hidden": FindingsState(phase=FindingsPhase.HIDDEN, model=MODEL),
    "refused": FindingsState(phase=FindingsPhase.REFUSED, model=MODEL, reason=TOO_YOUNG),
    "failed": FindingsState(phase=FindingsPhase.FAILED, model=MODEL, reason=FAILURE),
    "result": RESULT,
    "edited": replace(RESULT, selected=Code.PLEURAL_THICKENING),
}


@pytest.fixture(params=("en", "zh"))
def language(request):
    return request.param


@pytest.fixture
def make_view(qtbot):
    views = []  # qtbot itself holds no view

    def make(state=RESULT, language="en", width=360, height=700):
        view = FindingsView(Texts(language))
        views.append(view)
        qtbot.addWidget(view)
        view.resize(width, height)
        view.set_state(state)
        view.show()
        return view

    return make


def words(view):
    """Everything that can be read on the panel now."""
    seen = (w for w in view.findChildren(QWidget) if w.isVisible())
    return "\n".join(w.text() for w in seen if isinstance(w, QLabel | QAbstractButton))


def press(view, name):
    (button,) = [b for b in view.findChildren(QPushButton, name) if b.isVisible()]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("name", STATES)
def test_no_word_is_cut_in_either_language(make_view, qtbot, language, name):
    view = make_view(STATES[name], language, width=320)
    dress_alone(view)
    view.result.group.setChecked(True)
    if name == "edited":
        press(view, "edit")
    qtbot.waitUntil(lambda: cut_words(view) == [], timeout=1000)
    assert view.area.widget().width() <= view.area.viewport().width()


@pytest.mark.parametrize(
    ("name", "button", "signal"),
    [
        ("not analysed", "analyse", "analyse_requested"),
        ("running", "stop", "stop_requested"),
        ("hidden", "reveal", "reveal_requested"),
        ("failed", "retry", "retry_requested"),
        ("result", "model_card", "model_card_requested"),
    ],
)
def test_each_phase_asks_for_one_thing(make_view, qtbot, name, button, signal):
    view = make_view(STATES[name])
    with qtbot.waitSignal(getattr(view, signal), timeout=500):
        press(view, button)


@pytest.mark.parametrize("name", sorted(STATES.keys() - {"result", "edited"}))
def test_without_a_revealed_result_no_score_and_no_finding_is_named(make_view, name):
    view = make_view(RESULT)
    view.set_state(STATES[name])
    seen = words(view)
    assert not re.search(r"0\.\d\d", seen)
    assert "threshold" not in seen.replace("against its threshold", "")
    assert Texts("en").tr("finding.cardiomegaly") not in seen


def test_without_a_model_nothing_can_be_analysed(make_view):
    assert (
        not make_view(STATES["no model"])
        .notices[FindingsPhase.NOT_ANALYSED]
        .request.isEnabled()
    )


def test_the_stage_and_how_far_it_is_are_shown(make_view):
    view = make_view(STATES["running"])
    notice = view.notices[FindingsPhase.RUNNING]
    assert Texts("en").tr("stage.predict") in words(view)
    assert (notice.bar.value(), notice.bar.maximum()) == (1, 4)
    view.set_state(replace(STATES["running"], progress=None))
    assert notice.bar.maximum() == 0  # nobody knows how long


def test_a_failure_is_unlike_a_refusal_and_never_reads_as_a_negative(make_view):
    view = make_view(STATES["failed"])
    failed, refused = (
        view.notices[FindingsPhase.FAILED],
        view.notices[FindingsPhase.REFUSED],
    )
    assert "not a negative result" in words(view)
    assert failed.glyph.pixmap().toImage() != refused.glyph.pixmap().toImage()
    press(view, "copy_details")
    assert QGuiApplication.clipboard().text() == "analysis_failed: forward pass: nan"


def test_a_refusal_says_why(make_view):
    assert "4 years old" in words(make_view(STATES["refused"]))


def test_scores_stand_beside_threshold_and_side_and_never_as_per_cent(make_view):
    view = make_view()
    view.result.group.setChecked(True)
    seen = words(view)
    assert "0.82 · threshold 0.50 · above threshold" in seen
    assert "0.20 · threshold 0.50 · not above threshold" in seen
    assert "▲" in seen
    assert "–" in seen
    assert "%" not in seen
    assert "house-densenet, version 1.3.0" in seen
    assert "100 films without a finding: 21" in seen


def test_a_score_just_below_its_threshold_does_not_look_equal_to_it():
    score = make_row(Code.MASS, 0.5496, 0.5499).score
    assert score_words(Texts("en"), score) == (
        "0.5496 · threshold 0.5499 · not above threshold"
    )


def test_without_calibration_no_call_is_made(make_view):
    rows = (make_row(Code.MASS, 0.9, None), make_row(Code.HERNIA, 0.1, None))
    view = make_view(replace(RESULT, rows=rows, selected=None))
    seen = words(view)
    assert "0.90 · no threshold: no call" in seen
    assert "above" not in seen.lower()
    assert "▲" not in seen


def test_findings_not_above_threshold_are_folded_away(make_view):
    view = make_view()
    assert view.result.rows[Code.CARDIOMEGALY].isVisible()
    assert not view.result.rows[Code.NODULE].isVisible()
    assert view.result.group.text() == "Not above threshold (2)"
    QTest.mouseClick(view.result.group, Qt.MouseButton.LeftButton)
    assert view.result.rows[Code.NODULE].isVisible()


def test_no_finding_above_is_not_called_normal(make_view):
    view = make_view(replace(RESULT, rows=ROWS[3:], selected=None))
    assert "No finding is above its threshold." in words(view)
    assert "normal" not in words(view).lower()


@pytest.mark.parametrize("key", [None, Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_row_is_selected_by_mouse_and_key(make_view, qtbot, key):
    view = make_view()
    head = view.result.rows[Code.EFFUSION].head
    with qtbot.waitSignal(view.finding_selected, timeout=500) as caught:
        if key is None:
            QTest.mouseClick(head, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(head, key)
    assert caught.args == [Code.EFFUSION]
    assert "0.62" in head.accessibleName()


def test_evidence_below_threshold_is_drawn_only_when_asked_for(make_view, qtbot):
    view = make_view(replace(RESULT, selected=Code.NODULE))
    view.result.group.setChecked(True)
    assert "only when you ask" in view.result.evidence.note.text()
    with qtbot.waitSignal(view.evidence_requested, timeout=500) as caught:
        press(view, "show_evidence")  # the hernia has no map, so there is one such button
    assert caught.args == [Code.NODULE]
    asked = replace(ROWS[3], evidence_asked=True)
    view.set_state(replace(RESULT, selected=Code.NODULE, rows=(*ROWS[:3], asked, ROWS[4])))
    assert not view.result.evidence.note.isVisible()


def test_a_map_without_positive_evidence_is_said_to_have_none(make_view):
    rows = (make_row(Code.CARDIOMEGALY, 0.82, peak_log_odds=-0.1),)
    view = make_view(replace(RESULT, rows=rows))
    assert view.result.evidence.note.text().startswith("No positive evidence")


@pytest.mark.parametrize(
    ("name", "verdict"), [("accept", Verdict.ACCEPTED), ("reject", Verdict.REJECTED)]
)
def test_accept_and_reject_and_taking_it_back(make_view, qtbot, name, verdict):
    view = make_view()
    decision = Decision(verdict=verdict, code=Code.CARDIOMEGALY)
    with qtbot.waitSignal(view.decided, timeout=500) as caught:
        press(view, name)
    assert caught.args == [Code.CARDIOMEGALY, decision]
    pressed = view.result.rows[Code.CARDIOMEGALY].buttons[verdict]
    assert not pressed.isChecked()  # only a stored word looks made
    view.set_state(replace(RESULT, rows=(replace(ROWS[0], decision=decision), *ROWS[1:])))
    assert pressed.isChecked()
    with qtbot.waitSignal(view.decided, timeout=500) as caught:
        press(view, name)
    assert caught.args == [Code.CARDIOMEGALY, None]


def test_nothing_is_decided_before_the_reader_decides(make_view):
    row = make_view().result.rows[Code.CARDIOMEGALY]
    assert not any(button.isChecked() for button in row.buttons.values())
    assert "Undecided" in row.head.accessibleName()


def test_an_edit_keeps_the_original_beside_it(make_view, qtbot):
    view = make_view()
    press(view, "edit")
    editor = view.result.rows[Code.CARDIOMEGALY].editor
    assert any(w.text() == "AI: Cardiomegaly" for w in editor.findChildren(QLabel))
    editor.finding.setCurrentIndex(editor.finding.findData("mass"))
    editor.side.setCurrentIndex(editor.side.findData("left"))
    editor.comment.setText(" beside the aorta ")
    with qtbot.waitSignal(view.decided, timeout=500) as caught:
        press(view, "save")
    assert caught.args == [
        Code.CARDIOMEGALY,
        Decision(
            verdict=Verdict.EDITED, code=Code.MASS, side=Side.LEFT, comment="beside the aorta"
        ),
    ]
    assert view.result.rows[Code.CARDIOMEGALY].editor is None


def test_a_stored_edit_is_opened_again_or_taken_back(make_view, qtbot):
    view = make_view(replace(RESULT, selected=Code.PLEURAL_THICKENING))
    press(view, "edit")
    editor = view.result.rows[Code.PLEURAL_THICKENING].editor
    assert editor.decision() == EDITED
    with qtbot.waitSignal(view.decided, timeout=500) as caught:
        press(view, "take_back")
    assert caught.args == [Code.PLEURAL_THICKENING, None]


def test_an_open_editor_survives_updates_of_the_same_result(make_view):
    view = make_view()
    press(view, "edit")
    editor = view.result.rows[Code.CARDIOMEGALY].editor
    editor.comment.setText("half a sen")
    view.set_state(replace(RESULT, evidence_shown=False))
    assert view.result.rows[Code.CARDIOMEGALY].editor is editor
    assert editor.comment.text() == "half a sen"
    view.set_state(STATES["no film"])
    view.set_state(RESULT)
    assert view.result.rows[Code.CARDIOMEGALY].editor is None


def test_a_reviewed_study_cannot_be_decided_on(make_view):
    view = make_view()
    press(view, "edit")
    view.set_state(replace(RESULT, editable=False))
    row = view.result.rows[Code.CARDIOMEGALY]
    assert not any(button.isEnabled() for button in row.buttons.values())
    assert row.editor is None


def test_every_control_asks_for_its_style(make_view, qtbot):
    view = make_view()
    box = view.result.evidence
    for act, expected in (
        (lambda: box.opacity.setValue(80), EvidenceControls(opacity=0.8)),
        (box.contour.click, EvidenceControls(opacity=0.8, contour=False)),
        (
            lambda: box.cut_off.setValue(99),
            EvidenceControls(opacity=0.8, contour=False, cut_off_share=0.99),
        ),
    ):
        with qtbot.waitSignal(view.style_changed, timeout=500) as caught:
            act()
        assert caught.args == [expected]
    with qtbot.waitSignal(view.evidence_toggled, timeout=500) as caught:
        box.shown.click()
    assert caught.args == [False]


def test_a_slider_under_the_mouse_is_neither_rebuilt_nor_moved(make_view, qtbot):
    view = make_view()
    box = view.result.evidence
    slider, heads = box.opacity, {code: row.head for code, row in view.result.rows.items()}
    answers = []
    view.style_changed.connect(answers.append)
    view.style_changed.connect(  # the presenter answers late, with an older value
        lambda _controls: view.set_state(
            replace(RESULT, controls=EvidenceControls(opacity=0.1))
        )
    )
    slider.setSliderDown(True)
    slider.setSliderPosition(70)
    slider.setSliderPosition(75)
    assert slider.value() == 75
    assert [round(answer.opacity, 2) for answer in answers] == [0.7, 0.75]
    slider.setSliderDown(False)
    assert view.result.evidence.opacity is slider
    assert {code: row.head for code, row in view.result.rows.items()} == heads


def test_states_alone_ask_for_nothing(make_view, qtbot):
    view = make_view()
    with qtbot.assertNotEmitted(view.style_changed), qtbot.assertNotEmitted(view.decided):
        view.set_state(replace(RESULT, controls=EvidenceControls(opacity=0.9, contour=False)))
        view.set_state(replace(RESULT, evidence_shown=False))
    assert view.result.evidence.opacity.value() == 45


def test_the_next_film_s_findings_are_read_from_the_top(make_view, qtbot):
    view = make_view(height=260)
    bar = view.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=1000)
    bar.setValue(bar.maximum())
    view.set_state(replace(RESULT, selected=Code.NODULE))
    assert bar.value() > 0
    view.set_state(STATES["no film"])
    view.set_state(RESULT)
    assert bar.value() == 0


@pytest.mark.parametrize("code", [Code.PLEURAL_THICKENING, Code.NODULE])
def test_a_finding_turned_to_by_key_comes_into_sight(make_view, qtbot, code):
    view = make_view(height=260)
    bar = view.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    view.set_state(replace(RESULT, selected=code))
    view.show_selected()

    def in_sight():
        row = view.result.rows[code]
        top = row.mapTo(view.area.viewport(), row.rect().topLeft()).y()
        return (
            row.isVisible() and top >= 0 and top + row.height() <= view.area.viewport().height()
        )

    qtbot.waitUntil(in_sight, timeout=1000)


def test_the_selected_finding_is_edited_by_key_where_it_may_be(make_view):
    view = make_view()
    view.edit_selected()
    assert view.result.rows[Code.CARDIOMEGALY].editor.isVisible()
    view.set_state(replace(RESULT, selected=Code.NODULE))
    view.edit_selected()
    assert view.result.rows[Code.NODULE].editor is None  # not above its threshold
    view.set_state(replace(RESULT, editable=False))
    view.edit_selected()
    assert view.result.rows[Code.CARDIOMEGALY].editor is None
    view.set_state(FindingsState())
    view.edit_selected()
