"""Where `thoravue` starts once it is clear that this process is not a guarded child."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from workstation.app.surroundings import chosen_language, has_display
from workstation.cli.parser import parse

# Threads that wait must not spin: with another busy process a forward pass took 2 s instead of 60 ms.
# OpenMP reads these when torch loads it.
_CALM_THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    for name, value in _CALM_THREADS.items():
        os.environ.setdefault(name, value)
    options = parse(sys.argv[1:] if arguments is None else arguments)
    if options.command == "window":
        return _window(options)
    from workstation.app import commands

    return commands.run(options, chosen_language(options.lang))


def _window(options: argparse.Namespace) -> int:
    missing = next((path for path in options.paths if not path.exists()), None)
    if missing is not None:  # a mistyped command is a path, too
        from resources.i18n import Texts

        texts = Texts(chosen_language(options.lang))
        said = texts.tr(
            "There is no file or folder {path}, and no such command. See --help.", path=missing
        )
        sys.stderr.write(f"{said}\n")
        return 2
    if has_display():
        try:
            from workstation.app.gui import run_window
        except ImportError as error:  # a minimal system lacks libraries that every desktop has
            return _no_window(error, chosen_language(options.lang))
        return run_window(tuple(options.paths), sample=options.sample, language=options.lang)
    from workstation.app import commands

    if options.sample or options.paths:
        from workstation.app.sample import SAMPLE

        paths = (*options.paths, *((SAMPLE,) if options.sample else ()))
        return commands.read_headless(paths, Path("out"), chosen_language(options.lang))
    return commands.no_display(chosen_language(options.lang))


def _no_window(error: ImportError, language: str) -> int:
    from resources.i18n import Texts

    said = Texts(language).tr(
        "The window cannot start: {cause}. An administrator installs what is missing.",
        cause=error,
    )
    sys.stderr.write(f"{said}\n")
    return 1
