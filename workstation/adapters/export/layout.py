"""Where the report's elements lie on A4 pages: blocks that are never split, stacked from the top."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from workstation.adapters.export.blocks import Element, Fields, Figure, Figures, Table, Text
from workstation.adapters.export.typeset import Ink, Style

LEFT, WIDTH = 17.0, 176.0
TOP, BOTTOM = 24.0, 279.0
FRAME = 4.0
PICTURE_MM = (92.0, 84.0, 76.0)
"""Greatest heights of a picture, the favourite first."""
_FEW_MM = 30.0
_GAP = 2.0
_LABEL = Style(size=7.5, grey=95)
_VALUE = Style(size=10)
_NOTE = Style(size=8.5, grey=60)
_ROLES = {
    "body": _VALUE,
    "heading": Style(size=10.5, bold=True),
    "subheading": Style(size=10, bold=True),
    "note": _NOTE,
    "lead": _NOTE,
    "alert": Style(size=10, bold=True),
}
_BEFORE = {"heading": 2.2, "subheading": 2.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Something that is not split: `draw(x, top)` fills `height` mm; `keep` holds it to the next block.

    Without `draw` it is a gap, which never begins a page.
    """

    height: float
    draw: Callable[[float, float], None] | None = None
    keep: bool = False
    framed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A block and its top on a page."""

    top: float
    block: Block


class Layout:
    """Turns elements into blocks `width` mm wide, with pictures of at most `picture_mm` height."""

    def __init__(self, ink: Ink, width: float, *, picture_mm: float = PICTURE_MM[0]) -> None:
        self._ink = ink
        self._width = width
        self._picture_mm = picture_mm

    def blocks(self, elements: Sequence[Element]) -> Iterator[Block]:
        """The blocks of `elements`, in order."""
        for element in elements:
            match element:
                case Fields():
                    yield from self._fields(element)
                case Text():
                    yield from self._text(element)
                case Table():
                    yield from self._table(element)
                case Figures():
                    yield self._figures(element)

    def _text(self, element: Text) -> Iterator[Block]:
        style = _ROLES[element.role]
        lines = self._ink.wrap(element.text, style.size, self._width)
        heading = element.role in _BEFORE or element.role in {"lead", "alert"}
        if element.role in _BEFORE:
            yield Block(height=_BEFORE[element.role], keep=True)
        last = len(lines) - 1
        for number, line in enumerate(lines):
            # No single line of a paragraph is left alone at the end or the beginning of a page.
            orphan = number == 0 < last or (number == last - 1 and last > 0)
            yield self._line(line, style, keep=heading or orphan)
        if not heading:
            yield Block(height=_GAP)

    def _line(self, line: str, style: Style, *, keep: bool) -> Block:
        def draw(x: float, top: float) -> None:
            self._ink.write(x, top, line, style)

        return Block(height=style.line_mm, draw=draw, keep=keep)

    def _fields(self, element: Fields) -> Iterator[Block]:
        row: list[tuple[str, str, int]] = []
        for cell in element.cells:
            if sum(c[2] for c in row) + cell[2] > 4:
                yield self._field_row(row)
                row = []
            row.append(cell)
        yield self._field_row(row)
        yield Block(height=_GAP)

    def _field_row(self, row: Sequence[tuple[str, str, int]]) -> Block:
        ink, unit = self._ink, self._width / 4
        cells = [
            (ink.clean(label), ink.wrap(value, _VALUE.size, unit * span - 3), span)
            for label, value, span in row
        ]
        lines = max(len(values) for _, values, _ in cells)
        height = _LABEL.line_mm + lines * _VALUE.line_mm + 1.2

        def draw(x: float, top: float) -> None:
            ink.rule(x, top, self._width, grey=215)
            for label, values, span in cells:
                ink.write(x, top + 0.6, label, _LABEL)
                for number, value in enumerate(values):
                    place = top + 0.3 + _LABEL.line_mm + number * _VALUE.line_mm
                    ink.write(x, place, value, _VALUE)
                x += unit * span

        return Block(height=height, draw=draw)

    def _table(self, element: Table) -> Iterator[Block]:
        yield self._row(element.header, element.shares, Style(size=8.5, grey=80), keep=True)
        for number, (row, strong) in enumerate(zip(element.rows, element.strong, strict=True)):
            style = Style(size=9.5, bold=strong)
            yield self._row(row, element.shares, style, keep=number < len(element.rows) - 1)
        yield Block(height=_GAP + 1)

    def _row(
        self, row: Sequence[str], shares: Sequence[float], style: Style, *, keep: bool
    ) -> Block:
        ink = self._ink
        widths = [share * self._width for share in shares]
        cells = [
            ink.wrap(text, style.size, width - 2)
            for text, width in zip(row, widths, strict=True)
        ]
        height = max(len(lines) for lines in cells) * style.line_mm + 0.8

        def draw(x: float, top: float) -> None:
            for lines, width in zip(cells, widths, strict=True):
                for number, line in enumerate(lines):
                    ink.write(x, top + 0.4 + number * style.line_mm, line, style)
                x += width
            ink.rule(x - self._width, top + height, self._width)

        return Block(height=height, draw=draw, keep=keep)

    def _figures(self, element: Figures) -> Block:
        gap = 4.0
        width = (self._width - gap) / 2
        drawn = [self._figure(figure, width) for figure in element.figures]

        def draw(x: float, top: float) -> None:
            for block in drawn:
                if block.draw is not None:
                    block.draw(x, top)
                x += width + gap

        return Block(height=max(block.height for block in drawn) + _GAP, draw=draw)

    def _figure(self, figure: Figure, width: float) -> Block:
        ink = self._ink
        rows, columns = figure.pixels.shape[:2]
        scale = min(width / columns, self._picture_mm / rows)
        size = (columns * scale, rows * scale)
        caption = Style(size=8.5, bold=True)
        captions = ink.wrap(figure.caption, caption.size, width)
        notes = [line for note in figure.notes for line in ink.wrap(note, _NOTE.size, width)]
        legend_mm = 10.0 if figure.legend_rgb is not None else 0.0
        edges = tuple(ink.clean(edge) for edge in figure.edges)
        height = size[1] + 1 + len(captions) * caption.line_mm + len(notes) * _NOTE.line_mm

        def draw(x: float, top: float) -> None:
            ink.picture(figure.pixels, x, top, size)
            ink.direction_letters(x, top, size, (edges[0], edges[1]))
            top += size[1] + 1
            for lines, style in ((captions, caption), (notes, _NOTE)):
                for line in lines:
                    ink.write(x, top, line, style)
                    top += style.line_mm
            if figure.legend_rgb is not None:
                _legend(ink, figure, (x, top), width)

        return Block(height=height + legend_mm, draw=draw)


def _legend(ink: Ink, figure: Figure, place: tuple[float, float], width: float) -> None:
    """The ramp with its ticks below."""
    assert figure.legend_rgb is not None  # noqa: S101 - the caller looks
    small = Style(size=7.5, grey=60)
    x, top = place
    start, length = x + 4, width - 8
    ink.picture(np.ascontiguousarray(figure.legend_rgb[None]), start, top + 1, (length, 3))
    for tick in figure.ticks:
        at = start + tick.position * length
        ink.stroke(at, top + 4, at, top + 5)
        ink.centred(at, top + 5, f"{tick.value:+.2f}", small)


def paginate(blocks: Sequence[Block], *, first_top: float) -> list[list[Placed]]:
    """Pages of blocks; what is kept together starts a new page together unless it is longer than one.

    A last page is not begun for a few lines: what stands before them goes with them, where one page holds both.
    """
    chunks = list(_chunks(blocks))
    pages = _stacked(chunks, first_top)
    while len(pages) > 1 and len(chunks) > 1 and _filled(pages[-1]) < _FEW_MM:
        joined = [*chunks[-2], *chunks[-1]]
        if sum(block.height for block in joined) > BOTTOM - TOP:
            break
        chunks[-2:] = [joined]
        pages = _stacked(chunks, first_top)
    return pages


def _filled(page: Sequence[Placed]) -> float:
    return page[-1].top + page[-1].block.height - page[0].top


def _stacked(chunks: Sequence[Sequence[Block]], first_top: float) -> list[list[Placed]]:
    pages: list[list[Placed]] = [[]]
    top = first_top
    for chunk in chunks:
        height = sum(block.height for block in chunk)
        whole = height <= BOTTOM - TOP
        drawn = any(block.draw for block in chunk)
        if drawn and pages[-1] and whole and top + height > BOTTOM:
            pages.append([])
            top = TOP
        for block in chunk:
            if pages[-1] and top + block.height > BOTTOM:
                if block.draw is None:
                    continue
                pages.append([])
                top = TOP
            pages[-1].append(Placed(top=top, block=block))
            top += block.height
    return pages


def _chunks(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    chunk: list[Block] = []
    for block in blocks:
        chunk.append(block)
        if not block.keep:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def frames(page: Sequence[Placed]) -> Iterator[tuple[float, float]]:
    """Top and bottom of each run of framed blocks on a page."""
    for framed, run in groupby(page, key=lambda placed: placed.block.framed):
        placed = list(run)
        if framed:
            yield placed[0].top, placed[-1].top + placed[-1].block.height
