"""How a film is looked at: window, orientation, zoom and place, and the map to the screen that follows from them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from workstation.core.display import VoiSelection, default_voi, palette_colours
from workstation.core.geometry import Affine2D, Orientation, Point
from workstation.core.image import Radiograph
from workstation.core.voi import to_modality

_LARGEST_ZOOM = 64.0
# A film can be made this much smaller than the canvas, no more.
_SMALLEST_SHARE = 0.25


class Tool(StrEnum):
    """What the left button does; those that draw an annotation are named as its kind."""

    WINDOW = "window"
    PAN = "pan"
    ZOOM = "zoom"
    DISTANCE = "distance"
    ANGLE = "angle"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    CARDIOTHORACIC_RATIO = "cardiothoracic_ratio"
    ARROW = "arrow"
    NOTE = "note"
    CALIBRATE = "calibrate"
    MAGNIFIER = "magnifier"
    PROBE = "probe"
    PAINT = "paint"

    @property
    def looks(self) -> bool:
        """Whether it only shows more of what lies under the pointer."""
        return self in {Tool.MAGNIFIER, Tool.PROBE}

    @property
    def draws(self) -> bool:
        """Whether it places points on the film."""
        others = {Tool.WINDOW, Tool.PAN, Tool.ZOOM, Tool.PAINT}
        return not self.looks and self not in others


class CornerLevel(StrEnum):
    """How much text lies over the film."""

    ALL = "all"
    MINIMAL = "minimal"
    NONE = "none"

    def following(self) -> CornerLevel:
        """The next level of the cycle."""
        levels = list(CornerLevel)
        return levels[(levels.index(self) + 1) % len(levels)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewerOptions:
    """What a site or reader sets once. `hide_identity` is the privacy toggle; a badge says that it is on."""

    invert_vertical_drag: bool = False
    corner_level: CornerLevel = CornerLevel.ALL
    hide_identity: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """One look at a film.

    `voi` is None for a colour film. `zoom` is screen (device) pixels a film column; `centre` is the place on the film, in
    film coordinates, that lies in the middle of the canvas. A `fitted` view follows the canvas's size: it shows the whole film,
    or of it the `area` between two corners in film coordinates.
    """

    voi: VoiSelection | None
    inverted: bool = False
    orientation: Orientation = field(default_factory=Orientation)
    zoom: float = 1.0
    centre: Point = (0.0, 0.0)
    fitted: bool = True
    area: tuple[Point, Point] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointerReading:
    """What lies under the pointer: film coordinates, and the modality value or the colour there."""

    place: Point
    value: float | tuple[int, int, int]


def middle_of(film: Radiograph, area: tuple[Point, Point] | None = None) -> Point:
    """The centre of the film, or of its `area`, in film coordinates."""
    (x0, y0), (x1, y1) = area or ((0.0, 0.0), (film.columns - 1.0, film.rows - 1.0))
    return ((x0 + x1) / 2, (y0 + y1) / 2)


def first_look(film: Radiograph) -> ViewState:
    """The file's own window, upright and fitted."""
    voi = default_voi(film) if film.is_monochrome else None
    return ViewState(voi=voi, centre=middle_of(film))


def is_other_frame(before: Radiograph, film: Radiograph) -> bool:
    """Whether both are frames of one object, and not the same one."""
    same = before.instance.sop_uid == film.instance.sop_uid
    return same and before.pixels.shape == film.pixels.shape and before.frame != film.frame


def film_to_upright(film: Radiograph, orientation: Orientation) -> Affine2D:
    """Film coordinates to the turned film's with square pixels, one unit a film column."""
    turned = orientation.to_turned(rows=film.rows, columns=film.columns)
    tall = film.spacing.row_mm / film.spacing.column_mm if film.spacing is not None else 1.0
    if orientation.quarter_turns % 2:
        return turned.then(Affine2D(a=tall))
    return turned.then(Affine2D(e=tall))


def film_to_screen(film: Radiograph, state: ViewState, size: tuple[float, float]) -> Affine2D:
    """Film coordinates to device pixels of a canvas of `size` (width, height) device pixels.

    Moved by less than a pixel so that the film's edge meets a pixel's edge: at 1:1 each film pixel is one of the screen.
    """
    upright = film_to_upright(film, state.orientation)
    scaled = upright.then(Affine2D(a=state.zoom, e=state.zoom))
    x, y = scaled(state.centre)
    corner = _first_corner(film, scaled)
    left = round(size[0] / 2 - x + corner[0]) - corner[0]
    top = round(size[1] / 2 - y + corner[1]) - corner[1]
    return scaled.then(Affine2D(c=left, f=top))


def fit_zoom(
    film: Radiograph,
    orientation: Orientation,
    size: tuple[float, float],
    area: tuple[Point, Point] | None = None,
) -> float:
    """The zoom at which the whole film, or its `area`, just fits a canvas of `size` device pixels."""
    upright = film_to_upright(film, orientation)
    first, last = area or ((-0.5, -0.5), (film.columns - 0.5, film.rows - 0.5))
    (x0, y0), (x1, y1) = upright(first), upright(last)
    return max(min(size[0] / abs(x1 - x0), size[1] / abs(y1 - y0)), 1e-3)


def fitted(state: ViewState, film: Radiograph, size: tuple[float, float]) -> ViewState:
    """`state` with its area, or the whole film, as large as fits a canvas of `size` device pixels."""
    zoom = fit_zoom(film, state.orientation, size, state.area)
    return replace(state, zoom=zoom, centre=middle_of(film, state.area))


def clamped_zoom(zoom: float, *, fit: float) -> float:
    """`zoom` within what makes sense for a film that fits at zoom `fit`."""
    return min(max(zoom, min(fit * _SMALLEST_SHARE, 1.0)), max(_LARGEST_ZOOM, fit))


def clamped_centre(centre: Point, film: Radiograph) -> Point:
    """`centre` moved onto the film."""
    x, y = centre
    return (min(max(x, -0.5), film.columns - 0.5), min(max(y, -0.5), film.rows - 0.5))


def panned(state: ViewState, film: Radiograph, *, to_canvas: Affine2D, by: Point) -> ViewState:
    """`state` after the film moved by logical pixels on the canvas that `to_canvas` maps to."""
    back = to_canvas.inverse()
    (x0, y0), (x1, y1) = back((0.0, 0.0)), back(by)
    centre = (state.centre[0] - (x1 - x0), state.centre[1] - (y1 - y0))
    return replace(state, centre=clamped_centre(centre, film), fitted=False)


def enlarged(state: ViewState, film: Radiograph, *, place: Point, zoom: float) -> ViewState:
    """`state` at another zoom; what lies at `place` of the film stays where it is on the screen."""
    share = state.zoom / zoom
    x, y = (at + (middle - at) * share for at, middle in zip(place, state.centre, strict=True))
    return replace(state, zoom=zoom, centre=clamped_centre((x, y), film), fitted=False)


def value_at(film: Radiograph, *, row: int, column: int) -> float | tuple[int, int, int]:
    """The modality value of one pixel, or its colour."""
    stored = film.pixels[row, column]
    if film.is_monochrome:
        return float(to_modality(film, stored))
    colour = stored if film.palette is None else palette_colours(film.palette, stored)
    red, green, blue = (int(part) for part in colour)
    return red, green, blue


def reading_at(film: Radiograph, place: Point) -> PointerReading | None:
    """What lies at a place of the film; None beside it."""
    column, row = round(place[0]), round(place[1])
    if not (0 <= column < film.columns and 0 <= row < film.rows):
        return None
    return PointerReading(place=place, value=value_at(film, row=row, column=column))


def _first_corner(film: Radiograph, scaled: Affine2D) -> Point:
    """The upper left corner of the film as it lies on the screen."""
    x0, y0 = scaled((-0.5, -0.5))
    x1, y1 = scaled((film.columns - 0.5, film.rows - 0.5))
    return (min(x0, x1), min(y0, y1))
