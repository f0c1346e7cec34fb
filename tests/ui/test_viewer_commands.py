"""Every command of the viewer: its key, and what it does to the view."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest

from resources.i18n import Texts
from tests.factories.films import make_film, make_instance
from workstation.core.display import auto_window, chest_presets, file_vois, full_window
from workstation.core.geometry import Orientation
from workstation.core.image import Photometric, WindowLevel
from workstation.ui.viewer import CornerLevel, FilmView, Tool, ViewState
from workstation.ui.viewer.actions import COMMANDS, bind_commands

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

WINDOWS = (WindowLevel(centre=2000, width=1000), WindowLevel(centre=1500, width=3000))


@pytest.fixture
def view(qtbot):
    view = FilmView(Texts("en"))
    qtbot.addWidget(view)
    view.resize(400, 300)
    bind_commands(view, Texts("en"))
    view.show_film(make_film(windows=WINDOWS))
    with qtbot.waitActive(view):
        view.show()
        view.activateWindow()
    view.setFocus()
    return view


def press(view, key, modifiers=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(view, key, modifiers)
    return view.view_state()


ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
Key = Qt.Key


def test_ids_and_keys_are_told_apart():
    ids = [command.id for command in COMMANDS]
    keys = [key for command in COMMANDS for key in command.keys]
    assert len(set(ids)) == len(ids)
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("key", "modifiers", "orientation"),
    [
        (Key.Key_R, ALT, Orientation(quarter_turns=1)),
        (Key.Key_L, ALT, Orientation(quarter_turns=3)),
        (Key.Key_F, ALT, Orientation(mirrored=True)),
    ],
)
def test_turning(view, key, modifiers, orientation):
    assert press(view, key, modifiers).orientation == orientation


def test_windows_have_number_keys(view):
    film = view.film
    assert press(view, Key.Key_2).voi is file_vois(film)[1]
    assert press(view, Key.Key_1).voi is file_vois(film)[0]
    assert press(view, Key.Key_0).voi == auto_window(film)
    for index, (_, window) in enumerate(chest_presets(film)):
        chosen = press(view, Key(Key.Key_3 + index)).voi
        assert (chosen.centre, chosen.width) == (window.centre, window.width)
        assert chosen.explanation


def test_invert_zoom_fit_and_reset(view):
    first = view.view_state()
    assert press(view, Key.Key_V).inverted
    zoomed = press(view, Key.Key_Plus, CONTROL)
    assert zoomed.zoom > first.zoom
    assert press(view, Key.Key_Minus, CONTROL).zoom == pytest.approx(first.zoom)
    press(view, Key.Key_Plus, CONTROL)
    panned = press(view, Key.Key_Left, ALT)
    assert panned.centre[0] < first.centre[0]
    fitted = press(view, Key.Key_Return, CONTROL)
    assert (fitted.zoom, fitted.centre) == (first.zoom, first.centre)
    assert press(view, Key.Key_Escape) == first


def test_escape_leaves_the_tool_before_it_resets(view):
    press(view, Key.Key_T)
    assert view.tool is Tool.PAN
    press(view, Key.Key_V)
    assert press(view, Key.Key_Escape).inverted
    assert view.tool is Tool.WINDOW
    assert not press(view, Key.Key_Escape).inverted


@pytest.mark.parametrize(
    ("key", "by"), [(Key.Key_PageDown, 1), (Key.Key_Right, 1), (Key.Key_PageUp, -1)]
)
def test_navigation_keys_ask_for_another_image(view, qtbot, key, by):
    with qtbot.waitSignal(view.step_requested) as step:
        press(view, key)
    assert step.args == [by]


def test_texts_cycle_and_say_so(view, qtbot):
    with qtbot.waitSignal(view.corners_changed) as changed:
        press(view, Key.Key_I)
    assert changed.args == [CornerLevel.MINIMAL]
    press(view, Key.Key_Space)
    assert view.options.corner_level is CornerLevel.NONE
    press(view, Key.Key_Space)
    assert view.options.corner_level is CornerLevel.ALL


def test_one_to_one_is_one_screen_pixel_a_film_pixel(view):
    view.one_to_one()
    to_canvas = view.film_to_canvas()
    ratio = view.devicePixelRatioF()
    assert to_canvas((11.0, 0.0))[0] - to_canvas((10.0, 0.0))[0] == pytest.approx(1 / ratio)


def test_every_command_stands_an_empty_view(qtbot):
    view = FilmView(Texts("zh"))
    qtbot.addWidget(view)
    for action in bind_commands(view, Texts("zh")).values():
        action.trigger()
    assert view.film is None


def test_a_look_can_be_restored_on_another_film(view):
    view.rotate_right()
    view.invert()
    view.zoom_in()
    state = view.view_state()
    view.show_film(make_film(windows=WINDOWS[1:]))
    assert view.view_state() != state
    view.restore(state)
    assert view.view_state() == state
    assert view.presentation() == (state.voi, True)


def test_only_the_reader_s_changes_are_announced(view, qtbot):
    state = view.view_state()
    with qtbot.assertNotEmitted(view.view_changed):
        view.show_film(make_film(windows=WINDOWS))
        view.restore(state)
        view.resize(500, 400)
    with qtbot.waitSignal(view.view_changed) as changed:
        view.invert()
    assert changed.args == [view.view_state()]


def test_a_colour_film_has_no_window(view):
    colour = make_film(np.zeros((5, 6, 3), np.uint8), photometric=Photometric.RGB)
    view.show_film(colour)
    view.restore(ViewState(voi=WINDOWS[0]))
    view.auto_window()
    view.file_window(1)
    view.preset(1)
    assert view.view_state().voi is None


def test_frames_of_one_image_keep_the_look_and_other_images_do_not(view):
    view.show_film(make_film(instance=make_instance(frames=3)))
    view.invert()
    view.zoom_in()
    state = view.view_state()
    view.show_film(make_film(instance=make_instance(frames=3), frame=1))
    assert view.view_state() == state
    other = make_instance(sop_uid="1.2.3")
    view.show_film(make_film(instance=other))
    assert view.view_state() == ViewState(
        voi=full_window(view.film),
        zoom=view.view_state().zoom,
        centre=view.view_state().centre,
    )


def test_a_fitted_film_follows_the_canvas(view, qtbot):
    fitted = view.view_state().zoom
    view.resize(800, 600)
    assert view.view_state().zoom == pytest.approx(2 * fitted)
    view.zoom_in()
    zoom = view.view_state().zoom
    view.resize(500, 400)
    assert view.view_state().zoom == zoom


def test_dropped_files_are_named(view, qtbot, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/x.dcm")])
    event = QDropEvent(
        QPointF(10, 10),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(view.file_dropped) as dropped:
        view.dropEvent(event)
    assert dropped.args == [(tmp_path,)]
