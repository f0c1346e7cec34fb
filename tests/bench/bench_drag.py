"""Mouse move to painted pixmap at 3000 x 2500 on a 1920 x 1080 canvas, beside pyqtgraph's ImageItem on the same canvas.

The magnifier and a prior laid over the film have no peer: their frames stand alone.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import traceback
from collections.abc import Callable
from types import TracebackType

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from resources.i18n import Texts
from tests.factories.films import make_film, make_instance, make_pixels
from workstation.core.comparison import RegisteredPrior
from workstation.core.display import drag_window, full_window, window_like
from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph
from workstation.core.voi import voi_span
from workstation.ui.viewer import FilmView, Tool
from workstation.ui.viewer.raster import Look
from workstation.ui.viewer.superimposed import ComputedImage, Superposition

_FRAMES = 240
_RUN = 40
_WARM_UP = 4
_GOAL = 1 / 3


class _Peer(QWidget):
    """pyqtgraph's own image in its own view box, moved by the same mouse positions."""

    def __init__(self, film: Radiograph) -> None:
        super().__init__()
        self.resize(1920, 1080)
        canvas = pg.GraphicsView(background="k")
        canvas.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(canvas)
        self.box = pg.ViewBox(lockAspect=True, invertY=True, enableMenu=False)
        canvas.setCentralItem(self.box)
        self.item = pg.ImageItem(film.pixels, axisOrder="row-major")
        self.box.addItem(self.item)
        self.film = film
        self.window = window_like(full_window(film))

    def window_by(self, dx: float, dy: float) -> None:
        self.window = drag_window(self.window, dx=dx, dy=dy, film=self.film)
        self.item.setLevels(voi_span(self.window))

    def zoom_by(self, _dx: float, dy: float) -> None:
        factor = float(2.0 ** (dy / 150))
        self.box.scaleBy(s=(factor, factor))

    def pan_by(self, dx: float, dy: float) -> None:
        scale_x, scale_y = self.box.viewPixelSize()
        self.box.translateBy(x=-dx * scale_x, y=-dy * scale_y)


def _positions() -> list[tuple[float, float]]:
    """A path of the mouse that never stands still and comes back."""
    angles = np.linspace(0, 2 * np.pi, _FRAMES, endpoint=False)
    return [(960 + 120 * np.sin(2 * a), 540 + 80 * np.sin(a)) for a in angles]


def _timed(
    move: Callable[[float, float], None],
    paint: Callable[[], None],
    places: list[tuple[float, float]],
) -> list[float]:
    """Milliseconds of each frame; the first ones of a run find the other's data in the caches and are left out."""
    figures = []
    for x, y in places:
        start = time.perf_counter()
        move(x, y)
        paint()
        figures.append(1000 * (time.perf_counter() - start))
    return figures[_WARM_UP:]


def _mover(step: Callable[[float, float], None]) -> Callable[[float, float], None]:
    last = [_positions()[0]]

    def move(x: float, y: float) -> None:
        step(x - last[0][0], y - last[0][1])
        last[0] = (x, y)

    return move


def _mouse(view: FilmView, kind: QEvent.Type, x: float, y: float) -> None:
    viewport = view.findChild(pg.GraphicsView).viewport()
    place = QPointF(x, y)
    button = Qt.MouseButton.LeftButton
    moving = kind is QEvent.Type.MouseMove
    event = QMouseEvent(
        kind,
        place,
        place,
        Qt.MouseButton.NoButton if moving else button,
        Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else button,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, event)


def give_up(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """End the run: a frame that failed inside Qt would count as a fast one."""
    traceback.print_exception(kind, error, trace)
    os._exit(1)


def _view() -> FilmView:
    """A window with a film in it."""
    view = FilmView(Texts("en"))
    view.resize(1920, 1080)
    view.show_film(make_film(make_pixels(3000, 2500)))
    view.show()
    return view


def measure() -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds a frame of ours and of the peer's, by kind of drag; the two take turns."""
    view = _view()
    assert view.film is not None
    peer = _Peer(view.film)
    peer.show()
    pixmap = QPixmap(view.size())

    def paint() -> None:
        view.render(pixmap)

    def paint_peer() -> None:
        peer.render(pixmap)

    figures: dict[str, tuple[list[float], list[float]]] = {}
    for tool in (Tool.WINDOW, Tool.PAN, Tool.ZOOM):
        view.set_tool(tool)
        view.reset()
        peer.box.autoRange(padding=0)
        step = _mover(
            {Tool.WINDOW: peer.window_by, Tool.PAN: peer.pan_by, Tool.ZOOM: peer.zoom_by}[tool]
        )
        _mouse(view, QEvent.Type.MouseButtonPress, *_positions()[0])
        ours: list[float] = []
        theirs: list[float] = []
        for start in range(0, _FRAMES, _RUN):  # in turns, so that both meet the same machine
            places = _positions()[start : start + _RUN]
            ours += _timed(
                lambda x, y: _mouse(view, QEvent.Type.MouseMove, x, y), paint, places
            )
            theirs += _timed(step, paint_peer, places)
        _mouse(view, QEvent.Type.MouseButtonRelease, *_positions()[-1])
        figures[tool] = (ours, theirs)
    view.close()
    peer.close()
    return figures


def measure_alone() -> dict[str, list[float]]:
    """Milliseconds a frame of what no peer has, by name."""
    view = _view()
    pixmap = QPixmap(view.size())

    def moved(tool: Tool) -> list[float]:
        view.reset()
        view.set_tool(tool)
        if not tool.looks:
            _mouse(view, QEvent.Type.MouseButtonPress, *_positions()[0])
        figures = _timed(
            lambda x, y: _mouse(view, QEvent.Type.MouseMove, x, y),
            lambda: view.render(pixmap),
            _positions(),
        )
        _mouse(view, QEvent.Type.MouseButtonRelease, *_positions()[-1])
        return figures

    figures = {Tool.MAGNIFIER.value: moved(Tool.MAGNIFIER)}
    for way in Superposition:
        view.computed.show_image(_laid_over(view, way))
        for tool in (Tool.WINDOW, Tool.PAN, Tool.ZOOM):
            figures[f"{tool}, {way}"] = moved(tool)
    view.close()
    return figures


def _laid_over(view: FilmView, way: Superposition) -> ComputedImage:
    """A prior on the grids that `services.comparison` leaves for the film on `view`."""
    assert view.film is not None
    prior = make_film(make_pixels(1000, 833, seed=3), instance=make_instance(sop_uid="1.2.9"))
    change = np.random.default_rng(1).normal(scale=0.05, size=(500, 416)).astype(np.float32)
    registered = RegisteredPrior(
        prior=prior,
        sop_uid=view.film.instance.sop_uid,
        warped=prior,
        mask=np.ones((1000, 833), bool),
        to_film=Affine2D(a=3, c=1, e=3, f=1),
        difference=change,
        difference_to_film=Affine2D(a=6, c=2.5, e=6, f=2.5),
        limit=0.1,
        before=0.1,
        after=0.5,
    )
    look = Look(voi=view.presentation()[0])
    return ComputedImage(registered=registered, way=way, opacity=0.5, look=look, caption="")


def main() -> None:
    """Print medians and ratios."""
    QApplication.instance() or QApplication([])
    sys.excepthook = give_up
    print(f"{'drag':22}{'ours ms':>10}{'worst':>8}{'ImageItem ms':>14}{'ratio':>8}")
    for name, (ours, theirs) in measure().items():
        mine, other = statistics.median(ours), statistics.median(theirs)
        goal = f"  goal {_GOAL:.2f}" if name == Tool.WINDOW else ""
        print(f"{name:22}{mine:10.2f}{max(ours):8.1f}{other:14.2f}{mine / other:8.2f}{goal}")
    for name, ours in measure_alone().items():
        print(f"{name:22}{statistics.median(ours):10.2f}{max(ours):8.1f}")
