"""The film twice as large around the pointer, without anything drawn over it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform

from workstation.core.geometry import Affine2D
from workstation.ui.viewer.film_item import visible_area
from workstation.ui.viewer.raster import FilmRaster, Look

_FACTOR = 2.0
_RADIUS = 110.0
_EDGE = QColor(232, 232, 232)


class Loupe:
    """Paints with a raster of its own, so that the film's frames keep theirs."""

    def __init__(self, raster: FilmRaster) -> None:
        self._raster = raster

    def draw(
        self, painter: QPainter, place: QPointF, *, film_to_canvas: Affine2D, look: Look
    ) -> None:
        """Draw a disc around `place`; both are in logical pixels."""
        ratio = painter.device().devicePixelRatioF()
        side = round(2 * _RADIUS * ratio)
        # What lies at `place` lies in the middle of the disc.
        larger = Affine2D(
            a=_FACTOR * ratio,
            c=side / 2 - _FACTOR * ratio * place.x(),
            e=_FACTOR * ratio,
            f=side / 2 - _FACTOR * ratio * place.y(),
        )
        image = self._image(film_to_canvas.then(larger), side, look)
        box = QRectF(place.x() - _RADIUS, place.y() - _RADIUS, 2 * _RADIUS, 2 * _RADIUS)
        disc = QPainterPath()
        disc.addEllipse(box)
        painter.save()
        painter.setClipPath(disc)
        corner = (round(box.left() * ratio), round(box.top() * ratio))
        painter.setWorldTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
        painter.drawImage(*corner, image)
        painter.restore()
        for colour, width in ((Qt.GlobalColor.black, 4.0), (_EDGE, 1.6)):
            painter.strokePath(disc, QPen(QColor(colour), width))

    def _image(self, film_to_disc: Affine2D, side: int, look: Look) -> QImage:
        picture = np.full((side, side), 0xFF000000, dtype=np.uint32)
        area = visible_area(film_to_disc, self._raster.film, (side, side))
        if area is not None:
            film = self._raster.screen(*area.grids, look)
            picture[area.top : area.top + area.height, area.left : area.left + area.width] = (
                film.swapaxes(0, 1) if area.is_turned else film
            )
        return QImage(picture.data, side, side, QImage.Format.Format_RGB32).copy()
