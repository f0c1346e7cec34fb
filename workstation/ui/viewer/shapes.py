"""Lines of what is drawn on a film, in the canvas's logical pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from workstation.core.annotation import AnnotationKind

INK = QColor(130, 222, 255)
"""The reader's own marks; their shapes tell them apart from each other and from the AI's contours."""
_HALO = QColor(0, 0, 0, 210)
_TICK, _HEAD, _HEAD_ANGLE = 6.0, 13.0, math.radians(24)
_DOT, _HANDLE = 3.5, 4.0
_LINES = {AnnotationKind.DISTANCE, AnnotationKind.CARDIOTHORACIC_RATIO}


def path_of(kind: AnnotationKind, points: Sequence[QPointF]) -> QPainterPath:
    """The lines of an annotation, or of as much of it as there is yet."""
    path = QPainterPath()
    if kind in _LINES:
        for start in range(0, len(points) - 1, 2):
            _add_measured(path, points[start], points[start + 1])
    elif kind is AnnotationKind.ANGLE:
        path.moveTo(points[0])
        for point in points[1:]:
            path.lineTo(point)
    elif kind is AnnotationKind.ELLIPSE and len(points) == 2:
        path.addEllipse(QRectF(points[0], points[1]).normalized())
    elif kind is AnnotationKind.RECTANGLE and len(points) == 2:
        path.addRect(QRectF(points[0], points[1]).normalized())
    elif kind is AnnotationKind.ARROW and len(points) == 2:
        _add_arrow(path, points[0], points[1])
    elif kind is AnnotationKind.NOTE:
        path.addEllipse(points[0], _DOT, _DOT)
    return path


def draw_path(painter: QPainter, path: QPainterPath, *, strong: bool = False) -> None:
    """Stroke light lines with a thin dark outline, so that they are seen on black and on white."""
    width = 2.2 if strong else 1.5
    for colour, extra in ((_HALO, 2.0), (INK, 0.0)):
        painter.strokePath(path, QPen(colour, width + extra, c=Qt.PenCapStyle.RoundCap))


def draw_handles(painter: QPainter, points: Sequence[QPointF]) -> None:
    """Squares at the points that can be moved."""
    painter.setBrush(QColor(0, 0, 0, 90))
    for colour, width in ((_HALO, 3.2), (INK, 1.4)):
        painter.setPen(QPen(colour, width))
        for point in points:
            painter.drawRect(
                QRectF(point.x() - _HANDLE, point.y() - _HANDLE, 2 * _HANDLE, 2 * _HANDLE)
            )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _add_measured(path: QPainterPath, start: QPointF, end: QPointF) -> None:
    """A line with a tick across either end."""
    path.moveTo(start)
    path.lineTo(end)
    length = math.hypot(end.x() - start.x(), end.y() - start.y())
    if length == 0:
        return
    across = QPointF(start.y() - end.y(), end.x() - start.x()) * (_TICK / length)
    for point in (start, end):
        path.moveTo(point - across)
        path.lineTo(point + across)


def _add_arrow(path: QPainterPath, tip: QPointF, tail: QPointF) -> None:
    path.moveTo(tail)
    path.lineTo(tip)
    way = math.atan2(tail.y() - tip.y(), tail.x() - tip.x())
    for turn in (-_HEAD_ANGLE, _HEAD_ANGLE):
        path.moveTo(tip)
        path.lineTo(tip + QPointF(_HEAD * math.cos(way + turn), _HEAD * math.sin(way + turn)))
