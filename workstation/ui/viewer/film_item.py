"""The film and its evidence as items of pyqtgraph's scene, painted by us at the screen's resolution."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from workstation.core.findings import EvidenceMap
from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph
from workstation.core.overlay import EvidenceStyle, colourise, outlines, sample
from workstation.ui.viewer.raster import Draft, FilmRaster, Look
from workstation.ui.viewer.sampling import NEAREST_FROM, Grid

# Evidence in motion: one colour for so many screen pixels a side.
_DRAFT_PIXELS = 4
_CONTOUR = QColor(255, 233, 92)
_CONTOUR_HALO = QColor(0, 0, 0, 200)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenArea:
    """The device pixels on which a film is seen.

    `to_film` maps pixel ``(x, y)`` of the area, counted from its own first pixel's centre, to film coordinates.
    """

    left: int
    top: int
    width: int
    height: int
    to_film: Affine2D

    @property
    def is_turned(self) -> bool:
        """Whether the film's rows run down the screen."""
        return abs(self.to_film.a) < abs(self.to_film.b)

    @property
    def grids(self) -> tuple[Grid, Grid]:
        """Its pixels along the film's rows and columns."""
        to_film = self.to_film
        if self.is_turned:
            return (
                Grid(first=to_film.f, step=to_film.d, count=self.width),
                Grid(first=to_film.c, step=to_film.b, count=self.height),
            )
        return (
            Grid(first=to_film.f, step=to_film.e, count=self.height),
            Grid(first=to_film.c, step=to_film.a, count=self.width),
        )


def visible_area(
    film_to_device: Affine2D, film: Radiograph, size: tuple[int, int]
) -> ScreenArea | None:
    """The part of a canvas of `size` (width, height) device pixels whose pixel centres lie on the film."""
    x0, y0 = film_to_device((-0.5, -0.5))
    x1, y1 = film_to_device((film.columns - 0.5, film.rows - 0.5))
    left, right = _pixels_between(x0, x1, size[0])
    top, bottom = _pixels_between(y0, y1, size[1])
    if left >= right or top >= bottom:
        return None
    to_film = Affine2D(c=left + 0.5, f=top + 0.5).then(film_to_device.inverse())
    return ScreenArea(
        left=left, top=top, width=right - left, height=bottom - top, to_film=to_film
    )


def _pixels_between(one: float, other: float, count: int) -> tuple[int, int]:
    low, high = sorted((one, other))
    first, last = (math.ceil(round(edge, 6) - 0.5) for edge in (low, high))
    return max(first, 0), min(last, count)


class _Seen:
    """The visible area of one film, worked out again only when it is painted elsewhere."""

    def __init__(self) -> None:
        self._at: tuple[QTransform, tuple[int, int], float] | None = None
        self._area: ScreenArea | None = None

    def area(
        self, painter: QPainter, film: Radiograph, widget: QWidget | None
    ) -> ScreenArea | None:
        """As `visible_area`, for what `painter` paints on."""
        at = (
            painter.worldTransform(),
            _device_size(painter, widget),
            painter.device().devicePixelRatioF(),
        )
        if at != self._at:
            self._at, self._area = at, visible_area(_to_device(painter), film, at[1])
        return self._area


class FilmItem(pg.GraphicsObject):  # type: ignore[misc]
    """One film; its own coordinates are film coordinates."""

    def __init__(self) -> None:
        super().__init__()
        self._raster: FilmRaster | None = None
        self._look = Look(voi=None)
        self._in_motion = False
        self._painted: tuple[ScreenArea, NDArray[np.uint32]] | None = None
        self._seen = _Seen()

    def show_film(self, film: Radiograph | None) -> None:
        """Replace the film; None shows nothing."""
        self.prepareGeometryChange()
        self._raster = None if film is None else FilmRaster(film)
        self._painted = None
        self._seen = _Seen()

    def another_raster(self) -> FilmRaster:
        """The film for another place on the screen, which shall not cost this one what it keeps.

        Raises
        ------
        ValueError
            When no film is shown.
        """
        if self._raster is None:
            raise ValueError("there is no film")
        return self._raster.another()

    def set_look(self, look: Look) -> None:
        """Window and inversion from now on."""
        if not look.same_as(self._look):
            self._look = look
            self._painted = None
            self.update()

    def set_in_motion(self, in_motion: bool) -> None:  # noqa: FBT001 - as Qt's setters are
        """While it is in motion a draft is scaled by Qt; at rest every screen pixel is worked out."""
        if in_motion is not self._in_motion:
            self._in_motion = in_motion
            self.update()

    def _picture(self, raster: FilmRaster, area: ScreenArea) -> NDArray[np.uint32]:
        """The film on `area`: (height, width) 0xffRRGGBB, rows contiguous."""
        if self._painted is not None and self._painted[0] == area:
            return self._painted[1]
        picture = raster.screen(*area.grids, self._look)
        if area.is_turned:
            picture = np.ascontiguousarray(picture.swapaxes(0, 1))
        self._painted = (area, picture)
        return picture

    def boundingRect(self) -> QRectF:
        """The film from its first pixel's outer corner to its last one's."""
        return QRectF() if self._raster is None else _outline(self._raster.film)

    def paint(
        self,
        painter: QPainter,
        _option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw the visible part, pixel for pixel."""
        if self._raster is None:
            return
        area = self._seen.area(painter, self._raster.film, widget)
        if area is None:
            return
        draft = self._raster.draft(*area.grids, self._look) if self._in_motion else None
        if draft is None:
            draw_picture(
                painter, area, self._picture(self._raster, area), QImage.Format.Format_RGB32
            )
        else:
            _draw_draft(painter, self.boundingRect(), draft)


class EvidenceItem(pg.GraphicsObject):  # type: ignore[misc]
    """A finding's evidence over the film; a child of the film's item, so it moves with it."""

    def __init__(self, parent: FilmItem) -> None:
        super().__init__(parent)
        self._film: Radiograph | None = None
        self._evidence: EvidenceMap | None = None
        self._style: EvidenceStyle | None = None
        self._lines: tuple[QPainterPath, ...] = ()
        self._in_motion = False
        self._painted: tuple[ScreenArea, int, NDArray[np.uint32]] | None = None
        self.hide()

    def show_evidence(
        self, film: Radiograph, evidence: EvidenceMap, style: EvidenceStyle
    ) -> None:
        """Draw `evidence` from now on."""
        self.prepareGeometryChange()
        self._film, self._evidence, self._style = film, evidence, style
        self._painted = None
        self._lines = _outlines(evidence, style.cut_off) if style.contour else ()
        self.show()
        self.update()

    def set_in_motion(self, in_motion: bool) -> None:  # noqa: FBT001 - as Qt's setters are
        """While it is in motion few of the screen's pixels are coloured, and Qt scales them."""
        if in_motion is not self._in_motion:
            self._in_motion = in_motion
            self.update()

    def clear(self) -> None:
        """Draw nothing from now on."""
        self._film = self._evidence = self._style = self._painted = None
        self.hide()

    def boundingRect(self) -> QRectF:
        """As the film's."""
        return QRectF() if self._film is None else _outline(self._film)

    def paint(
        self,
        painter: QPainter,
        _option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draw colours and contour lines."""
        if self._film is None or self._evidence is None or self._style is None:
            return
        area = visible_area(_to_device(painter), self._film, _device_size(painter, widget))
        if area is None:
            return
        size = _DRAFT_PIXELS if self._in_motion else 1
        if self._painted is None or self._painted[:2] != (area, size):
            self._painted = (area, size, _coloured(self._evidence, self._style, area, size))
        draw_picture(painter, area, self._painted[2], QImage.Format.Format_RGBA8888, size=size)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._in_motion)
        painter.setClipRect(_outline(self._film), Qt.ClipOperation.IntersectClip)
        for colour, width in ((_CONTOUR_HALO, 3.4), (_CONTOUR, 1.4)):
            pen = QPen(colour, width)
            pen.setCosmetic(True)
            for line in self._lines:
                painter.strokePath(line, pen)


def _coloured(
    evidence: EvidenceMap, style: EvidenceStyle, area: ScreenArea, size: int
) -> NDArray[np.uint32]:
    """Colours on `area`, one for `size` x `size` of its pixels."""
    centre = (size - 1) / 2
    to_film = Affine2D(a=size, c=centre, e=size, f=centre).then(area.to_film)
    shape = (-(-area.height // size), -(-area.width // size))
    values = sample(evidence, target_to_film=to_film, shape=shape)
    return colourise(values, style).view(np.uint32)[..., 0]


def _outlines(evidence: EvidenceMap, cut_off: float) -> tuple[QPainterPath, ...]:
    """Lines around the colour, in film coordinates; apart, for Qt strokes one long path many times slower."""
    paths = []
    for line in outlines(evidence, cut_off):
        path = QPainterPath()
        path.addPolygon([QPointF(x, y) for x, y in line.tolist()])
        paths.append(path)
    return tuple(paths)


def _outline(film: Radiograph) -> QRectF:
    return QRectF(-0.5, -0.5, film.columns, film.rows)


def _to_device(painter: QPainter) -> Affine2D:
    """The painter's item coordinates to device pixels of what is painted on."""
    matrix = painter.worldTransform()
    ratio = painter.device().devicePixelRatioF()
    return Affine2D(
        a=matrix.m11() * ratio, b=matrix.m21() * ratio, c=matrix.dx() * ratio,
        d=matrix.m12() * ratio, e=matrix.m22() * ratio, f=matrix.dy() * ratio,
    )  # fmt: skip


def _device_size(painter: QPainter, widget: QWidget | None) -> tuple[int, int]:
    device = painter.device()
    if widget is None:
        return device.width(), device.height()
    size: QSize = widget.size() * device.devicePixelRatioF()
    return size.width(), size.height()


def draw_picture(
    painter: QPainter,
    area: ScreenArea,
    picture: NDArray[np.uint32],
    form: QImage.Format,
    *,
    size: int = 1,
) -> None:
    """Put `picture`, each of whose rows is contiguous, on the device's own pixels, `size` of them a side each."""
    ratio = painter.device().devicePixelRatioF()
    (height, width), row = picture.shape, picture.strides[0]
    # PySide takes contiguous memory only: all from the first pixel to the last, with what lies between two rows.
    pixels = row // picture.itemsize * (height - 1) + width
    memory = as_strided(picture, shape=(pixels,), strides=(picture.itemsize,), writeable=False)
    image = QImage(memory.data, width, height, row, form)
    painter.save()
    painter.setWorldTransform(QTransform.fromScale(1 / ratio, 1 / ratio))
    if size == 1:
        painter.drawImage(QPoint(area.left, area.top), image)
    else:
        painter.setClipRect(QRect(area.left, area.top, area.width, area.height))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRect(area.left, area.top, width * size, height * size), image)
    painter.restore()


def _draw_draft(painter: QPainter, outline: QRectF, draft: Draft) -> None:
    """Put `draft` where it lies on the film, in film coordinates; squares stay squares far in."""
    picture, size = draft.picture, 2**draft.number
    height, width = picture.shape
    image = QImage(picture.data, width, height, picture.strides[0], QImage.Format.Format_RGB32)
    place = QRectF(draft.left * size - 0.5, draft.top * size - 0.5, width * size, height * size)
    magnified = _to_device(painter).scale
    painter.save()
    painter.setClipRect(outline, Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, magnified < NEAREST_FROM)
    painter.drawImage(place, image, QRectF(0, 0, width, height))
    painter.restore()
