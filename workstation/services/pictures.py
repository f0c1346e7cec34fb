"""The pictures of reports and files: the film as its reader saw it, and one finding's evidence drawn over it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.core.annotation import Annotation, AnnotationKind
from workstation.core.display import VoiSelection, render
from workstation.core.findings import EvidenceMap
from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph
from workstation.core.overlay import EvidenceStyle, blend, colourise, outlines, ramp, sample

# About 300 dpi in the report, where two pictures stand side by side.
LONGEST_SIDE_PX = 1200
_INK = (130, 222, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A film in grey, (rows, columns) uint8, and where its pixel centres lie on the film."""

    pixels: NDArray[np.uint8]
    to_film: Affine2D


def film_picture(
    film: Radiograph,
    *,
    voi: VoiSelection | None = None,
    inverted: bool = False,
    longest_side_px: int = LONGEST_SIDE_PX,
) -> Picture:
    """The film as shown, averaged over whole blocks of pixels until it is at most `longest_side_px` long."""
    shown = render(film, voi, inverted=inverted)
    factor = -(-max(film.rows, film.columns) // longest_side_px)
    if factor > 1 and min(film.rows, film.columns) >= factor:
        shown = _block_mean(shown, factor)
    else:
        factor = 1
    if shown.ndim == 3:
        shown = np.rint(shown.mean(axis=2)).astype(np.uint8)
    middle = (factor - 1) / 2
    to_film = Affine2D(a=factor, c=middle, e=factor, f=middle)
    return Picture(pixels=np.ascontiguousarray(shown), to_film=to_film)


def _block_mean(shown: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    rows, columns = shown.shape[0] // factor, shown.shape[1] // factor
    whole = shown[: rows * factor, : columns * factor]
    total = np.zeros((rows, columns, *shown.shape[2:]), np.uint32)
    for row in range(factor):
        for column in range(factor):
            total += whole[row::factor, column::factor]
    area = factor * factor
    return ((total + area // 2) // area).astype(np.uint8)


def evidence_picture(
    picture: Picture, evidence: EvidenceMap, style: EvidenceStyle
) -> NDArray[np.uint8]:
    """`picture` with `evidence` blended in and outlined at the cut-off: (rows, columns, 3) uint8."""
    shape = (picture.pixels.shape[0], picture.pixels.shape[1])
    values = sample(evidence, target_to_film=picture.to_film, shape=shape)
    drawn = blend(picture.pixels, colourise(values, style))
    if style.contour:
        from_film = picture.to_film.inverse().matrix[:2]
        lines = outlines(evidence, style.cut_off)
        on_picture = (
            np.column_stack([line, np.ones(len(line))]) @ from_film.T for line in lines
        )
        _draw_lines(drawn, on_picture, ramp(np.zeros(1))[0])
    return drawn


def marks_picture(picture: Picture, annotations: Iterable[Annotation]) -> NDArray[np.uint8]:
    """`picture` with the reader's marks drawn in, light on a dark outline: (rows, columns, 3) uint8."""
    drawn = np.repeat(picture.pixels[..., None], 3, axis=2)
    from_film = picture.to_film.inverse()
    size = max(drawn.shape) / 60
    lines = [line for a in annotations for line in _lines_of(a, from_film, size)]
    for colour, more in (((0, 0, 0), 4), (_INK, 2)):
        _draw_lines(drawn, lines, np.array(colour, dtype=np.uint8), more=more)
    return drawn


def _lines_of(
    annotation: Annotation, from_film: Affine2D, size: float
) -> list[NDArray[np.float64]]:
    """Lines of an annotation in the picture's pixels; `size` is that of an arrow's head."""
    points = np.array([from_film(point) for point in annotation.points])
    first, last = points[0], points[-1]
    match annotation.kind:
        case AnnotationKind.DISTANCE | AnnotationKind.CARDIOTHORACIC_RATIO:
            return [points[start : start + 2] for start in range(0, len(points), 2)]
        case AnnotationKind.ELLIPSE | AnnotationKind.RECTANGLE:
            sides = 64 if annotation.kind is AnnotationKind.ELLIPSE else 4
            turn = (np.arange(sides + 1) + 0.5) * (2 * np.pi / sides)
            unit = np.column_stack([np.cos(turn), np.sin(turn)])
            reach = 0.5 if sides > 4 else np.sqrt(0.5)
            return [(first + last) / 2 + unit * (last - first) * reach]
        case AnnotationKind.ARROW:
            way = (last - first) * (size / max(float(np.hypot(*(last - first))), 1.0))
            across = np.array([-way[1], way[0]]) / 2
            return [points, np.array([first + way + across, first, first + way - across])]
        case AnnotationKind.NOTE:
            arms = np.array([[size / 3, 0.0], [0.0, size / 3]])
            return [np.array([first - arm, first + arm]) for arm in arms]
        case _:
            return [points]


def _draw_lines(
    picture: NDArray[np.uint8],
    lines: Iterable[NDArray[np.float64]],
    colour: NDArray[np.uint8],
    *,
    more: int = 0,
) -> None:
    """Lines of ``(x, y)`` points, `more` pixels wider than a five hundredth of the picture; what lies outside is cut off."""
    rows, columns = picture.shape[:2]
    width = max(round(max(rows, columns) / 500), 1) + more
    for line in lines:
        steps = np.abs(np.diff(line, axis=0)).max(axis=1)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        places = np.arange(0.0, along[-1] + 0.5, 0.5)
        x, y = (np.interp(places, along, line[:, axis]) for axis in (0, 1))
        for dx in range(width):
            for dy in range(width):
                column = np.rint(x + dx - (width - 1) / 2).astype(np.intp)
                row = np.rint(y + dy - (width - 1) / 2).astype(np.intp)
                inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
                picture[row[inside], column[inside]] = colour
