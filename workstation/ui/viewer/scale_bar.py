"""A bar of round length, and what its millimetres rest on."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resources.i18n import Texts
from workstation.core.image import PixelSpacing
from workstation.ui.viewer.state import ViewState


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleBar:
    """`length` in device pixels, its size in words, and where that size comes from."""

    length: float
    label: str
    source: str


def scale_bar(
    spacing: PixelSpacing | None, state: ViewState, *, longest: float, texts: Texts
) -> ScaleBar:
    """The longest round bar of at most `longest` device pixels; in film pixels where nothing is calibrated."""
    unit = 1.0 if spacing is None else spacing.column_mm
    size = _round_below(longest / state.zoom * unit)
    if spacing is None:
        label, source = f"{size:g} px", texts.tr("spacing.none")
    else:
        label = f"{size / 10:g} cm" if size >= 10 else f"{size:g} mm"
        source = texts.tr(f"spacing.{spacing.source}")
    return ScaleBar(length=size / unit * state.zoom, label=label, source=source)


def _round_below(size: float) -> float:
    """The greatest of 1, 2 and 5 times a power of ten that is not above `size`."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(step * power for step in (5.0, 2.0, 1.0) if step * power <= size * (1 + 1e-9))
