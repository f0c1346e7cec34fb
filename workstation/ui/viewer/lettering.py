"""Text that reads on black and on white film: light letters with a dark halo, drawn once and kept."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap

_KEPT = 256
# A faint wide halo, then a thin dark one: how far it reaches, and how much of the film it covers.
_HALO = ((2.0, QColor(0, 0, 0, 110)), (1.0, QColor(0, 0, 0, 230)))
_AROUND = tuple((x, y) for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y)
LIGHT = QColor(232, 232, 232)
DIM = QColor(176, 176, 176)

Stamp = tuple[QPointF, QPixmap]
"""A piece of a picture and where it goes, in logical pixels."""


class Lettering:
    """Draws lines of one font, `pixels` high in logical pixels."""

    def __init__(self, font: QFont, pixels: int, *, bold: bool = False) -> None:
        self._font = QFont(font)
        self._font.setPixelSize(pixels)
        self._font.setBold(bold)
        self._metrics = QFontMetricsF(self._font)
        self._fitted: dict[tuple[str, float], tuple[str, float]] = {}
        self._drawn: dict[tuple[str, float], QPixmap] = {}

    @property
    def line_height(self) -> float:
        """Distance from one line to the next."""
        return round(self._metrics.height() * 1.12)

    def width(self, text: str) -> float:
        """Logical width of a line."""
        return self._metrics.horizontalAdvance(text)

    def fitted(self, text: str, width: float) -> tuple[str, float]:
        """`text`, cut with an ellipsis when it is wider than `width`, and its own width."""
        key = (text, width)
        if key not in self._fitted:
            if len(self._fitted) >= _KEPT:
                self._fitted.clear()
            shown = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
            self._fitted[key] = (shown, self.width(shown))
        return self._fitted[key]

    def draw(self, painter: QPainter, left: float, top: float, text: str) -> None:
        """Draw one line whose box starts at ``(left, top)``."""
        ratio = painter.device().devicePixelRatioF()
        painter.drawPixmap(*self.stamp(left, top, text, ratio=ratio))

    def stamp(self, left: float, top: float, text: str, *, ratio: float) -> Stamp:
        """What `draw` would draw on a screen with this device pixel ratio."""
        key = (text, ratio)
        pixmap = self._drawn.get(key)
        if pixmap is None:
            if len(self._drawn) >= _KEPT:
                self._drawn.clear()
            pixmap = self._drawn[key] = self._line(text, ratio)
        return QPointF(round(left) - 2, round(top) - 2), pixmap

    def _line(self, text: str, ratio: float) -> QPixmap:
        width, height = self.width(text) + 6, self._metrics.height() + 4
        pixmap = QPixmap(int(width * ratio) + 1, int(height * ratio) + 1)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        painter.setFont(self._font)
        base = QPointF(2, 2 + self._metrics.ascent())
        for reach, colour in _HALO:
            painter.setPen(colour)
            for x, y in _AROUND:
                painter.drawText(base + QPointF(x, y) * reach, text)
        painter.setPen(LIGHT)
        painter.drawText(base, text)
        painter.end()
        return pixmap
