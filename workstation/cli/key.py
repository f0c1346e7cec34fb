"""`thoravue key show | restore`: the library's recovery key, to print and to type in again."""

from __future__ import annotations

import argparse
import sys
from typing import Protocol

from workstation.cli.analyse import EXIT_FAILED, EXIT_OK, error_text
from workstation.cli.progress import Translator
from workstation.core.errors import WorkstationError


class LibraryKey(Protocol):
    """The key of this user's library; both methods raise `WorkstationError`."""

    def show(self) -> str | None:
        """The recovery key; None when there is no library yet."""
        ...

    def restore(self, text: str) -> None:
        """Keep a typed recovery key, if it opens the library."""
        ...


def run(arguments: argparse.Namespace, key: LibraryKey, texts: Translator) -> int:
    """Do what the command line asks and return the exit code."""
    try:
        if arguments.action == "show":
            return _show(key, texts)
        text = arguments.key or input(texts.tr("Recovery key: "))
        key.restore(text)
        print(texts.tr("The key opens the library and is kept."))
    except WorkstationError as error:
        print(error_text(error, texts), file=sys.stderr)
        return EXIT_FAILED
    return EXIT_OK


def _show(key: LibraryKey, texts: Translator) -> int:
    text = key.show()
    if text is None:
        print(texts.tr("There is no library yet: open the window once."), file=sys.stderr)
        return EXIT_FAILED
    print(text)
    print(
        texts.tr(
            "Print this key and lock it away: whoever has it and the library file reads everything."
        ),
        file=sys.stderr,
    )
    return EXIT_OK
