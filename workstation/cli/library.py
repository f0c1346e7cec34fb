"""`thoravue library rollback`: the library from before an update again, for the program from before it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from workstation.cli.analyse import EXIT_FAILED, EXIT_OK, error_text
from workstation.cli.progress import Translator
from workstation.core.errors import WorkstationError

EXPORT = "reviews-since-update.json"


class Rollback(Protocol):
    """The way back; every method raises `WorkstationError`."""

    def backup(self) -> Path | None:
        """The backup from before the last update; None when there is none."""
        ...

    def since(self, backup: Path) -> Mapping[str, Sequence[str]]:
        """Events that `backup` lacks, by study."""
        ...

    def export(self, backup: Path, path: Path) -> None:
        """Write these events to `path`."""
        ...

    def restore(self, backup: Path) -> Path:
        """Let the backup be the library; where the newer one is kept."""
        ...


def run(arguments: argparse.Namespace, rollback: Rollback, texts: Translator) -> int:
    """List what was reviewed since, write it down, ask, and go back; the exit code."""
    try:
        backup = rollback.backup()
        if backup is None:
            print(
                texts.tr("There is no library from before an update to go back to."),
                file=sys.stderr,
            )
            return EXIT_FAILED
        return _run(arguments, rollback, backup, texts)
    except WorkstationError as error:
        print(error_text(error, texts), file=sys.stderr)
        return EXIT_FAILED


def _run(
    arguments: argparse.Namespace, rollback: Rollback, backup: Path, texts: Translator
) -> int:
    since = rollback.since(backup)
    print(texts.tr("Backup from before the update: {path}", path=backup))
    for study, events in since.items():
        print(
            texts.tr(
                "  study {study}, entries since the update: {count}",
                study=study,
                count=len(events),
            )
        )
    target = arguments.export / EXPORT
    rollback.export(backup, target)
    print(
        texts.tr(
            "Studies reviewed since: {count}. Their entries are in {path}.",
            count=len(since),
            path=target.resolve(),
        )
    )
    question = texts.tr("These entries will be missing from the library. Type yes to go back: ")
    if not arguments.yes and input(question).strip().lower() != "yes":
        print(texts.tr("Nothing was changed."))
        return EXIT_FAILED
    kept = rollback.restore(backup)
    print(
        texts.tr("The older library is in place; the newer one is kept as {path}.", path=kept)
    )
    return EXIT_OK
