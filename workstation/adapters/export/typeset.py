"""Text on paper: measured, broken into lines, and never dropped, whatever characters it holds."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fpdf import FPDF
from fpdf.enums import TextMode
from fpdf.fonts import TTFFont
from fpdf.image_datastructures import RasterImageInfo
from numpy.typing import NDArray

FAMILY = "report"
PT = 25.4 / 72
LEADING = 1.5
# Tables for shaping and vertical text: nothing here uses them, and fpdf2's subsetter follows them for a tenth of a second.
_UNUSED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "vhea", "vmtx", "VORG")
_CJK = "\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff"
# Marks that must not begin a line or end one (GB/T 15834-2011, section 5.1).
_CLOSING = "，。、；：？！）》」』】〉”’…％"
_OPENING = "（《「『【〈“‘"
_TOKEN = re.compile(
    rf"\s|[{_OPENING}]*(?:[^\s{_CJK}{_OPENING}{_CLOSING}]+|[^\s])[{_CLOSING}]*", re.DOTALL
)
_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Size in points, weight, grey from 0 (black) to 255 (white)."""

    size: float = 10.0
    bold: bool = False
    grey: int = 20

    @property
    def line_mm(self) -> float:
        """Distance between two lines."""
        return self.size * PT * LEADING


class Ink:
    """A PDF being drawn: places in mm from the top left corner of an A4 page.

    Parameters
    ----------
    font, face
        Font file and face number.
    characters
        Everything that will be written; others would have no glyph.
    """

    def __init__(self, font: Path, face: int, characters: Iterable[str]) -> None:
        self.pdf = FPDF(format="A4")
        self.pdf.set_auto_page_break(auto=False)
        wanted = {ord(c) for c in characters} | {ord(c) for c in " □U+0123456789ABCDEF—…"}
        self.pdf.add_font(
            FAMILY, fname=font, collection_font_number=face, unicode_range=sorted(wanted)
        )
        added = self.pdf.fonts[FAMILY]
        assert isinstance(added, TTFFont)  # noqa: S101 - a font file was added
        self._font = added
        for table in _UNUSED_TABLES:
            if table in self._font.ttfont:
                del self._font.ttfont[table]
        self.missing: dict[str, None] = {}
        """Code points that the font lacks, in the order met."""
        self.pdf.set_font(FAMILY, size=10)

    def close(self) -> None:
        """Let go of the font file, which is read until the PDF is made."""
        self._font.ttfont.close()

    def clean(self, text: str) -> str:
        """`text` with every character the font lacks as □ and its code point; all line breaks are line feeds."""
        return "".join(self._drawable(c) for c in _BREAKS.sub("\n", text).replace("\t", "    "))

    def _drawable(self, character: str) -> str:
        if character == "\n" or ord(character) in self._font.cmap:
            return character
        name = f"U+{ord(character):04X}"
        self.missing[name] = None
        return f"□{name} "

    def width(self, text: str, size: float) -> float:
        """Width in mm of clean text without line breaks."""
        return sum(self._font.cw[ord(c)] for c in text) * size * PT / 1000

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Lines at most `width` mm wide, broken between words and between Chinese characters."""
        return [
            line
            for paragraph in self.clean(text).split("\n")
            for line in self._wrap(paragraph, size, width)
        ]

    def _wrap(self, paragraph: str, size: float, width: float) -> list[str]:
        lines, line, used = [], "", 0.0
        for token in self._tokens(paragraph, size, width):
            wide = self.width(token, size)
            if used + wide > width and line:
                lines.append(line.rstrip())
                line, used = "", 0.0
                if token.isspace():
                    continue
            line, used = line + token, used + wide
        return [*lines, line.rstrip()]

    def _tokens(self, paragraph: str, size: float, width: float) -> Iterable[str]:
        for token in _TOKEN.findall(paragraph):
            if self.width(token, size) <= width:
                yield token
            else:
                yield from token

    def write(self, x: float, top: float, text: str, style: Style) -> None:
        """One clean line whose line box starts at `top`."""
        if not text:
            return
        em = style.size * PT
        baseline = top + (style.line_mm - em) / 2 + 0.86 * em
        self.pdf.set_font_size(style.size)
        self.pdf.set_text_color(style.grey)
        if not style.bold:
            self.pdf.text(x, baseline, text)
            return
        # A thin stroke instead of a second weight: half the fonts to read and embed. Its width is in points here.
        with self.pdf.local_context(
            text_mode=TextMode.FILL_STROKE,
            line_width=style.size * 0.03,
            draw_color=(style.grey,) * 3,
        ):
            self.pdf.text(x, baseline, text)

    def centred(self, middle: float, top: float, text: str, style: Style) -> None:
        """One clean line around `middle`."""
        self.write(middle - self.width(text, style.size) / 2, top, text, style)

    def right(self, edge: float, top: float, text: str, style: Style) -> None:
        """One clean line that ends at `edge`."""
        self.write(edge - self.width(text, style.size), top, text, style)

    def rule(self, x: float, y: float, width: float, *, grey: int = 200) -> None:
        """A hairline."""
        self.pdf.set_draw_color(grey)
        self.pdf.set_line_width(0.2)
        self.pdf.line(x, y, x + width, y)

    def stroke(self, x: float, y: float, to_x: float, to_y: float) -> None:
        """A short dark line."""
        self.pdf.set_draw_color(90)
        self.pdf.set_line_width(0.2)
        self.pdf.line(x, y, to_x, to_y)

    def outline(self, x: float, y: float, width: float, height: float) -> None:
        """An empty rectangle."""
        self.pdf.set_draw_color(90)
        self.pdf.set_line_width(0.3)
        self.pdf.rect(x, y, width, height)

    def direction_letters(
        self, x: float, y: float, size: tuple[float, float], letters: tuple[str, str]
    ) -> None:
        """Patient directions at the left and right edge of a picture, white on dark."""
        style = Style(size=10, bold=True, grey=255)
        for letter, edge in zip(letters, ("left", "right"), strict=True):
            if not letter:
                continue
            wide = self.width(letter, style.size) + 2
            place = x + 1 if edge == "left" else x + size[0] - wide - 1
            self.box(place, y + 1, wide, style.line_mm, fill=(30, 30, 30))
            self.write(place + 1, y + 1, letter, style)

    def box(
        self, x: float, y: float, width: float, height: float, *, fill: tuple[int, int, int]
    ) -> None:
        """A tinted rectangle."""
        self.pdf.set_fill_color(*fill)
        self.pdf.rect(x, y, width, height, style="F")

    def picture(
        self, pixels: NDArray[np.uint8], x: float, y: float, size: tuple[float, float]
    ) -> None:
        """A picture, (rows, columns) or (rows, columns, 3) uint8, without loss, `size` (width, height) mm."""
        cache = self.pdf.image_cache.images
        name = hashlib.sha256(pixels.tobytes() + repr(pixels.shape).encode()).hexdigest()
        if name not in cache:
            cache[name] = _flate(pixels, number=len(cache) + 1)
        self.pdf.image(name, x=x, y=y, w=size[0], h=size[1])

    def watermark(self, text: str) -> None:
        """Large and light across the page."""
        size = min(110.0, 150.0 / max(self.width(text, 1.0), 1e-3))
        middle_x, middle_y = self.pdf.w / 2, self.pdf.h / 2
        with self.pdf.rotation(45, x=middle_x, y=middle_y):
            self.centred(middle_x, middle_y - size * PT / 2, text, Style(size=size, grey=236))


def _flate(pixels: NDArray[np.uint8], *, number: int) -> RasterImageInfo:
    """A picture as PDF holds it, rows predicted from the one above (PNG filter 2, ISO 32000-1 section 7.4.4.4).

    Smaller than fpdf2's own encoding, which predicts nothing, in a fifth of the time.
    """
    rows, columns = pixels.shape[:2]
    channels = 3 if pixels.ndim == 3 else 1
    flat = pixels.reshape(rows, columns * channels)
    lines = np.full((rows, columns * channels + 1), 2, np.uint8)
    lines[0, 1:] = flat[0]
    lines[1:, 1:] = flat[1:] - flat[:-1]
    return RasterImageInfo(
        data=zlib.compress(lines.tobytes(), 3),
        w=columns,
        h=rows,
        cs="DeviceRGB" if channels == 3 else "DeviceGray",
        iccp=None,
        bpc=8,
        dpn=channels,
        f="FlateDecode",
        inverted=False,
        dp=f"/Predictor 15 /Colors {channels} /Columns {columns}",
        i=number,
        usages=0,
    )
