"""pyqtgraph's scene with one film in it, black around it, and room to draw over it."""

from __future__ import annotations

import math
from collections.abc import Callable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QRegion, QResizeEvent, QTransform, QWheelEvent
from PySide6.QtWidgets import QFrame, QWidget

from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph
from workstation.ui.viewer.film_item import EvidenceItem, FilmItem
from workstation.ui.viewer.gestures import Gestures
from workstation.ui.viewer.raster import Look
from workstation.ui.viewer.tools.loupe import Loupe


class FilmCanvas(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Holds the film's items and passes the mouse on.

    Signals, all from the window's thread: ``resized()``; ``double_clicked(QPointF)`` and ``hovered(QPointF | None)`` with
    the pointer's place in logical pixels, None when it left or drags.
    """

    resized = Signal()
    double_clicked = Signal(object)
    hovered = Signal(object)

    def __init__(
        self, parent: QWidget, gestures: Gestures, draw_over: Callable[[QPainter, QRectF], None]
    ) -> None:
        super().__init__(parent, useOpenGL=False, background="k")
        self._gestures = gestures
        self._draw_over = draw_over
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)  # pyqtgraph's takes the Tab key
        self.setAcceptDrops(False)
        self.setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setCacheMode(self.CacheModeFlag.CacheNone)  # drawBackground is cheaper
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)
        self.view_box = pg.ViewBox(
            enableMouse=False, enableMenu=False, invertY=True, defaultPadding=0
        )
        self.setCentralItem(self.view_box)
        self._loupe: Loupe | None = None
        self.film_item = FilmItem()
        self.view_box.addItem(self.film_item, ignoreBounds=True)
        self.evidence_item = EvidenceItem(self.film_item)

    @property
    def device_size(self) -> tuple[float, float]:
        """Width and height in device pixels."""
        size, ratio = self.viewport().size(), self.devicePixelRatioF()
        return max(size.width(), 1) * ratio, max(size.height(), 1) * ratio

    def place(self, *, to_upright: Affine2D, to_screen: Affine2D) -> None:
        """Put the film where `to_screen` (film coordinates to device pixels) says.

        The view box counts in upright film pixels: what is added to it turns and zooms with the film.
        """
        upright_to_screen = to_upright.inverse().then(to_screen)
        width, height = self.device_size
        back = upright_to_screen.inverse()
        left, top = back((0.0, 0.0))
        right, bottom = back((width, height))
        self.film_item.setTransform(
            QTransform(
                to_upright.a,
                to_upright.d,
                to_upright.b,
                to_upright.e,
                to_upright.c,
                to_upright.f,
            )
        )
        self.view_box.setRange(QRectF(left, top, right - left, bottom - top), padding=0)

    def draw_loupe(
        self, painter: QPainter, place: QPointF, *, film_to_canvas: Affine2D, look: Look
    ) -> None:
        """Draw the film larger around `place` of the viewport."""
        if self._loupe is None:
            self._loupe = Loupe(self.film_item.another_raster())
        self._loupe.draw(painter, place, film_to_canvas=film_to_canvas, look=look)

    def show_film(self, film: Radiograph | None) -> None:
        """Replace the film; None shows nothing."""
        self._loupe = None
        self.film_item.show_film(film)

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Black around the film; beneath it there is nothing to see."""
        film = self.film_item.mapRectToScene(self.film_item.boundingRect())
        left, top = math.ceil(film.left() - 1e-6), math.ceil(film.top() - 1e-6)
        right, bottom = math.floor(film.right() + 1e-6), math.floor(film.bottom() + 1e-6)
        covered = QRect(left, top, max(right - left, 0), max(bottom - top, 0))
        around_film = QRegion(rect.toAlignedRect()) - QRegion(covered)
        for around in list(around_film):  # type: ignore[call-overload]  # PySide's stub lacks it
            painter.fillRect(around, Qt.GlobalColor.black)

    def drawForeground(self, painter: QPainter, _rect: QRectF) -> None:
        """Draw over the film in the viewport's own logical pixels."""
        painter.save()
        painter.resetTransform()
        self._draw_over(painter, QRectF(self.viewport().rect()))
        painter.restore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell that the canvas has another size."""
        super().resizeEvent(event)
        self.resized.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture; a text that was being typed is finished by it and no more."""
        self._gestures.press(event)
        self.parentWidget().setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a gesture."""
        self._gestures.move(event)
        self.hovered.emit(None if self._gestures.moves_film else event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a gesture."""
        self._gestures.release(event)
        self.hovered.emit(event.position())
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Only the left button's second click counts, and to a tool that draws it is a click."""
        if event.button() is Qt.MouseButton.LeftButton and not self._gestures.draws:
            self.double_clicked.emit(event.position())
        else:
            self._gestures.press(event)
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom or step."""
        self._gestures.wheel(event)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing lies under the pointer any more."""
        self.hovered.emit(None)
        super().leaveEvent(event)
