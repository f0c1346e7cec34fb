"""Make a training set: presented films as pictures, and a manifest without a patient's name in it."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workstation.core.display import presented
from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.jobs import JobContext, Progress
from workstation.core.ports import FilmReader, HeaderScanner
from workstation.core.study import FileRecord, FileStamp, Instance, film_or_skipped
from workstation.services.analysis import tag_refusal
from workstation.services.exporting import write_atomically
from workstation.services.twins import settle

MANIFEST, FILMS = "manifest.csv", "films"
COLUMNS = ("path", "patient_id", "site", "view", "sex", "age", "pixel_aspect", "labels")

WritePicture = Callable[[Path, NDArray[np.uint16]], None]


def read_labels(table: Path) -> dict[str, str]:
    """Labels by film from a CSV with the columns `film` (path relative to the table, or SOP Instance UID) and `labels`.

    Raises
    ------
    WorkstationError
        ``labels_unreadable`` when the table cannot be read, lacks a column or names a film twice.
    """
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise WorkstationError(
            ErrorCode.LABELS_UNREADABLE, type(error).__name__, path=str(table)
        ) from error
    rows = csv.DictReader(io.StringIO(text))
    if not {"film", "labels"} <= set(rows.fieldnames or ()):
        raise WorkstationError(ErrorCode.LABELS_UNREADABLE, "columns", path=str(table))
    labels: dict[str, str] = {}
    for row in rows:
        film = (row["film"] or "").strip()
        if film in labels:
            raise WorkstationError(ErrorCode.LABELS_UNREADABLE, "film twice", path=str(table))
        labels[film] = (row["labels"] or "").strip()
    return labels


class DatasetExport:
    """The use case "make a training set of these films".

    Each frontal radiograph that has a row in the label table becomes a 16-bit picture of what the reading room would show, named by its
    own hash. Patients get numbers that cannot be turned back: a hash with a `salt` that nobody keeps.

    Parameters
    ----------
    scanner, reader
        Guarded children.
    write_picture
        Writes (rows, columns) uint16 as a PNG file.
    salt
        Random bytes; the same salt gives the same numbers.
    site
        What the manifest calls the place the films come from.
    """

    def __init__(
        self,
        *,
        scanner: HeaderScanner,
        reader: FilmReader,
        write_picture: WritePicture,
        salt: bytes,
        site: str = "",
    ) -> None:
        self._scanner = scanner
        self._reader = reader
        self._write_picture = write_picture
        self._salt = salt
        self._site = site

    def run(
        self,
        files: Iterable[FileStamp | FileRecord],
        labels: Mapping[str, str],
        out: Path,
        context: JobContext,
        *,
        labels_folder: Path,
    ) -> tuple[int, tuple[Reason, ...]]:
        """Write the set below `out`; how many films it has, and a reason for every file that is not in it.

        A film is in it once. Of two under one SOP Instance UID the second is left out, as it is in the library (decision 6).

        Raises
        ------
        WorkstationError
            ``output_not_writable`` or ``disk_full``; ``no_labelled_film`` when no film is left.
        """
        items = list(files)
        left_out = [r.reason for r in items if isinstance(r, FileRecord) and r.reason]
        stamps = [item for item in items if isinstance(item, FileStamp)]
        records = []
        for record in self._scanner.scan(stamps, context):
            records.append(record)
            context.report(Progress(stage="scan", done=len(records), total=len(stamps)))
        records, _ = settle(records, {}, context.token, digest=self._scanner.digest)
        rows: dict[str, dict[str, str]] = {}
        for done, record in enumerate(records, start=1):
            context.report(Progress(stage="dataset", done=done, total=len(stamps)))
            context.token.raise_if_cancelled()
            uid = record.instance.sop_uid if record.instance else ""
            if uid in rows:
                left_out.append(Reason(code=ErrorCode.SAME_FILM))
                continue
            try:
                rows[uid] = self._add(record, labels, out, context, labels_folder=labels_folder)
            except CancelledError:
                raise
            except WorkstationError as error:
                if error.code in {ErrorCode.DISK_FULL, ErrorCode.OUTPUT_NOT_WRITABLE}:
                    raise
                left_out.append(error.reason)
        if not rows:
            raise WorkstationError(ErrorCode.NO_LABELLED_FILM)
        write_atomically(out / MANIFEST, _table(list(rows.values())))
        return len(rows), tuple(left_out)

    def _add(
        self,
        record: FileRecord,
        labels: Mapping[str, str],
        out: Path,
        context: JobContext,
        *,
        labels_folder: Path,
    ) -> dict[str, str]:
        record = film_or_skipped(record)
        if record.instance is None:
            raise _refused(record.reason or Reason(code=ErrorCode.NOT_AN_IMAGE))
        refusal = tag_refusal(record.instance, minimum_age=0.0)
        if refusal is not None:
            raise _refused(refusal)
        found = [labels[name] for name in _names(record, labels_folder) if name in labels]
        if not found:
            raise WorkstationError(ErrorCode.NO_LABEL)
        film = self._reader.read(record.stamp.path, context)
        name = f"{FILMS}/{film.content_sha256[:24]}.png"
        self._write_picture(out / name, np.rint(presented(film) * 65535).astype(np.uint16))
        spacing = film.spacing
        aspect = 1.0 if spacing is None else spacing.row_mm / spacing.column_mm
        return self._row(film.instance, name=name, labels=found[0], aspect=aspect)

    def _row(
        self, instance: Instance, *, name: str, labels: str, aspect: float
    ) -> dict[str, str]:
        patient = instance.patient
        who = f"{patient.issuer}\0{patient.patient_id or instance.study_uid}"
        number = hashlib.sha256(self._salt + who.encode()).hexdigest()[:16]
        return {
            "path": name,
            "patient_id": number,
            "site": self._site,
            "view": instance.view_position,
            "sex": patient.sex.value,
            "age": "" if instance.age is None else f"{instance.age.years:.0f}",
            "pixel_aspect": f"{aspect:.6g}",
            "labels": labels,
        }


def _names(record: FileRecord, folder: Path) -> Iterator[str]:
    """What the label table may call a film."""
    assert record.instance is not None  # noqa: S101 - asked for loaded files only
    yield record.instance.sop_uid
    path = record.stamp.path
    yield str(path)
    if path.is_relative_to(folder.absolute()):
        yield path.relative_to(folder.absolute()).as_posix()


def _refused(reason: Reason) -> WorkstationError:
    return WorkstationError(reason.code, reason.detail, **reason.parameters)


def _table(rows: list[dict[str, str]]) -> bytes:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()
