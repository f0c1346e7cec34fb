"""`thoravue analyse`: a progress bar, a last line that accounts for every file, an exit code."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workstation.cli.progress import StageBar, Translator
from workstation.core.errors import Parameter, WorkstationError
from workstation.core.jobs import JobContext

EXIT_OK, EXIT_FAILED, EXIT_USAGE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyseRequest:
    """What `thoravue analyse` was asked to do."""

    paths: tuple[Path, ...]
    out: Path
    pdf: bool
    maps: bool
    model: str | None
    jobs: int


Analyse = Callable[[AnalyseRequest, JobContext], Counter[str]]


def error_text(error: WorkstationError, texts: Translator) -> str:
    """The catalogue's text of an error."""
    parameters: dict[str, Parameter] = dict(error.reason.parameters)
    return texts.tr(f"error.{error.code.value}", **parameters)


def run(arguments: argparse.Namespace, analyse: Analyse, texts: Translator) -> int:
    """Do what the command line asks and return the exit code."""
    request = AnalyseRequest(
        paths=tuple(arguments.paths),
        out=arguments.out,
        pdf=arguments.pdf,
        maps=arguments.maps,
        model=arguments.model,
        jobs=arguments.jobs,
    )
    missing = [path for path in request.paths if not path.exists()]
    if missing:
        for path in missing:
            print(texts.tr("There is no file or folder {path}.", path=path), file=sys.stderr)
        return EXIT_USAGE
    mixed = next((path for path in request.paths if _mixes(path, request.out)), None)
    if mixed is not None:
        message = texts.tr(
            "The results folder {out} and the films in {path} must lie apart: the results would mix with the films. "
            "Choose another folder with --out.",
            out=request.out,
            path=mixed,
        )
        print(message, file=sys.stderr)
        return EXIT_USAGE
    bar = StageBar(texts)
    try:
        counts = analyse(request, JobContext(report=bar.show))
    except WorkstationError as error:
        print(error_text(error, texts), file=sys.stderr)
        return EXIT_FAILED
    finally:
        bar.close()
    print(
        texts.tr(
            "Files: {total}. Analysed {analysed}, refused {refused}, skipped {skipped}, failed {failed}.",
            total=counts.total(),
            **{name: counts[name] for name in ("analysed", "refused", "skipped", "failed")},
        )
    )
    print(texts.tr("Results: {path}", path=request.out.resolve()))
    return EXIT_OK


def _mixes(films: Path, out: Path) -> bool:
    """Whether results in `out` would lie among `films`: in that folder, below it or above it; links are followed."""
    source, target = films.resolve(), out.resolve()
    return source.is_relative_to(target) or target.is_relative_to(source)
