"""Who and what: patient, study, series and instance as the DICOM model of the real world names them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from workstation.core.errors import ErrorCode, Reason

PRESENTATION_STATE = "1.2.840.10008.5.1.4.1.1.11.1"
"""SOP Class UID of grayscale softcopy presentation states (PS3.4 B.5)."""
_FOR_PROCESSING = "1.2.840.10008.5.1.4.1.1.1.1.1"
"""SOP Class UID of Digital X-Ray, For Processing (PS3.4 B.5)."""


_BETWEEN_HAN = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


def joined(name: str) -> str:
    """A name as it is written in Chinese: no space between family and given name."""
    return _BETWEEN_HAN.sub("", name)


SUSPECTED = "chinese_suspected"
"""Text note of a film whose text may be Chinese under a wrong label."""


class Sex(StrEnum):
    """Patient's Sex (0010,0040)."""

    FEMALE = "F"
    MALE = "M"
    OTHER = "O"
    UNKNOWN = ""


class PatientPosition(StrEnum):
    """How the patient lay or stood; `LEFT_DECUBITUS` lies on the left side (PS3.3 C.7.3.1.1.2, PS3.16 CID 19 and 20)."""

    SUPINE = "supine"
    PRONE = "prone"
    RIGHT_DECUBITUS = "right_decubitus"
    LEFT_DECUBITUS = "left_decubitus"
    RECUMBENT = "recumbent"
    ERECT = "erect"
    SEMI_ERECT = "semi_erect"
    SITTING = "sitting"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A name's component groups (PS3.5 6.2.1.1), carets already turned into readable spacing."""

    alphabetic: str = ""
    ideographic: str = ""
    phonetic: str = ""

    def __str__(self) -> str:
        """The ideographic form where there is one, with the alphabetic form behind it."""
        shown = self.ideographic or self.alphabetic or self.phonetic
        if self.ideographic and self.alphabetic and self.ideographic != self.alphabetic:
            shown = f"{self.ideographic} ({self.alphabetic})"
        return joined(shown)

    def __bool__(self) -> bool:
        return bool(self.alphabetic or self.ideographic or self.phonetic)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdentity:
    """Who the film says the patient is."""

    name: PersonName = field(default_factory=PersonName)
    patient_id: str = ""
    issuer: str = ""
    birth_date: date | None = None
    sex: Sex = Sex.UNKNOWN

    @property
    def is_identified(self) -> bool:
        """Whether there is a name or an ID at all."""
        return bool(self.name) or bool(self.patient_id)

    @property
    def brief(self) -> str:
        """Name, ID and birth date, as far as there are any, in no language."""
        born = self.birth_date.isoformat() if self.birth_date else ""
        return ", ".join(filter(None, (str(self.name), self.patient_id, born))) or "?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """Age at the time of the film in years.

    `assumed_years` marks a tag without a unit that was read as years, `contradictory` one that the birth date speaks
    against; the younger age is taken then.
    """

    years: float
    assumed_years: bool = False
    contradictory: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.years < 200:
            raise ValueError("an age lies between 0 and 200 years")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One image object as its header describes it: a row of the index.

    Text is decoded by the file's own character set (PS3.5 6.1.2.3). Unknown values are empty strings or None.
    `study_datetime` and `acquired` are local times as written, without a zone.
    """

    patient: PatientIdentity
    study_uid: str
    series_uid: str
    sop_uid: str
    sop_class_uid: str = ""
    transfer_syntax_uid: str = ""
    study_datetime: datetime | None = None
    acquired: datetime | None = None
    study_description: str = ""
    accession_number: str = ""
    institution: str = ""
    department: str = ""
    referring_physician: str = ""
    series_number: int | None = None
    series_description: str = ""
    instance_number: int | None = None
    modality: str = ""
    body_part: str = ""
    view_position: str = ""
    laterality: str = ""
    patient_position: PatientPosition = PatientPosition.UNKNOWN
    patient_orientation: tuple[str, str] = ("", "")
    presentation_intent: str = ""
    age: Age | None = None
    rows: int = 0
    columns: int = 0
    frames: int = 1
    lossy: bool = False
    text_note: str = ""
    """Stable name of what had to be assumed while decoding text, for instance ``gbk_assumed``, or `SUSPECTED`."""

    @property
    def when(self) -> datetime | None:
        """When the film was taken, as well as is known."""
        return self.acquired or self.study_datetime

    @property
    def is_film(self) -> bool:
        """Whether it has pixels: all but presentation states do."""
        return self.sop_class_uid != PRESENTATION_STATE

    @property
    def is_raw(self) -> bool:
        """Whether its pixels are for processing, not for reading (PS3.3 C.8.11.2.1)."""
        intended = self.presentation_intent == "FOR PROCESSING"
        return intended or self.sop_class_uid == _FOR_PROCESSING


class FileOutcome(StrEnum):
    """What became of a file during an import."""

    LOADED = "loaded"
    SKIPPED = "skipped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """What tells an unchanged file from a changed one without reading it.

    A member of an archive has its path below the archive's and its own size unpacked; its time is the archive's, later by as
    many ns as the archive has bytes, so that either change of the archive shows.
    """

    path: Path
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """One file of a scanned folder and what became of it; `reason` is None for a loaded one."""

    stamp: FileStamp
    outcome: FileOutcome
    instance: Instance | None = None
    reason: Reason | None = None

    def __post_init__(self) -> None:
        if (self.outcome is FileOutcome.LOADED) != (self.instance is not None):
            raise ValueError("a loaded file has an instance, another has none")
        if (self.outcome is FileOutcome.LOADED) == (self.reason is not None):
            raise ValueError("a file that was not loaded has a reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One series and its image objects in reading order, each with the file that holds it."""

    series_uid: str
    number: int | None
    description: str
    modality: str
    instances: tuple[tuple[Instance, Path], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One examination of one patient."""

    study_uid: str
    patient: PatientIdentity
    when: datetime | None
    description: str
    accession_number: str
    series: tuple[Series, ...]
    presentations: tuple[tuple[Instance, Path], ...] = ()
    """Presentation states of its films."""
    stamps: tuple[FileStamp, ...] = ()
    """What its files were when they were indexed; empty where that is not known."""

    @property
    def instances(self) -> tuple[tuple[Instance, Path], ...]:
        """All image objects of the study, series by series."""
        return tuple(pair for series in self.series for pair in series.instances)

    def film(self, sop_uid: str) -> tuple[Instance, Path] | None:
        """One of its films with its file."""
        return next((film for film in self.instances if film[0].sop_uid == sop_uid), None)

    def stamp(self, path: Path) -> FileStamp | None:
        """What one of its files was when it was indexed."""
        return next((stamp for stamp in self.stamps if stamp.path == path), None)


def study_of(films: Sequence[tuple[Instance, Path]]) -> Study:
    """The study that `films` of one Study Instance UID make up: series by their numbers, images by theirs.

    Presentation states among them stand apart.
    """
    by_series: dict[str, list[tuple[Instance, Path]]] = {}
    for film in films:
        if film[0].is_film:
            by_series.setdefault(film[0].series_uid, []).append(film)
    series = [
        Series(
            series_uid=uid,
            number=members[0][0].series_number,
            description=members[0][0].series_description,
            modality=members[0][0].modality,
            instances=tuple(sorted(members, key=lambda f: (f[0].instance_number or 0, f[1]))),
        )
        for uid, members in by_series.items()
    ]
    series.sort(key=lambda s: (s.number is None, s.number or 0, s.series_uid))
    first = next((film[0] for film in films if film[0].is_film), films[0][0])
    return Study(
        study_uid=first.study_uid,
        patient=first.patient,
        when=first.when,
        description=first.study_description,
        accession_number=first.accession_number,
        series=tuple(series),
        presentations=tuple(film for film in films if not film[0].is_film),
    )


def film_or_skipped(record: FileRecord) -> FileRecord:
    """`record`, where films alone are read: a presentation state counts as a file without pixels."""
    if record.instance is None or record.instance.is_film:
        return record
    reason = Reason(code=ErrorCode.NO_PIXEL_DATA, parameters={"path": str(record.stamp.path)})
    return FileRecord(stamp=record.stamp, outcome=FileOutcome.SKIPPED, reason=reason)
