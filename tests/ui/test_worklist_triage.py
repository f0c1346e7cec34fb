"""The AI's order and identity conflicts: said in words, never by a score, and off until chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from resources.i18n import Texts
from tests.factories.benches import A, Bench
from tests.factories.fakes import instance_of, make_row
from tests.factories.films import make_patient
from workstation.core.ports import IdentityConflict, SortKey, WorklistQuery
from workstation.core.study import PersonName, study_of
from workstation.ui.review.identity import IdentityBox
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.worklist.filters import WorklistFilters
from workstation.ui.worklist.memory import query_from_text, query_to_text
from workstation.ui.worklist.rows import WorklistRows

TODAY = date(2026, 5, 4)


@pytest.fixture
def filters(qtbot):
    made = WorklistFilters(Texts("en"))
    qtbot.addWidget(made)
    return made


def test_ai_orders_the_list_only_when_chosen_and_a_line_says_so(filters):
    assert filters.query.sort is not SortKey.TRIAGE
    assert filters.order_note.isHidden()
    filters._sort.setCurrentText("AI triage")
    assert filters.query.sort is SortKey.TRIAGE
    assert not filters.order_note.isHidden()
    assert "AI orders this list" in filters.order_note.text()
    assert "more than 10 that" in filters.order_note.text()
    filters._sort.setCurrentText("By name")
    assert filters.order_note.isHidden()


def test_another_bound_asks_anew_while_ai_orders_the_list(filters, qtbot):
    filters.set_triage_bound(5)
    filters._sort.setCurrentText("AI triage")
    with qtbot.waitSignal(filters.query_changed) as asked:
        filters.set_triage_bound(1)
    assert asked.args[0].triage_bound == 1
    assert "more than 1 that" in filters.order_note.text()


@pytest.mark.parametrize(
    ("words", "analysed"), [("AI read it", True), ("Not read by AI", False)]
)
def test_what_the_ai_read_is_asked_for_and_cleared(filters, words, analysed):
    filters._ai.setCurrentText(words)
    assert filters.query.analysed is analysed
    kept = query_from_text(query_to_text(filters.query, TODAY), TODAY)
    assert kept.analysed is analysed
    filters.clear()
    assert filters.query.analysed is None


def test_the_ais_order_is_chosen_anew_at_every_start():
    text = query_to_text(WorklistQuery(sort=SortKey.TRIAGE, descending=False), TODAY)
    assert query_from_text(text, TODAY) == WorklistQuery()


def test_a_list_that_was_kept_before_ai_could_filter_it_is_read_still():
    text = query_to_text(WorklistQuery(text="wang"), TODAY).replace('"analysed": null, ', "")
    assert "analysed" not in text
    assert query_from_text(text, TODAY) == WorklistQuery(text="wang")


@pytest.mark.parametrize(
    ("conflicts", "words"),
    [
        ((IdentityConflict.NAME,), "⚠ Same ID, other name ·"),
        ((IdentityConflict.BIRTH_DATE,), "⚠ Same ID, other birth date"),
        (tuple(IdentityConflict), "⚠ Same ID, other name and birth date"),
    ],
)
def test_a_card_says_that_its_id_has_other_patients(qtbot, conflicts, words):
    study = study_of([(instance_of(1), Path("/1/1"))])
    row = replace(make_row(study), conflicts=conflicts)
    rows = WorklistRows(Texts("en"))
    rows.show_rows(1, lambda _offset, _limit: (row,))
    for role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
        assert words in rows.data(rows.index(0), role)


def test_the_review_panel_says_what_to_check(qtbot):
    box = IdentityBox(Texts("en"))
    qtbot.addWidget(box)
    state = ReviewPanelState(study_uid=A, identity=make_patient())
    box.show_state(state)
    assert box.conflict.isHidden()
    box.show_state(replace(state, conflicts=tuple(IdentityConflict)))
    assert "another name" in box.conflict.text()
    assert "another birth date" in box.conflict.text()


def test_an_open_study_is_checked_against_the_library(qtbot):
    bench = Bench(qtbot)
    try:
        bench.open(A)
        assert bench.review.state.conflicts == ()
        other = make_patient(name=PersonName(alphabetic="Li Si"))
        bench.put(Path("/films/9.dcm"), instance_of(9, patient=other))
        bench.review.look_again()
        assert bench.review.state.conflicts == (IdentityConflict.NAME,)
        bench.open("1.2.9")
        assert bench.review.state.conflicts == (IdentityConflict.NAME,)
    finally:
        bench.close()
