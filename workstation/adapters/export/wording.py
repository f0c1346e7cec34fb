"""Coded things in words: reasons, times, ages, scores; shared by every file that is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.core.findings import FindingScore
from workstation.core.report import ReportDocument
from workstation.core.review import Actor, Decision, ReviewStatus
from workstation.core.study import Age, Instance, Sex

EMPTY = "—"
ABOVE, NOT_ABOVE = "▲", "–"


def reason_text(texts: Texts, reason: Reason) -> str:
    """The catalogue's text of a reason; its bare code when the text names places that it lacks."""
    try:
        return texts.tr(f"error.{reason.code.value}", **dict(reason.parameters))
    except KeyError:
        return reason.code.value


def local_minute(moment: datetime | None) -> str:
    """To the minute; UTC becomes local time, a time without a zone is a local one already."""
    if moment is None:
        return EMPTY
    local = moment.astimezone() if moment.tzinfo else moment
    return local.strftime("%Y-%m-%d %H:%M")


def day(value: date | None) -> str:
    """A date, or the mark for unknown."""
    return value.isoformat() if value else EMPTY


def sex_text(texts: Texts, sex: Sex) -> str:
    """Patient's sex."""
    return texts.tr(f"sex.{sex.value or 'unknown'}")


def age_text(texts: Texts, age: Age | None) -> str:
    """Age in years, in months below two years."""
    if age is None:
        return EMPTY
    if age.years < 2:
        text = texts.tr("{months} months", months=int(age.years * 12))
    else:
        text = texts.tr("{years} years", years=int(age.years))
    if age.contradictory:
        return f"{text} ({texts.tr('age and birth date disagree')})"
    return f"{text} ({texts.tr('unit assumed')})" if age.assumed_years else text


def actor_text(texts: Texts, actor: Actor | None) -> str:
    """A name, and whether anybody checked it."""
    if actor is None:
        return EMPTY
    return actor.name if actor.verified else f"{actor.name} ({texts.tr('unverified')})"


def status_text(texts: Texts, status: ReviewStatus) -> str:
    """State of the report."""
    return texts.tr(f"status.{status.value}")


def score_text(value: float | None) -> str:
    """A score or threshold from 0 to 1; never a per cent."""
    return EMPTY if value is None else f"{value:.3f}"


def call_text(texts: Texts, score: FindingScore) -> str:
    """The side of its threshold that a score falls on."""
    if score.above is None:
        return texts.tr("no threshold, no call")
    if score.above:
        return f"{ABOVE} {texts.tr('above threshold')}"
    return f"{NOT_ABOVE} {texts.tr('not above threshold')}"


def decision_text(texts: Texts, decision: Decision | None, score: FindingScore) -> str:
    """The reader's word on one finding."""
    if decision is None:
        return texts.tr("not decided") if score.above else EMPTY
    details = [
        *([texts.tr(f"finding.{decision.code.value}")] if decision.code != score.code else []),
        *([texts.tr(f"side.{decision.side.value}")] if decision.side else []),
        *([texts.tr(f"zone.{decision.zone.value}")] if decision.zone else []),
        *([texts.tr(f"certainty.{decision.certainty.value}")] if decision.certainty else []),
        *([decision.comment] if decision.comment.strip() else []),
    ]
    verdict = texts.tr(f"verdict.{decision.verdict.value}")
    return " · ".join([verdict, *details])


def numbers_text(numbers: Sequence[int]) -> str:
    """Ascending numbers, neighbours as a range: ``1–3, 5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}–{run[-1]}" if run[1:] else f"{run[0]}" for run in runs)


def film_text(instance: Instance) -> str:
    """One film in a few words: modality, view, laterality, series."""
    words = (instance.modality, instance.view_position, instance.series_description)
    return " · ".join(word for word in words if word) or EMPTY


def title_text(texts: Texts, document: ReportDocument) -> str:
    """What the paper is."""
    if not document.has_reader:
        return texts.tr("AI analysis sheet – no reader has seen this")
    return texts.tr("Chest radiograph report")


def not_a_lesion(texts: Texts) -> str:
    """What an evidence map is not."""
    return texts.tr("model evidence, not a lesion outline")


def reference_only(texts: Texts) -> str:
    """What AI results are for."""
    return texts.tr(
        "AI results are for reference only, do not replace a physician's diagnosis and must not "
        "alone decide on treatment"
    )


def research_use(texts: Texts) -> str:
    """What the program is not."""
    return texts.tr("Research use, not a registered medical device")
