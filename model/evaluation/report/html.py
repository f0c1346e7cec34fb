"""The few pieces of HTML that the report is made of, and how figures are written in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

STYLE: Final = """
:root { color-scheme: light; --ink: #1c2733; --soft: #5c6b7a; --line: #dde3ea; --tint: #f4f7fa; --accent: #1f5f99; }
* { box-sizing: border-box; }
body { font: 15px/1.5 "Segoe UI", "Noto Sans", "Helvetica Neue", Arial, sans-serif; color: var(--ink);
  max-width: 84rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; background: #fff; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .5rem; padding-top: .75rem; border-top: 2px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .35rem; color: var(--soft); }
p, ul { margin: .35rem 0; max-width: 62rem; }
.source { color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0; }
.facts div { background: var(--tint); border: 1px solid var(--line); border-radius: 8px; padding: .5rem .9rem; }
.facts b { display: block; font-size: 1.15rem; }
.facts span { color: var(--soft); font-size: .85rem; }
nav { font-size: .9rem; margin: .75rem 0; line-height: 2; }
nav a { color: var(--accent); margin-right: .9rem; white-space: nowrap; }
img { display: block; max-width: 100%; height: auto; margin: .75rem 0; }
table { border-collapse: collapse; margin: .5rem 0 1rem; font-size: .875rem; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { background: var(--tint); font-weight: 600; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; }
tr.group td { font-weight: 600; background: #fbfcfd; }
.missing { color: var(--soft); font-style: italic; }
@page { size: A4 landscape; margin: 14mm; }
@media print { body { max-width: none; padding: 0; font-size: 12px; } .scroll { overflow: visible; }
  h2 { break-after: avoid; } tr, img { break-inside: avoid; } }
"""
MISSING: Final = "–"
INSUFFICIENT: Final = '<span class="missing">insufficient</span>'
Figures = Mapping[str, Any]


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def text(value: str) -> str:
    """A cell's text, escaped unless it is markup."""
    return value if isinstance(value, Markup) else escape(value)


def page(title: str, parts: Iterable[str]) -> str:
    """The whole page; nothing in it is loaded from elsewhere."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    return (
        f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a row of one cell names the group of those that follow. Empty without rows.

    Raises
    ------
    ValueError
        For a row of another length.
    """
    lines = [_row(cells, len(head)) for cells in rows]
    if not lines:
        return ""
    top = "".join(f"<th>{text(cell)}</th>" for cell in head)
    body = f"<table><thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    return f'<div class="scroll">{body}</div>'


def _row(cells: Sequence[str], columns: int) -> str:
    if len(cells) == 1:
        return f'<tr class="group"><td colspan="{columns}">{text(cells[0])}</td></tr>'
    if len(cells) != columns:
        raise ValueError(f"{len(cells)} cells under {columns} headings")
    return "<tr>" + "".join(f"<td>{text(cell)}</td>" for cell in cells) + "</tr>"


def paragraphs(lines: Iterable[str]) -> str:
    """A paragraph a line."""
    return "".join(f"<p>{text(line)}</p>" for line in lines)


def picture(data: str, alt: str) -> str:
    """A picture inside the page."""
    return f'<img src="{data}" alt="{escape(alt)}">'


def interval(figure: Figures | None, digits: int = 2) -> str:
    """`0.81 [0.74–0.88]`; a dash for a figure that does not exist."""
    if not figure or not _known(figure.get("value")):
        return MISSING
    value, low, high = (
        f"{figure[key]:.{digits}f}" if _known(figure[key]) else MISSING
        for key in ("value", "low", "high")
    )
    return f"{value} [{low}–{high}]"


def percent(figure: Figures | None) -> str:
    """A share: `0.6 % [0.2–1.9]`; a dash for one that does not exist."""
    if not figure or not _known(figure.get("value")):
        return MISSING
    digits = _digits(figure["value"])
    low, high = (f"{100 * figure[key]:.{digits}f}" for key in ("low", "high"))
    return f"{share(figure['value'])} % [{low}–{high}]"


def share(value: float) -> str:
    """A share in per cent, with a decimal where it is near nothing or all."""
    return f"{100 * value:.{_digits(value)}f}"


def _digits(value: float) -> int:
    return 1 if 0 < value < 0.1 or 0.9 < value < 1 else 0


def _known(value: float | None) -> bool:
    return value is not None and value == value  # noqa: PLR0124  (NaN is not itself)
