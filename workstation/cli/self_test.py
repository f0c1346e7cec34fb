"""`thoravue self-test`: the whole job once, on the built-in sample, as a table with an exit code."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workstation.cli.analyse import EXIT_FAILED, EXIT_OK, error_text
from workstation.cli.progress import Translator
from workstation.core.errors import WorkstationError

_NAME_COLUMNS, _FOUND_COLUMNS = 24, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step found: words for the reader, and numbers to compare with another installation."""

    found: str
    numbers: Mapping[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is tried; `work` raises anything when it does not hold."""

    name: str
    work: Callable[[], Outcome]


def run(arguments: argparse.Namespace, steps: Iterable[Step], texts: Translator) -> int:
    """Try `steps` one by one and print a line each; 1 when one of them fails.

    The numbers of all steps go to ``--json FILE``: two installations that compute the same write the same bytes.
    """
    numbers: dict[str, float | str] = {}
    failed = False
    started = time.perf_counter()
    for step in steps:
        begun = time.perf_counter()
        try:
            outcome = step.work()
        except Exception as error:  # noqa: BLE001 - a library that is missing or broken is what this looks for
            failed, mark, found = True, "✗", _cause(error, texts)
        else:
            mark, found = "✓", outcome.found
            numbers |= outcome.numbers
        seconds = time.perf_counter() - begun
        print(f" {mark} {_padded(step.name, _NAME_COLUMNS)} {_padded(found, _FOUND_COLUMNS)}"
              f" {seconds:5.1f} s", flush=True)  # fmt: skip
    total = f"{time.perf_counter() - started:.1f}"
    if failed:
        print(texts.tr("Self-test failed after {seconds} s.", seconds=total))
    else:
        print(texts.tr("Self-test passed in {seconds} s.", seconds=total))
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    return EXIT_FAILED if failed else EXIT_OK


def _cause(error: Exception, texts: Translator) -> str:
    if isinstance(error, WorkstationError):
        return error_text(error, texts)
    return f"{type(error).__name__}: {error}"


def _padded(text: str, columns: int) -> str:
    """`text` filled up with blanks; Chinese characters take two columns of a terminal."""
    return text + " " * (columns - sum(2 if character > "⺀" else 1 for character in text))
