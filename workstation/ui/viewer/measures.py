"""What is measured on a film, in words: every length with what its millimetres rest on."""

from __future__ import annotations

from resources.i18n import Texts
from workstation.core.annotation import Annotation
from workstation.core.image import PixelSpacing, Radiograph
from workstation.core.measurement import (
    USUAL_CARDIOTHORACIC_RATIO,
    Angle,
    CardiothoracicRatio,
    Extent,
    Region,
    ValueStatistics,
    measure,
)
from workstation.ui.viewer.corners import number


def annotation_words(
    annotation: Annotation,
    film: Radiograph,
    spacing: PixelSpacing | None,
    *,
    texts: Texts,
    with_statistics: bool = True,
) -> tuple[str, ...]:
    """The lines beside `annotation`: what it measures, or the reader's own words."""
    measured = measure(annotation, film, spacing, with_statistics=with_statistics)
    match measured:
        case Extent():
            return (_extent(measured, texts),)
        case Angle(degrees=degrees):
            return (f"{degrees:.1f}°",)
        case Region(area=area, statistics=statistics):
            values = () if statistics is None else _statistics(statistics, texts)
            return (_extent(area, texts), *values)
        case CardiothoracicRatio():
            return _ratio(measured, film, texts)
        case None:
            return (annotation.text,) if annotation.text else ()


def _extent(extent: Extent, texts: Texts) -> str:
    source = "none" if extent.source is None else extent.source
    return f"{extent.figure} ({texts.tr(f'spacing.{source}')})"


def _statistics(found: ValueStatistics, texts: Texts) -> tuple[str, ...]:
    return (
        texts.tr(
            "Mean {mean}  SD {deviation}",
            mean=number(found.mean),
            deviation=number(found.deviation),
        ),
        texts.tr(
            "Min {least}  Max {greatest}  n {count}",
            least=number(found.least),
            greatest=number(found.greatest),
            count=found.count,
        ),
    )


def _ratio(found: CardiothoracicRatio, film: Radiograph, texts: Texts) -> tuple[str, ...]:
    """The reader's own ratio; the mark holds for PA films (review: doi:10.3390/jcm10092016)."""
    ratio, mark = f"{found.ratio:.2f}", f"{USUAL_CARDIOTHORACIC_RATIO:.2f}"
    said = (
        texts.tr("CTR {ratio} ▲ above {mark}", ratio=ratio, mark=mark)
        if found.is_above_mark
        else texts.tr("CTR {ratio}, not above {mark}", ratio=ratio, mark=mark)
    )
    widths = texts.tr(
        "Heart {heart}, thorax {thorax}",
        heart=found.heart.figure,
        thorax=_extent(found.thorax, texts),
    )
    lines = (said, widths, texts.tr("measured by the reader"))
    if film.instance.view_position == "PA":
        return lines
    return (*lines, f"⚠ {texts.tr('{mark} holds for PA films', mark=mark)}")
