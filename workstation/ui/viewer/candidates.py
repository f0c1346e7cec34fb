"""Where a nodule may lie: numbered dashed circles, an AI mark like the evidence and gone with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen

from workstation.core.findings import NoduleCandidate
from workstation.core.geometry import Affine2D

_INK, _HALO = QColor(255, 206, 120), QColor(0, 0, 0, 220)
_TEXT_PIXELS, _BESIDE = 13, 4.0
# A circle never hides what it is about.
_SMALLEST = 9.0


class Candidates:
    """Draws what the detector found, in the canvas's logical pixels; `caption` names the model."""

    def __init__(self, font: QFont) -> None:
        self._found: tuple[NoduleCandidate, ...] = ()
        self.caption = ""
        self.set_font(font)

    def set_font(self, font: QFont) -> None:
        """The font of the numbers."""
        self._font = QFont(font)
        self._font.setPixelSize(_TEXT_PIXELS)
        self._font.setBold(True)
        self._metrics = QFontMetricsF(self._font)

    def show(self, found: Sequence[NoduleCandidate], caption: str = "") -> None:
        """Replace what is drawn, in the order of their numbers; nothing leaves no trace."""
        self._found = tuple(found)
        self.caption = caption if self._found else ""

    def draw(self, painter: QPainter, to_canvas: Affine2D) -> None:
        """Draw over the film."""
        if not self._found:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, candidate in enumerate(self._found, start=1):
            centre = QPointF(*to_canvas(candidate.centre))
            radius = max(candidate.diameter_px * to_canvas.scale / 2, _SMALLEST)
            circle = QPainterPath()
            circle.addEllipse(centre, radius, radius)
            written = QPainterPath()
            corner = radius * 0.71 + _BESIDE
            height = self._metrics.ascent()
            written.addText(centre + QPointF(corner, height - corner), self._font, str(number))
            painter.strokePath(circle, QPen(_HALO, 3.4))
            painter.strokePath(circle, QPen(_INK, 1.6, Qt.PenStyle.DashLine))
            painter.strokePath(written, QPen(_HALO, 3.0))
            painter.fillPath(written, _INK)
        painter.restore()
