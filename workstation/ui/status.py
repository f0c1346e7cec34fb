"""How a review's state is said: a glyph and a word, so that no colour is needed."""

from __future__ import annotations

from resources.i18n import Texts
from workstation.core.review import ReviewStatus

_GLYPHS = {
    ReviewStatus.NEW: "○",
    ReviewStatus.DRAFT: "◐",
    ReviewStatus.REVIEWED: "●",
    ReviewStatus.SIGNED: "✓",
    ReviewStatus.AMENDED: "↻",
}


def status_words(status: ReviewStatus, texts: Texts) -> str:
    """Glyph and word of a state."""
    return f"{_GLYPHS[status]} {texts.tr(f'status.{status.value}')}"
