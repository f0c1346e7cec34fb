"""The report as a PDF: A4, fonts embedded, Chinese searchable, pictures without loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import fields, is_dataclass, replace

from resources.i18n import LANGUAGES, Texts
from workstation.adapters.export.blocks import Text
from workstation.adapters.export.content import Content, content_of
from workstation.adapters.export.fonts import face_number, find_fonts
from workstation.adapters.export.layout import (
    FRAME,
    LEFT,
    PICTURE_MM,
    WIDTH,
    Block,
    Layout,
    Placed,
    frames,
    paginate,
)
from workstation.adapters.export.typeset import Ink, Style
from workstation.core.report import ReportDocument

_TINT = (244, 246, 249)
_RUNNING = Style(size=9)
_CLOSE = Style(size=7)
_APART = 4.0
_SMALL = Style(size=7.5, grey=95)


class PdfRenderer:
    """Draws reports with the first usable font of this computer.

    Parameters
    ----------
    texts_for
        Gives the catalogue of a language.

    Raises
    ------
    WorkstationError
        From `render`: ``no_font``.
    """

    def __init__(self, texts_for: Callable[[str], Texts] = Texts) -> None:
        self._texts_for = texts_for

    def render(self, document: ReportDocument, *, language: str) -> bytes:
        """The whole file; the same bytes for the same document, time zone and font."""
        texts = self._texts_for(language)
        others = [self._texts_for(other) for other in LANGUAGES if other != language]
        content = content_of(document, texts, others[0])
        note = texts.tr("Characters that the font lacks are shown as □ and their code point:")
        page_text = texts.tr("page {number} of {total}", number="{number}", total="{total}")
        font = find_fonts()[0]
        ink = Ink(font, face_number(font) or 0, {*_characters(content), *note, *page_text})
        with closing(ink):
            ink.pdf.set_creation_date(document.created_utc)
            ink.pdf.set_lang({"zh": "zh-CN"}.get(language, language))
            ink.pdf.set_title(content.title)
            ink.pdf.set_creator(f"Thoravue {document.program_version}")
            content = _cleaned(ink, content)
            _draw(ink, content, _pages(ink, content, note), page_text)
            return bytes(ink.pdf.output())


def _cleaned(ink: Ink, content: Content) -> Content:
    """`content` whose single lines can be drawn as they are; the elements are cleaned as they are laid out."""
    return replace(
        content,
        institution=ink.clean(content.institution),
        title=ink.clean(content.title),
        status=ink.clean(content.status),
        name=ink.clean(content.name),
        patient_id=ink.clean(content.patient_id),
        watermark=ink.clean(content.watermark),
        footer=tuple(map(ink.clean, content.footer)),
    )


def _characters(part: object) -> Iterator[str]:
    """Every character of the texts below `part`."""
    if isinstance(part, str):
        yield from part
    elif isinstance(part, tuple):
        for item in part:
            yield from _characters(item)
    elif is_dataclass(part):
        for field in fields(part):
            yield from _characters(getattr(part, field.name))


def _pages(ink: Ink, content: Content, note: str) -> list[list[Placed]]:
    """Pages with the largest pictures that take no more pages than smaller ones would: no page for a few lines."""
    top = _heading_height(ink, content)
    tried = (
        paginate(_blocks(ink, content, note, picture_mm=tallest), first_top=top)
        for tallest in PICTURE_MM
    )
    return min(tried, key=len)


def _blocks(ink: Ink, content: Content, note: str, *, picture_mm: float) -> list[Block]:
    plain = Layout(ink, WIDTH, picture_mm=picture_mm)
    framed = Layout(ink, WIDTH - 2 * FRAME, picture_mm=picture_mm)
    blocks = list(plain.blocks(content.reader_part))
    inside = [replace(block, framed=True) for block in framed.blocks(content.ai)]
    if ink.missing:
        text = f"{note} {', '.join(ink.missing)}"
        blocks += plain.blocks([Text(text=text, role="note")])
    if inside:
        edge = Block(height=FRAME / 2, framed=True)
        blocks += [replace(edge, keep=True), *inside, edge]
    return blocks


def _draw(
    ink: Ink, content: Content, pages: Sequence[Sequence[Placed]], page_text: str
) -> None:
    for number, page in enumerate(pages, start=1):
        ink.pdf.add_page()
        for top, bottom in frames(page):
            ink.box(LEFT, top, WIDTH, bottom - top, fill=_TINT)
        if content.watermark:
            ink.watermark(content.watermark)
        if number == 1:
            _heading(ink, content)
        else:
            _running_head(ink, content)
        _footer(ink, content, page_text.format(number=number, total=len(pages)))
        _page(page)


def _page(page: Sequence[Placed]) -> None:
    for placed in page:
        inset = FRAME if placed.block.framed else 0.0
        if placed.block.draw is not None:
            placed.block.draw(LEFT + inset, placed.top)


def _title_lines(ink: Ink, content: Content) -> list[tuple[str, Style]]:
    institution, title = Style(size=15, bold=True), Style(size=13, bold=True)
    lines = (
        ink.wrap(content.institution, institution.size, WIDTH) if content.institution else []
    )
    return [
        *((line, institution) for line in lines),
        *((line, title) for line in ink.wrap(content.title, title.size, WIDTH)),
    ]


def _heading_height(ink: Ink, content: Content) -> float:
    return 15.0 + sum(style.line_mm for _, style in _title_lines(ink, content)) + 1.5


def _heading(ink: Ink, content: Content) -> None:
    top = 12.0
    for line, style in _title_lines(ink, content):
        ink.centred(LEFT + WIDTH / 2, top, line, style)
        top += style.line_mm
    if content.status:
        style = Style(size=10, bold=True)
        wide = ink.width(content.status, style.size) + 5
        ink.outline(LEFT + WIDTH - wide, 12.5, wide, 6.5)
        ink.centred(LEFT + WIDTH - wide / 2, 13.1, content.status, style)


def _running_head(ink: Ink, content: Content) -> None:
    title = ink.width(content.title, _SMALL.size)
    _whose(ink, content, 12.0, WIDTH - title - _APART)
    ink.right(LEFT + WIDTH, 12.6, content.title, _SMALL)
    ink.rule(LEFT, 18.5, WIDTH)


def _footer(ink: Ink, content: Content, page_text: str) -> None:
    top = 281.0
    ink.rule(LEFT, top - 1.0, WIDTH)
    _whose(ink, content, top + 0.4, WIDTH - ink.width(page_text, _RUNNING.size) - _APART)
    ink.right(LEFT + WIDTH, top + 0.4, page_text, _RUNNING)
    top += _RUNNING.line_mm + 0.8
    for line in content.footer:
        style = replace(_SMALL, size=min(7.0, 0.99 * WIDTH / ink.width(line, 1.0)))
        ink.write(LEFT, top, line, style)
        top += 3.6


def _whose(ink: Ink, content: Content, top: float, width: float) -> None:
    """Name and ID on the line at `top`; small, the ID below the name, where that is too short for both."""
    name, patient_id = (part.replace("\n", " ") for part in (content.name, content.patient_id))
    both = f"{name}   {patient_id}"
    if ink.width(both, _RUNNING.size) <= width:
        ink.write(LEFT, top, both, _RUNNING)
        return
    pitch = _CLOSE.line_mm * 0.9
    top += (_RUNNING.line_mm - 2 * pitch) / 2
    ink.write(LEFT, top, _fitting(ink, name, _CLOSE, width), _CLOSE)
    # Two patients may differ in the last letter of their IDs: an ID is set smaller, never cut.
    size = min(_CLOSE.size, 0.99 * width / ink.width(patient_id, 1.0))
    ink.write(LEFT, top + pitch, patient_id, replace(_CLOSE, size=size))


def _fitting(ink: Ink, text: str, style: Style, width: float) -> str:
    """`text` on one line, cut with an ellipsis; the whole of it stands in the identity table."""
    if ink.width(text, style.size) <= width:
        return text
    while text and ink.width(f"{text}…", style.size) > width:
        text = text[:-1]
    return f"{text}…"
