"""The brush of a trial: discs on the film under the stroke, drawn, and gone without a trace."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from resources.i18n import Texts
from tests.factories.films import make_film
from workstation.core.geometry import Disc
from workstation.ui.viewer.state import Tool
from workstation.ui.viewer.view import FilmView

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot):
    made = FilmView(Texts("en"))
    qtbot.addWidget(made)
    made.resize(600, 600)
    made.show()
    made.show_film(make_film())
    made.set_tool(Tool.PAINT)
    made.strokes = []
    made.brush.painted.connect(made.strokes.extend)
    return made


def stroke(view, *places):
    canvas = view._canvas.viewport()
    QTest.mousePress(canvas, LEFT, pos=QPoint(*places[0]))
    for place in places[1:]:
        QTest.mouseMove(canvas, QPoint(*place))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(*places[-1]))


def test_a_stroke_covers_the_film_beneath_it_without_gaps(view):
    window = view.view_state().voi
    stroke(view, (200, 300), (400, 300))
    to_canvas = view.film_to_canvas()
    places = [to_canvas(disc.centre) for disc in view.strokes]
    assert places[0] == pytest.approx((200, 300), abs=0.5)
    assert places[-1][0] > 380
    reach = view.strokes[0].radius * to_canvas.scale
    gaps = [b[0] - a[0] for a, b in pairwise(places)]
    assert max(gaps) <= reach
    assert view.view_state().voi == window


def test_zooming_in_makes_the_brush_finer(view):
    stroke(view, (300, 300))
    view.zoom_in()
    stroke(view, (300, 300))
    coarse, fine = view.strokes
    assert fine.radius < coarse.radius


def test_what_is_painted_out_is_drawn_and_leaves_no_trace(view):
    view.set_tool(Tool.WINDOW)
    before = view.grab().toImage()
    view.brush.show_region([Disc(centre=(20.0, 30.0), radius=8.0)])
    assert view.grab().toImage() != before
    view.brush.show_region(())
    assert view.grab().toImage() == before


def test_another_film_is_whole(view):
    view.brush.show_region([Disc(centre=(20.0, 30.0), radius=8.0)])
    plain = FilmView(Texts("en"))
    film = make_film()
    view.show_film(film)
    view.set_tool(Tool.WINDOW)
    with_memory = view.grab().toImage()
    plain.resize(600, 600)
    plain.show_film(film)
    assert plain.grab().toImage() == with_memory
