"""The way back to the library from before a migration, for an older program: what was reviewed since is told first."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from workstation.adapters.config.folders import Folders
from workstation.adapters.store.connection import Connection
from workstation.adapters.store.keys import library_key
from workstation.adapters.store.library import LibraryLock
from workstation.adapters.store.schema import MIGRATIONS
from workstation.services.exporting import flush_folder, write_atomically

SCHEMA = "thoravue.reviews/1"


class LibraryRollback:
    """A user's library and its newest backup; implements `workstation.cli.library.Rollback`.

    Raises
    ------
    WorkstationError
        As `Connection`; ``library_busy`` from `restore` while the window is open. The library is then as it was.
    """

    def __init__(self, folders: Folders) -> None:
        self._library = folders.library
        self._config = folders.config

    def backup(self) -> Path | None:
        """The backup from before the last migration; None when there is none."""
        name = re.compile(rf"{re.escape(self._library.name)}\.v(\d+)\.backup")
        found = {
            int(match[1]): path
            for path in self._library.parent.glob("*.backup")
            if (match := name.fullmatch(path.name)) and int(match[1]) < len(MIGRATIONS)
        }
        return found[max(found)] if found and self._library.exists() else None

    def since(self, backup: Path) -> Mapping[str, tuple[str, ...]]:
        """Events of the library that `backup` lacks, as JSON, by study, oldest first."""
        before = self._open(backup)
        known = {event_id for (event_id,) in before.rows("SELECT event_id FROM event")}
        before.close()
        now = self._open(self._library)
        rows = now.rows("SELECT event_id, study_uid, event FROM event ORDER BY number")
        now.close()
        since: dict[str, list[str]] = defaultdict(list)
        for event_id, study_uid, event in rows:
            if event_id not in known:
                since[study_uid].append(event)
        return {study: tuple(events) for study, events in since.items()}

    def export(self, backup: Path, path: Path) -> None:
        """Write the events that `backup` lacks to `path`, for reading and for a later import."""
        studies = [
            {"study_uid": study, "events": [json.loads(event) for event in events]}
            for study, events in self.since(backup).items()
        ]
        content = {"schema": SCHEMA, "library_version": len(MIGRATIONS), "studies": studies}
        write_atomically(path, json.dumps(content, ensure_ascii=False, indent=1).encode())

    def restore(self, backup: Path) -> Path:
        """Let `backup` be the library; the newer one is kept beside it, at the path that is returned."""
        lock = LibraryLock(self._library)
        try:
            # Closing it folds the write-ahead log, which must not meet another library, into the file.
            connection = self._open(self._library, read_only=False)
            connection.close()
            kept = self._library.with_name(f"{self._library.name}.v{len(MIGRATIONS)}.newer")
            part = self._library.with_name(f"{self._library.name}.part")
            with connection.translated():
                shutil.copy2(self._library, kept)
                shutil.copy2(backup, part)
                part.replace(self._library)
            flush_folder(self._library.parent)
        finally:
            lock.release()
        return kept

    def _open(self, path: Path, *, read_only: bool = True) -> Connection:
        key = library_key(self._config, self._library)
        return Connection(path, key, read_only=read_only)
