"""Graphic annotations and layers of a presentation state (PS3.3 C.10.5 and C.10.7; runs in the child)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.adapters.dicom.attributes import Attributes
from workstation.core.geometry import Point
from workstation.core.graphics import Colour, GraphicKind, from_cielab, grey
from workstation.core.presentation import (
    GraphicLayer,
    Reference,
    StateGraphic,
    StateText,
    Units,
    Unsupported,
)

_MOST_POINTS = 100_000
_LONGEST_TEXT = 10_000
_MOST_LAYERS = 256
_FARTHEST = 1e6
_MOST_REFERENCES = 4096
_JUSTIFICATIONS = frozenset({"LEFT", "CENTER", "RIGHT"})


class Drawings:
    """What a state draws. `left_out` names what is there and cannot be drawn."""

    def __init__(self, attributes: Attributes) -> None:
        self.left_out: list[Unsupported] = []
        self._points = 0
        graphics: list[StateGraphic] = []
        texts: list[StateText] = []
        items = attributes.items(0x00700001)
        if attributes.raw(0x00700001) and not items:
            self.left_out.append(Unsupported.TOO_MANY_GRAPHICS)
        for item in items:
            about = references(item)
            graphics += self._graphics(item, about)
            texts += self._texts(item, about)
            if item.items(0x00700209):
                self.left_out.append(Unsupported.COMPOUND_GRAPHICS)
        self.graphics, self.texts = tuple(graphics), tuple(texts)
        self.layers = tuple(
            _layer(item) for item in attributes.items(0x00700060)[:_MOST_LAYERS]
        )

    def _graphics(
        self, item: Attributes, about: tuple[Reference, ...]
    ) -> Iterator[StateGraphic]:
        for drawn in item.items(0x00700009):
            kind, units = drawn.word(0x00700023), drawn.word(0x00700005)
            points = _points(drawn, 0x00700022)
            self._points += len(points)
            if self._points > _MOST_POINTS:
                self.left_out.append(Unsupported.TOO_MANY_GRAPHICS)
                return
            known = kind in set(GraphicKind) and units in set(Units)
            if not known or not GraphicKind(kind).takes(len(points)):
                self.left_out.append(Unsupported.UNKNOWN_GRAPHICS)
                continue
            yield StateGraphic(
                layer=item.word(0x00700002),
                kind=GraphicKind(kind),
                units=Units(units),
                points=tuple(points),
                filled=drawn.word(0x00700024) == "Y",
                references=about,
            )

    def _texts(self, item: Attributes, about: tuple[Reference, ...]) -> Iterator[StateText]:
        for written in item.items(0x00700008):
            box = _points(written, 0x00700010) + _points(written, 0x00700011)
            anchor = _points(written, 0x00700014)
            units = [written.word(tag) for tag in (0x00700003, 0x00700004)]
            has_box, has_anchor = len(box) == 2, len(anchor) == 1
            used = [u for u, has in zip(units, (has_box, has_anchor), strict=True) if has]
            if not used or any(unit not in set(Units) for unit in used):
                self.left_out.append(Unsupported.UNKNOWN_GRAPHICS)
                continue
            justified = written.word(0x00700012)
            yield StateText(
                layer=item.word(0x00700002),
                text="\\".join(written.texts(0x00700006))[:_LONGEST_TEXT],
                box=(box[0], box[1]) if has_box else None,
                box_units=Units(units[0]) if has_box else Units.PIXEL,
                justification=justified if justified in _JUSTIFICATIONS else "LEFT",
                anchor=anchor[0] if has_anchor else None,
                anchor_units=Units(units[1]) if has_anchor else Units.PIXEL,
                anchor_visible=written.word(0x00700015) == "Y",
                references=about,
            )


def _layer(item: Attributes) -> GraphicLayer:
    return GraphicLayer(
        name=item.word(0x00700002),
        order=(item.integers(0x00700062) or [0])[0],
        colour=_colour(item),
    )


def _colour(item: Attributes) -> Colour | None:
    lab = item.shorts(0x00700401)
    if len(lab) == 3:
        return from_cielab((lab[0], lab[1], lab[2]))
    level = item.shorts(0x00700066)
    return grey(level[0]) if level else None


def references(item: Attributes) -> tuple[Reference, ...]:
    """Referenced Image Sequence (PS3.3 C.11.11): films and their frames."""
    return tuple(
        Reference(
            sop_uid=image.word(0x00081155),
            frames=tuple(frame for frame in image.integers(0x00081160) if frame > 0),
        )
        for image in item.items(0x00081140)[:_MOST_REFERENCES]
    )


def _points(attributes: Attributes, tag: int) -> list[Point]:
    """Pairs of numbers; none when one is nonsense."""
    values = reals(attributes, tag)
    if any(abs(value) > _FARTHEST for value in values):
        return []
    return list(zip(values[::2], values[1::2], strict=False))


def reals(attributes: Attributes, tag: int) -> list[float]:
    """Floats in single precision (FL); none when one is not finite."""
    values = _numbers(attributes, tag, "f4")
    return [float(value) for value in values] if np.isfinite(values).all() else []


def longs(attributes: Attributes, tag: int) -> list[int]:
    """Signed 32-bit values (SL)."""
    return [int(value) for value in _numbers(attributes, tag, "i4")]


def _numbers(attributes: Attributes, tag: int, kind: str) -> NDArray[Any]:
    data = attributes.raw(tag)
    order = "<" if attributes.little else ">"
    return np.frombuffer(data[: len(data) // 4 * 4], order + kind)
