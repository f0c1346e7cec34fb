"""A key image is said on the film, undone like everything else, and never on another frame or a closed review."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from resources.i18n import Texts
from tests.factories.benches import Bench
from tests.factories.fakes import instance_of
from tests.factories.films import make_film
from workstation.core.review import ReviewStatus
from workstation.ui.key_images import KeyImages
from workstation.ui.viewer import CornerLevel, FilmView, ViewerOptions

A, B = "1.2.1", "1.2.2"
SOP = "1.2.1.1.1"


class Desk(Bench):
    """The presenters of a room with a film on screen."""

    def __init__(self, qtbot, store=None):
        super().__init__(qtbot, store=store)
        self.view = FilmView(Texts("en"))
        qtbot.addWidget(self.view)
        self.keys = KeyImages(self.view, self.record, Texts("en"))
        self.said = []
        self.keys.said.connect(self.said.append)
        self.desk.film_shown.connect(self.view.show_film)

    @property
    def badge(self):
        film = self.view.film
        return self.view._overlay(film).corners.notes if film is not None else ()


@pytest.fixture
def bench(qtbot):
    made = Desk(qtbot)
    yield made
    made.close()


def marked(bench):
    return bench.badge == ("★ Key image",)


def test_marked_undone_redone_and_unmarked(bench):
    bench.open(A)
    assert bench.badge == ()
    bench.keys.toggle()
    bench.until(lambda: bench.record.state.key_images == ((SOP, 0),))
    assert marked(bench)
    assert not bench.record.state.revealed
    bench.review.undo()
    bench.until(lambda: not marked(bench))
    bench.review.redo()
    bench.until(lambda: marked(bench))
    bench.keys.toggle()
    bench.until(lambda: not bench.record.state.key_images)
    assert not marked(bench)


def test_only_the_frame_that_was_marked_says_so_at_every_level_of_text(bench):
    several = replace(instance_of(1), frames=3)
    bench.put(Path("/films/1.dcm"), several)
    bench.open(A)
    bench.view.show_film(make_film(instance=several, frame=2))
    bench.keys.toggle()
    bench.until(lambda: marked(bench))
    for level in CornerLevel:
        bench.view.set_options(ViewerOptions(corner_level=level))
        assert marked(bench)
    bench.view.show_film(make_film(instance=several, frame=1))
    assert not marked(bench)
    bench.view.show_film(make_film(instance=several, frame=2))
    assert marked(bench)
    bench.open(B)
    assert bench.badge == ()


def test_it_is_there_after_a_restart(bench, qtbot):
    bench.open(A)
    bench.keys.toggle()
    bench.until(lambda: marked(bench))
    again = Desk(qtbot, store=bench.store)
    again.open(A)
    again.until(lambda: marked(again))
    again.close()


def test_a_closed_review_is_locked_and_says_so(bench):
    bench.open(A)
    bench.review.record_impression("")
    bench.until(lambda: bench.record.state.impression is not None)
    bench.review.mark_reviewed()
    bench.until(lambda: bench.record.state.status is ReviewStatus.REVIEWED)
    bench.keys.toggle()
    assert "closed" in bench.said[-1]
    assert bench.record.state.key_images == ()


def test_a_film_of_another_study_is_not_marked(bench):
    bench.open(A)
    bench.view.show_film(make_film(instance=instance_of(2)))
    bench.keys.toggle()
    bench.settle()
    assert bench.store.log == []
