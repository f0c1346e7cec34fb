"""What the review panel says of people, changes and times."""

from __future__ import annotations

from datetime import date, datetime

from resources.i18n import Texts
from workstation.core.ports import IdentityConflict
from workstation.core.review import (
    AnnotationChanged,
    CalibrationChanged,
    Change,
    DecisionChanged,
    IdentityEntered,
    ImpressionRecorded,
    KeyImageChanged,
    PatientNoted,
    StatusChanged,
    TextChanged,
)
from workstation.core.study import PatientIdentity, PersonName, Sex
from workstation.ui.review.model import ReviewPanelState

_FIRST_CJK = "\u2e80"


def conflict_words(texts: Texts, conflict: IdentityConflict) -> str:
    """What other studies under the same ID say otherwise, and what to do about it."""
    if conflict is IdentityConflict.NAME:
        return texts.tr(
            "⚠ In the library there are films under this patient ID with another name. Check whose film this is."
        )
    return texts.tr(
        "⚠ In the library there are films under this patient ID with another birth date. Check whose film this is."
    )


def sex_words(texts: Texts, sex: Sex) -> str:
    """A sex in the reader's language."""
    return texts.tr(f"sex.{sex.value or 'unknown'}")


def identity_words(texts: Texts, identity: PatientIdentity) -> str:
    """ID, birth date and sex; what is missing is said to be missing."""
    tr = texts.tr
    number = tr("ID {id}", id=identity.patient_id) if identity.patient_id else tr("no ID")
    birth = identity.birth_date
    born = tr("born {date}", date=birth.isoformat()) if birth else tr("birth date unknown")
    sex = sex_words(texts, identity.sex) if identity.sex else tr("sex unknown")
    return f"{number} · {born} · {sex}"


def change_words(texts: Texts, change: Change) -> str:
    """The name of a change, as it stands behind "Undo"."""
    tr = texts.tr
    match change:
        case ImpressionRecorded():
            words = tr("recorded impression")
        case DecisionChanged(code=code):
            words = tr("decision on {finding}", finding=tr(f"finding.{code.value}"))
        case TextChanged(section=section):
            words = tr("text “{section}”", section=tr(f"section.{section.value}"))
        case IdentityEntered() | PatientNoted():
            words = tr("identity")
        case AnnotationChanged(before=before, after=after):
            drawn = after or before
            words = tr(f"annotation.{drawn.kind}") if drawn else ""
        case CalibrationChanged():
            words = tr("calibration")
        case KeyImageChanged():
            words = tr("key image")
        case StatusChanged(after=after):
            words = tr("status “{status}”", status=tr(f"status.{after.value}"))
        case _:
            words = tr("AI result shown")
    return words


def clock_words(at: datetime) -> str:
    """Hour and minute."""
    return f"{at:%H:%M}"


def reviewer_words(texts: Texts, state: ReviewPanelState) -> str:
    """Who closed the review, and when; empty when nobody did."""
    if state.reviewer is None or state.reviewed_at is None:
        return ""
    name, at = state.reviewer.name, f"{state.reviewed_at:%Y-%m-%d %H:%M}"
    if state.reviewer.verified:
        return texts.tr("Reviewed by {name}, {time}", name=name, time=at)
    return texts.tr("Reviewed by {name} (name not verified), {time}", name=name, time=at)


def typed_name(text: str) -> PersonName:
    """A name as typed, in the component group that its script belongs to (PS3.5 6.2.1.1)."""
    text = " ".join(text.split())
    if any(letter >= _FIRST_CJK for letter in text):
        return PersonName(ideographic=text)
    return PersonName(alphabetic=text)


def typed_date(text: str) -> date | None:
    """A birth date as typed, ``1970-01-31`` or ``19700131``; None for an empty text.

    Raises
    ------
    ValueError
        For anything else, and for a day to come.
    """
    if not text.strip():
        return None
    born = date.fromisoformat(text.strip())
    if born > date.today():  # noqa: DTZ011 - birth dates are local
        raise ValueError("a birth date lies in the past")
    return born
