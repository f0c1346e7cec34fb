"""One immutable report of a study: the reader's words, the films as shown, and what the AI said, apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from workstation.core.annotation import Annotation
from workstation.core.display import VoiSelection
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.findings import AnalysisResult, FindingScore, ModelInfo, QualityResult
from workstation.core.image import Radiograph
from workstation.core.measurement import calibrated, measure
from workstation.core.overlay import default_style, has_positive_evidence, legend
from workstation.core.report import (
    EvidenceImage,
    ReportDocument,
    ReportedFilm,
    ReportedFinding,
    ReportedMark,
)
from workstation.core.review import (
    Actor,
    AiRevealed,
    PatientNoted,
    ReviewEvent,
    ReviewState,
    StatusChanged,
    replay,
)
from workstation.core.study import Instance, Study
from workstation.services.pictures import (
    Picture,
    evidence_picture,
    film_picture,
    marks_picture,
)
from workstation.services.review import patient_changed

EVIDENCE_PER_FILM = 3
_NO_WRITING = (StatusChanged, AiRevealed, PatientNoted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFilm:
    """One film for the report, with the window and inversion its reader used.

    `film` is None for one that was refused by its tags and never decoded; `analysis` is None when there is none.
    """

    instance: Instance
    film: Radiograph | None = None
    analysis: AnalysisResult | None = None
    voi: VoiSelection | None = None
    inverted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Readership:
    """Who reports on the study, and everything that happened to it so far, oldest event first."""

    reader: Actor
    events: tuple[ReviewEvent, ...] = ()


def build_report(
    study: Study,
    films: Sequence[ShownFilm],
    *,
    readership: Readership | None,
    model: ModelInfo | None,
    created_utc: datetime,
    program_version: str,
    prior_datetime: datetime | None = None,
    key_images: Sequence[ShownFilm] = (),
    evidence_per_film: int = EVIDENCE_PER_FILM,
) -> ReportDocument:
    """The report of `study` as it stands.

    Without a readership it is an AI analysis sheet that no reader has seen. A reader's report carries AI results only
    once they were revealed to the reader. `key_images` are the frames that the reader marked.

    Raises
    ------
    WorkstationError
        ``identity_mismatch`` when `films` belong to another study or to different patients, ``patient_changed`` when the
        review was begun for another one.
    """
    _check_identity(study, [*films, *key_images])
    events = readership.events if readership else ()
    state = replay(study.study_uid, events)
    changed = patient_changed(state, study)
    if changed is not None:
        raise WorkstationError(changed.code, **changed.parameters)
    with_ai = readership is None or state.revealed
    first = films[0].instance if films else (study.instances[0][0] if study.instances else None)
    return ReportDocument(
        study_uid=study.study_uid,
        identity=state.identity or study.patient,
        identity_entered_by_hand=state.identity is not None,
        age=first.age if first else None,
        institution=first.institution if first else "",
        department=first.department if first else "",
        accession_number=study.accession_number,
        study_description=study.description,
        study_datetime=study.when,
        prior_datetime=prior_datetime,
        films=tuple(
            _reported(film, state, with_ai=with_ai, limit=evidence_per_film) for film in films
        ),
        key_images=tuple(_reported(film, state, with_ai=False, limit=0) for film in key_images),
        first_impression=state.impression,
        ai_seen_first=state.ai_seen_first,
        texts=MappingProxyType(dict(state.texts)),
        status=state.status,
        reader=_author(events, readership),
        reviewer=state.reviewer,
        written_utc=_written(events),
        reviewed_utc=state.reviewed_utc,
        created_utc=created_utc,
        model=model if with_ai else None,
        program_version=program_version,
    )


def _check_identity(study: Study, films: Sequence[ShownFilm]) -> None:
    for shown in films:
        instances = [shown.instance, *([shown.film.instance] if shown.film else [])]
        for instance in instances:
            same = (instance.study_uid, instance.patient) == (study.study_uid, study.patient)
            if not same or instance.sop_uid != shown.instance.sop_uid:
                raise WorkstationError(ErrorCode.IDENTITY_MISMATCH)
        if shown.analysis is not None and shown.analysis.sop_uid != shown.instance.sop_uid:
            raise WorkstationError(ErrorCode.IDENTITY_MISMATCH)


def _writing(events: Sequence[ReviewEvent]) -> ReviewEvent | None:
    """The last event that changed what the report says; moving it on and looking at the AI do not."""
    return next(
        (e for e in reversed(events) if not isinstance(e.change, _NO_WRITING)),
        None,
    )


def _author(events: Sequence[ReviewEvent], readership: Readership | None) -> Actor | None:
    written = _writing(events)
    if written is not None:
        return written.actor
    return readership.reader if readership else None


def _written(events: Sequence[ReviewEvent]) -> datetime | None:
    written = _writing(events)
    return written.at_utc if written else None


def _reported(
    shown: ShownFilm, state: ReviewState, *, with_ai: bool, limit: int
) -> ReportedFilm:
    picture = (
        film_picture(shown.film, voi=shown.voi, inverted=shown.inverted) if shown.film else None
    )
    drawn = [
        annotation
        for annotation in state.annotations_of(shown.instance.sop_uid)
        if shown.film is not None and annotation.frame == shown.film.frame
    ]
    analysis = shown.analysis if with_ai else None
    prediction = analysis.prediction if analysis else None
    return ReportedFilm(
        instance=shown.instance,
        frame=shown.film.frame if shown.film else 0,
        status=analysis.status if analysis else None,
        reason=analysis.reason if analysis else None,
        analysed_utc=prediction.created_utc if prediction else None,
        key_image=picture.pixels if picture else None,
        findings=tuple(
            ReportedFinding(
                score=score,
                decision=state.decisions.get((shown.instance.sop_uid, score.code)),
            )
            for score in (prediction.scores if prediction else ())
        ),
        evidence=_evidence(analysis, picture, limit) if analysis and picture else (),
        quality=analysis.quality if analysis else QualityResult(),
        nodules=analysis.nodules if analysis else None,
        nodules_reason=analysis.nodules_reason if analysis else None,
        marks=_marks(shown.film, drawn, state) if shown.film else (),
        marked_image=marks_picture(picture, drawn) if picture and drawn else None,
    )


def _marks(
    film: Radiograph, annotations: Sequence[Annotation], state: ReviewState
) -> tuple[ReportedMark, ...]:
    spacing = calibrated(film, state.calibrations.get(film.instance.sop_uid))
    return tuple(
        ReportedMark(kind=a.kind, measured=measure(a, film, spacing), text=a.text)
        for a in annotations
    )


def margin(score: FindingScore) -> float:
    """How far a score lies above its threshold in log-odds; minus infinity without a threshold."""
    if score.threshold is None:
        return -math.inf
    probability = min(max(score.probability, 1e-6), 1 - 1e-6)
    return math.log(probability / (1 - probability)) - math.log(
        score.threshold / (1 - score.threshold)
    )


def _evidence(
    analysis: AnalysisResult, picture: Picture, limit: int
) -> tuple[EvidenceImage, ...]:
    """Pictures of the findings above threshold, the farthest above first; nothing is measured from them."""
    above = analysis.prediction.above if analysis.prediction else ()
    images = []
    for score in sorted(above, key=margin, reverse=True):
        evidence = analysis.map_of(score.code)
        if evidence is None or not has_positive_evidence(evidence):
            continue
        style = default_style(evidence)
        colours, ticks = legend(style)
        images.append(
            EvidenceImage(
                code=score.code,
                pixels=evidence_picture(picture, evidence, style),
                legend_rgb=colours,
                ticks=ticks,
                cut_off=style.cut_off,
            )
        )
        if len(images) == limit:
            break
    return tuple(images)
