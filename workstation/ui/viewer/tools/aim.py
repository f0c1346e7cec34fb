"""The keyboard's pointer: moved and clicked by keys, it does to the film what the mouse would."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

_ARM, _GAP = 14.0, 4.0
_RIM, _LINE = QPen(Qt.GlobalColor.black, 3.0), QPen(Qt.GlobalColor.white, 1.0)


class Aim:
    """A cross on the canvas, in logical pixels; there is none until a key asks for it, nor once the mouse moves."""

    def __init__(self) -> None:
        self.place: QPointF | None = None

    def move(self, dx: float, dy: float, *, start: QPointF, within: QRectF) -> QPointF:
        """Go on by so much, from `start` the first time, and stay on the canvas; where it is now."""
        place = (start if self.place is None else self.place) + QPointF(dx, dy)
        self.place = QPointF(
            min(max(place.x(), within.left()), within.right() - 1),
            min(max(place.y(), within.top()), within.bottom() - 1),
        )
        return self.place

    def draw(self, painter: QPainter) -> None:
        """Four arms that leave the place itself free."""
        if self.place is None:
            return
        painter.save()
        for pen in (_RIM, _LINE):
            painter.setPen(pen)
            for way in (QPointF(1, 0), QPointF(-1, 0), QPointF(0, 1), QPointF(0, -1)):
                painter.drawLine(self.place + way * _GAP, self.place + way * _ARM)
        painter.restore()
