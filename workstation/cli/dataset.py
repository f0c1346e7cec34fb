"""`thoravue dataset`: a progress bar, and last lines that account for every file."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from workstation.cli.analyse import EXIT_FAILED, EXIT_OK, EXIT_USAGE, error_text
from workstation.cli.progress import StageBar, Translator
from workstation.core.errors import Reason, WorkstationError
from workstation.core.jobs import JobContext


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRequest:
    """What `thoravue dataset` was asked to do."""

    paths: tuple[Path, ...]
    labels: Path
    out: Path
    site: str


MakeDataset = Callable[[DatasetRequest, JobContext], tuple[int, Sequence[Reason]]]
"""How many films the set has, and a reason for every file that is not in it."""


def run(arguments: argparse.Namespace, make: MakeDataset, texts: Translator) -> int:
    """Do what the command line asks and return the exit code."""
    request = DatasetRequest(
        paths=tuple(arguments.paths),
        labels=arguments.labels,
        out=arguments.out,
        site=arguments.site,
    )
    missing = [path for path in (*request.paths, request.labels) if not path.exists()]
    for path in missing:
        print(texts.tr("There is no file or folder {path}.", path=path), file=sys.stderr)
    if missing:
        return EXIT_USAGE
    bar = StageBar(texts)
    try:
        films, left_out = make(request, JobContext(report=bar.show))
    except WorkstationError as error:
        print(error_text(error, texts), file=sys.stderr)
        return EXIT_FAILED
    finally:
        bar.close()
    print(
        texts.tr(
            "{total} files: {films} films in the training set, {left_out} left out.",
            total=films + len(left_out),
            films=films,
            left_out=len(left_out),
        )
    )
    for reason, count in Counter(_words(r, texts) for r in left_out).most_common():
        print(f"  {count} × {reason}")
    print(texts.tr("Training set: {path}", path=request.out.resolve()))
    return EXIT_OK


def _words(reason: Reason, texts: Translator) -> str:
    return error_text(WorkstationError(reason.code, **reason.parameters), texts)
