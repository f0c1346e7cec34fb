"""What a presentation state draws on the film, through the film's own map to the canvas."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from workstation.core.geometry import Affine2D, Point
from workstation.core.graphics import Colour
from workstation.core.presentation import DrawnLine, DrawnText

_TEXT_PIXELS, _WIDTH, _DOT, _BESIDE = 14, 1.6, 3.0, 8.0
_AROUND = tuple((x, y) for x in (-1.3, 0.0, 1.3) for y in (-1.3, 0.0, 1.3) if x or y)
_DARK, _BRIGHT = QColor(0, 0, 0, 210), QColor(255, 255, 255, 210)
_HALF_LIGHT = 128


class Graphics:
    """Lines and texts in the order they are drawn."""

    def __init__(self, font: QFont) -> None:
        self._drawn: tuple[DrawnLine | DrawnText, ...] = ()
        self.set_font(font)

    def set_font(self, font: QFont) -> None:
        """The font of the texts."""
        self._font = QFont(font)
        self._font.setPixelSize(_TEXT_PIXELS)
        self._metrics = QFontMetricsF(self._font)

    def show(self, drawn: Sequence[DrawnLine | DrawnText]) -> None:
        """Replace everything; in film coordinates, the lowest first."""
        self._drawn = tuple(drawn)

    def draw(self, painter: QPainter, to_canvas: Affine2D) -> None:
        """Draw in the canvas's logical pixels."""
        if not self._drawn:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for item in self._drawn:
            if isinstance(item, DrawnText):
                self._draw_text(painter, item, to_canvas)
            else:
                _draw_line(painter, item, to_canvas)
        painter.restore()

    def _draw_text(self, painter: QPainter, item: DrawnText, to_canvas: Affine2D) -> None:
        lines = item.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        step = self._metrics.height()
        widths = [self._metrics.horizontalAdvance(line) for line in lines]
        room = _room(item, to_canvas, max(widths))
        if item.anchor is not None and item.anchor_visible:
            anchor = _on(item.anchor, to_canvas)
            written = QRectF(room.topLeft(), room.size())
            written.setHeight(max(room.height(), step * len(lines)))
            _stroke(painter, [_nearest(written, anchor), anchor], item.colour)
        shares = {"LEFT": 0.0, "CENTER": 0.5, "RIGHT": 1.0}
        painter.setFont(self._font)
        for number, (line, width) in enumerate(zip(lines, widths, strict=True)):
            left = room.left() + shares[item.justification] * (room.width() - width)
            base = QPointF(left, room.top() + self._metrics.ascent() + number * step)
            painter.setPen(_halo(item.colour))
            for x, y in _AROUND:
                painter.drawText(base + QPointF(x, y), line)
            painter.setPen(_ink(item.colour))
            painter.drawText(base, line)


def _room(item: DrawnText, to_canvas: Affine2D, width: float) -> QRectF:
    """The text's box on the canvas, however the film is turned; beside the anchor when it has none."""
    if item.box is not None:
        one, other = (_on(corner, to_canvas) for corner in item.box)
        return QRectF(one, other).normalized()
    anchor = _on(item.anchor or (0.0, 0.0), to_canvas)
    return QRectF(anchor.x() + _BESIDE, anchor.y() + _BESIDE, width, 0.0)


def _on(point: Point, to_canvas: Affine2D) -> QPointF:
    return QPointF(*to_canvas(point))


def _nearest(room: QRectF, place: QPointF) -> QPointF:
    """The point of `room` closest to `place`."""
    x = min(max(place.x(), room.left()), room.right())
    y = min(max(place.y(), room.top()), room.bottom())
    return QPointF(x, y)


def _draw_line(painter: QPainter, item: DrawnLine, to_canvas: Affine2D) -> None:
    points = [_on(point, to_canvas) for point in item.points]
    if len(points) == 1:
        painter.setPen(QPen(_halo(item.colour), 1.0))
        painter.setBrush(_ink(item.colour))
        painter.drawEllipse(points[0], _DOT, _DOT)
        return
    if item.filled:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_ink(item.colour))
        painter.drawPolygon(QPolygonF(points))
    _stroke(painter, points, item.colour)


def _stroke(painter: QPainter, points: Sequence[QPointF], colour: Colour) -> None:
    """A line in its layer's colour with a thin edge, so that it is seen on black and on white."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((_halo(colour), _WIDTH + 1.6), (_ink(colour), _WIDTH)):
        painter.setPen(QPen(ink, width, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.drawPolyline(QPolygonF(list(points)))


def _ink(colour: Colour) -> QColor:
    return QColor(colour.red, colour.green, colour.blue)


def _halo(colour: Colour) -> QColor:
    """Dark around light ink, light around dark."""
    light = 0.3 * colour.red + 0.59 * colour.green + 0.11 * colour.blue
    return _DARK if light >= _HALF_LIGHT else _BRIGHT
