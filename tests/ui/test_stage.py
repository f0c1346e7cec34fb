"""Two films on the stage: linked or not, marked for what they are, and gone without a trace."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage

from resources.i18n import Texts
from tests.factories.fakes import instance_of
from tests.factories.films import make_film, make_pixels
from tests.ui.test_compare_presenter import OTHER
from workstation.ui.compare.model import Beside, CompareState
from workstation.ui.compare.wording import badges
from workstation.ui.stage import Badge, Stage
from workstation.ui.viewer.state import CornerLevel, Tool, ViewerOptions

CURRENT, PRIOR = Badge(text="Current"), Badge(text="Prior")


@pytest.fixture
def stage(qtbot):
    made = Stage(Texts("en"), ViewerOptions())
    qtbot.addWidget(made)
    made.resize(640, 360)
    made.show()
    made.film.show_film(make_film())
    return made


def picture(widget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    shape = (image.height(), image.width(), 4)
    return np.frombuffer(image.constBits(), np.uint8).reshape(shape)[..., :3].copy()


def compared(stage, current=CURRENT, beside=PRIOR):
    stage.compare(current, beside)
    stage.show_beside(make_film(make_pixels(60, 50, seed=2)))
    return stage.beside


def test_a_comparison_leaves_no_trace(stage):
    before = picture(stage)
    compared(stage)
    assert (picture(stage) != before).any()
    stage.end_comparison()
    assert stage.beside is None
    assert np.array_equal(picture(stage), before)


def test_what_is_done_to_either_film_is_done_to_both(stage):
    beside = compared(stage)
    told = []
    stage.film.view_changed.connect(told.append)
    stage.film.zoom_in()
    growth = stage.film.view_state().zoom / 1.25
    assert beside.view_state().zoom != pytest.approx(growth)
    zoom = stage.film.view_state().zoom
    beside.zoom_at(QPointF(10, 10), 2.0)
    assert stage.film.view_state().zoom == pytest.approx(2 * zoom)
    assert told[-1] == stage.film.view_state()
    beside.invert()
    assert stage.film.view_state().inverted


def test_unlinked_films_go_their_own_ways(stage):
    beside = compared(stage)
    stage.set_linked(False)
    look = beside.view_state()
    stage.film.zoom_in()
    stage.film.invert()
    assert beside.view_state() == look


def test_tools_and_texts_are_shared(stage):
    stage.film.set_tool(Tool.PAN)
    beside = compared(stage)
    assert beside.tool is Tool.PAN
    beside.set_tool(Tool.ZOOM)
    assert stage.film.tool is Tool.ZOOM
    beside.cycle_corners()
    assert stage.film.options.corner_level is CornerLevel.MINIMAL
    stage.set_options(replace(stage.film.options, hide_identity=True))
    assert beside.options.hide_identity


def test_commands_go_to_the_film_that_was_touched_last(stage, qtbot):
    beside = compared(stage)
    assert stage.active is stage.film
    stage.activate(beside)
    assert stage.active is beside
    stage.end_comparison()
    assert stage.active is stage.film


def test_another_patient_is_marked_by_words_and_frame(stage):
    def words(**changes):
        one, other = instance_of(1), instance_of(2, **changes)
        state = CompareState(beside=Beside.HELD, current=one, instance=other)
        return badges(state, Texts("en"))

    assert not any(badge.is_alarm for badge in words())
    alarmed = words(patient=OTHER)
    assert all(badge.is_alarm and "ANOTHER PATIENT" in badge.text for badge in alarmed)
    compared(stage)
    quiet = picture(stage)
    compared(stage, *(replace(badge, is_alarm=True) for badge in (CURRENT, PRIOR)))
    loud = picture(stage)
    frame = (loud != quiet).any(axis=2)
    for edge in (frame[:4], frame[-6:], frame[:, :4], frame[:, -6:]):
        assert edge.mean() > 0.1


def test_the_prior_says_so_and_how_old_it_is(stage):
    films = (instance_of(1), instance_of(2))
    times = [f.study_datetime for f in films]
    older = replace(films[1], acquired=times[1].replace(year=2022, month=2))
    state = CompareState(beside=Beside.PRIOR, current=films[0], instance=older)
    current, prior = badges(state, Texts("en"))
    assert current.text == "Current · 2024-05-06 · PA"
    assert prior.text == "Prior · 2022-02-06 · PA · 2 years earlier"
