"""The mouse on the film, in readers' conventions."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from resources.i18n import Texts
from tests.factories.films import make_film, make_instance
from workstation.core.display import drag_window, window_like
from workstation.core.image import WindowLevel
from workstation.ui.viewer import FilmView, Tool, ViewerOptions

LEFT, MIDDLE, RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
CONTROL, SHIFT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)

CENTRE = QPoint(200, 150)

# Qt's offscreen platform says so of every window.
pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


@pytest.fixture
def view(qtbot):
    view = FilmView(Texts("en"))
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show_film(make_film(windows=(WindowLevel(centre=2000, width=1000),)))
    view.show()
    return view


def viewport(view):
    return view._canvas.viewport()


def drag(view, button, by, *, start=(200, 150), modifiers=NONE):
    """Press, move there in one step and release, as a mouse does."""
    target = viewport(view)
    begin = QPoint(*start)
    end = begin + QPoint(*by)
    QTest.mousePress(target, button, modifiers, begin)
    move(view, end, button, modifiers)
    QTest.mouseRelease(target, button, modifiers, end)


def move(view, place, button=Qt.MouseButton.NoButton, modifiers=NONE):

    event = QMouseEvent(
        QEvent.Type.MouseMove,
        QPointF(place),
        QPointF(viewport(view).mapToGlobal(place)),
        Qt.MouseButton.NoButton,
        button,
        modifiers,
    )
    QApplication.sendEvent(viewport(view), event)


def wheel(view, notches, place=CENTRE, modifiers=NONE):
    event = QWheelEvent(
        QPointF(place),
        QPointF(viewport(view).mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(viewport(view), event)


def test_left_drag_is_the_core_s_window_arithmetic(view):
    before = window_like(view.view_state().voi)
    drag(view, LEFT, (30, 20))
    after = view.view_state().voi
    assert after == drag_window(before, dx=30, dy=20, film=view.film)
    assert after.width > before.width
    assert after.centre < before.centre


def test_vertical_direction_can_be_reversed(view):
    view.set_options(ViewerOptions(invert_vertical_drag=True))
    before = window_like(view.view_state().voi)
    drag(view, LEFT, (0, 20))
    assert view.view_state().voi.centre > before.centre


@pytest.mark.parametrize(("modifiers", "speed"), [(CONTROL, 2.5), (CONTROL | SHIFT, 5.0)])
def test_control_drags_faster(view, modifiers, speed):
    before = window_like(view.view_state().voi)
    drag(view, LEFT, (20, 0), modifiers=modifiers)
    expected = drag_window(before, dx=20 * speed, dy=0, film=view.film)
    assert view.view_state().voi == expected


def test_a_click_and_a_tremor_leave_the_window_alone(view):
    before = view.view_state()
    drag(view, LEFT, (1, 1))
    assert view.view_state() == before


def test_double_click_maximises_without_touching_the_window(view, qtbot):
    before = view.view_state()
    with qtbot.waitSignal(view.maximise_requested):
        QTest.mouseDClick(viewport(view), LEFT, NONE, QPoint(100, 100))
    move(view, QPoint(180, 160), LEFT)
    assert view.view_state() == before


@pytest.mark.parametrize(("tool", "button"), [(Tool.WINDOW, MIDDLE), (Tool.PAN, LEFT)])
def test_panning_moves_the_film_with_the_mouse(view, tool, button):
    view.set_tool(tool)
    view.zoom_in()
    grabbed = view.film_to_canvas().inverse()((200, 150))
    drag(view, button, (-20, 15))
    x, y = view.film_to_canvas()(grabbed)
    assert (x, y) == pytest.approx((180, 165), abs=1.0)


@pytest.mark.parametrize(("tool", "button"), [(Tool.WINDOW, RIGHT), (Tool.ZOOM, LEFT)])
def test_dragging_up_enlarges_around_the_start(view, tool, button, qtbot):
    view.set_tool(tool)
    before = view.view_state()
    place = view.film_to_canvas().inverse()((200, 150))
    with qtbot.assertNotEmitted(view.menu_requested):
        drag(view, button, (0, -60))
    assert view.view_state().zoom > before.zoom
    assert view.view_state().voi == before.voi
    assert view.film_to_canvas()(place) == pytest.approx((200, 150), abs=1.0)


def test_right_click_without_movement_asks_for_the_menu(view, qtbot):
    with qtbot.waitSignal(view.menu_requested) as asked:
        QTest.mouseClick(viewport(view), RIGHT, NONE, QPoint(50, 60))
    assert asked.args == [viewport(view).mapToGlobal(QPoint(50, 60))]


def test_wheel_zooms_at_the_cursor(view, qtbot):
    place = view.film_to_canvas().inverse()((190, 110))
    zoom = view.view_state().zoom
    with qtbot.assertNotEmitted(view.step_requested):
        wheel(view, 3, QPoint(190, 110))
    assert view.view_state().zoom == pytest.approx(zoom * 1.2**3)
    assert view.film_to_canvas()(place) == pytest.approx((190, 110), abs=1.0)


def test_wheel_steps_in_a_stack_and_control_still_zooms(view, qtbot):
    view.show_film(make_film(instance=make_instance(frames=5)))
    zoom = view.view_state().zoom
    with qtbot.waitSignal(view.step_requested) as step:
        wheel(view, -1)
    assert step.args == [1]
    assert view.view_state().zoom == zoom
    wheel(view, 1, modifiers=CONTROL)
    assert view.view_state().zoom > zoom


def test_another_film_ends_a_drag(view):
    QTest.mousePress(viewport(view), LEFT, NONE, QPoint(100, 100))
    move(view, QPoint(150, 120), LEFT)
    view.show_film(make_film())
    fresh = view.view_state()
    move(view, QPoint(200, 220), LEFT)
    assert view.view_state() == fresh
    QTest.mouseRelease(viewport(view), LEFT, NONE, QPoint(200, 220))
    drag(view, LEFT, (-30, 0))
    assert view.view_state() != fresh


def test_without_a_film_the_mouse_does_nothing(view, qtbot):
    view.show_message("Nothing here")
    with qtbot.assertNotEmitted(view.view_changed):
        drag(view, LEFT, (30, 30))
        drag(view, MIDDLE, (30, 30))
        wheel(view, 1)
    assert view.film is None


def test_the_pointer_reads_the_film(view, qtbot):
    x, y = view.film_to_canvas()((10, 20))
    with qtbot.waitSignal(view.pointer_moved) as read:
        move(view, QPoint(round(x), round(y)))
    reading = read.args[0]
    column, row = (round(part) for part in reading.place)
    assert (column, row) == (10, 20)
    assert reading.value == view.film.pixels[20, 10]
    move(view, QPoint(0, 0))
    assert view._pointer is None
