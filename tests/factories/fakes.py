"""Scanner, reader, model, index, reviews and session in memory: what the services need of the world, at once."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.factories.films import make_evidence, make_instance, make_prediction
from tests.factories.reports import MODEL
from workstation.core.changes import ChangeSet
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import (
    AnalysisResult,
    EvidenceMap,
    ModelInfo,
    Prediction,
    QualityResult,
)
from workstation.core.geometry import Disc
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext
from workstation.core.ports import (
    IdentityConflict,
    Place,
    PreparedFilm,
    WorklistQuery,
    WorklistRow,
)
from workstation.core.review import ReviewEvent, ReviewState, ReviewStatus, replay
from workstation.core.study import (
    FileOutcome,
    FileRecord,
    FileStamp,
    Instance,
    PatientIdentity,
    Study,
    study_of,
)
from workstation.services.priors import conflicts


def instance_of(study: int, film: int = 1, **changes: Any) -> Instance:
    """A frontal film of study number `study`."""
    uid = f"1.2.{study}"
    values = {"study_uid": uid, "series_uid": f"{uid}.1", "sop_uid": f"{uid}.1.{film}"}
    return make_instance(**values | {"instance_number": film} | changes)


def loaded(path: Path, instance: Instance, *, size: int = 1) -> FileRecord:
    """A file that holds a film."""
    stamp = FileStamp(path=path, size=size, mtime_ns=1)
    return FileRecord(stamp=stamp, outcome=FileOutcome.LOADED, instance=instance)


def digest_of(path: Path) -> str:
    """Of the bytes of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class FakeScanner:
    """Knows which paths hold films; others are skipped. `seen` holds every path that was read.

    `before` is called with each path before its answer.
    """

    def __init__(
        self,
        films: Mapping[Path, Instance],
        *,
        refused: Mapping[Path, ErrorCode] | None = None,
        before: Callable[[Path], None] = lambda _path: None,
    ) -> None:
        self.films = dict(films)
        self.refused = dict(refused or {})
        self.seen: list[Path] = []
        self._before = before

    def scan(self, stamps: Sequence[FileStamp], context: JobContext) -> Iterator[FileRecord]:
        for stamp in stamps:
            context.token.raise_if_cancelled()
            self._before(stamp.path)
            self.seen.append(stamp.path)
            yield self._record(stamp)

    def contents(
        self, stamp: FileStamp, context: JobContext
    ) -> Sequence[FileStamp | FileRecord]:
        return [stamp]

    def digest(self, path: Path) -> str:
        return digest_of(path)

    def _record(self, stamp: FileStamp) -> FileRecord:
        if stamp.path in self.films:
            instance = self.films[stamp.path]
            return FileRecord(stamp=stamp, outcome=FileOutcome.LOADED, instance=instance)
        if stamp.path in self.refused:
            reason = Reason(code=self.refused[stamp.path])
            return FileRecord(stamp=stamp, outcome=FileOutcome.REFUSED, reason=reason)
        reason = Reason(code=ErrorCode.NOT_AN_IMAGE)
        return FileRecord(stamp=stamp, outcome=FileOutcome.SKIPPED, reason=reason)


@dataclass
class FakeReader:
    """Gives the films it was told of; `gate` holds every answer back until it is set."""

    films: dict[Path, Radiograph]
    gate: threading.Event = field(default_factory=threading.Event)
    reads: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def read(self, path: Path, context: JobContext, *, frame: int = 0) -> Radiograph:
        assert self.gate.wait(10)
        context.token.raise_if_cancelled()
        self.reads += 1
        if path not in self.films:
            raise WorkstationError(ErrorCode.FILE_VANISHED)
        return self.films[path]


@dataclass
class FakeModel:
    """Finds a nodule in every film; `gate` holds `predict` back, `error` makes it fail."""

    info: ModelInfo = MODEL
    gate: threading.Event = field(default_factory=threading.Event)
    started: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.gate.set()

    def prepare(self, presented: NDArray[np.float32], *, spacing: object) -> PreparedFilm:
        del presented, spacing
        return PreparedFilm(quality=QualityResult(), state=None)

    def predict(self, prepared: PreparedFilm) -> Prediction:
        del prepared
        self.started.set()
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        return make_prediction()

    def evidence(self, prepared: PreparedFilm) -> tuple[EvidenceMap, ...]:
        del prepared
        return tuple(make_evidence(code=score.code) for score in make_prediction().scores)

    def without(self, prepared: PreparedFilm, region: Sequence[Disc]) -> Prediction:
        prediction = self.predict(prepared)
        if not region:
            return prediction
        scores = tuple(replace(s, probability=s.probability / 2) for s in prediction.scores)
        return replace(prediction, scores=scores)

    def nodules(self, prepared: PreparedFilm) -> Reason:
        del prepared
        return Reason(code=ErrorCode.NODULES_NOT_IN_PACKAGE)


@dataclass
class FakeIndex:
    """Which file holds what; `batches` counts transactions."""

    kept: dict[Path, FileRecord] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    forgotten: list[Path] = field(default_factory=list)
    roots: dict[Path, None] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    def known(self, root: Path) -> dict[Path, FileStamp]:
        return {r.stamp.path: r.stamp for r in self.records(root)}

    def twins(self, sop_uids: Sequence[str]) -> dict[str, tuple[FileRecord, ...]]:
        found: dict[str, tuple[FileRecord, ...]] = {}
        for record in self.kept.values():
            if record.instance and record.instance.sop_uid in sop_uids:
                uid = record.instance.sop_uid
                found[uid] = (*found.get(uid, ()), record)
        return found

    def duplicates(self, root: Path) -> dict[Path, FileStamp | None]:
        return {
            record.stamp.path: self._loaded(Path(str(record.reason.parameters["path"])))
            for record in self.records(root)
            if record.reason and record.reason.code is ErrorCode.DUPLICATE_UID
        }

    def add(self, records: Sequence[FileRecord]) -> None:
        self.kept |= {record.stamp.path: record for record in records}
        self.batches.append(len(records))

    def forget(self, paths: Sequence[Path]) -> None:
        self.forgotten += paths
        for path in paths:
            self.kept.pop(path, None)

    def records(self, root: Path) -> Iterator[FileRecord]:
        return iter([r for p, r in self.kept.items() if p == root or root in p.parents])

    def record(self, path: Path) -> FileRecord | None:
        return self.kept.get(path)

    def study(self, study_uid: str) -> Study | None:
        films = [
            (r.instance, r.stamp.path)
            for r in self.kept.values()
            if r.instance and r.instance.study_uid == study_uid
        ]
        paths = {path for _, path in films}
        stamps = tuple(r.stamp for path, r in self.kept.items() if path in paths)
        return replace(study_of(films), stamps=stamps) if films else None

    def first_film(self, root: Path) -> Instance | None:
        films = [r for r in self.records(root) if r.instance]
        return min(films, key=lambda r: r.stamp.path).instance if films else None

    def count(self, query: WorklistQuery) -> int:
        return len(self._uids(query))

    def uids(self, query: WorklistQuery, *, offset: int, limit: int) -> tuple[str, ...]:
        return tuple(self._uids(query)[offset : offset + limit])

    def page(self, query: WorklistQuery, *, offset: int, limit: int) -> tuple[WorklistRow, ...]:
        uids = self.uids(query, offset=offset, limit=limit)
        return tuple(make_row(study) for uid in uids if (study := self.study(uid)))

    def of_patient(self, patient_id: str, *, issuer: str) -> tuple[Study, ...]:
        studies = (self.study(uid) for uid in self._uids(WorklistQuery()))
        found = (study for study in studies if study is not None)
        return tuple(
            s for s in found if (s.patient.patient_id, s.patient.issuer) == (patient_id, issuer)
        )

    def add_place(self, root: Path) -> None:
        self.roots[root] = None

    def unread(
        self, study_uids: Sequence[str], *, package_sha256: str
    ) -> tuple[tuple[str, str], ...]:
        studies = (self.study(uid) for uid in study_uids)
        return tuple(
            (study.study_uid, film.sop_uid)
            for study in studies
            if study is not None
            for film, _ in study.instances
            if film.sop_uid not in self.read
        )

    def places(self) -> tuple[Place, ...]:
        return tuple(
            Place(path=root, films=sum(r.instance is not None for r in self.records(root)))
            for root in sorted(self.roots)
        )

    def remove_studies(self, study_uids: Sequence[str]) -> None:
        self._keep(lambda r: not r.instance or r.instance.study_uid not in study_uids)

    def remove_place(self, root: Path) -> None:
        below = {record.stamp.path for record in self.records(root)}
        self._keep(lambda record: record.stamp.path not in below)
        self.roots.pop(root, None)

    def distrust(self) -> None:
        for path, record in self.kept.items():
            self.kept[path] = replace(record, stamp=replace(record.stamp, mtime_ns=-1))

    def conflicts(self, patient: PatientIdentity) -> tuple[IdentityConflict, ...]:
        others = self.of_patient(patient.patient_id, issuer=patient.issuer)
        return tuple(sorted({c for other in others for c in conflicts(patient, other.patient)}))

    def _keep(self, wanted: Callable[[FileRecord], bool]) -> None:
        self.kept = {path: record for path, record in self.kept.items() if wanted(record)}

    def _uids(self, query: WorklistQuery) -> list[str]:
        instances = [r.instance for r in self.kept.values() if r.instance]
        text = query.text.lower()
        return list(dict.fromkeys(i.study_uid for i in instances if text in i.study_uid))

    def _loaded(self, path: Path) -> FileStamp | None:
        record = self.kept.get(path)
        return record.stamp if record and record.instance else None


def make_row(study: Study, status: ReviewStatus = ReviewStatus.NEW) -> WorklistRow:
    """A study as the worklist shows it."""
    return WorklistRow(
        study=study,
        status=status,
        image_count=sum(film.frames for film, _ in study.instances),
        modalities=("DX",),
        path=study.instances[0][1],
        analysed=False,
    )


@dataclass
class FakeStore:
    """Events, analyses and session; `full` makes every write fail, as a full disk does."""

    log: list[ReviewEvent] = field(default_factory=list)
    results: dict[tuple[str, str], AnalysisResult] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    thumbnails: dict[FileStamp, NDArray[np.uint8]] = field(default_factory=dict)
    full: bool = False

    def append(self, event: ReviewEvent) -> ChangeSet:
        self._write()
        self.log.append(event)
        return ChangeSet(studies=frozenset({event.study_uid}))

    def events(self, study_uid: str) -> tuple[ReviewEvent, ...]:
        return tuple(event for event in self.log if event.study_uid == study_uid)

    def state(self, study_uid: str) -> ReviewState:
        return replay(study_uid, self.events(study_uid))

    def put_analysis(self, study_uid: str, result: AnalysisResult) -> ChangeSet:
        self._write()
        self.results[study_uid, result.sop_uid] = result
        return ChangeSet(studies=frozenset({study_uid}))

    def analyses(self, study_uid: str) -> tuple[AnalysisResult, ...]:
        return tuple(r for (uid, _), r in self.results.items() if uid == study_uid)

    def put(self, key: str, value: str) -> None:
        self._write()
        self.values[key] = value

    def get(self, key: str) -> str | None:
        return self.values.get(key)

    def put_thumbnail(self, stamp: FileStamp, picture: NDArray[np.uint8]) -> None:
        self.thumbnails[stamp] = picture

    def thumbnail(self, stamp: FileStamp) -> NDArray[np.uint8] | None:
        return self.thumbnails.get(stamp)

    def _write(self) -> None:
        if self.full:
            raise WorkstationError(ErrorCode.DISK_FULL)
