"""What a report is made of: labelled values, paragraphs, tables and figures, without any place on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workstation.core.report import LegendTick


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Labelled values side by side, each (label, value, columns of four that it takes)."""

    cells: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; a heading or a lead stays with what follows it."""

    text: str
    role: Literal["body", "heading", "subheading", "lead", "note", "alert"] = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows that are never split; `shares` are the columns' parts of the width; `strong` marks rows above threshold."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[bool, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture with patient directions at its left and right edge, a caption and perhaps a legend."""

    pixels: NDArray[np.uint8]
    edges: tuple[str, str]
    caption: str
    notes: tuple[str, ...] = ()
    legend_rgb: NDArray[np.uint8] | None = None
    ticks: tuple[LegendTick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One or two figures side by side."""

    figures: tuple[Figure, ...]


Element = Fields | Text | Table | Figures
