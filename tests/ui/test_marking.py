"""Drawn on the film, kept in the record: stored, undone, refused and there after a restart."""

from __future__ import annotations

import pytest

from resources.i18n import Texts
from tests.factories.benches import Bench
from tests.factories.films import make_annotation
from workstation.core.annotation import AnnotationKind
from workstation.core.image import SpacingSource
from workstation.core.review import AnnotationChanged, ReviewStatus
from workstation.ui.marking import Marking
from workstation.ui.viewer import FilmView

A = "1.2.1"


class Desk(Bench):
    """The presenters of a room with a film on screen."""

    def __init__(self, qtbot, store=None):
        super().__init__(qtbot, store=store)
        self.view = FilmView(Texts("en"))
        qtbot.addWidget(self.view)
        self.said = []
        self.view.hand.said.connect(self.said.append)
        Marking(self.view, self.record, Texts("en"))
        self.desk.film_shown.connect(self.view.show_film)

    @property
    def drawn(self):
        return self.view.hand.layer.annotations

    def draw(self, before, after):
        """As the hand does after the mouse."""
        changed = after or before
        self.view.hand.layer.put(changed.annotation_id, after)
        self.view.hand.annotation_changed.emit(before, after)


@pytest.fixture
def bench(qtbot):
    made = Desk(qtbot)
    yield made
    made.lanes.shutdown()


LINE = make_annotation(AnnotationKind.DISTANCE, (1.0, 2.0), (30.0, 40.0), sop_uid="1.2.1.1.1")


def test_what_is_drawn_is_stored_before_any_ai_result_and_undone_and_redone(bench):
    bench.open(A)
    bench.draw(None, LINE)
    bench.until(lambda: bench.record.state.annotations == {LINE.annotation_id: LINE})
    assert not bench.record.state.revealed
    bench.review.undo()
    bench.until(lambda: bench.drawn == ())
    bench.review.redo()
    bench.until(lambda: bench.drawn == (LINE,))
    moved = LINE.moved(2, 3)
    bench.draw(LINE, moved)
    bench.until(lambda: bench.record.state.annotations == {LINE.annotation_id: moved})
    bench.draw(moved, None)
    bench.until(lambda: not bench.record.state.annotations)
    changes = [event.change for event in bench.store.log[1:]]
    assert changes[-1] == AnnotationChanged(
        annotation_id=LINE.annotation_id, before=moved, after=None
    )


def test_it_is_there_after_a_restart_and_only_on_its_own_film(bench, qtbot):
    bench.open(A)
    bench.draw(None, LINE)
    bench.view.hand.calibrated.emit(0.25)
    bench.until(lambda: len(bench.changes()) == 2)
    bench.settle()
    again = Desk(qtbot, store=bench.store)
    again.open(A)
    again.until(lambda: again.drawn == (LINE,))
    assert again.view.hand.spacing.source is SpacingSource.USER_CALIBRATED
    again.open("1.2.2")
    assert again.drawn == ()
    assert again.view.hand.spacing is None
    again.lanes.shutdown()


def test_calibration_is_undone_like_everything_else(bench):
    bench.open(A)
    bench.view.hand.calibrated.emit(0.25)
    bench.until(lambda: bench.view.hand.spacing is not None)
    bench.review.undo()
    bench.until(lambda: bench.view.hand.spacing is None)


def test_without_a_name_nothing_stays_on_the_film(bench):
    bench.open(A)
    bench.actor = None
    bench.draw(None, LINE)
    assert bench.drawn == ()
    assert bench.store.log == []


def test_what_a_full_disk_refuses_disappears_again(bench):
    bench.open(A)
    bench.store.full = True
    bench.draw(None, LINE)
    bench.until(lambda: bool(bench.failures) and bench.drawn == ())


def test_a_closed_review_is_locked_and_says_so(bench):
    bench.open(A)
    bench.review.record_impression("")
    bench.until(lambda: bench.record.state.impression is not None)
    bench.review.mark_reviewed()
    bench.until(lambda: bench.record.state.status is ReviewStatus.REVIEWED)
    bench.view.hand._may_change()
    assert "closed" in bench.said[-1]
    bench.review.reopen()
    bench.until(lambda: not bench.record.state.is_locked)
    assert bench.view.hand._may_change()
