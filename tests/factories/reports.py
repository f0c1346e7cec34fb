"""Report documents and batch results made in memory."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from tests.factories.films import (
    NOON,
    STUDY_UID,
    make_analysis,
    make_event,
    make_film,
    make_instance,
    make_patient,
    make_pixels,
)
from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import AnalysisResult, AnalysisStatus, FindingCode, ModelInfo
from workstation.core.report import ReportDocument
from workstation.core.review import (
    Actor,
    AiRevealed,
    Change,
    Decision,
    DecisionChanged,
    Section,
    TextChanged,
    Verdict,
)
from workstation.core.study import Study
from workstation.services.batch import FileResult, FileStatus, StudyResult
from workstation.services.reporting import Readership, ShownFilm, build_report

MODEL = ModelInfo(
    model_id="test-model",
    version="1.0.0",
    package_sha256="a" * 64,
    weights_sha256="b" * 64,
    trust="built_in",
    codes=(FindingCode.NODULE, FindingCode.EFFUSION),
    calibrated=True,
    minimum_age=18.0,
    marks_per_100_normal=37.0,
    card_html={},
)


def make_study(**changes: Any) -> Study:
    values: dict[str, Any] = {
        "study_uid": STUDY_UID,
        "patient": make_patient(),
        "when": datetime(2024, 5, 6, 9, 30),  # noqa: DTZ001 - files hold local times
        "description": "CHEST PA",
        "accession_number": "A-17",
        "series": (),
    }
    return Study(**values | changes)


def make_shown(rows: int = 64, columns: int = 48) -> ShownFilm:
    instance = make_instance(rows=rows, columns=columns)
    film = make_film(make_pixels(rows, columns), instance=instance)
    return ShownFilm(instance=instance, film=film, analysis=make_analysis())


def make_report(
    *changes: Change, reader: str | None = "Dr Li", **options: Any
) -> ReportDocument:
    """A report with texts and decisions, or with `reader` None a sheet that nobody has seen."""
    written: tuple[Change, ...] = changes or (
        AiRevealed(without_impression=True),
        TextChanged(section=Section.FINDINGS, before="", after="右肺上叶见一结节影。"),
        TextChanged(section=Section.IMPRESSION, before="", after="可能为肿瘤。"),
        DecisionChanged(
            sop_uid=f"{STUDY_UID}.1.1",
            code=FindingCode.NODULE,
            before=None,
            after=Decision(verdict=Verdict.ACCEPTED, code=FindingCode.NODULE, comment="见所见"),
        ),
    )
    events = tuple(make_event(change, number) for number, change in enumerate(written))
    readership = Readership(reader=Actor(name=reader), events=events) if reader else None
    values: dict[str, Any] = {
        "study": make_study(),
        "films": (make_shown(),),
        "readership": readership,
        "model": MODEL,
        "created_utc": NOON,
        "program_version": "0.1.0",
    }
    return build_report(**values | options)


def make_batch() -> tuple[StudyResult, ...]:
    """Files that are no image, and a study with an analysed, a refused and a failed film."""
    shown = make_shown()
    refused = make_instance(sop_uid=f"{STUDY_UID}.1.2", view_position="LL")
    failed = make_instance(sop_uid=f"{STUDY_UID}.1.3")
    fault = Reason(code=ErrorCode.ANALYSIS_FAILED)
    return (
        StudyResult(
            study=None,
            files=(
                FileResult(
                    path=Path("films/=notes.txt"),
                    status=FileStatus.SKIPPED,
                    reason=Reason(code=ErrorCode.NOT_AN_IMAGE),
                ),
            ),
        ),
        StudyResult(
            study=make_study(),
            files=(
                FileResult(
                    path=Path("films/a.dcm"),
                    status=FileStatus.ANALYSED,
                    instance=shown.instance,
                    result=shown.analysis,
                    film=shown.film,
                ),
                FileResult(
                    path=Path("films/b.dcm"),
                    status=FileStatus.REFUSED,
                    reason=Reason(code=ErrorCode.NOT_FRONTAL, parameters={"view": "LL"}),
                    instance=refused,
                ),
                FileResult(
                    path=Path("films/c.dcm"),
                    status=FileStatus.FAILED,
                    reason=fault,
                    instance=failed,
                    film=make_film(instance=failed),
                    result=AnalysisResult(
                        sop_uid=failed.sop_uid,
                        content_sha256="c" * 64,
                        status=AnalysisStatus.FAILED,
                        reason=fault,
                    ),
                ),
            ),
        ),
    )
