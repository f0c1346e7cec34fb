"""A PDF per study of a batch: analysis sheets that no reader has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from resources.i18n import Texts
from workstation.core.findings import AnalysisResult, AnalysisStatus, ModelInfo
from workstation.core.ports import ReportRenderer
from workstation.core.study import PatientIdentity, Study
from workstation.services.batch import FileResult, FileStatus, StudyResult
from workstation.services.exporting import safe_stem, write_atomically
from workstation.services.reporting import ShownFilm, build_report


def _now() -> datetime:
    return datetime.now(UTC)


class StudyPdfs:
    """Writes ``<accession number>-<hash>.pdf`` below `out` as each study comes in."""

    def __init__(
        self,
        out: Path,
        renderer: ReportRenderer,
        *,
        model: ModelInfo,
        texts: Texts,
        version: str,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._out = out
        self._renderer = renderer
        self._model = model
        self._texts = texts
        self._version = version
        self._clock = clock

    def add(self, result: StudyResult) -> None:
        """Write the sheet of one study; one a patient, should its files name several. A film at two places is shown once."""
        if result.study is None:
            return
        sheets: dict[tuple[str, PatientIdentity], dict[str, ShownFilm]] = {}
        for shown in filter(None, map(_shown, result.files)):
            owner = (shown.instance.study_uid, shown.instance.patient)
            sheets.setdefault(owner, {}).setdefault(shown.instance.sop_uid, shown)
        for (study_uid, patient), films in sheets.items():
            study = replace(result.study, study_uid=study_uid, patient=patient)
            self._write(study, list(films.values()))

    def _write(self, study: Study, films: list[ShownFilm]) -> None:
        document = build_report(
            study,
            films,
            readership=None,
            model=self._model,
            created_utc=self._clock(),
            program_version=self._version,
        )
        pdf = self._renderer.render(document, language=self._texts.language)
        identifier = f"{study.study_uid} {study.patient!r}"
        stem = safe_stem(study.accession_number, identifier=identifier)
        write_atomically(self._out / f"{stem}.pdf", pdf)

    def close(self) -> None:
        """Nothing is left to do."""


def _shown(file: FileResult) -> ShownFilm | None:
    if file.instance is None:
        return None
    analysis = file.result
    if analysis is None and file.reason is not None:
        refused = file.status is FileStatus.REFUSED
        analysis = AnalysisResult(
            sop_uid=file.instance.sop_uid,
            content_sha256="",
            status=AnalysisStatus.REFUSED if refused else AnalysisStatus.FAILED,
            reason=file.reason,
        )
    return ShownFilm(instance=file.instance, film=file.film, analysis=analysis)
