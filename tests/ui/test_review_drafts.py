"""What is typed and not yet recorded, when another window takes the place of the one it was typed in."""

from __future__ import annotations

import pytest

from resources.i18n import Texts
from tests.factories.benches import A, Bench
from workstation.core.review import Section
from workstation.ui.review.view import ReviewView


@pytest.fixture
def bench(qtbot):
    made = Bench(qtbot)
    yield made
    made.close()


def test_a_window_in_another_language_shows_what_was_being_typed(bench, qtbot):
    bench.open(A)
    told = []
    bench.review.state_changed.connect(told.append)
    bench.review.draft_impression("large hear")
    bench.review.draft(Section.FINDINGS, "lungs cl")
    assert not told  # the window it is typed in is left alone
    view = ReviewView(Texts("zh"))
    qtbot.addWidget(view)
    view.set_state(bench.review.state)
    assert view.impression.edit.text == "large hear"
    assert view.report.edits[Section.FINDINGS].text == "lungs cl"


def test_a_review_that_cannot_be_closed_yet_is_not_called_unsaved(bench):
    bench.open(A)
    bench.review.mark_reviewed()
    bench.until(lambda: bool(bench.failures))
    bench.settle()
    assert bench.failures == [bench.review.state.blocks[0]]
    assert bench.review.state.save_failed is None
