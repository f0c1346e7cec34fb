"""A trial: scores without a painted region, beside the film's own, and never in the record."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from resources.i18n import Texts
from tests.factories.benches import A, B, Bench
from workstation.core.findings import FindingCode
from workstation.core.geometry import Disc
from workstation.services.trial import Trial
from workstation.ui.findings.model import FindingsPhase, TrialState
from workstation.ui.findings.view import FindingsView
from workstation.ui.findings.what_if import WhatIfPresenter

HERE = Disc(centre=(20.0, 30.0), radius=6.0)
THERE = Disc(centre=(28.0, 30.0), radius=6.0)


@pytest.fixture
def bench(qtbot):
    made = Bench(qtbot)
    made.what_if = WhatIfPresenter(
        lanes=made.lanes,
        desk=made.desk,
        findings=made.findings,
        trial=Trial(lambda: made.model),
    )
    made.told = []
    made.what_if.trial_changed.connect(made.told.append)
    yield made
    made.close()


def revealed(bench):
    bench.open(A)
    bench.analysed()
    bench.findings.reveal()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)


def scored(bench):
    bench.until(lambda: bench.what_if.state is not None and bool(bench.what_if.state.scores))
    return bench.what_if.state.scores


def test_painting_moves_the_scores_and_stores_nothing(bench):
    revealed(bench)
    before = len(bench.store.log), bench.record.analyses
    bench.what_if.begin()
    assert bench.what_if.state == TrialState()
    bench.what_if.paint([HERE])
    trial = scored(bench)
    own = {row.score.code: row.score.probability for row in bench.findings.state.rows}
    assert {code: s.probability * 2 for code, s in trial.items()} == own
    assert (len(bench.store.log), bench.record.analyses) == before


def test_strokes_made_while_one_is_scored_are_scored_together(bench):
    revealed(bench)
    bench.what_if.begin()
    bench.model.gate.clear()
    bench.what_if.paint([HERE])
    for _ in range(20):
        bench.what_if.paint([THERE])
    bench.model.gate.set()
    bench.until(lambda: bool(bench.what_if.state.scores) and bench.what_if._ticket is None)
    assert len(bench.what_if.state.region) == 21
    with_scores = [state for state in bench.told if state is not None and state.scores]
    assert len(with_scores) == 2


@pytest.mark.parametrize("leave", ["another study", "marks hidden"])
def test_a_trial_ends_with_its_film_and_with_the_marks(bench, leave):
    revealed(bench)
    bench.what_if.begin()
    bench.model.gate.clear()
    bench.what_if.paint([HERE])
    if leave == "another study":
        bench.desk.open_study(B)
    else:
        bench.findings.toggle_evidence(False)
    assert bench.what_if.state is None
    bench.model.gate.set()
    bench.settle()
    assert bench.told[-1] is None


def test_before_the_reveal_there_is_no_trial_and_no_evidence_at_the_pointer(bench):
    bench.open(A)
    bench.analysed()
    assert bench.phase is FindingsPhase.HIDDEN
    bench.what_if.begin()
    assert bench.what_if.state is None
    assert bench.findings.evidence_under((30.0, 20.0)) == {}


def test_evidence_under_the_pointer_comes_from_the_maps_of_all_findings(bench):
    revealed(bench)
    codes = {row.score.code for row in bench.findings.state.rows}
    under = bench.findings.evidence_under((30.0, 20.0))
    assert set(under) == codes
    assert bench.findings.evidence_under((1e6, 0.0)) == {}
    bench.findings.toggle_evidence(False)
    assert bench.findings.evidence_under((30.0, 20.0)) == {}


def words(view):
    labels = [*view.findChildren(QLabel), *view.findChildren(QPushButton)]
    return " | ".join(label.text() for label in labels if label.isVisible())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_panel_shows_both_scores_and_says_that_it_is_a_trial(bench, qtbot, language):
    revealed(bench)
    texts = Texts(language)
    view = FindingsView(texts)
    qtbot.addWidget(view)
    view.resize(360, 900)
    view.show()
    view.set_state(bench.findings.state)
    bench.what_if.begin()
    bench.what_if.paint([HERE])
    scored(bench)
    view.show_trial(bench.what_if.state)
    view.show_pointer({FindingCode.NODULE: 1.25})
    seen = words(view)
    assert "0.80" in seen
    assert "-0.40" in seen
    assert "+1.25" in seen
    assert texts.tr("Trial: what if a part of the film were not there?") in seen
    ended = view.findChild(QPushButton, "trial_end")
    with qtbot.waitSignal(view.trial_ended):
        ended.click()
    view.show_trial(None)
    view.show_pointer({})
    seen = words(view)
    assert "0.40" not in seen
    assert "+1.25" not in seen
