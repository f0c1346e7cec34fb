"""The strip below two films: what can be done in each state, and what it tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resources.i18n import Texts
from tests.factories.fakes import instance_of
from tests.factories.films import make_film
from tests.ui.test_compare_superimpose import registered
from workstation.core.errors import ErrorCode, Reason
from workstation.core.jobs import Progress
from workstation.ui.compare.controls import CompareControls
from workstation.ui.compare.model import Beside, CompareState
from workstation.ui.compare.superimpose import Phase, SuperimposeState

PRIORS = (instance_of(2), instance_of(3, view_position="AP"))


@pytest.fixture
def controls(qtbot):
    made = CompareControls(Texts("en"))
    qtbot.addWidget(made)
    return made


def test_it_is_there_only_while_films_are_compared(controls):
    controls.show_state(CompareState())
    assert controls.isHidden()
    controls.show_state(CompareState(beside=Beside.VIEW))
    assert not controls.isHidden()
    assert controls.priors.isHidden()


def test_priors_are_listed_and_chosen(controls, qtbot):
    state = CompareState(beside=Beside.PRIOR, priors=PRIORS, number=1)
    controls.show_state(state)
    words = [controls.priors.itemText(n) for n in range(2)]
    assert words == ["2024-05-06 · PA (1/2)", "2024-05-06 · AP (2/2)"]
    assert controls.priors.currentIndex() == 1
    with qtbot.waitSignal(controls.prior_chosen) as chosen:
        controls.priors.activated.emit(0)
    assert chosen.args == [0]
    with qtbot.assertNotEmitted(controls.prior_chosen):
        controls.show_state(replace(state, number=0))


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (SuperimposeState(possible=True), {"start"}),
        (SuperimposeState(possible=True, phase=Phase.RUNNING), {"stop", "progress", "stage"}),
        (
            SuperimposeState(
                possible=True, phase=Phase.DONE, registered=registered(make_film())
            ),
            {"shown", "blend", "difference", "opacity", "flicker", "note"},
        ),
        (
            SuperimposeState(
                possible=True,
                phase=Phase.REFUSED,
                reason=Reason(
                    code=ErrorCode.REGISTRATION_FAILED, parameters={"before": 0.1, "after": 0.2}
                ),
            ),
            {"start", "note"},
        ),
    ],
    ids=["none", "running", "done", "refused"],
)
def test_each_phase_offers_what_makes_sense(controls, state, shown):
    overlay = controls.overlay
    overlay.show_state(state)
    names = (
        "start", "stop", "progress", "stage", "shown", "blend", "difference", "opacity",
        "flicker", "note",
    )  # fmt: skip
    assert {name for name in names if not getattr(overlay, name).isHidden()} == shown
    assert not overlay.isHidden()
    overlay.show_state(SuperimposeState())
    assert overlay.isHidden()


def test_progress_and_agreement_are_told(controls):
    overlay = controls.overlay
    progress = Progress(stage="affine", done=30, total=120)
    overlay.show_state(SuperimposeState(possible=True, phase=Phase.RUNNING, progress=progress))
    assert (overlay.progress.value(), overlay.progress.maximum()) == (30, 120)
    done = registered(make_film())
    overlay.show_state(SuperimposeState(possible=True, phase=Phase.DONE, registered=done))
    assert overlay.note.text() == "Agreement 0.10 → 0.50"


def test_the_slider_tells_shares_and_is_not_moved_back(controls, qtbot):
    overlay = controls.overlay
    with qtbot.waitSignal(overlay.opacity_changed) as changed:
        overlay.opacity.setValue(80)
    assert changed.args == [0.8]
    with qtbot.assertNotEmitted(overlay.opacity_changed):
        overlay.show_state(SuperimposeState(possible=True, phase=Phase.DONE, opacity=0.3))
    assert overlay.opacity.value() == 30
