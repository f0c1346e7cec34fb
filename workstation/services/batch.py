"""Analyse many files without a window: every file is accounted for, study by study."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue

from workstation.core.errors import CancelledError, Reason, WorkstationError
from workstation.core.findings import AnalysisResult, AnalysisStatus
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext, Progress
from workstation.core.ports import FilmReader, HeaderScanner
from workstation.core.study import (
    FileOutcome,
    FileRecord,
    FileStamp,
    Instance,
    Study,
    film_or_skipped,
    study_of,
)
from workstation.services.analysis import Analysis
from workstation.services.twins import settle


class FileStatus(StrEnum):
    """What became of one file of a batch."""

    ANALYSED = "analysed"
    REFUSED = "refused"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """One file of a batch; `reason` is None when it was analysed."""

    path: Path
    status: FileStatus
    reason: Reason | None = None
    instance: Instance | None = None
    result: AnalysisResult | None = None
    film: Radiograph | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyResult:
    """The files of one study in the order of their paths; `study` is None for files that are no image."""

    study: Study | None
    files: tuple[FileResult, ...]


class BatchAnalysis:
    """The use case "let the model read these folders".

    Films are decoded ahead by as many guarded readers as there are, and analysed one at a time.

    Parameters
    ----------
    scanner, readers
        Guarded children; each reader is used by one thread at a time.
    analysis
        Reads one film.
    """

    def __init__(
        self, *, scanner: HeaderScanner, readers: Sequence[FilmReader], analysis: Analysis
    ) -> None:
        self._scanner = scanner
        self._analysis = analysis
        self._ahead = len(readers)
        self._free: SimpleQueue[FilmReader] = SimpleQueue()
        for reader in readers:
            self._free.put(reader)

    def run(
        self, files: Iterable[FileRecord | FileStamp], context: JobContext
    ) -> Iterator[StudyResult]:
        """Scan all `files`, then yield study by study; records that come in already decided pass through.

        Of two films under one SOP Instance UID the second is refused, as it is in the library (decision 6).
        """
        items = list(files)
        total = len(items)
        records = [item for item in items if isinstance(item, FileRecord)]
        stamps = [item for item in items if isinstance(item, FileStamp)]
        for record in self._scanner.scan(stamps, context):
            records.append(film_or_skipped(record))
            context.report(Progress(stage="scan", done=len(records), total=total))
        records, _ = settle(records, {}, context.token, digest=self._scanner.digest)
        loaded = [r for r in records if r.outcome is FileOutcome.LOADED]
        others = [r for r in records if r.outcome is not FileOutcome.LOADED]
        done = len(others)
        if others:
            yield StudyResult(study=None, files=tuple(_not_loaded(r) for r in others))
        for study, results in self._studies(loaded, context):
            collected = []
            for result in results:
                collected.append(result)
                done += 1
                context.report(Progress(stage="analyse", done=done, total=total))
            yield StudyResult(study=study, files=tuple(collected))

    def _studies(
        self, loaded: list[FileRecord], context: JobContext
    ) -> Iterator[tuple[Study, Iterator[FileResult]]]:
        loaded.sort(key=lambda r: (_instance(r).study_uid, r.stamp.path))
        with ThreadPoolExecutor(self._ahead, thread_name_prefix="decode") as pool:
            pending = self._decode_ahead(loaded, pool, context)
            for _, group in groupby(loaded, key=lambda r: _instance(r).study_uid):
                members = list(group)
                results = (self._finish(*next(pending), context) for _ in members)
                films = [(_instance(r), r.stamp.path) for r in members]
                yield study_of(films), results

    def _decode_ahead(
        self, records: list[FileRecord], pool: ThreadPoolExecutor, context: JobContext
    ) -> Iterator[tuple[FileRecord, Future[Radiograph] | Reason]]:
        waiting: deque[tuple[FileRecord, Future[Radiograph] | Reason]] = deque()
        for record in records:
            refusal = self._analysis.refusal(_instance(record))
            waiting.append((record, refusal or pool.submit(self._decode, record, context)))
            if len(waiting) > self._ahead + 1:
                yield waiting.popleft()
        yield from waiting

    def _decode(self, record: FileRecord, context: JobContext) -> Radiograph:
        context.token.raise_if_cancelled()
        reader = self._free.get()
        try:
            return reader.read(record.stamp.path, context)
        finally:
            self._free.put(reader)

    def _finish(
        self, record: FileRecord, film: Future[Radiograph] | Reason, context: JobContext
    ) -> FileResult:
        path, instance = record.stamp.path, record.instance
        context.token.raise_if_cancelled()
        if isinstance(film, Reason):
            return FileResult(
                path=path, status=FileStatus.REFUSED, reason=film, instance=instance
            )
        try:
            decoded = film.result()
        except CancelledError:
            raise
        except WorkstationError as error:
            return FileResult(
                path=path, status=FileStatus.REFUSED, reason=error.reason, instance=instance
            )
        result = self._analysis.run(decoded, context)
        status = {
            AnalysisStatus.ANALYSED: FileStatus.ANALYSED,
            AnalysisStatus.REFUSED: FileStatus.REFUSED,
            AnalysisStatus.FAILED: FileStatus.FAILED,
        }[result.status]
        return FileResult(
            path=path,
            status=status,
            reason=result.reason,
            instance=decoded.instance,
            result=result,
            film=decoded,
        )


def _instance(record: FileRecord) -> Instance:
    assert record.instance is not None  # noqa: S101 - FileRecord guarantees it for loaded files
    return record.instance


def _not_loaded(record: FileRecord) -> FileResult:
    skipped = record.outcome is FileOutcome.SKIPPED
    return FileResult(
        path=record.stamp.path,
        status=FileStatus.SKIPPED if skipped else FileStatus.REFUSED,
        reason=record.reason,
    )
