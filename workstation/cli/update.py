"""`thoravue update FILE`: check an installer from a stick, and run it where that needs no administrator."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from workstation.cli.analyse import EXIT_FAILED, EXIT_OK, EXIT_USAGE
from workstation.cli.progress import Translator

Take = Callable[[Path, Path], str]
"""Copies an installer and says ``signed``, ``unsigned``, ``foreign``, ``damaged`` or ``unlisted`` of the copy."""
Install = Callable[[Path], int]
"""Runs an installer and gives its exit code."""


def run(
    arguments: argparse.Namespace, take: Take, install: Install, copy: Path, texts: Translator
) -> int:
    """Check the file, and install what may be installed; the exit code."""
    file: Path = arguments.file
    try:
        standing = take(file, copy)
    except OSError as error:
        print(
            texts.tr("{path} cannot be copied: {cause}", path=file, cause=error.strerror),
            file=sys.stderr,
        )
        return EXIT_USAGE
    # Flushed: it comes before what the installer says.
    print(texts.tr(f"update.{standing}", name=file.name), flush=True)
    consent = standing == "unsigned" and arguments.allow_unsigned
    if standing != "signed" and not consent:
        print(texts.tr("Nothing was changed."))
        return EXIT_FAILED
    if file.suffix != ".run":
        print(texts.tr("An administrator installs this file: see the installation guide."))
        return EXIT_OK
    return EXIT_OK if install(copy) == 0 else EXIT_FAILED
