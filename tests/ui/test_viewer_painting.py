"""What is really on the canvas: grabbed pixels against the core's rendering, and evidence that leaves no trace."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QGraphicsView

from resources.i18n import Texts
from tests.factories.films import make_evidence, make_film, make_instance, make_pixels
from workstation.core.display import render
from workstation.core.findings import EvidenceMap, FindingCode
from workstation.core.geometry import Affine2D, Orientation
from workstation.core.image import (
    LookupTable,
    OverlayPlane,
    Palette,
    Photometric,
    PixelSpacing,
    Shutter,
    SpacingSource,
    WindowLevel,
)
from workstation.core.overlay import EvidenceStyle, blend, colourise, default_style, sample
from workstation.ui.viewer import CornerLevel, FilmView, MessageKind, ViewerOptions, ViewState
from workstation.ui.viewer.film_item import visible_area

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

QUIET = ViewerOptions(corner_level=CornerLevel.NONE)
ORIENTATIONS = [
    Orientation(quarter_turns=turns, mirrored=mirrored)
    for turns in range(4)
    for mirrored in (False, True)
]


@pytest.fixture
def view(qtbot):
    view = FilmView(Texts("en"), QUIET)
    qtbot.addWidget(view)
    view.resize(200, 160)
    view.show()
    return view


def grabbed(view):
    """What is painted, (rows, columns, 3) uint8."""
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return raw[..., 2::-1].copy()


def film_part(view):
    """The grabbed film at 1:1, turned back to its stored orientation; the identity's text is not on it."""
    film = view.film
    to_canvas = view.film_to_canvas()
    x0, y0 = to_canvas((-0.5, -0.5))
    x1, y1 = to_canvas((film.columns - 0.5, film.rows - 0.5))
    left, top = round(min(x0, x1)), round(min(y0, y1))
    width, height = round(abs(x1 - x0)), round(abs(y1 - y0))
    return grabbed(view)[top : top + height, left : left + width]


def as_colour(picture):
    return np.repeat(picture[..., None], 3, axis=2) if picture.ndim == 2 else picture


def table(values):
    return LookupTable(first=0, values=np.array(values, np.uint16), bits=8)


def variety():
    grey = make_pixels(60, 40)
    rng = np.random.default_rng(2)
    ramps = [table(rng.integers(0, 256, 16)) for _ in range(3)]
    return {
        "monochrome1": make_film(grey, photometric=Photometric.MONOCHROME1),
        "signed": make_film(grey.astype(np.int16) - 3000),
        "32 bits": make_film(grey.astype(np.int32) * 9, bits_stored=32),
        "rgb": make_film(rng.integers(0, 256, (60, 40, 3)).astype(np.uint8)),
        "palette": make_film(
            rng.integers(0, 16, (60, 40)).astype(np.uint8),
            photometric=Photometric.PALETTE,
            palette=Palette(red=ramps[0], green=ramps[1], blue=ramps[2]),
        ),
        "marks": make_film(
            grey,
            overlays=(OverlayPlane(mask=rng.random((30, 30)) < 0.2, origin=(5, 5)),),
            shutter=Shutter(rectangle=(3, 35, 4, 55)),
        ),
        "tiny": make_film(np.array([[77]], np.uint16)),
    }


VARIETY = variety()


@pytest.mark.parametrize("name", VARIETY)
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_at_one_to_one_the_screen_shows_the_core_s_rendering(view, name, orientation):
    film = VARIETY[name]
    view.show_film(film)
    view.restore(
        ViewState(
            voi=view.view_state().voi,
            inverted=True,
            orientation=orientation,
            zoom=1.0,
            centre=view.view_state().centre,
            fitted=False,
        )
    )
    expected = as_colour(orientation.apply(render(film, inverted=True))).astype(int)
    assert np.abs(film_part(view) - expected).max() <= 1


def test_non_square_pixels_have_their_true_aspect(view):
    spacing = PixelSpacing(row_mm=0.4, column_mm=0.2, source=SpacingSource.AT_DETECTOR)
    view.show_film(make_film(make_pixels(20, 30), spacing=spacing))
    view.one_to_one()
    assert film_part(view).shape == (40, 30, 3)
    view.rotate_right()
    assert film_part(view).shape == (30, 40, 3)


def test_around_the_film_all_is_black(view):
    view.show_film(make_film(np.full((50, 20), 9, np.uint16)))
    shown = grabbed(view)
    assert shown[100:, :60].max() == 0
    assert shown[:, 140:].max() == 0
    view.clear()
    assert grabbed(view).max() == 0


def evidence_view(view, *, level=CornerLevel.ALL):
    view.set_options(ViewerOptions(corner_level=level))
    view.show_film(make_film())
    return view


@pytest.mark.parametrize("level", CornerLevel)
def test_evidence_switched_off_leaves_no_trace(view, level):
    evidence_view(view, level=level)
    before = grabbed(view)
    evidence = make_evidence()
    view.set_evidence(evidence, default_style(evidence), "model 1.0")
    with_evidence = grabbed(view)
    assert not np.array_equal(with_evidence, before)
    view.set_evidence(None)
    assert np.array_equal(grabbed(view), before)
    view.set_evidence(evidence, default_style(evidence), "model 1.0")
    assert np.array_equal(grabbed(view), with_evidence)
    view.show_film(make_film())
    assert np.array_equal(grabbed(view), before)


def test_banner_and_legend_stand_as_long_as_colour_is_drawn(view):
    view.resize(700, 500)
    evidence_view(view, level=CornerLevel.NONE)
    nothing = make_evidence(np.full((7, 7), -1.0))
    before = grabbed(view)
    view.set_evidence(nothing, EvidenceStyle(cut_off=0.5, maximum=1.0), "model 1.0")
    after = grabbed(view)
    assert (after[:20] != before[:20]).any(axis=(0, 2)).mean() > 0.9
    assert (after[30:, 600:] != before[30:, 600:]).any()
    assert np.array_equal(after[30:, :500][60:], before[30:, :500][60:])


def test_the_banner_names_the_whole_model_on_a_narrow_canvas_too(view):
    """A name that is cut would look the same whatever it ends with."""
    view.resize(260, 400)
    evidence_view(view, level=CornerLevel.NONE)
    evidence = make_evidence()
    pictures = []
    for model in ("cxr-findings 1.1.0", "cxr-findings 1.1.7"):
        view.set_evidence(evidence, default_style(evidence), model)
        pictures.append(grabbed(view))
    assert not np.array_equal(*pictures)


def test_evidence_needs_a_film_and_a_style(view):
    evidence = make_evidence()
    with pytest.raises(ValueError, match="film"):
        view.set_evidence(evidence, default_style(evidence), "model")
    view.show_film(make_film())
    with pytest.raises(ValueError, match="style"):
        view.set_evidence(evidence, None, "model")


def test_evidence_colours_are_the_core_s(view):
    film = make_film()
    view.resize(500, 400)
    view.show_film(film)
    view.one_to_one()
    evidence = make_evidence()
    style = EvidenceStyle(cut_off=0.3, maximum=2.5, contour=False)
    view.set_evidence(evidence, style, "model")
    view.restore(view.view_state())  # at rest, without waiting for it
    rgba = colourise(
        sample(evidence, target_to_film=Affine2D(), shape=(film.rows, film.columns)), style
    )
    expected = blend(render(film), rgba).astype(int)
    assert np.abs(film_part(view) - expected).max() <= 1


def spot(film, column, row):
    """Evidence on one film pixel of `film` alone."""
    values = np.full((film.rows, film.columns), -1, np.float32)
    values[row, column] = 1
    return EvidenceMap(code=FindingCode.NODULE, values=values, to_film=Affine2D(), method="cam")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    orientation=st.sampled_from(ORIENTATIONS),
    zoom=st.floats(2.0, 9.0),
    place=st.tuples(st.integers(4, 15), st.integers(4, 25)),
    shift=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
)
def test_evidence_follows_the_film_within_a_pixel(view, orientation, zoom, place, shift):
    column, row = place
    film = make_film(np.zeros((30, 20), np.uint16))
    view.show_film(film)
    state = view.view_state()
    view.restore(
        ViewState(
            voi=state.voi,
            orientation=orientation,
            zoom=zoom,
            fitted=False,
            centre=(column + shift[0], row + shift[1]),
        )
    )
    without = grabbed(view)
    style = EvidenceStyle(cut_off=0.0, maximum=1.0, opacity=1.0, contour=False)
    view._evidence = None
    view._canvas.evidence_item.show_evidence(film, spot(film, column, row), style)
    coloured = (grabbed(view) != without).any(axis=2)
    view._canvas.evidence_item.clear()
    rows, columns = np.nonzero(coloured)
    # The middle of pixel (i, j) of the canvas lies at (i + 0.5, j + 0.5).
    middle = (columns.mean() + 0.5, rows.mean() + 0.5)
    ratio = view.devicePixelRatioF()
    expected = [ratio * part for part in view.film_to_canvas()((column, row))]
    assert middle == pytest.approx(expected, abs=1.0)


def test_lines_run_along_the_edge_of_the_colour(view):
    film = make_film(np.zeros((64, 48), np.uint16))
    view.resize(480, 640)
    view.show_film(film)
    evidence = make_evidence()
    view.set_evidence(evidence, default_style(evidence), "model")
    lines = view._canvas.evidence_item._lines
    values = []
    for line in lines:
        for index in range(line.elementCount()):
            point = line.elementAt(index)
            target = Affine2D(c=point.x, f=point.y)
            values.append(sample(evidence, target_to_film=target, shape=(1, 1))[0, 0])
    assert np.array(values) == pytest.approx(default_style(evidence).cut_off, abs=0.03)


@given(
    orientation=st.sampled_from(ORIENTATIONS), zoom=st.floats(0.01, 30), x=st.floats(-500, 500)
)
def test_the_visible_area_maps_back_to_the_film(orientation, zoom, x):
    film = make_film(np.zeros((30, 20), np.uint16))
    turned = orientation.to_turned(rows=30, columns=20)
    to_device = turned.then(Affine2D(a=zoom, c=x, e=zoom, f=20.0))
    area = visible_area(to_device, film, (200, 160))
    if area is None:
        return
    for corner in ((0, 0), (area.width - 1, area.height - 1)):
        column, row = area.to_film(corner)
        assert -0.501 <= column <= 19.501
        assert -0.501 <= row <= 29.501
        back = to_device((column, row))
        assert back == pytest.approx(
            (area.left + corner[0] + 0.5, area.top + corner[1] + 0.5), abs=1e-6
        )


@pytest.mark.parametrize("kind", MessageKind)
def test_messages_stand_in_the_middle_instead_of_a_film(view, kind):
    view.show_film(make_film())
    view.show_message("Nothing to show\nyet", kind=kind)
    shown = grabbed(view)
    assert view.film is None
    assert shown[60:120, 60:140].max() > 100
    assert shown[:10].max() == 0
    view.show_film(make_film(instance=make_instance()))
    assert view.film is not None


def test_figures_tell_messages_apart(view):
    pictures = []
    for kind in MessageKind:
        view.show_message("x", kind=kind)
        pictures.append(grabbed(view))
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[1], pictures[2])


def test_several_zoom_steps_are_drafted_and_settle_into_the_exact_picture(view, qtbot):
    view.show_film(make_film(make_pixels(600, 500)))
    view.zoom_at(QPointF(120, 70), 1.3)
    single = grabbed(view)
    view.restore(view.view_state())  # exact, whatever was under way
    assert np.array_equal(single, grabbed(view))
    for _ in range(4):
        view.zoom_at(QPointF(120, 70), 1.07)
    draft = grabbed(view).astype(int)
    exact = None

    def settled():
        nonlocal exact
        exact = grabbed(view).astype(int)
        assert not np.array_equal(draft, exact)

    qtbot.waitUntil(settled, timeout=1000)
    view.restore(view.view_state())
    assert np.array_equal(exact, grabbed(view))
    assert np.abs(draft - exact).mean() < 8


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_draft_lies_where_the_exact_picture_lies(view, orientation):
    bright = make_pixels(300, 200) // 64 + 2000
    film = make_film(bright.astype(np.uint16), windows=(WindowLevel(centre=1000, width=2),))
    view.show_film(film)
    view.restore(
        ViewState(
            voi=None, orientation=orientation, zoom=0.61, fitted=False, centre=(90.0, 140.0)
        )
    )
    for _ in range(2):
        view.zoom_at(QPointF(60, 50), 1.02)
    draft = grabbed(view)
    view.restore(view.view_state())
    assert (
        draft != grabbed(view)
    ).mean() < 0.02  # an edge is at most a pixel wide of its place


def test_a_message_looks_the_same_before_there_is_a_canvas(view, qtbot):
    view.show_message("Opening the library…", kind=MessageKind.BUSY)
    before = grabbed(view)
    qtbot.waitUntil(lambda: view.findChild(QGraphicsView) is not None, timeout=1000)
    assert np.array_equal(before, grabbed(view))
    assert before.max() > 100


def test_the_first_painting_does_not_wait_for_pyqtgraph():
    script = (
        "import sys, workstation.app.gui;"
        "sys.exit(bool({'pyqtgraph', 'torch', 'SimpleITK', 'fpdf', 'pydicom'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("zoom", [0.4, 1.0, 2.5])
def test_panning_paints_what_a_fresh_look_paints(view, qtbot, orientation, zoom):
    film = make_film(make_pixels(600, 500))
    view.show_film(film)
    start = ViewState(
        voi=view.view_state().voi,
        orientation=orientation,
        zoom=zoom,
        fitted=False,
        centre=(250.0, 300.0),
    )
    view.restore(start)
    fresh = FilmView(Texts("en"), QUIET)
    qtbot.addWidget(fresh)
    fresh.resize(view.size())
    fresh.show()
    for by in ((3, 0), (-40, 25), (60, -10), (1, 1), (-300, 0)):
        grabbed(view)
        view.pan_by(*by)
        fresh.show_film(film)
        fresh.restore(view.view_state())
        assert np.array_equal(grabbed(view), grabbed(fresh))


def test_evidence_in_motion_settles_into_the_exact_colours(view, qtbot):
    film = make_film()
    evidence = make_evidence()
    view.show_film(film)
    view.set_evidence(evidence, default_style(evidence), "model")
    for _ in range(3):
        view.pan_by(1, 1)
    draft = grabbed(view).astype(int)

    def settled():
        assert not np.array_equal(draft, grabbed(view))

    qtbot.waitUntil(settled, timeout=1000)
    exact = grabbed(view)
    view.restore(view.view_state())
    assert np.array_equal(exact, grabbed(view))
    assert np.abs(draft - exact).mean() < 6
