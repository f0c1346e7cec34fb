"""What stands above films that are compared."""

from __future__ import annotations

from datetime import datetime

from resources.i18n import Texts
from workstation.core.study import Instance
from workstation.ui.compare.model import Beside, CompareState, Sameness
from workstation.ui.stage import Badge
from workstation.ui.viewer.superimposed import Superposition

_DAYS_A_MONTH = 30.4375


def badges(state: CompareState, texts: Texts) -> tuple[Badge, Badge]:
    """What stands above the current film and above the one beside it."""
    alarm = state.sameness is not Sameness.SAME
    current = _line(texts.tr("Current"), state.current)
    beside = _beside(state, texts)
    if alarm:
        warning = f"⚠ {_warning(state.sameness, texts)}"
        current, beside = f"{warning} – {current}", f"{warning} – {beside}"
    return Badge(text=current, is_alarm=alarm), Badge(text=beside, is_alarm=alarm)


def prior_words(instance: Instance, texts: Texts) -> str:
    """One prior in a list: when it was taken, and its view."""
    return _line("", instance) or texts.tr("no date")


def overlay_caption(prior: Instance, way: Superposition, texts: Texts) -> str:
    """What the picture over the film is."""
    when = f"{prior.when:%Y-%m-%d}" if prior.when else texts.tr("no date")
    if way is Superposition.DIFFERENCE:
        return texts.tr("Change since {date}", date=when)
    return texts.tr("Prior of {date}, warped", date=when)


def nothing_found(wish: Beside, texts: Texts) -> str:
    """Why nothing was hung."""
    if wish is Beside.PRIOR:
        return texts.tr(
            "No earlier film of this patient, body part and view is in the library."
        )
    return texts.tr("This study has no other view.")


def _warning(sameness: Sameness, texts: Texts) -> str:
    if sameness is Sameness.OTHER:
        return texts.tr("ANOTHER PATIENT")
    return texts.tr("NOT CERTAINLY THE SAME PATIENT")


def _beside(state: CompareState, texts: Texts) -> str:
    if state.beside is Beside.PRIOR:
        parts = (_line(texts.tr("Prior"), state.instance), _apart(state, texts))
        return " · ".join(part for part in parts if part)
    if state.beside is Beside.VIEW:
        return _line(texts.tr("Same study"), state.instance)
    return _line(texts.tr("Held here"), state.instance)


def _line(what: str, instance: Instance | None) -> str:
    if instance is None:
        return what
    when = f"{instance.when:%Y-%m-%d}" if instance.when else ""
    return " · ".join(part for part in (what, when, instance.view_position) if part)


def _apart(state: CompareState, texts: Texts) -> str:
    """How long before the current film the prior was taken."""
    if state.current is None or state.instance is None:
        return ""
    days = _days(state.instance.when, state.current.when)
    if days is None:
        return ""
    if days < 60:
        return texts.tr("{days} days earlier", days=days)
    months = round(days / _DAYS_A_MONTH)
    if months < 24:
        return texts.tr("{months} months earlier", months=months)
    return texts.tr("{years} years earlier", years=months // 12)


def _days(earlier: datetime | None, later: datetime | None) -> int | None:
    return None if earlier is None or later is None else (later - earlier).days
