"""Bring folders into the library: headers only, in batches, every file accounted for."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Self

from workstation.core.errors import CancelledError, ErrorCode, WorkstationError
from workstation.core.jobs import JobContext, Progress
from workstation.core.ports import HeaderScanner, ImportSummary, ScanIndex
from workstation.core.study import SUSPECTED, FileOutcome, FileRecord, FileStamp
from workstation.services.twins import settle, stands
from workstation.services.walking import place_of, walk

# Small blocks first, so that the first film is on screen at once; later ones save transactions.
_FIRST_BLOCK, _LARGEST_BLOCK = 8, 512
_PROGRESS_EVERY_S = 0.1


class Indexing:
    """The use case "what is in this folder".

    Parameters
    ----------
    scanner
        Reads headers in a guarded child.
    index
        Takes the records; each batch is one transaction.
    """

    def __init__(
        self,
        scanner: HeaderScanner,
        index: ScanIndex,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scanner = scanner
        self._index = index
        self._clock = clock

    def run(self, root: Path, context: JobContext) -> ImportSummary:
        """Scan `root`; files whose size and time are those of the last scan are not read again.

        A file that was refused for another one with its identifier is, once that one no longer stands.

        Progress has the stage ``scan``; its payload is the first loaded `FileRecord` when that one is committed, else
        None. Stopping keeps what was committed and gives a summary that says so.

        Raises
        ------
        WorkstationError
            ``folder_empty``.
        """
        root = root.absolute()  # as the paths of what lies below it are
        known = self._index.known(root)
        unsettled = {
            path
            for path, first in self._index.duplicates(root).items()
            if first is None or not stands(first)
        }
        tally = _Tally(context, self._clock)
        unchanged: list[Path] = []
        cancelled = False
        with _Commits(self._index, tally, context, digest=self._scanner.digest) as commits:
            try:
                contents = partial(self._scanner.contents, context=context)
                for block in _blocks(walk([root], contents)):
                    if not tally.files and root.exists():
                        self._index.add_place(place_of(root) or root)
                    fresh = []
                    for item in block:
                        path = _path(item)
                        if _is_known(item, known) and path not in unsettled:
                            unchanged.append(path)
                        else:
                            fresh.append(item)
                    tally.unchanged = len(unchanged)
                    self._read(fresh, tally, commits, context)
                    tally.show()
            except CancelledError:
                cancelled = True
        if not cancelled:
            self._forget_vanished(known, tally, unchanged)
            if not tally.files:
                raise WorkstationError(ErrorCode.FOLDER_EMPTY, path=str(root))
        return self._summary(root, tally, unchanged, cancelled=cancelled)

    def _read(
        self,
        block: Sequence[FileStamp | FileRecord],
        tally: _Tally,
        commits: _Commits,
        context: JobContext,
    ) -> None:
        batch = [item for item in block if isinstance(item, FileRecord)]
        stamps = [item for item in block if isinstance(item, FileStamp)]
        try:
            for record in self._scanner.scan(stamps, context):
                batch.append(record)
                tally.show()
        finally:
            # What was read before a stop is kept.
            if batch:
                commits.put(batch)
        context.token.raise_if_cancelled()

    def _forget_vanished(
        self, known: dict[Path, FileStamp], tally: _Tally, unchanged: Sequence[Path]
    ) -> None:
        gone = known.keys() - set(unchanged) - tally.paths
        # What lies in a folder that could not be entered is out of reach, not gone.
        closed = {r.stamp.path for r in tally.problems if r.outcome is FileOutcome.REFUSED}
        gone = {path for path in gone if closed.isdisjoint(path.parents)}
        if gone:
            self._index.forget(sorted(gone))

    def _summary(
        self, root: Path, tally: _Tally, unchanged: Sequence[Path], *, cancelled: bool
    ) -> ImportSummary:
        counts, problems = Counter(tally.outcomes), list(tally.problems)
        if unchanged:
            same = set(unchanged)
            for record in self._index.records(root):
                if record.stamp.path in same:
                    counts[record.outcome] += 1
                    if record.reason is not None:
                        problems.append(record)
        return ImportSummary(
            root=root,
            loaded=counts[FileOutcome.LOADED],
            unchanged=len(unchanged),
            skipped=counts[FileOutcome.SKIPPED],
            refused=counts[FileOutcome.REFUSED],
            cancelled=cancelled,
            problems=tuple(problems),
            garbled=tally.garbled,
        )


def together(first: ImportSummary, second: ImportSummary) -> ImportSummary:
    """One summary of two imports, for instance of two files that were dropped at once."""
    try:
        root = Path(os.path.commonpath([first.root, second.root]))
    except ValueError:  # two drives have nothing in common
        root = first.root
    return ImportSummary(
        root=root,
        loaded=first.loaded + second.loaded,
        unchanged=first.unchanged + second.unchanged,
        skipped=first.skipped + second.skipped,
        refused=first.refused + second.refused,
        cancelled=first.cancelled or second.cancelled,
        problems=(*first.problems, *second.problems),
        garbled=first.garbled + second.garbled,
    )


class _Commits:
    """Stores one batch while the next one is read. The first is waited for, so that its film is on screen at once."""

    def __init__(
        self,
        index: ScanIndex,
        tally: _Tally,
        context: JobContext,
        *,
        digest: Callable[[Path], str],
    ) -> None:
        self._index = index
        self._tally = tally
        self._token = context.token
        self._digest = digest
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._pending: Future[Sequence[FileRecord]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        with self._thread:
            self._finish()

    def put(self, batch: Sequence[FileRecord]) -> None:
        """Hand over a batch; the one before is on disk when this returns."""
        self._finish()
        self._pending = self._thread.submit(self._store, batch)
        if not self._tally.files:
            self._finish()

    def _store(self, batch: Sequence[FileRecord]) -> Sequence[FileRecord]:
        uids = [record.instance.sop_uid for record in batch if record.instance]
        settled, gone = settle(batch, self._index.twins(uids), self._token, digest=self._digest)
        if gone:
            self._index.forget(gone)
        self._index.add(settled)
        return settled

    def _finish(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            self._tally.add(pending.result())


class _Tally:
    """Counts records and tells how far a scan is, a few times a second."""

    def __init__(self, context: JobContext, clock: Callable[[], float]) -> None:
        self.outcomes: Counter[FileOutcome] = Counter()
        self.problems: list[FileRecord] = []
        self.paths: set[Path] = set()
        self.unchanged = self.garbled = 0
        self._context = context
        self._clock = clock
        self._started = self._shown = clock()
        self._first: FileRecord | None = None

    @property
    def files(self) -> int:
        """Files seen so far, unchanged ones included."""
        return self.outcomes.total() + self.unchanged

    def add(self, batch: Sequence[FileRecord]) -> None:
        """Count a committed batch."""
        self.outcomes.update(record.outcome for record in batch)
        self.paths.update(record.stamp.path for record in batch)
        self.problems += [record for record in batch if record.reason is not None]
        films = [record.instance for record in batch if record.instance]
        self.garbled += sum(film.text_note == SUSPECTED for film in films)
        first = None
        if self._first is None:
            first = self._first = next(
                (r for r in batch if r.instance and r.instance.is_film), None
            )
        self._report(first)

    def show(self) -> None:
        """Report when the last report is old."""
        if self._clock() - self._shown >= _PROGRESS_EVERY_S:
            self._report(None)

    def _report(self, first: FileRecord | None) -> None:
        now = self._clock()
        self._shown = now
        elapsed = max(now - self._started, 1e-3)
        self._context.report(
            Progress(
                stage="scan",
                done=self.files,
                refused=self.outcomes[FileOutcome.REFUSED],
                rate_per_s=self.files / elapsed,
                payload=first,
            )
        )


def _blocks(
    items: Iterable[FileStamp | FileRecord],
) -> Iterator[list[FileStamp | FileRecord]]:
    iterator, size = iter(items), _FIRST_BLOCK
    while block := list(islice(iterator, size)):
        yield block
        size = min(2 * size, _LARGEST_BLOCK)


def _path(item: FileStamp | FileRecord) -> Path:
    return item.stamp.path if isinstance(item, FileRecord) else item.path


def _is_known(item: FileStamp | FileRecord, known: dict[Path, FileStamp]) -> bool:
    return isinstance(item, FileStamp) and known.get(item.path) == item
