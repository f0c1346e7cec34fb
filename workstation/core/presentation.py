"""Grayscale softcopy presentation states (PS3.3 A.33.1): what somebody saved of how a film is to be looked at.

A state is what its file says; `present` applies it to one frame of a film, as PS3.4 N.2 orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from workstation.core.geometry import Affine2D, Orientation, Point
from workstation.core.graphics import Colour, GraphicKind, outline
from workstation.core.image import LookupTable, Radiograph, Rescale, Shutter, WindowLevel
from workstation.core.voi import VoiSelection, is_inverted, window_between


class Unsupported(StrEnum):
    """What a state asks for and does not get here; said to the reader in words."""

    PRESENTATION_TABLE = "presentation_table"
    BITMAP_SHUTTER = "bitmap_shutter"
    OVERLAYS = "overlays"
    MASK = "mask"
    COMPOUND_GRAPHICS = "compound_graphics"
    UNKNOWN_GRAPHICS = "unknown_graphics"
    TOO_MANY_GRAPHICS = "too_many_graphics"
    TRUE_SIZE = "true_size"
    OTHER_ROTATION = "other_rotation"


class Units(StrEnum):
    """What places are counted in (PS3.3 C.10.5.1.2): image pixels from the first one's outer corner, or shares of the displayed area."""

    PIXEL = "PIXEL"
    DISPLAY = "DISPLAY"


class SizeMode(StrEnum):
    """How large the displayed area is shown (PS3.3 C.10.4)."""

    SCALE_TO_FIT = "SCALE TO FIT"
    TRUE_SIZE = "TRUE SIZE"
    MAGNIFY = "MAGNIFY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One film and its frames, counted from 1; all of them when `frames` is empty."""

    sop_uid: str
    frames: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateVoi:
    """Windows, then tables; for all films of the state when `references` is empty, as everywhere below."""

    windows: tuple[WindowLevel, ...] = ()
    tables: tuple[LookupTable, ...] = ()
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayedArea:
    """Pixels, (column, row) from 1, that lie at the upper left and the lower right of the screen once the film is turned."""

    top_left: tuple[int, int]
    bottom_right: tuple[int, int]
    mode: SizeMode = SizeMode.SCALE_TO_FIT
    magnification: float | None = None
    references: tuple[Reference, ...] = ()

    def corners(self) -> tuple[Point, Point]:
        """Least and greatest corner of the area in film coordinates, along the pixels' outer edges."""
        columns, rows = zip(self.top_left, self.bottom_right, strict=True)
        low = (min(columns) - 1.5, min(rows) - 1.5)
        return low, (max(columns) - 0.5, max(rows) - 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphicLayer:
    """A named layer; those of a higher order lie on top."""

    name: str
    order: int = 0
    colour: Colour | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateGraphic:
    """A graphic object (PS3.3 C.10.5)."""

    layer: str
    kind: GraphicKind
    units: Units
    points: tuple[Point, ...]
    filled: bool = False
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateText:
    """A text object (PS3.3 C.10.5): in a box, or beside an anchor, or both."""

    layer: str
    text: str
    box: tuple[Point, Point] | None = None
    box_units: Units = Units.PIXEL
    justification: str = "LEFT"
    anchor: Point | None = None
    anchor_units: Units = Units.PIXEL
    anchor_visible: bool = False
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentationState:
    """One state as its file says it. `inverse` is Presentation LUT Shape's; None where a table stands in its place."""

    sop_uid: str
    label: str = ""
    description: str = ""
    creator: str = ""
    created: datetime | None = None
    references: tuple[Reference, ...] = ()
    modality_transform: Rescale | LookupTable | None = None
    vois: tuple[StateVoi, ...] = ()
    inverse: bool | None = None
    orientation: Orientation = field(default_factory=Orientation)
    areas: tuple[DisplayedArea, ...] = ()
    shutter: Shutter | None = None
    layers: tuple[GraphicLayer, ...] = ()
    graphics: tuple[StateGraphic, ...] = ()
    texts: tuple[StateText, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()

    def is_for(self, sop_uid: str, frame: int) -> bool:
        """Whether it is about this frame, counted from 0, of this film."""
        return any(_names(reference, sop_uid, frame) for reference in self.references)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLine:
    """Part of a graphic: a line through film coordinates, or a single point."""

    points: tuple[Point, ...]
    colour: Colour
    filled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnText:
    """A text with opposite corners of its box, and its anchor, in film coordinates."""

    text: str
    colour: Colour
    box: tuple[Point, Point] | None
    justification: str
    anchor: Point | None
    anchor_visible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A film under a state.

    `film` has the state's windows, tables and shutter in the place of its own; `inverted` is what turns its own direction of
    light into the state's. `area` has opposite corners of what is to be seen, in film coordinates, None for all of it, and
    `magnification` screen pixels a film pixel, None for as large as fits. `drawn` lies on the film, the lowest first.
    """

    film: Radiograph
    voi: VoiSelection
    inverted: bool
    orientation: Orientation
    area: tuple[Point, Point] | None
    magnification: float | None
    drawn: tuple[DrawnLine | DrawnText, ...]


class _Referring(Protocol):
    @property
    def references(self) -> tuple[Reference, ...]: ...


_Item = TypeVar("_Item", bound=_Referring)


def _names(reference: Reference, sop_uid: str, frame: int) -> bool:
    return reference.sop_uid == sop_uid and (
        not reference.frames or frame + 1 in reference.frames
    )


def _about(items: Iterable[_Item], film: Radiograph) -> list[_Item]:
    """Those of `items` that are about the decoded frame of `film`."""
    uid = film.instance.sop_uid
    return [
        item
        for item in items
        if not item.references or any(_names(r, uid, film.frame) for r in item.references)
    ]


def present(state: PresentationState, film: Radiograph) -> Presented:
    """Apply `state`: nothing of the file's own transformations is left, not even where the state is silent (PS3.4 N.2).

    Raises
    ------
    ValueError
        For a colour film, and for one that the state is not about.
    """
    if not film.is_monochrome or not state.is_for(film.instance.sop_uid, film.frame):
        raise ValueError("the state is not about this film")
    transform = state.modality_transform or Rescale()
    vois = _about(state.vois, film)[:1]
    windows = tuple(window for voi in vois for window in voi.windows)
    tables = tuple(table for voi in vois for table in voi.tables)
    if not windows and not tables:
        windows = (_identity_window(film, transform),)
    shown = replace(
        film,
        modality_transform=transform,
        windows=windows,
        voi_tables=tables,
        overlays=(),
        shutter=state.shutter,
    )
    area = next(iter(_about(state.areas, film)), None) or DisplayedArea(
        top_left=(1, 1), bottom_right=(film.columns, film.rows)
    )
    whole = ((-0.5, -0.5), (film.columns - 0.5, film.rows - 0.5))
    magnified = area.mode is SizeMode.MAGNIFY
    return Presented(
        film=shown,
        voi=windows[0] if windows else tables[0],
        inverted=bool(state.inverse) != is_inverted(film),
        orientation=state.orientation,
        area=None if area.corners() == whole else area.corners(),
        magnification=area.magnification if magnified else None,
        drawn=_drawn(state, film, area),
    )


def _identity_window(film: Radiograph, transform: Rescale | LookupTable) -> WindowLevel:
    """Every value that the modality transform can give, from black to white: what no VOI means (PS3.4 N.2.1.2)."""
    if isinstance(transform, LookupTable):
        return window_between(0.0, float((1 << transform.bits) - 1))
    signed = film.pixels.dtype.kind == "i"
    least = -(1 << (film.bits_stored - 1)) if signed else 0
    ends = [
        value * transform.slope + transform.intercept
        for value in (least, least + (1 << film.bits_stored) - 1)
    ]
    return window_between(min(ends), max(ends))


def to_film(
    units: Units, area: DisplayedArea, orientation: Orientation, *, rows: int, columns: int
) -> Affine2D:
    """Places in `units` to film coordinates of a film of `rows` and `columns`.

    Pixels count from the first one's outer corner. Shares of the displayed area run along the screen's axes, after the
    film is turned (PS3.3 C.10.5.1.2).
    """
    if units is Units.PIXEL:
        return Affine2D(c=-0.5, f=-0.5)
    turned = orientation.to_turned(rows=rows, columns=columns)
    (x0, y0), (x1, y1) = (turned(corner) for corner in area.corners())
    share = Affine2D(a=abs(x1 - x0), c=min(x0, x1), e=abs(y1 - y0), f=min(y0, y1))
    return share.then(turned.inverse())


def _drawn(
    state: PresentationState, film: Radiograph, area: DisplayedArea
) -> tuple[DrawnLine | DrawnText, ...]:
    """Graphics and texts about the frame, those of the lowest layer first; one of an unknown layer lies on top."""
    layers = {layer.name: layer for layer in state.layers}
    places = {
        units: to_film(units, area, state.orientation, rows=film.rows, columns=film.columns)
        for units in Units
    }
    found: list[tuple[int, DrawnLine | DrawnText]] = []
    items: list[StateGraphic | StateText] = [
        *_about(state.graphics, film),
        *_about(state.texts, film),
    ]
    for item in items:
        layer = layers.get(item.layer) or GraphicLayer(name=item.layer, order=1 << 31)
        colour = layer.colour or Colour()
        made: Sequence[DrawnLine | DrawnText]
        if isinstance(item, StateText):
            made = [_drawn_text(item, places, colour)]
        else:
            points = [places[item.units](point) for point in item.points]
            lines = outline(item.kind, points)
            made = [DrawnLine(points=p, colour=colour, filled=item.filled) for p in lines]
        found += [(layer.order, drawn) for drawn in made]
    found.sort(key=lambda pair: pair[0])
    return tuple(drawn for _, drawn in found)


def _drawn_text(item: StateText, places: dict[Units, Affine2D], colour: Colour) -> DrawnText:
    box = item.box and (
        places[item.box_units](item.box[0]),
        places[item.box_units](item.box[1]),
    )
    return DrawnText(
        text=item.text,
        colour=colour,
        box=box,
        justification=item.justification,
        anchor=item.anchor and places[item.anchor_units](item.anchor),
        anchor_visible=item.anchor_visible,
    )
