"""A prior that was warped onto the film, drawn over it: blended, or what differs in colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage, QPainter

from workstation.core.comparison import RegisteredPrior, difference_colours
from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph
from workstation.ui.viewer.raster import FilmRaster, Look
from workstation.ui.viewer.sampling import Grid, nearest, resampled, taps

_COLOURS = 255


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

    def draw(
        self,
        painter: QPainter,
        film: Radiograph,
        to_canvas: Affine2D,
        *,
        size: tuple[float, float],
    ) -> None:
        """Draw over `film`, whose coordinates `to_canvas` maps to logical pixels of a canvas of `size` device pixels."""
        image = self.image_on(film)
        if image is None or self._pictures is None:
            return
        from workstation.ui.viewer.film_item import draw_picture, visible_area  # pyqtgraph

        ratio = painter.device().devicePixelRatioF()
        to_device = to_canvas.then(Affine2D(a=ratio, e=ratio))
        area = visible_area(to_device, film, (round(size[0]), round(size[1])))
        if area is None:
            return
        if image.way is Superposition.BLEND:
            picture = self._pictures.blended(*area.grids, image.look)
        else:
            picture = self._pictures.differing(*area.grids)
        if area.is_turned:
            picture = np.ascontiguousarray(picture.swapaxes(0, 1))
        painter.save()
        painter.setOpacity(image.opacity)
        draw_picture(painter, area, picture, QImage.Format.Format_ARGB32_Premultiplied)
        painter.restore()


class _Pictures:
    """Premultiplied 0xAARRGGBB of one registered prior along the film's axes, transparent where there is no prior."""

    def __init__(self, registered: RegisteredPrior) -> None:
        self._registered = registered
        self._raster = FilmRaster(registered.warped)
        place = np.clip(registered.difference / registered.limit, -1, 1) + 1
        self._colour = np.rint(place * (_COLOURS / 2)).astype(np.uint8)

    def blended(self, rows: Grid, columns: Grid, look: Look) -> NDArray[np.uint32]:
        """The prior's light on screen pixels of the film."""
        light = self._raster.screen(*_on(self._registered.to_film, rows, columns), look)
        return np.where(self._known(rows, columns), light, np.uint32(0))

    def differing(self, rows: Grid, columns: Grid) -> NDArray[np.uint32]:
        """The colours of what differs on screen pixels of the film."""
        height, width = self._colour.shape
        own_rows, own_columns = _on(self._registered.difference_to_film, rows, columns)
        colour = resampled(
            self._colour, taps(own_rows, height), taps(own_columns, width), np.dtype(np.uint8)
        )
        return np.where(self._known(rows, columns), _PACKED.take(colour), np.uint32(0))

    def _known(self, rows: Grid, columns: Grid) -> NDArray[np.bool_]:
        height, width = self._registered.mask.shape
        rows, columns = _on(self._registered.to_film, rows, columns)
        return self._registered.mask[np.ix_(nearest(rows, height), nearest(columns, width))]


def _on(to_film: Affine2D, rows: Grid, columns: Grid) -> tuple[Grid, Grid]:
    """Grids of the film on a picture whose pixels `to_film` maps to it."""
    return (
        Grid(
            first=(rows.first - to_film.f) / to_film.e,
            step=rows.step / to_film.e,
            count=rows.count,
        ),
        Grid(
            first=(columns.first - to_film.c) / to_film.a,
            step=columns.step / to_film.a,
            count=columns.count,
        ),
    )


def _packed_colours() -> NDArray[np.uint32]:
    """0xffRRGGBB from the least to the greatest difference."""
    rgb = difference_colours(np.linspace(-1, 1, _COLOURS + 1, dtype=np.float32), 1.0)
    red, green, blue = rgb.astype(np.uint32).T
    return np.asarray(np.uint32(0xFF000000) | red << 16 | green << 8 | blue, dtype=np.uint32)


_PACKED = _packed_colours()
