"""What lies over the film in the canvas's own pixels: texts, letters, scale bar, legend, banner, messages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPixmap, QPolygonF

from resources.i18n import Texts
from workstation.core.comparison import difference_colours
from workstation.core.overlay import EvidenceStyle, legend
from workstation.ui.viewer.corners import Corners
from workstation.ui.viewer.lettering import DIM, LIGHT, Lettering, Stamp
from workstation.ui.viewer.scale_bar import ScaleBar
from workstation.ui.viewer.superimposed import ComputedImage, Superposition

_MARGIN = 10.0
# No corner text is wider than this share of the canvas, so that left and right never meet.
_CORNER_SHARE = 0.38
_TEXT_PIXELS = 12
_LETTER_PIXELS = 16
_MESSAGE_PIXELS = 15
_MESSAGE_WIDTH = 520.0
_BAR_EDGE, _TICK = 4, 5
_LEGEND_WIDTH = 12.0
_LEGEND_SHARE = 0.32
# Kept blocks of text; a window drag makes a new one a frame.
_KEPT = 64
_BANNER = QColor(38, 38, 38)
_BANNER_EDGE = QColor(120, 120, 120)


Edges = tuple[float, float, float, float]
"""Left, top, width and height of a room, in logical pixels."""


class MessageKind(StrEnum):
    """Why there is no film; each has a figure of its own."""

    EMPTY = "empty"
    BUSY = "busy"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """Everything to be drawn over a film. `letters` are patient directions at left, top, right and bottom."""

    corners: Corners
    letters: tuple[str, str, str, str] = ("", "", "", "")
    bar: ScaleBar | None = None
    evidence: EvidenceStyle | None = None
    caption: str = ""
    computed: ComputedImage | None = None
    hint: str = ""
    """What to do next with the tool in hand."""


class _Legend(NamedTuple):
    """Colours (n, 3) from the bottom up, labels with their places from 0 to 1, and what is written above."""

    colours: NDArray[np.uint8]
    places: tuple[float, ...]
    labels: tuple[str, ...]
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Lines of one corner, the first `lead` of them bold."""

    lines: tuple[str, ...]
    at_right: bool = False
    at_bottom: bool = False
    lead: int = 0


def _blocks(corners: Corners) -> tuple[_Block, ...]:
    return (
        _Block(lines=corners.top_left, lead=1),
        _Block(
            lines=(*corners.notes, *corners.top_right), at_right=True, lead=len(corners.notes)
        ),
        _Block(lines=corners.bottom_right, at_right=True, at_bottom=True),
        _Block(lines=corners.bottom_left, at_bottom=True),
    )


def _edges(room: QRectF) -> Edges:
    return room.x(), room.y(), room.width(), room.height()


class Furniture:
    """Draws with one set of fonts; knows nothing of films."""

    def __init__(self, font: QFont, texts: Texts) -> None:
        self._texts = texts
        self._text = Lettering(font, _TEXT_PIXELS)
        self._bold = Lettering(font, _TEXT_PIXELS, bold=True)
        self._letter = Lettering(font, _LETTER_PIXELS, bold=True)
        self._kept: dict[tuple[Any, ...], list[Stamp]] = {}
        self._message_font = QFont(font)
        self._message_font.setPixelSize(_MESSAGE_PIXELS)

    @property
    def banner_height(self) -> float:
        """Height of a strip with one line."""
        return self._text.line_height + 8

    def draw(self, painter: QPainter, canvas: QRectF, overlay: Overlay) -> None:
        """Draw over `canvas` (logical pixels)."""
        room = QRectF(canvas)
        legend_width = 0.0
        if overlay.evidence is not None or overlay.caption:
            said = self._texts.tr("AI overlay on – {model}", model=overlay.caption)
            note = self._texts.tr("model evidence, not a lesion outline")
            self._draw_banner(painter, room, f"◈ {said}", note)
        if overlay.evidence is not None:
            legend_width = self._draw_legend(
                painter, room, self._evidence_legend(overlay.evidence)
            )
        if overlay.computed is not None:
            note = self._texts.tr("computed image, not a film")
            self._draw_banner(painter, room, f"◨ {overlay.computed.caption}", note)
            if overlay.computed.way is Superposition.DIFFERENCE:
                beside = room.adjusted(0, 0, -legend_width, 0)
                shown = self._difference_legend(overlay.computed.registered.limit)
                legend_width += self._draw_legend(painter, beside, shown)
        bottom = 0.0
        ratio = painter.device().devicePixelRatioF()
        if overlay.bar is not None:
            self._draw_kept(painter, self._bar, (_edges(room), ratio, overlay.bar))
            bottom = _MARGIN + 8 + 2 * self._text.line_height
        for block in _blocks(overlay.corners):
            self._draw_kept(painter, self._corner, (_edges(room), ratio, block))
        free = _edges(room.adjusted(0, 0, 0, -bottom))
        self._draw_kept(painter, self._letters, (free, ratio, overlay.letters, legend_width))
        if overlay.hint:
            corners = overlay.corners
            at_right = len(corners.notes) + len(corners.top_right)
            lines = max(len(corners.top_left), at_right, 1)
            room.setTop(room.top() + _MARGIN + lines * self._text.line_height)
            self._draw_hint(painter, room, overlay.hint)

    def draw_message(
        self, painter: QPainter, canvas: QRectF, text: str, kind: MessageKind
    ) -> None:
        """A figure and a few words in the middle of an empty canvas."""
        middle = canvas.center()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _draw_figure(painter, QPointF(middle.x(), middle.y() - 44), kind)
        painter.restore()
        width = min(canvas.width() - 2 * _MARGIN, _MESSAGE_WIDTH)
        room = QRectF(middle.x() - width / 2, middle.y(), width, canvas.bottom() - middle.y())
        painter.setFont(self._message_font)
        painter.setPen(DIM)
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, text)

    def _draw_kept(
        self, painter: QPainter, make: Callable[..., list[Stamp]], key: tuple[Any, ...]
    ) -> None:
        """Draw what `make` makes of `key`, which most frames share with the one before."""
        stamps = self._kept.get((make, key))
        if stamps is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            stamps = self._kept[make, key] = make(*key)
        for place, picture in stamps:
            painter.drawPixmap(place, picture)

    def _corner(self, edges: Edges, ratio: float, block: _Block) -> list[Stamp]:
        room = QRectF(*edges)
        step = self._text.line_height
        top = room.top() + _MARGIN - 2
        if block.at_bottom:
            top = room.bottom() - _MARGIN + 2 - step * len(block.lines)
        stamps = []
        for index, line in enumerate(block.lines):
            lettering = self._bold if index < block.lead else self._text
            shown, width = lettering.fitted(line, room.width() * _CORNER_SHARE)
            left = room.left() + _MARGIN
            if block.at_right:
                left = room.right() - _MARGIN - width
            stamps.append(lettering.stamp(left, top + index * step, shown, ratio=ratio))
        return stamps

    def _letters(
        self,
        edges: Edges,
        ratio: float,
        letters: tuple[str, str, str, str],
        legend_width: float,
    ) -> list[Stamp]:
        room = QRectF(*edges)
        left, top, right, bottom = letters
        middle, height = room.center(), self._letter.line_height
        side = middle.y() - height / 2
        across = [middle.x() - self._letter.width(word) / 2 for word in (top, bottom)]
        edge = room.right() - _MARGIN - legend_width - self._letter.width(right)
        places = (
            (left, room.left() + _MARGIN, side),
            (top, across[0], room.top() + _MARGIN - 4),
            (right, edge, side),
            (bottom, across[1], room.bottom() - height - 4),
        )
        return [self._letter.stamp(x, y, word, ratio=ratio) for word, x, y in places if word]

    def _bar(self, edges: Edges, ratio: float, bar: ScaleBar) -> list[Stamp]:
        """The bar at the bottom, what it measures and what that rests on above it."""
        room = QRectF(*edges)
        length = bar.length / ratio
        base = QPointF(
            round(room.center().x() - length / 2), round(room.bottom() - _MARGIN - 2)
        )
        stamps = [(base - QPointF(_BAR_EDGE, _BAR_EDGE + _TICK), _drawn_bar(length, ratio))]
        top = base.y() - 6.0
        widest = room.width() * (1 - 2 * _CORNER_SHARE) - 8
        for text in (bar.source, bar.label):
            top -= self._text.line_height
            shown, width = self._text.fitted(text, widest)
            left = room.center().x() - width / 2
            stamps.append(self._text.stamp(left, top, shown, ratio=ratio))
        return stamps

    def _draw_banner(self, painter: QPainter, room: QRectF, said: str, note: str) -> None:
        """A strip across the whole of `room`, which it is taken from: it cannot be missed nor cover any text.

        Where one line has no room for both texts, it has two.
        """
        free = room.width() - 2 * _MARGIN
        in_line = self._bold.width(said) + 2 * _MARGIN + self._text.width(note) <= free
        step = 0 if in_line else self._text.line_height
        strip = QRectF(room.left(), room.top(), room.width(), self.banner_height + step)
        painter.fillRect(strip, _BANNER)
        painter.setPen(QPen(_BANNER_EDGE, 1))
        painter.drawLine(strip.bottomLeft(), strip.bottomRight())
        left, top = strip.left() + _MARGIN, strip.top() + 4
        shown, _ = self._bold.fitted(said, free)
        self._bold.draw(painter, left, top, shown)
        shown, width = self._text.fitted(note, free)
        beside = strip.right() - _MARGIN - width if in_line else left
        self._text.draw(painter, beside, top + step, shown)
        room.setTop(strip.bottom())

    def _draw_hint(self, painter: QPainter, room: QRectF, hint: str) -> None:
        """One line on a dark strip at the top of `room`, which lies below the corner texts."""
        shown, width = self._bold.fitted(hint, room.width() - 4 * _MARGIN)
        left = room.center().x() - width / 2
        strip = QRectF(left - _MARGIN, room.top(), width + 2 * _MARGIN, self.banner_height)
        painter.fillRect(strip, _BANNER)
        self._bold.draw(painter, left, strip.top() + 4, shown)

    def _evidence_legend(self, style: EvidenceStyle) -> _Legend:
        colours, ticks = legend(style)
        places = tuple(tick.position for tick in ticks)
        labels = tuple(f"{tick.value:+.2f}" for tick in ticks)
        return _Legend(colours, places, labels, self._texts.tr("log-odds"))

    def _difference_legend(self, limit: float) -> _Legend:
        tr = self._texts.tr
        colours = difference_colours(np.linspace(-1, 1, 64, dtype=np.float32), 1.0)
        labels = (tr("less dense"), tr("unchanged"), tr("denser"))
        unit = tr("±{percent}% of full light", percent=f"{100 * limit:.0f}")
        return _Legend(colours, (0.0, 0.5, 1.0), labels, unit)

    def _draw_legend(self, painter: QPainter, room: QRectF, shown: _Legend) -> float:
        """The colour ramp with its ticks at the right edge; how much width it took."""
        colours, places, labels, unit = shown
        height = round(room.height() * _LEGEND_SHARE)
        words = max(self._text.width(text) for text in (*labels, unit))
        left = round(room.right() - _MARGIN - words - 8 - _LEGEND_WIDTH)
        ramp = QRectF(left, round(room.center().y() - height / 2), _LEGEND_WIDTH, height)
        flipped = colours[::-1].copy()
        image = QImage(flipped.data, 1, len(flipped), 3, QImage.Format.Format_RGB888)
        painter.drawImage(ramp, image)
        painter.setPen(QPen(QColor(0, 0, 0), 1))
        painter.drawRect(ramp.adjusted(-1, -1, 0, 0))
        painter.setPen(QPen(LIGHT, 1))
        half = self._text.line_height / 2
        for place, label in zip(places, labels, strict=True):
            y = ramp.bottom() - place * ramp.height()
            painter.drawLine(QPointF(ramp.right(), y), QPointF(ramp.right() + 4, y))
            self._text.draw(painter, ramp.right() + 8, y - half, label)
        self._text.draw(painter, left, ramp.top() - 3 * half - 2, unit)
        return room.right() - left


def _drawn_bar(length: float, ratio: float) -> QPixmap:
    """A line of `length` logical pixels with a tick at either end, light on a dark halo."""
    width, height = length + 2 * _BAR_EDGE, _TICK + 2 * _BAR_EDGE
    pixmap = QPixmap(math.ceil(width * ratio), math.ceil(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    ends = [QPointF(x, y) for x, y in ((0, 0), (0, _TICK), (length, _TICK), (length, 0))]
    painter = QPainter(pixmap)
    painter.translate(_BAR_EDGE, _BAR_EDGE)
    for colour, thickness in ((QColor(0, 0, 0, 170), 4.0), (LIGHT, 1.6)):
        painter.setPen(QPen(colour, thickness, c=Qt.PenCapStyle.SquareCap))
        painter.drawPolyline(QPolygonF(ends))
    painter.end()
    return pixmap


def _draw_figure(painter: QPainter, place: QPointF, kind: MessageKind) -> None:
    """A film outline, an hourglass or a warning triangle, about 48 pixels high, centred at `place`."""
    painter.setPen(QPen(DIM, 2, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.translate(place)
    if kind is MessageKind.ERROR:
        painter.drawPolygon(QPolygonF([QPointF(0, -22), QPointF(24, 20), QPointF(-24, 20)]))
        painter.drawLine(QPointF(0, -7), QPointF(0, 7))
        painter.drawPoint(QPointF(0, 13))
    elif kind is MessageKind.BUSY:
        painter.drawLine(QPointF(-15, -22), QPointF(15, -22))
        painter.drawLine(QPointF(-15, 22), QPointF(15, 22))
        for side in (-1, 1):
            painter.drawPolyline(
                QPolygonF([QPointF(-11, 22 * side), QPointF(0, 0), QPointF(11, 22 * side)])
            )
    else:
        painter.drawRoundedRect(QRectF(-19, -23, 38, 46), 4, 4)
        painter.drawLine(QPointF(0, -13), QPointF(0, 13))
        for side in (-1, 1):
            painter.drawArc(QRectF(-12 if side < 0 else 2, -9, 10, 20), 0, 16 * 360)
