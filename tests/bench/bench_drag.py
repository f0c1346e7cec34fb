"""Mouse move to painted pixmap at 3000 x 2500 on a 1920 x 1080 canvas, beside pyqtgraph's ImageItem on the same canvas."""

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
from tests.factories.films import make_film, make_pixels
from workstation.core.display import drag_window, full_window, window_like
from workstation.core.image import Radiograph
from workstation.core.voi import voi_span
from workstation.ui.viewer import FilmView, Tool

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


def measure() -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds a frame of ours and of the peer's, by kind of drag; the two take turns."""
    QApplication.instance() or QApplication([])
    sys.excepthook = give_up
    film = make_film(make_pixels(3000, 2500))
    view, peer = FilmView(Texts("en")), _Peer(film)
    view.resize(1920, 1080)
    view.show_film(film)
    view.show()
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


def main() -> None:
    """Print medians and ratios."""
    print(f"{'drag':10}{'ours ms':>10}{'worst':>8}{'ImageItem ms':>14}{'ratio':>8}")
    for name, (ours, theirs) in measure().items():
        mine, other = statistics.median(ours), statistics.median(theirs)
        goal = f"  goal {_GOAL:.2f}" if name == Tool.WINDOW else ""
        print(f"{name:10}{mine:10.2f}{max(ours):8.1f}{other:14.2f}{mine / other:8.2f}{goal}")
