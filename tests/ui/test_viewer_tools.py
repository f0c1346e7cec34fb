"""Drawing, editing and looking closer with the mouse on a film."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from resources.i18n import Texts
from tests.factories.films import make_annotation, make_film, make_instance, make_pixels
from workstation.core.annotation import AnnotationKind
from workstation.core.display import render
from workstation.core.geometry import Orientation
from workstation.core.image import PixelSpacing, SpacingSource
from workstation.ui.viewer import CornerLevel, FilmView, Tool, ViewerOptions
from workstation.ui.viewer.measures import annotation_words
from workstation.ui.viewer.tools.entry import TextEntry

K = AnnotationKind
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SPACING = PixelSpacing(row_mm=0.2, column_mm=0.2, source=SpacingSource.AT_DETECTOR)
EN = Texts("en")


@pytest.fixture
def view(qtbot):
    """A film of 400 x 300 in a canvas of the same size: a screen pixel is a film pixel."""
    view = FilmView(EN, ViewerOptions(corner_level=CornerLevel.NONE))
    qtbot.addWidget(view)
    view.resize(400, 300)
    view.show_film(make_film(make_pixels(300, 400), spacing=SPACING))
    with qtbot.waitActive(view):
        view.show()
        view.activateWindow()
    view.one_to_one()
    view.hand.show(refusal="")
    view.said = []
    view.changes = []
    view.sizes = []
    view.hand.said.connect(view.said.append)
    view.hand.annotation_changed.connect(lambda *change: view.changes.append(change))
    view.hand.calibrated.connect(view.sizes.append)
    return view


def mouse(view, kind, x, y, *, down=True):
    place = QPointF(x, y)
    moving = kind is QEvent.Type.MouseMove
    released = kind is QEvent.Type.MouseButtonRelease
    event = QMouseEvent(
        kind,
        place,
        place,
        Qt.MouseButton.NoButton if moving else LEFT,
        LEFT if down and not released else Qt.MouseButton.NoButton,
        NONE,
    )
    QApplication.sendEvent(view._canvas.viewport(), event)


def click(view, x, y):
    mouse(view, QEvent.Type.MouseMove, x, y, down=False)
    mouse(view, QEvent.Type.MouseButtonPress, x, y)
    mouse(view, QEvent.Type.MouseButtonRelease, x, y)


def drag(view, start, end):
    mouse(view, QEvent.Type.MouseButtonPress, *start)
    mouse(view, QEvent.Type.MouseMove, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    mouse(view, QEvent.Type.MouseMove, *end)
    mouse(view, QEvent.Type.MouseButtonRelease, *end)


def on_film(view, *places):
    back = view.film_to_canvas().inverse()
    return tuple(back(place) for place in places)


def on_canvas(view, *places):
    return tuple(view.film_to_canvas()(place) for place in places)


def drawn(view):
    """The last thing that was said to be drawn."""
    before, after = view.changes[-1]
    assert before is None
    return after


TWO_POINTS = [Tool.DISTANCE, Tool.ELLIPSE, Tool.RECTANGLE]


@pytest.mark.parametrize("tool", TWO_POINTS)
def test_a_drag_draws_from_where_it_begins_to_where_it_ends(view, tool):
    look = view.view_state()
    view.set_tool(tool)
    drag(view, (50, 60), (150, 200))
    found = drawn(view)
    assert found.kind == AnnotationKind(tool)
    assert found.points == on_film(view, (50, 60), (150, 200))
    assert (found.sop_uid, found.frame) == (view.film.instance.sop_uid, 0)
    assert view.hand.layer.annotations == (found,)
    assert view.view_state() == look
    assert view.tool is tool


@pytest.mark.parametrize("tool", TWO_POINTS)
def test_clicks_draw_too_even_when_they_are_fast(view, tool, qtbot):
    view.set_tool(tool)
    click(view, 50, 60)
    assert view.changes == []
    with qtbot.assertNotEmitted(view.maximise_requested):
        mouse(view, QEvent.Type.MouseButtonDblClick, 150, 200)
        mouse(view, QEvent.Type.MouseButtonRelease, 150, 200)
    assert drawn(view).points == on_film(view, (50, 60), (150, 200))


def test_an_angle_has_its_vertex_where_the_first_leg_ends(view):
    view.set_tool(Tool.ANGLE)
    drag(view, (50, 60), (150, 60))
    assert view.changes == []
    click(view, 150, 160)
    assert drawn(view).points == on_film(view, (50, 60), (150, 60), (150, 160))


def test_two_clicks_on_one_place_draw_nothing(view):
    view.set_tool(Tool.DISTANCE)
    click(view, 50, 60)
    click(view, 50, 60)
    assert view.changes == []
    assert not view.hand.drop()


def test_points_beside_the_film_are_put_on_its_edge(view):
    view.resize(600, 300)
    view.set_tool(Tool.DISTANCE)
    drag(view, (300, 100), (590, 100))
    assert drawn(view).points[1][0] == view.film.columns - 0.5


def test_escape_gives_up_the_drawing_then_the_tool_then_the_look(view):
    view.invert()
    view.set_tool(Tool.ANGLE)
    click(view, 50, 60)
    view.cancel()
    assert view.tool is Tool.ANGLE
    click(view, 70, 60)
    view.set_tool(Tool.DISTANCE)
    drag(view, (50, 60), (150, 200))
    assert [after.kind for _, after in view.changes] == [K.DISTANCE]
    view.cancel()
    assert (view.tool, view.hand.layer.selected) == (Tool.WINDOW, "")
    assert view.view_state().inverted
    view.cancel()
    assert not view.view_state().inverted


def shown(view, *annotations, refusal=""):
    view.hand.show(annotations, refusal=refusal)
    return annotations


def test_a_point_can_be_moved_with_the_usual_tool(view):
    (line,) = shown(view, make_annotation(K.DISTANCE, (100.0, 100.0), (200.0, 100.0)))
    look = view.view_state()
    start = view.film_to_canvas()((200.0, 100.0))
    drag(view, start, (start[0] + 30, start[1] + 40))
    ((before, after),) = view.changes
    assert before == line
    assert after.points == ((100.0, 100.0), (230.0, 140.0))
    assert view.view_state() == look


@pytest.mark.parametrize(
    ("tool", "refusal", "says_so"),
    [
        (Tool.WINDOW, "", True),
        (Tool.PAN, "", True),
        (Tool.DISTANCE, "", False),
        (Tool.MAGNIFIER, "", False),
        (Tool.PAINT, "", False),
        (Tool.WINDOW, "closed", False),
    ],
)
def test_the_pointer_says_where_a_drag_would_move_a_mark(view, tool, refusal, says_so):
    line = make_annotation(K.DISTANCE, (100.0, 100.0), (200.0, 100.0))
    shown(view, line, refusal=refusal)
    view.set_tool(tool)
    usual = view.cursor().shape()
    mouse(view, QEvent.Type.MouseMove, *view.film_to_canvas()((150.0, 101.0)), down=False)
    assert (view.cursor().shape() != usual) is says_so
    mouse(view, QEvent.Type.MouseMove, *view.film_to_canvas()((150.0, 250.0)), down=False)
    assert view.cursor().shape() == usual


def test_a_line_can_be_moved_as_a_whole_but_not_off_the_film(view):
    shown(view, make_annotation(K.DISTANCE, (100.0, 100.0), (200.0, 100.0)))
    x, y = view.film_to_canvas()((150.0, 100.0))
    drag(view, (x, y), (x + 390, y + 20))
    assert view.changes[-1][1].points == ((299.5, 120.0), (399.5, 120.0))


def test_a_click_selects_and_changes_nothing_and_del_deletes(view):
    line, _ = shown(
        view,
        make_annotation(K.DISTANCE, (100.0, 100.0), (200.0, 100.0)),
        make_annotation(K.ELLIPSE, (20.0, 20.0), (60.0, 60.0), annotation_id="mark-2"),
    )
    view.delete_annotation()
    click(view, *view.film_to_canvas()((150.0, 101.0)))
    assert view.hand.layer.selected == line.annotation_id
    assert view.changes == []
    view.delete_annotation()
    assert view.changes == [(line, None)]
    assert [a.annotation_id for a in view.hand.layer.annotations] == ["mark-2"]


def test_beside_everything_drawn_the_window_follows_the_mouse(view):
    shown(view, make_annotation(K.DISTANCE, (100.0, 100.0), (200.0, 100.0)))
    before = view.view_state().voi
    drag(view, (300, 250), (340, 260))
    assert view.view_state().voi != before
    assert view.changes == []


@pytest.mark.parametrize("tool", [Tool.DISTANCE, Tool.NOTE, Tool.CALIBRATE])
def test_in_a_closed_review_nothing_is_drawn_and_it_says_so(view, tool):
    (line,) = shown(
        view, make_annotation(K.DISTANCE, (100.0, 100.0), (200.0, 100.0)), refusal="closed"
    )
    drag(view, view.film_to_canvas()((200.0, 100.0)), (250, 250))
    view.delete_annotation()
    assert len(view.said) == 1
    view.set_tool(tool)
    drag(view, (50, 60), (150, 200))
    assert view.said == ["closed", "closed"]
    assert view.changes == []
    assert view.hand.layer.annotations == (line,)


def entry(view):
    (field,) = [f for f in view.findChildren(TextEntry) if f.isVisible()]
    return field


def test_an_arrow_points_where_it_was_begun_and_takes_a_text(view):
    view.set_tool(Tool.ARROW)
    drag(view, (50, 60), (150, 200))
    assert view.changes == []
    entry(view).setText("结节 a")
    QTest.keyClick(entry(view), Qt.Key.Key_Return)
    assert drawn(view).text == "结节 a"
    assert drawn(view).points == on_film(view, (50, 60), (150, 200))
    assert view.hasFocus()


def test_a_note_without_a_word_is_none_and_an_arrow_speaks_for_itself(view):
    view.set_tool(Tool.NOTE)
    click(view, 50, 60)
    QTest.keyClick(entry(view), Qt.Key.Key_Escape)
    assert view.changes == []
    assert view.tool is Tool.NOTE
    view.set_tool(Tool.ARROW)
    drag(view, (50, 60), (150, 200))
    QTest.keyClick(entry(view), Qt.Key.Key_Return)
    assert drawn(view).text == ""


@pytest.mark.parametrize(("kind", "places"), [(K.NOTE, 1), (K.ARROW, 2)])
def test_a_double_click_changes_the_words_and_nothing_else(view, kind, places, qtbot):
    points = ((60.0, 80.0), (160.0, 120.0))[:places]
    (mark,) = shown(view, make_annotation(kind, *points, text="blunt"))
    place = view.film_to_canvas()(points[-1])
    with qtbot.assertNotEmitted(view.maximise_requested):
        click(view, *place)
        mouse(view, QEvent.Type.MouseButtonDblClick, *place)
    assert entry(view).text() == "blunt"
    QTest.keyClick(entry(view), Qt.Key.Key_Escape)
    assert view.changes == []
    mouse(view, QEvent.Type.MouseButtonDblClick, *place)
    entry(view).setText("blunt angle")
    QTest.keyClick(entry(view), Qt.Key.Key_Return)
    changed = replace(mark, text="blunt angle")
    assert view.changes == [(mark, changed)]
    assert view.hand.layer.annotations == (changed,)


def test_a_note_whose_words_are_taken_away_goes_and_an_arrow_stays(view):
    note = make_annotation(K.NOTE, (60.0, 80.0), text="clip", annotation_id="note")
    arrow = make_annotation(K.ARROW, (200.0, 80.0), (260.0, 120.0), text="clip")
    shown(view, note, arrow)
    for mark, left in ((note, None), (arrow, replace(arrow, text=""))):
        place = view.film_to_canvas()(mark.points[-1])
        mouse(view, QEvent.Type.MouseButtonDblClick, *place)
        entry(view).clear()
        QTest.keyClick(entry(view), Qt.Key.Key_Return)
        assert view.changes[-1] == (mark, left)


def test_the_words_of_a_closed_review_stay(view):
    (note,) = shown(view, make_annotation(K.NOTE, (60.0, 80.0), text="clip"), refusal="closed")
    mouse(view, QEvent.Type.MouseButtonDblClick, *view.film_to_canvas()(note.points[0]))
    assert view.said == ["closed"]
    assert [f for f in view.findChildren(TextEntry) if f.isVisible()] == []


def test_an_arrow_under_way_goes_with_its_film(view):
    view.set_tool(Tool.ARROW)
    drag(view, (50, 60), (150, 200))
    assert entry(view)
    view.clear()
    assert view.changes == []


def test_a_click_elsewhere_finishes_the_text_and_begins_nothing(view):
    view.set_tool(Tool.NOTE)
    click(view, 50, 60)
    QTest.keyClicks(entry(view), "clip")
    click(view, 300, 200)
    assert [after.text for _, after in view.changes] == ["clip"]
    assert view.hand.drop() is False


@pytest.mark.parametrize(("typed", "millimetres"), [("50", 50.0), ("50,5 mm", 50.5)])
def test_a_line_of_known_length_calibrates_the_film(view, typed, millimetres):
    view.set_tool(Tool.CALIBRATE)
    drag(view, (50, 60), (150, 60))
    QTest.keyClicks(entry(view), typed)
    QTest.keyClick(entry(view), Qt.Key.Key_Return)
    assert view.sizes == [pytest.approx(millimetres / 100)]
    assert view.changes == []
    assert view.tool is Tool.WINDOW
    view.hand.show(mm_per_column=view.sizes[0], refusal="")
    assert view.hand.spacing.source is SpacingSource.USER_CALIBRATED
    view.clear_calibration()
    assert view.sizes[1:] == [None]


@pytest.mark.parametrize("typed", ["fifty", "-3", "nan", "99999"])
def test_what_is_no_length_calibrates_nothing(view, typed):
    view.set_tool(Tool.CALIBRATE)
    drag(view, (50, 60), (150, 60))
    QTest.keyClicks(entry(view), typed)
    QTest.keyClick(entry(view), Qt.Key.Key_Return)
    assert view.sizes == []
    assert len(view.said) == 1


def test_the_cardiothoracic_ratio_is_guided_line_by_line(view):
    view.set_tool(Tool.CARDIOTHORACIC_RATIO)
    hints = [view.hand.hint()]
    for line in (((200, 20), (200, 280)), ((140, 180), (260, 200)), ((60, 230), (340, 230))):
        drag(view, *line)
        hints.append(view.hand.hint())
    assert len(set(hints[:3])) == 3
    assert hints[3] == ""
    assert view.tool is Tool.WINDOW
    words = annotation_words(drawn(view), view.film, SPACING, texts=EN)
    assert "0.43" in words[0]
    assert "24.0 mm" in words[1]
    assert EN.tr("spacing.at_detector") in words[1]


def test_labels_stand_apart_and_within_the_canvas(view):
    """Two regions on the right of a narrow canvas and a line left of them: all their labels would stand in one place."""
    boxes = [
        make_annotation(K.RECTANGLE, (300.0, y), (380.0, y + 30.0), annotation_id=f"box {y}")
        for y in (60.0, 100.0, 140.0)
    ]
    line = make_annotation(K.DISTANCE, (20.0, 70.0), (120.0, 80.0), annotation_id="line")
    shown(view, line, *boxes)
    view.grab()
    labels = view.hand.layer.labels
    assert len(labels) == 4
    for number, label in enumerate(labels):
        assert QRectF(view.rect()).contains(label)
        assert not any(label.intersects(other) for other in labels[:number])


def test_what_is_out_of_sight_has_no_label_on_the_edge(view):
    shown(view, make_annotation(K.DISTANCE, (20.0, 70.0), (60.0, 80.0)))
    view.grab()
    assert len(view.hand.layer.labels) == 1
    view.pan_by(-200, 0)
    view.grab()
    assert view.hand.layer.labels == ()


def test_another_film_takes_everything_away(view):
    shown(view, make_annotation(K.DISTANCE, (100.0, 100.0), (200.0, 100.0)))
    view.set_tool(Tool.NOTE)
    click(view, 50, 60)
    view.show_film(make_film(instance=make_instance(sop_uid="1.2.3")))
    assert view.hand.layer.annotations == ()
    assert [f for f in view.findChildren(TextEntry) if f.isVisible()] == []
    assert view.changes == []


def test_only_the_frame_s_own_annotations_are_drawn(view):
    here, *_ = shown(
        view,
        make_annotation(K.NOTE, text="here"),
        make_annotation(K.NOTE, annotation_id="b", frame=1),
        make_annotation(K.NOTE, annotation_id="c", sop_uid="1.2.3"),
    )
    assert view.hand.layer.annotations == (here,)


def grabbed(view):
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return raw[..., 2::-1].astype(int)


def middle_of_line(ink, start, end):
    """Where a line along an axis really lies across it: its ink's centre, read far from both ends."""
    along = np.array(end) - np.array(start)
    axis = int(abs(along[1]) > abs(along[0]))  # 1 for an upright line
    sign = np.sign(along[axis])
    across = 1 - axis
    steps = [round(start[axis] + sign * step) for step in range(12, 34)]
    first = int(start[across]) - 6
    window = slice(first, first + 13)
    lines = ink[steps, window] if axis == 1 else ink[window, steps].T
    places = np.arange(first, first + 13) + 0.5
    return across, float((lines.sum(axis=0) * places).sum() / lines.sum())


@given(
    st.sampled_from(range(4)),
    st.booleans(),
    st.floats(0.4, 9.0),
    st.tuples(st.integers(60, 340), st.integers(60, 240)),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_a_drawn_point_stays_within_a_screen_pixel_of_the_film(view, turns, mirrored, zoom, at):
    """An angle whose vertex lies at a corner of four film pixels, next to a bright one of the film."""
    column, row = at
    pixels = np.zeros((300, 400), np.uint16)
    pixels[row, column] = 4095
    view.set_tool(Tool.WINDOW)
    view.show_film(make_film(pixels))
    size = 40 / zoom
    vertex = (float(column), float(row))
    view.hand.show(
        [make_annotation(K.ANGLE, (column + size, vertex[1]), vertex, (vertex[0], row + size))]
    )
    state = view.view_state()
    orientation = Orientation(quarter_turns=turns, mirrored=mirrored)
    view.restore(
        replace(state, orientation=orientation, zoom=zoom, centre=vertex, fitted=False)
    )
    ends = on_canvas(view, vertex, (column + size, row), (column, row + size))
    where, right, down = view.devicePixelRatioF() * np.array(ends)
    with_marks = grabbed(view)
    view.hand.show([])
    film = grabbed(view)
    ink = np.abs(with_marks - film).sum(axis=2).astype(float)
    # Where the bright pixel is really painted, read from the screen and not from the map.
    first = [int(part) - 12 for part in where]
    box = (slice(first[1], first[1] + 25), slice(first[0], first[0] + 25))
    y, x = np.mgrid[box] + 0.5
    light = film[box][..., 0]
    seen = (np.average(x, weights=light), np.average(y, weights=light))
    for end in (right, down):
        across, found = middle_of_line(ink, where, end)
        assert abs(found - seen[across]) <= 1.0


def test_marks_leave_no_trace_when_they_are_gone(view):
    before = grabbed(view)
    shown(view, make_annotation(K.ELLIPSE, (50.0, 50.0), (150.0, 200.0)))
    assert not np.array_equal(grabbed(view), before)
    shown(view)
    assert np.array_equal(grabbed(view), before)


@pytest.mark.parametrize("turns", range(4))
def test_the_loupe_shows_the_film_twice_as_large(view, turns):
    """Every film pixel is two by two on the disc, exactly as `render` has it at its size."""
    for _ in range(turns):
        view.rotate_right()
    film = view.film
    expected = Orientation(quarter_turns=turns).apply(render(film, view.view_state().voi))
    view.set_tool(Tool.MAGNIFIER)
    middle = view.film_to_canvas()((200.0, 150.0))
    mouse(view, QEvent.Type.MouseMove, *middle, down=False)
    picture = grabbed(view)[..., 0]
    x, y = (round(part) for part in middle)
    disc = picture[y - 40 : y + 40, x - 40 : x + 40]
    half = disc.reshape(40, 2, 40, 2).mean(axis=(1, 3))
    to_turned = Orientation(quarter_turns=turns).to_turned(rows=film.rows, columns=film.columns)
    column, row = (round(part) for part in to_turned((200.0, 150.0)))
    near = min(
        np.abs(
            half - expected[row - 20 + dy : row + 20 + dy, column - 20 + dx : column + 20 + dx]
        ).mean()
        for dy in (-1, 0, 1)
        for dx in (-1, 0, 1)
    )
    assert near < 6
    view.set_tool(Tool.WINDOW)
    view.hand.show([])
    assert not np.array_equal(grabbed(view)[..., 0], picture)


def test_the_probe_says_place_and_value_under_the_pointer(view):
    view.set_tool(Tool.PROBE)
    before = grabbed(view)
    mouse(view, QEvent.Type.MouseMove, 100, 100, down=False)
    assert not np.array_equal(grabbed(view), before)
    drag(view, (100, 100), (150, 150))
    assert view.changes == []


def test_words_carry_their_calibration_source():
    film = make_film(spacing=SPACING)
    line = make_annotation(K.DISTANCE, (0.0, 0.0), (30.0, 40.0))
    assert annotation_words(line, film, SPACING, texts=EN) == (
        f"10.0 mm ({EN.tr('spacing.at_detector')})",
    )
    assert annotation_words(line, film, None, texts=EN) == (
        f"50.0 px ({EN.tr('spacing.none')})",
    )


@pytest.mark.parametrize(("view_position", "cautions"), [("PA", 0), ("AP", 1), ("", 1)])
def test_the_usual_mark_holds_for_pa_films(view_position, cautions):
    film = make_film(instance=make_instance(view_position=view_position))
    points = ((20, 0), (20, 50), (10, 20), (30, 30), (5, 40), (35, 40))
    lines = annotation_words(
        make_annotation(K.CARDIOTHORACIC_RATIO, *points), film, None, texts=EN
    )
    assert sum("⚠" in line for line in lines) == cautions
    assert not any("normal" in line.lower() for line in lines)


def test_nothing_is_drawn_on_a_film_for_which_nobody_stores_it(view):
    view.show_film(make_film(instance=make_instance(sop_uid="1.2.3")))
    view.set_tool(Tool.DISTANCE)
    drag(view, (50, 60), (150, 200))
    assert view.changes == []
    assert len(view.said) == 1


def test_a_line_is_drawn_a_note_worded_and_a_mark_deleted_by_keys_alone(view):
    view.set_tool(Tool.DISTANCE)
    view.click()  # there is no pointer yet: it comes, in the middle
    assert view.changes == []
    view.click()
    view.aim_by(30, 0)
    view.aim_by(10, 0)
    view.click()
    ((before, line),) = view.changes
    assert before is None
    (x0, y0), (x1, y1) = line.points
    assert (x1 - x0, y1 - y0) == pytest.approx((40, 0))
    view.delete_annotation()
    assert view.changes[-1] == (line, None)

    view.set_tool(Tool.NOTE)
    view.click()
    entry = view.findChild(TextEntry)
    QTest.keyClicks(entry, "old")
    QTest.keyClick(entry, Qt.Key.Key_Return)
    view.reword_annotation()
    entry = view.findChildren(TextEntry)[-1]
    entry.selectAll()
    QTest.keyClicks(entry, "new")
    QTest.keyClick(entry, Qt.Key.Key_Return)
    assert view.changes[-1][0].text == "old"
    assert view.changes[-1][1].text == "new"


def test_the_keyboards_pointer_selects_stays_on_the_canvas_and_yields_to_the_mouse(view):
    mark = make_annotation(K.DISTANCE, points=((150.0, 150.0), (250.0, 150.0)))
    view.hand.show([mark], refusal="")
    view.aim_by(0, 0)
    view.click()
    assert view.hand.layer.selected == mark.annotation_id
    seen = []
    view.pointer_moved.connect(seen.append)
    view.aim_by(-9999, -9999)
    assert seen[-1].place == pytest.approx((0.0, 0.0), abs=1.0)
    shown = view.grab().toImage()
    mouse(view, QEvent.Type.MouseMove, 300, 200, down=False)
    assert view.grab().toImage() != shown
    view.click()  # the mouse took over: only a pointer, no click
    assert view.hand.layer.selected == mark.annotation_id
