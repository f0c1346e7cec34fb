"""The review panel: typing is never disturbed, saved means stored, identity is always in sight."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

from resources.i18n import Texts
from tests.factories.panels import cut_words, dress_alone
from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import FindingCode
from workstation.core.review import (
    Actor,
    DecisionChanged,
    FirstImpression,
    ReviewStatus,
    Section,
    TextChanged,
)
from workstation.core.study import PatientIdentity, PersonName, Sex
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.review.text_edit import PAUSE_MS
from workstation.ui.review.view import ReviewView

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

KNOWN = PatientIdentity(
    name=PersonName(alphabetic="Wang Xiaoming", ideographic="王晓明"),
    patient_id="CXR-815",
    birth_date=date(1961, 4, 12),
    sex=Sex.MALE,
)
LONG = PatientIdentity(name=PersonName(alphabetic="Featherstonehaugh" * 3), patient_id="9" * 64)
AT = datetime(2026, 1, 2, 10, 42)  # noqa: DTZ001 - local time, as the panel shows it
OPEN = ReviewPanelState(study_uid="1.2.3", status=ReviewStatus.DRAFT, identity=KNOWN)
WRITTEN = replace(OPEN, texts={Section.FINDINGS: "Heart enlarged.", Section.IMPRESSION: "CHF?"})
RECORDED = replace(WRITTEN, impression=FirstImpression(text="large heart"))
BLOCKS = (
    Reason(code=ErrorCode.REVIEW_UNDECIDED, parameters={"count": 2}),
    Reason(code=ErrorCode.REVIEW_NO_IMPRESSION),
)
REVIEWED = replace(
    RECORDED, status=ReviewStatus.REVIEWED, reviewer=Actor(name="Dr Li"), reviewed_at=AT
)
DISK_FULL = Reason(code=ErrorCode.DISK_FULL)
STATES = {
    "closed": ReviewPanelState(),
    "fresh": replace(OPEN, blocks=BLOCKS),
    "recorded": replace(RECORDED, saved_at=AT),
    "not saved": replace(RECORDED, save_failed=DISK_FULL, blocks=BLOCKS[:1]),
    "unidentified": ReviewPanelState(study_uid="1.2.3", blocks=BLOCKS),
    "by hand": replace(RECORDED, identity=LONG, identity_by_hand=True),
    "reviewed": REVIEWED,
}


@pytest.fixture
def make_view(qtbot):
    views = []  # qtbot itself holds no view

    def make(state=OPEN, language="en", width=360, height=760):
        view = ReviewView(Texts(language))
        views.append(view)
        qtbot.addWidget(view)
        view.resize(width, height)
        view.set_state(state)
        with qtbot.waitActive(view):
            view.show()
            view.activateWindow()
        return view

    return make


def words(view):
    """Everything that can be read on the panel now."""
    seen = (w for w in view.findChildren(QWidget) if w.isVisible())
    return "\n".join(w.text() for w in seen if isinstance(w, QLabel | QAbstractButton))


def type_into(edit, text):
    edit.setFocus()
    edit.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClicks(edit, text)


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def committed(make_view):
    """A view and the list of what it committed."""
    view = make_view(WRITTEN)
    said = []
    view.text_committed.connect(lambda section, text: said.append((section, text)))
    return view, said


# Nothing cut


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", STATES)
def test_no_word_is_cut_in_either_language(make_view, qtbot, language, name):
    view = make_view(STATES[name], language, width=320)
    dress_alone(view)
    if name == "unidentified":
        click(view.identity.edit)
        view.identity.form.birth_date.setText("long ago")
    qtbot.waitUntil(lambda: cut_words(view) == [], timeout=1000)
    assert view.area.widget().width() <= view.area.viewport().width()


def test_editors_grow_with_their_text_and_the_cursor_stays_in_sight(make_view, qtbot):
    view = make_view(height=480)
    edit = view.report.edits[Section.RECOMMENDATION]
    before = edit.height()
    edit.setFocus()
    edit.insertPlainText("one more line\n" * 30)
    qtbot.waitUntil(lambda: edit.height() > before + 20 * edit.fontMetrics().lineSpacing())

    def cursor_in_sight():
        at = edit.viewport().mapTo(view.area.viewport(), edit.cursorRect().center())
        return view.area.viewport().rect().contains(at)

    qtbot.waitUntil(cursor_in_sight, timeout=1000)
    edit.settle()
    view.area.verticalScrollBar().setValue(0)
    view.set_state(replace(OPEN, blocks=BLOCKS))  # less room: no reason to scroll away
    qtbot.waitUntil(lambda: cut_words(view) == [], timeout=1000)
    assert view.area.verticalScrollBar().value() == 0


# Who it is


def test_identity_and_status_are_always_in_sight(make_view):
    seen = words(make_view())
    for said in ("王晓明 (Wang Xiaoming)", "ID CXR-815", "born 1961-04-12", "Male", "Draft"):
        assert said in seen


def test_names_are_never_read_as_markup(make_view):
    name = PersonName(alphabetic="<b>Li</b>")
    view = make_view(replace(OPEN, identity=PatientIdentity(name=name)))
    assert view.identity.name.textFormat() is Qt.TextFormat.PlainText


def test_an_unidentified_film_is_named_by_hand(make_view, qtbot):
    view = make_view(STATES["unidentified"])
    assert Texts("en").tr("Unidentified") in words(view)
    click(view.identity.edit)
    form = view.identity.form
    assert not form.save.isEnabled()
    form.name.setText("李 雷")
    form.patient_id.setText(" 42 ")
    form.birth_date.setText("31.1.1970")
    assert not form.save.isEnabled()
    form.birth_date.setText("1970-01-31")
    form.sex.setCurrentIndex(form.sex.findData("M"))
    with qtbot.waitSignal(view.identity_entered, timeout=500) as caught:
        click(form.save)
    entered = PatientIdentity(
        name=PersonName(ideographic="李 雷"),
        patient_id="42",
        birth_date=date(1970, 1, 31),
        sex=Sex.MALE,
    )
    assert caught.args == [entered]
    view.set_state(replace(OPEN, identity=entered, identity_by_hand=True))
    assert "Identity entered by hand" in words(view)
    assert not form.isVisible()


def test_an_open_form_survives_updates_and_not_another_study(make_view):
    view = make_view(STATES["unidentified"])
    click(view.identity.edit)
    view.identity.form.name.setText("Li")
    view.set_state(replace(STATES["unidentified"], saved_at=AT))
    assert view.identity.form.isVisible()
    assert view.identity.form.name.text() == "Li"
    view.set_state(replace(STATES["unidentified"], study_uid="9"))
    assert not view.identity.form.isVisible()


# First impression


def test_a_first_impression_is_recorded_and_then_quoted(make_view, qtbot):
    view = make_view()
    box = view.impression
    assert not box.record.isEnabled()
    view.focus_impression()
    assert box.edit.hasFocus()
    QTest.keyClicks(box.edit, "large heart")
    assert not box.nothing.isEnabled()
    with qtbot.waitSignal(view.impression_recorded, timeout=500) as caught:
        click(box.record)
    assert caught.args == ["large heart"]
    view.set_state(RECORDED)
    assert box.quote.isVisible()
    assert box.check.isVisible()
    assert not box.edit.isVisible()
    view.focus_impression()
    assert view.report.edits[Section.FINDINGS].hasFocus()


def test_no_finding_is_an_explicit_word(make_view, qtbot):
    view = make_view()
    with qtbot.waitSignal(view.no_finding_noted, timeout=500):
        click(view.impression.nothing)
    view.set_state(replace(OPEN, impression=FirstImpression()))
    assert view.impression.quote.text() == "No finding noted"


def test_another_patient_than_at_the_start_is_named_and_may_be_confirmed(make_view, qtbot):
    view = make_view(WRITTEN)
    assert not view.identity.confirm.isVisible()
    names = {"before": "Wang, P-1", "after": "Li, P-2"}
    changed = Reason(code=ErrorCode.PATIENT_CHANGED, parameters=names)
    view.set_state(replace(WRITTEN, patient_changed=changed, blocks=(changed,)))
    assert view.identity.conflict.isVisible()
    assert not view.closing.review.isEnabled()
    with qtbot.waitSignal(view.patient_confirmed, timeout=500):
        click(view.identity.confirm)
    view.set_state(replace(REVIEWED, patient_changed=changed))
    assert not view.identity.confirm.isVisible()


def test_what_is_recorded_after_the_reveal_is_not_called_a_first_impression(make_view):
    late = "Impression, recorded after the AI result was seen"
    view = make_view(replace(OPEN, ai_seen_first=True))
    box = view.impression
    assert box.heading.text() == box.edit.accessibleName() == late
    assert "before" not in box.edit.placeholderText()
    view.set_state(replace(RECORDED, ai_seen_first=True))
    assert box.heading.text() == late
    view.set_state(RECORDED)
    assert box.heading.text() == "First impression"


def test_a_pause_keeps_the_impression_as_a_draft(make_view, qtbot):
    view = make_view(replace(OPEN, impression_draft="large"))
    assert view.impression.edit.text == "large"
    with qtbot.waitSignal(view.impression_edited, timeout=PAUSE_MS * 4) as caught:
        type_into(view.impression.edit, " heart")
    assert caught.args == ["large heart"]


# Texts


def test_a_pause_keeps_the_text_as_a_draft_once(make_view, qtbot):
    view = make_view(WRITTEN)
    kept = []
    view.text_edited.connect(lambda section, text: kept.append((section, text)))
    type_into(view.report.edits[Section.FINDINGS], " Lungs")
    assert kept == []
    qtbot.waitUntil(lambda: kept != [], timeout=PAUSE_MS * 4)
    assert kept == [(Section.FINDINGS, "Heart enlarged. Lungs")]


def test_text_is_committed_when_the_reader_moves_on(committed):
    view, said = committed
    edit = view.report.edits[Section.FINDINGS]
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert said == []  # nothing changed
    type_into(edit, "!")
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert said == [(Section.FINDINGS, "Heart enlarged.!")]
    assert view.report.edits[Section.IMPRESSION].hasFocus()


def test_text_is_kept_not_committed_when_only_the_window_loses_focus(committed, qtbot):
    view, said = committed
    edit = view.report.edits[Section.FINDINGS]
    type_into(edit, "!")
    lost = QFocusEvent(QFocusEvent.Type.FocusOut, Qt.FocusReason.ActiveWindowFocusReason)
    with qtbot.waitSignal(view.text_edited, timeout=100) as caught:
        QApplication.sendEvent(edit, lost)
    assert caught.args == [Section.FINDINGS, "Heart enlarged.!"]
    assert said == []


def test_commit_pending_announces_what_differs(committed):
    view, said = committed
    view.commit_pending()
    assert said == []
    view.report.edits[Section.RECOMMENDATION].setPlainText("CT")
    view.commit_pending()
    assert said == [(Section.RECOMMENDATION, "CT")]


def test_typing_is_not_disturbed_by_what_arrives(make_view):
    view = make_view(WRITTEN)
    edit = view.report.edits[Section.FINDINGS]
    type_into(edit, " Lungs clear")
    edit.moveCursor(QTextCursor.MoveOperation.Left)
    at = edit.textCursor().position()
    for text in ("Heart enlarged. Lungs", "", "undone elsewhere"):
        view.set_state(replace(WRITTEN, texts={Section.FINDINGS: text}, saved_at=AT))
        assert edit.text == "Heart enlarged. Lungs clear"
        assert edit.textCursor().position() == at
    assert edit.document().isUndoAvailable()


def test_stored_text_is_shown_where_nothing_is_typed(make_view):
    view = make_view(WRITTEN)
    edit = view.report.edits[Section.FINDINGS]
    view.set_state(replace(WRITTEN, texts={Section.FINDINGS: "Heart"}))  # an undo
    assert edit.text == "Heart"


def test_drafts_beat_stored_text_once_and_are_committed(committed):
    view, said = committed
    drafts = {Section.FINDINGS: "Heart enlarged, lungs cl"}
    view.set_state(replace(WRITTEN, study_uid="9", drafts=drafts))
    edit = view.report.edits[Section.FINDINGS]
    assert edit.text == drafts[Section.FINDINGS]
    edit.setFocus()
    QTest.keyClick(edit, Qt.Key.Key_Tab)
    assert said == [(Section.FINDINGS, drafts[Section.FINDINGS])]
    stored = {**WRITTEN.texts, **drafts}
    view.set_state(replace(WRITTEN, study_uid="9", texts=stored))
    view.set_state(replace(WRITTEN, study_uid="9", texts=WRITTEN.texts, drafts=drafts))
    assert edit.text == "Heart enlarged."  # an undo, not the draft again


def test_another_study_never_shows_or_commits_the_text_of_the_last(committed, qtbot):
    view, said = committed
    edit = view.report.edits[Section.FINDINGS]
    type_into(edit, " of the first patient")
    view.set_state(replace(OPEN, study_uid="9"))
    assert edit.text == ""
    with qtbot.assertNotEmitted(view.text_edited, wait=PAUSE_MS + 100):
        view.commit_pending()
    assert said == []


def test_chinese_composition_is_not_disturbed(make_view):
    view = make_view(WRITTEN)
    edit = view.report.edits[Section.FINDINGS]
    edit.setFocus()
    edit.moveCursor(QTextCursor.MoveOperation.End)
    QApplication.sendEvent(edit, QInputMethodEvent("xin ying", []))
    view.set_state(replace(WRITTEN, saved_at=AT))
    done = QInputMethodEvent()
    done.setCommitString("心影增大")
    QApplication.sendEvent(edit, done)
    assert edit.text == "Heart enlarged.心影增大"


# Where it stands


def test_saved_is_said_only_when_it_is(make_view):
    view = make_view(WRITTEN)
    saved = view.closing.saved
    assert not saved.isVisible()
    type_into(view.report.edits[Section.FINDINGS], "!")
    assert saved.text() == "Typing…"
    view.set_state(replace(WRITTEN, save_failed=DISK_FULL))
    assert saved.text().startswith("Not saved: The disk is full")
    assert "bad" in saved.property("class")
    texts = {**WRITTEN.texts, Section.FINDINGS: "Heart enlarged.!"}
    view.set_state(replace(WRITTEN, texts=texts, saved_at=AT))
    assert saved.text() == "Saved 10:42"


@pytest.mark.parametrize(
    ("name", "signal", "state"),
    [
        ("review", "review_requested", RECORDED),
        ("reopen", "reopen_requested", REVIEWED),
        ("export", "export_requested", RECORDED),
        (
            "undo",
            "undo_requested",
            replace(RECORDED, undo=TextChanged(section=Section.FINDINGS, before="", after="a")),
        ),
        (
            "redo",
            "redo_requested",
            replace(RECORDED, redo=TextChanged(section=Section.FINDINGS, before="", after="a")),
        ),
    ],
)
def test_each_button_asks_for_its_thing(make_view, qtbot, name, signal, state):
    view = make_view(state)
    with qtbot.waitSignal(getattr(view, signal), timeout=500):
        click(getattr(view.closing, name))


def test_undo_and_redo_name_their_change(make_view):
    nodule = DecisionChanged(sop_uid="1", code=FindingCode.NODULE, before=None, after=None)
    text = TextChanged(section=Section.IMPRESSION, before="", after="a")
    bar = make_view(replace(RECORDED, undo=nodule, redo=text)).closing
    assert bar.undo.toolTip() == "Undo: decision on Nodule"
    assert bar.redo.accessibleName() == "Redo: text “Impression”"


def test_what_blocks_the_review_is_said_in_words(make_view):
    view = make_view(STATES["fresh"])
    assert not view.closing.review.isEnabled()
    assert "above threshold that wait for your decision: 2" in view.closing.blocks.text()
    assert "Write an impression" in view.closing.review.accessibleDescription()


def test_a_reviewed_study_is_read_only_and_names_its_reviewer(make_view):
    view = make_view(REVIEWED)
    assert "Reviewed by Dr Li (name not verified), 2026-01-02 10:42" in words(view)
    assert all(edit.isReadOnly() for edit in view.report.edits.values())
    assert not view.closing.review.isVisible()
    view.set_state(replace(REVIEWED, status=ReviewStatus.SIGNED))
    assert not view.closing.reopen.isVisible()


def test_a_second_click_where_the_review_was_closed_reopens_nothing(make_view):
    view = make_view(RECORDED)
    place = view.closing.review.mapTo(view, view.closing.review.rect().center())
    view.set_state(REVIEWED)
    QApplication.sendPostedEvents()
    assert view.closing.reopen.isVisible()
    under = view.childAt(place)
    assert not isinstance(under, QAbstractButton)


def test_another_study_is_read_from_the_top(make_view, qtbot):
    view = make_view(replace(WRITTEN, texts={Section.FINDINGS: "line\n" * 60}), height=480)
    bar = view.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0, timeout=1000)
    bar.setValue(bar.maximum())
    view.set_state(replace(view._state, saved_at=AT))
    assert bar.value() > 0
    view.set_state(replace(view._state, study_uid="1.2.4"))
    assert bar.value() == 0
