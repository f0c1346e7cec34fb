"""What the services need of the outside world. A port exists where a second implementation exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.core.changes import ChangeSet
from workstation.core.comparison import Picture, Places
from workstation.core.errors import Reason
from workstation.core.findings import (
    AnalysisResult,
    EvidenceMap,
    ModelInfo,
    NoduleCandidate,
    Prediction,
    QualityResult,
)
from workstation.core.geometry import Affine2D, Disc
from workstation.core.image import PixelSpacing, Radiograph
from workstation.core.jobs import JobContext
from workstation.core.presentation import PresentationState
from workstation.core.report import ReportDocument
from workstation.core.review import ReviewEvent, ReviewState, ReviewStatus
from workstation.core.study import FileRecord, FileStamp, Instance, PatientIdentity, Study


class HeaderScanner(Protocol):
    """Reads the headers of foreign files in a guarded child."""

    def scan(self, stamps: Sequence[FileStamp], context: JobContext) -> Iterator[FileRecord]:
        """One record a file, in the order given; a file that kills or hangs the child is a refused record."""
        ...

    def contents(
        self, stamp: FileStamp, context: JobContext
    ) -> Sequence[FileStamp | FileRecord]:
        """The films that an archive or the directory of a CD names, refused ones included; else the file itself."""
        ...

    def digest(self, path: Path) -> str:
        """SHA-256 of all bytes of a file or a member of an archive, in hexadecimal; raises `WorkstationError`."""
        ...


class FilmReader(Protocol):
    """Decodes one frame of one foreign file in a guarded child."""

    def read(self, path: Path, context: JobContext, *, frame: int = 0) -> Radiograph:
        """Decode, or raise `WorkstationError` with a reason."""
        ...


class PresentationReader(Protocol):
    """Parses a foreign presentation state in a guarded child."""

    def read_presentation(self, path: Path, context: JobContext) -> PresentationState:
        """Parse, or raise `WorkstationError` with a reason."""
        ...


class FindingsModel(Protocol):
    """A loaded model package. Methods are called from one thread at a time."""

    @property
    def info(self) -> ModelInfo:
        """What the package is."""
        ...

    def prepare(
        self, presented: NDArray[np.float32], *, spacing: PixelSpacing | None
    ) -> PreparedFilm:
        """Preprocess a presented film, (rows, columns) float32 in 0 to 1, bright = dense; check its quality.

        Raises `WorkstationError` (``flat_image``) when nothing can be made of it.
        """
        ...

    def predict(self, prepared: PreparedFilm) -> Prediction:
        """Scores from one forward pass; keeps what `evidence` needs."""
        ...

    def evidence(self, prepared: PreparedFilm) -> tuple[EvidenceMap, ...]:
        """Maps of all offered findings, from the forward pass that `predict` made."""
        ...

    def without(self, prepared: PreparedFilm, region: Sequence[Disc]) -> Prediction:
        """Scores of the film with `region` filled from its surroundings; `prepared` stays as it is.

        Raises `WorkstationError` (``region_too_large``) when nothing is left to fill from.
        """
        ...

    def nodules(self, prepared: PreparedFilm) -> tuple[NoduleCandidate, ...] | Reason:
        """Candidates, or the reason why the detector is switched off."""
        ...


class FilmRegistration(Protocol):
    """Finds which places of two pictures of one patient show the same."""

    def align(
        self, fixed: Picture, moving: Picture, context: JobContext, *, start: Affine2D
    ) -> tuple[Places, ...]:
        """Maps from pixels of `fixed` to those of `moving`, the coarsest first; `start` is where to begin.

        Reports the stages ``affine`` and ``elastic`` with their iterations, and stops within a second when asked to.
        """
        ...


@dataclass(slots=True, kw_only=True)
class PreparedFilm:
    """What preprocessing made of a film: the input check's result, and the adapter's own state."""

    quality: QualityResult
    state: object


class ReportRenderer(Protocol):
    """Turns a report into a file's bytes."""

    def render(self, document: ReportDocument, *, language: str) -> bytes:
        """The whole file; raises `WorkstationError` when it cannot be made."""
        ...


class SortKey(StrEnum):
    """Columns the worklist can be sorted by."""

    PATIENT_NAME = "patient_name"
    PATIENT_ID = "patient_id"
    STUDY_DATE = "study_date"
    ACCESSION_NUMBER = "accession_number"
    MODALITY = "modality"
    STATUS = "status"
    ADDED = "added"
    TRIAGE = "triage"
    """As `core.triage` says: what the AI found comes earlier, within a bound; studies that are done come last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistQuery:
    """What to list. `text` matches name, ID and accession number, every word of it somewhere, case-insensitively."""

    text: str = ""
    modality: str = ""
    status: ReviewStatus | None = None
    analysed: bool | None = None
    """Whether any of its films has a score of the AI; None for both."""
    date_from: date | None = None
    date_to: date | None = None
    sort: SortKey = SortKey.STUDY_DATE
    descending: bool = True
    triage_bound: int = 10
    """Behind how many studies that came later a study may have to wait, in the order of triage."""


class Presence(StrEnum):
    """Whether a listed file can be reached."""

    HERE = "here"
    FILE_GONE = "file_gone"
    FOLDER_GONE = "folder_gone"


class IdentityConflict(StrEnum):
    """What another study filed under the same patient ID says otherwise."""

    NAME = "name"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A folder or file that films of the library came from, and how many."""

    path: Path
    films: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorklistRow:
    """One study as the worklist shows it."""

    study: Study
    status: ReviewStatus
    image_count: int
    """Of all its films, every frame of an object being an image."""
    modalities: tuple[str, ...]
    path: Path
    """One of its files."""
    analysed: bool
    """Whether any of its films has a score of the AI."""
    unscored: bool = False
    """Whether the AI was asked and gave no film a score: it refused them, or failed."""
    presence: Presence = Presence.HERE
    """Whether that file can be reached, as far as it was looked for."""
    others: tuple[PatientIdentity, ...] = ()
    """Patients beside the study's own who have films in it."""
    conflicts: tuple[IdentityConflict, ...] = ()
    """What other studies under its patient's ID say otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """Accounts for every file of one import."""

    root: Path
    loaded: int
    unchanged: int
    skipped: int
    refused: int
    cancelled: bool
    problems: tuple[FileRecord, ...]
    """Skipped and refused files, each with its reason."""
    garbled: int = 0
    """Files read anew whose text may be Chinese under a wrong label."""

    @property
    def files(self) -> int:
        """All files seen, unchanged ones included in loaded, skipped or refused."""
        return self.loaded + self.skipped + self.refused


class ScanIndex(Protocol):
    """What a scan needs of the index."""

    def known(self, root: Path) -> dict[Path, FileStamp]:
        """Stamps of all files recorded below `root`."""
        ...

    def twins(self, sop_uids: Sequence[str]) -> dict[str, tuple[FileRecord, ...]]:
        """The files that hold these films already, by SOP Instance UID, in the order of their paths."""
        ...

    def duplicates(self, root: Path) -> dict[Path, FileStamp | None]:
        """Files below `root` that were refused as ``duplicate_uid``, each with the film it was compared with, None when that is listed no more."""
        ...

    def add(self, records: Sequence[FileRecord]) -> None:
        """Store a batch in one transaction; a path seen before is replaced.

        A film whose SOP Instance UID is listed already is another path of that film: `services.twins.settle` has compared them.
        """
        ...

    def forget(self, paths: Sequence[Path]) -> None:
        """Drop records of files that are gone; never touches files or reviews."""
        ...

    def records(self, root: Path) -> Iterator[FileRecord]:
        """All records below `root`."""
        ...

    def add_place(self, root: Path) -> None:
        """Remember that films came from this folder or file, unless it lies in one that is known."""
        ...


class LibraryIndex(ScanIndex, Protocol):
    """The rebuildable part of the library: which files hold which studies."""

    def record(self, path: Path) -> FileRecord | None:
        """What became of one file."""
        ...

    def study(self, study_uid: str) -> Study | None:
        """One study with its series and instances."""
        ...

    def first_film(self, root: Path) -> Instance | None:
        """The first film at or below `root`, by its path."""
        ...

    def count(self, query: WorklistQuery) -> int:
        """How many studies match."""
        ...

    def uids(self, query: WorklistQuery, *, offset: int, limit: int) -> tuple[str, ...]:
        """Study Instance UIDs of a slice of the matching studies."""
        ...

    def page(self, query: WorklistQuery, *, offset: int, limit: int) -> tuple[WorklistRow, ...]:
        """A slice of the matching studies."""
        ...

    def conflicts(self, patient: PatientIdentity) -> tuple[IdentityConflict, ...]:
        """What other studies filed under the patient's ID say otherwise."""
        ...

    def unread(
        self, study_uids: Sequence[str], *, package_sha256: str
    ) -> tuple[tuple[str, str], ...]:
        """(study, film) of all films of these studies without a score of this model package, refused ones left out."""
        ...

    def places(self) -> tuple[Place, ...]:
        """Where the films came from, in the order of the paths."""
        ...

    def remove_studies(self, study_uids: Sequence[str]) -> None:
        """Take studies out of the list; files, reviews and analyses stay, and a new scan brings all back."""
        ...

    def remove_place(self, root: Path) -> None:
        """Take a place and all that lies below it out of the list, as `remove_studies` does."""
        ...

    def distrust(self) -> None:
        """Take no file for unchanged any more: the next scan reads each of them again."""
        ...

    def of_patient(self, patient_id: str, *, issuer: str) -> tuple[Study, ...]:
        """All studies filed under one patient ID; whether it is one person is `services.priors`' to say."""
        ...


class ReviewStore(Protocol):
    """Events and analyses: what must never be lost."""

    def append(self, event: ReviewEvent) -> ChangeSet:
        """Commit one event; when this returns it survives kill -9 and power loss."""
        ...

    def events(self, study_uid: str) -> tuple[ReviewEvent, ...]:
        """All events of a study, oldest first."""
        ...

    def state(self, study_uid: str) -> ReviewState:
        """The events added up."""
        ...

    def put_analysis(self, study_uid: str, result: AnalysisResult) -> ChangeSet:
        """Store a result beside the others of that film."""
        ...

    def analyses(self, study_uid: str) -> tuple[AnalysisResult, ...]:
        """The newest result of each film of a study."""
        ...


class SessionStore(Protocol):
    """Patient-related state that survives a restart: drafts, recent folders, the open study, thumbnails."""

    def put(self, key: str, value: str) -> None:
        """Commit one value."""
        ...

    def get(self, key: str) -> str | None:
        """The value stored last."""
        ...

    def put_thumbnail(self, stamp: FileStamp, picture: NDArray[np.uint8]) -> None:
        """Keep a small grey picture, (rows, columns) uint8, of a file as it was then."""
        ...

    def thumbnail(self, stamp: FileStamp) -> NDArray[np.uint8] | None:
        """The small grey picture of just this state of a file, if there is one."""
        ...
