"""Run a batch and hand each study to the writers that were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol

from workstation.core.jobs import JobContext
from workstation.core.study import FileRecord, FileStamp
from workstation.services.batch import BatchAnalysis, FileStatus, StudyResult


class ResultSink(Protocol):
    """Takes the studies of a batch one by one and leaves files."""

    def add(self, result: StudyResult) -> None:
        """Take one study."""
        ...

    def close(self) -> None:
        """Finish; called once, after the last study."""
        ...


def run_batch(
    batch: BatchAnalysis,
    files: Iterable[FileRecord | FileStamp],
    sinks: Sequence[ResultSink],
    context: JobContext,
) -> Counter[FileStatus]:
    """Analyse `files`, feed `sinks`, and count what became of the files."""
    counts: Counter[FileStatus] = Counter()
    for study in batch.run(files, context):
        counts.update(file.status for file in study.files)
        for sink in sinks:
            sink.add(study)
    for sink in sinks:
        sink.close()
    return counts
