"""A prior that was warped onto the film, drawn over it: blended, or what differs in colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QRectF, Signal
from PySide6.QtGui import QImage, QPainter, QTransform

from workstation.core.comparison import RegisteredPrior, difference_colours
from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph
from workstation.ui.viewer.raster import FilmRaster, Look
from workstation.ui.viewer.sampling import Grid, nearest


class Superposition(StrEnum):
    """What is drawn of a registered prior."""

    BLEND = "blend"
    DIFFERENCE = "difference"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedImage:
    """What to draw over a film and how: `look` is the prior's, `caption` says what the picture is."""

    registered: RegisteredPrior
    way: Superposition
    opacity: float
    look: Look
    caption: str

    def __post_init__(self) -> None:
        if not 0.0 <= self.opacity <= 1.0:
            raise ValueError("opacity lies between 0 and 1")


class Superimposed(QObject):
    """Draws one computed image over the film it was computed for, over no other.

    Signals, from the window's thread: ``repaint_needed()``.
    """

    repaint_needed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._image: ComputedImage | None = None
        self._pictures: _Pictures | None = None

    def show_image(self, image: ComputedImage | None) -> None:
        """Draw `image` from now on; None draws nothing, and leaves no trace."""
        before, self._image = self._image, image
        if image is None:
            self._pictures = None
        elif before is None or before.registered is not image.registered:
            self._pictures = _Pictures(image.registered)
        if before is not image:
            self.repaint_needed.emit()

    def image_on(self, film: Radiograph) -> ComputedImage | None:
        """What is drawn over `film`."""
        image = self._image
        same = image is not None and image.registered.sop_uid == film.instance.sop_uid
        return image if same else None

    def draw(self, painter: QPainter, film: Radiograph, to_canvas: Affine2D) -> None:
        """Draw over `film`, whose coordinates `to_canvas` maps to the painter's logical pixels."""
        image = self.image_on(film)
        if image is None or self._pictures is None:
            return
        if image.way is Superposition.BLEND:
            picture, to_film = self._pictures.light(image.look), image.registered.to_film
        else:
            picture = self._pictures.colours
            to_film = image.registered.difference_to_film
        place = to_film.then(to_canvas)
        painter.save()
        painter.setOpacity(image.opacity)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setTransform(
            QTransform(place.a, place.d, place.b, place.e, place.c, place.f),
            combine=True,
        )
        height, width = picture.shape
        painter.drawImage(
            QRectF(-0.5, -0.5, width, height),
            QImage(picture.data, width, height, QImage.Format.Format_ARGB32_Premultiplied),
        )
        painter.restore()


class _Pictures:
    """Premultiplied 0xAARRGGBB of one registered prior on its own grids, transparent where there is no prior.

    Neither grid is much finer than a screen: Qt scales them, several times cheaper than working out every screen pixel.
    """

    def __init__(self, registered: RegisteredPrior) -> None:
        self._registered = registered
        self._raster = FilmRaster(registered.warped)
        self._lit: tuple[Look, NDArray[np.uint32]] | None = None
        self._coloured: NDArray[np.uint32] | None = None

    def light(self, look: Look) -> NDArray[np.uint32]:
        """The prior's light: (rows, columns) of `warped`."""
        if self._lit is None or not look.same_as(self._lit[0]):
            mask = self._registered.mask
            rows, columns = (Grid(first=0.0, step=1.0, count=count) for count in mask.shape)
            light = self._raster.screen(rows, columns, look)
            self._lit = look, np.where(mask, light, np.uint32(0))
        return self._lit[1]

    @property
    def colours(self) -> NDArray[np.uint32]:
        """The colours of what differs: (rows, columns) of `difference`."""
        if self._coloured is None:
            rgb = difference_colours(self._registered.difference, self._registered.limit)
            red, green, blue = np.moveaxis(rgb.astype(np.uint32), -1, 0)
            packed = np.uint32(0xFF000000) | red << 16 | green << 8 | blue
            self._coloured = np.where(self._known(), packed, np.uint32(0))
        return self._coloured

    def _known(self) -> NDArray[np.bool_]:
        """Where `difference` has a prior."""
        to_mask = self._registered.difference_to_film.then(self._registered.to_film.inverse())
        steps = ((to_mask.f, to_mask.e), (to_mask.c, to_mask.a))
        rows, columns = (
            nearest(Grid(first=first, step=step, count=count), extent)
            for (first, step), count, extent in zip(
                steps,
                self._registered.difference.shape,
                self._registered.mask.shape,
                strict=True,
            )
        )
        return self._registered.mask[np.ix_(rows, columns)]
