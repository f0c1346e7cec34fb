"""Look whether listed files can be reached; a drive that is gone is asked once, not once a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workstation.core.jobs import CancelToken
from workstation.core.ports import Presence
from workstation.services.walking import file_of


def look(paths: Iterable[Path], token: CancelToken) -> dict[Path, Presence]:
    """Whether each of `paths` can be reached; may wait long for a dead drive. Stops early when cancelled."""
    folders: dict[Path, bool] = {}
    found: dict[Path, Presence] = {}
    for path in paths:
        if token.is_cancelled:
            break
        found[path] = _presence(path, folders)
    return found


def reachable(folders: Iterable[Path], token: CancelToken) -> dict[Path, bool]:
    """Whether each folder, file or archive can be reached; stops early when cancelled."""
    seen: dict[Path, bool] = {}
    return {path: _is_there(path, seen) for path in folders if not token.is_cancelled}


def _presence(path: Path, folders: dict[Path, bool]) -> Presence:
    if not _is_there(path.parent, folders):
        return Presence.FOLDER_GONE
    return Presence.HERE if file_of(path) is not None else Presence.FILE_GONE


def _is_there(folder: Path, folders: dict[Path, bool]) -> bool:
    """Whether a folder, or the archive in its place, can be reached; asked from the root on, so that nothing below a missing one is."""
    if folder not in folders:
        above = folder.parent
        reached = above == folder or _is_there(above, folders)
        folders[folder] = reached and _exists(folder)
    return folders[folder]


def _exists(folder: Path) -> bool:
    try:
        return folder.exists() or file_of(folder) is not None
    except OSError:
        return False
