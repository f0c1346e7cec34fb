"""What the reader measured and wrote on the films, as one line each."""

from __future__ import annotations

from resources.i18n import Texts
from workstation.core.measurement import (
    USUAL_CARDIOTHORACIC_RATIO,
    Angle,
    CardiothoracicRatio,
    Extent,
    Region,
)
from workstation.core.report import ReportedFilm, ReportedMark


def measured_text(mark: ReportedMark, film: ReportedFilm, texts: Texts) -> str:
    """The result with what its millimetres rest on, then the reader's words; never a judgement of it."""
    match mark.measured:
        case Extent() as extent:
            found = _extent(extent, texts)
        case Angle(degrees=degrees):
            found = f"{degrees:.1f}°"
        case Region() as region:
            found = _region(region, texts)
        case CardiothoracicRatio() as ratio:
            found = _ratio(ratio, film, texts)
        case None:
            found = ""
    return "  ".join(part for part in (found, mark.text) if part)


def _extent(extent: Extent, texts: Texts) -> str:
    source = "none" if extent.source is None else extent.source
    return f"{extent.figure} ({texts.tr(f'spacing.{source}')})"


def _region(region: Region, texts: Texts) -> str:
    area, values = _extent(region.area, texts), region.statistics
    if values is None:
        return area
    mean = texts.tr(
        "Mean {mean}  SD {deviation}",
        mean=f"{values.mean:.4g}",
        deviation=f"{values.deviation:.4g}",
    )
    return f"{area}  {mean}"


def _ratio(found: CardiothoracicRatio, film: ReportedFilm, texts: Texts) -> str:
    ratio, mark = f"{found.ratio:.2f}", f"{USUAL_CARDIOTHORACIC_RATIO:.2f}"
    widths = texts.tr(
        "Heart {heart}, thorax {thorax}",
        heart=found.heart.figure,
        thorax=_extent(found.thorax, texts),
    )
    said = (
        texts.tr("CTR {ratio} ▲ above {mark}", ratio=ratio, mark=mark)
        if found.is_above_mark
        else texts.tr("CTR {ratio}, not above {mark}", ratio=ratio, mark=mark)
    )
    parts = [said, widths]
    if film.instance.view_position != "PA":
        parts.append(texts.tr("{mark} holds for PA films", mark=mark))
    return "  ".join(parts)
