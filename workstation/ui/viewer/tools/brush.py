"""A brush that paints a part of the film out, for a trial; the film itself is never changed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from workstation.core.geometry import Disc

if TYPE_CHECKING:
    from workstation.ui.viewer.view import FilmView

_RADIUS = 22.0  # logical pixels: zooming in makes the brush finer
_STEP_SHARE = 0.5
_HATCH = QColor(255, 255, 255, 110)
_RIM = QColor(0, 0, 0, 210)


class Brush(QObject):
    """Paints discs while the left button is down, and draws those that it is told.

    Signals, from the window's thread: ``painted(tuple[Disc, ...])``, in film coordinates; ``repaint_needed()``.
    """

    painted = Signal(object)
    repaint_needed = Signal()

    def __init__(self, view: FilmView) -> None:
        super().__init__(view)
        self._view = view
        self._region: tuple[Disc, ...] = ()
        self._last: QPointF | None = None

    def show_region(self, region: Iterable[Disc]) -> None:
        """Draw these discs, no others."""
        self._region = tuple(region)
        self.repaint_needed.emit()

    def press(self, place: QPointF) -> bool:
        """Paint the first disc."""
        if self._view.film is None:
            return False
        self._paint(place)
        return True

    def move(self, place: QPointF) -> None:
        """Paint on, a disc every half radius."""
        last = self._last
        if last is None:
            return
        way = place - last
        steps = int(math.hypot(way.x(), way.y()) / (_STEP_SHARE * _RADIUS))
        if steps:
            self._paint(*(last + way * ((n + 1) / steps) for n in range(steps)))

    def release(self, _place: QPointF, *, dragged: bool) -> None:
        """The stroke is over."""
        del dragged
        self._last = None

    def drop(self) -> bool:
        """End the stroke; whether there was one."""
        under_way, self._last = self._last is not None, None
        return under_way

    def draw(self, painter: QPainter) -> None:
        """Hatch what is painted out, whatever lies beneath."""
        if not self._region:
            return
        to_canvas = self._view.film_to_canvas()
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        for disc in self._region:
            radius = disc.radius * to_canvas.scale
            path.addEllipse(QPointF(*to_canvas(disc.centre)), radius, radius)
        outline = path.simplified()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(outline, QColor(0, 0, 0, 90))
        painter.fillPath(outline, QBrush(_HATCH, Qt.BrushStyle.BDiagPattern))
        for colour, width in ((_RIM, 3.2), (_HATCH, 1.2)):
            painter.strokePath(outline, QPen(colour, width))
        painter.restore()

    def _paint(self, *places: QPointF) -> None:
        to_canvas = self._view.film_to_canvas()
        back = to_canvas.inverse()
        self._last = places[-1]
        radius = _RADIUS / to_canvas.scale
        self.painted.emit(
            tuple(Disc(centre=back((p.x(), p.y())), radius=radius) for p in places)
        )
