"""`thoravue doctor`: what is in order, what is not, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from workstation.cli.analyse import EXIT_FAILED, EXIT_OK
from workstation.cli.progress import Translator


class Health(StrEnum):
    """How a check came out; the marks need no colour."""

    GOOD = "✓"
    NOTE = "!"
    BAD = "✗"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was checked; `advice` says what to do when it is not good."""

    name: str
    health: Health
    found: str
    advice: str = ""


def run(checks: Iterable[Check], texts: Translator) -> int:
    """Print `checks` as they come; 1 when one of them is bad."""
    worst = EXIT_OK
    for check in checks:
        print(f" {check.health.value} {check.name}: {check.found}")
        if check.advice:
            print(f"     {texts.tr('To do')}: {check.advice}")
        if check.health is Health.BAD:
            worst = EXIT_FAILED
    return worst
