"""A score as a bar, its threshold as a tick."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workstation.core.findings import FindingScore
from workstation.ui.theme import TOKENS

_BAR_PX, _TICK_PX, _HEIGHT_PX = 6, 2, 14


class ScoreBar(QWidget):
    """Draws one score on a line from 0 to 1; the words beside it say the same."""

    def __init__(self, score: FindingScore) -> None:
        super().__init__()
        self.score = score
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Low, and as wide as there is room."""
        return QSize(120, _HEIGHT_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Groove, bar and tick."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        top, width = (_HEIGHT_PX - _BAR_PX) / 2, float(self.width())
        groove = QRectF(0, top, width, _BAR_PX)
        painter.setBrush(QColor(TOKENS.line))
        painter.drawRoundedRect(groove, 3, 3)
        painter.save()
        painter.setClipRect(QRectF(0, 0, width * self.score.probability, _HEIGHT_PX))
        painter.setBrush(QColor(TOKENS.accent if self.score.above else TOKENS.muted))
        painter.drawRoundedRect(groove, 3, 3)
        painter.restore()
        if self.score.threshold is not None:
            left = round(width * self.score.threshold) - _TICK_PX / 2
            painter.fillRect(
                QRectF(left - 1, 0, _TICK_PX + 2, _HEIGHT_PX), QColor(TOKENS.panel)
            )
            painter.fillRect(QRectF(left, 0, _TICK_PX, _HEIGHT_PX), QColor(TOKENS.text))
        painter.end()
