"""The library's index for jobs of other lanes: every call runs on the store lane, and is waited for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from workstation.core.jobs import Lane
from workstation.core.ports import ScanIndex
from workstation.core.study import FileRecord, FileStamp
from workstation.ui.jobs.lanes import Lanes


class IndexOnLane:
    """A `ScanIndex`; a batch that `add` returned is on disk."""

    def __init__(self, index: ScanIndex, lanes: Lanes) -> None:
        self._index = index
        self._lanes = lanes

    def known(self, root: Path) -> dict[Path, FileStamp]:
        """Stamps of all files recorded below `root`."""
        return self._lanes.call(Lane.STORE, lambda _: self._index.known(root))

    def twins(self, sop_uids: Sequence[str]) -> dict[str, tuple[FileRecord, ...]]:
        """The files that hold these films already."""
        return self._lanes.call(Lane.STORE, lambda _: self._index.twins(sop_uids))

    def duplicates(self, root: Path) -> dict[Path, FileStamp | None]:
        """Files refused as duplicates, each with the film it was compared with."""
        return self._lanes.call(Lane.STORE, lambda _: self._index.duplicates(root))

    def add(self, records: Sequence[FileRecord]) -> None:
        """Store a batch in one transaction."""
        self._lanes.call(Lane.STORE, lambda _: self._index.add(records))

    def forget(self, paths: Sequence[Path]) -> None:
        """Drop records of files that are gone."""
        self._lanes.call(Lane.STORE, lambda _: self._index.forget(paths))

    def records(self, root: Path) -> Iterator[FileRecord]:
        """All records below `root`."""
        return iter(self._lanes.call(Lane.STORE, lambda _: tuple(self._index.records(root))))

    def add_place(self, root: Path) -> None:
        """Remember that films came from this folder or file."""
        self._lanes.call(Lane.STORE, lambda _: self._index.add_place(root))
