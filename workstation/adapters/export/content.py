"""What stands on the report, in words of one language but without any place on paper."""

from __future__ import annotations

from dataclasses import dataclass

from resources.i18n import Texts
from workstation.adapters.export import wording
from workstation.adapters.export.ai_part import ai_part
from workstation.adapters.export.blocks import Element
from workstation.adapters.export.reader_part import reader_part
from workstation.core.report import ReportDocument
from workstation.core.review import ReviewStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A whole report: `ai` is drawn visibly apart from the reader's own part."""

    institution: str
    title: str
    status: str
    name: str
    patient_id: str
    """Both on every page; the ID with its label."""
    watermark: str
    footer: tuple[str, ...]
    """Disclaimers in both languages, on every page."""
    reader_part: tuple[Element, ...]
    ai: tuple[Element, ...]


def content_of(document: ReportDocument, texts: Texts, other: Texts) -> Content:
    """Everything on the report in the language of `texts`; disclaimers in both."""
    identity = document.identity
    name = str(identity.name) or texts.tr("unidentified")
    return Content(
        institution=document.institution,
        title=wording.title_text(texts, document),
        status=wording.status_text(texts, document.status) if document.has_reader else "",
        name=name,
        patient_id=f"{texts.tr('ID')} {identity.patient_id or wording.EMPTY}",
        watermark=_watermark(document, texts),
        footer=tuple(
            f"{wording.reference_only(language)} · {wording.research_use(language)}"
            for language in (texts, other)
        ),
        reader_part=tuple(reader_part(document, texts)),
        ai=tuple(ai_part(document, texts)),
    )


def _watermark(document: ReportDocument, texts: Texts) -> str:
    if not document.has_reader:
        return texts.tr("NOT READ")
    if document.status in {ReviewStatus.SIGNED, ReviewStatus.AMENDED}:
        return ""
    reviewed = document.status is ReviewStatus.REVIEWED
    return texts.tr("NOT SIGNED") if reviewed else texts.tr("DRAFT")
