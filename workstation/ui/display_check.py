"""The display's test pattern on the whole screen, one value a device pixel, with what to look for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from resources.i18n import Texts
from workstation.core.display_pattern import quality_pattern


class DisplayCheck(QWidget):
    """A window of its own on the screen of `parent`; a click or any key closes it."""

    def __init__(self, texts: Texts, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setWindowTitle(texts.tr("Check this display"))
        self._pattern: QImage | None = None
        screen = parent.screen()
        self.setGeometry(screen.geometry())
        size, ratio = screen.size(), screen.devicePixelRatio()
        what = texts.tr(
            "{name}: {width} × {height} pixels. Uncalibrated display: this program neither measures nor corrects its luminance.",
            name=screen.name() or texts.tr("Display"),
            width=round(size.width() * ratio),
            height=round(size.height() * ratio),
        )
        look_for = texts.tr(
            "All sixteen patches differ, and both corners of each are seen. The inner squares of the black and of the white box are seen. "
            "The lines of one pixel stand apart, in the corners as in the middle. The grid is straight and the white edge complete."
        )
        words = QLabel(f"{what} {look_for} {texts.tr('Any key closes.')}")
        words.setWordWrap(True)
        words.setFixedWidth(min(920, size.width() - 80))
        words.setStyleSheet("background: #15171a; color: #e8eaec; padding: 8px 12px;")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(words)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.addLayout(row)
        column.addStretch(1)
        self.setAccessibleName(texts.tr("Check this display"))
        self.setAccessibleDescription(look_for)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The pattern, never scaled."""
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        if self._pattern is None or self._pattern.size().toTuple() != (width, height):
            pixels = quality_pattern(height, width)
            image = QImage(
                pixels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8
            )
            self._pattern = image.copy()
            self._pattern.setDevicePixelRatio(ratio)
        painter = QPainter(self)
        painter.drawImage(0, 0, self._pattern)
        painter.end()

    def keyPressEvent(self, _event: QKeyEvent) -> None:
        """Close."""
        self.close()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """Close."""
        self.close()
