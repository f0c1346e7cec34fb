"""What enters a report, and what must not."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from tests.factories.films import (
    NOON,
    STUDY_UID,
    make_analysis,
    make_event,
    make_evidence,
    make_film,
    make_instance,
    make_patient,
    make_pixels,
    make_prediction,
    make_refusal,
)
from workstation.core.display import render
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.findings import AnalysisStatus, FindingCode, ModelInfo
from workstation.core.image import WindowLevel
from workstation.core.report import ReportDocument
from workstation.core.review import (
    Actor,
    AiRevealed,
    Change,
    Decision,
    DecisionChanged,
    FirstImpression,
    IdentityEntered,
    ImpressionRecorded,
    ReviewStatus,
    Section,
    StatusChanged,
    TextChanged,
    Verdict,
)
from workstation.core.study import Study
from workstation.services.pictures import film_picture
from workstation.services.reporting import Readership, ShownFilm, build_report

SOP = f"{STUDY_UID}.1.1"
MODEL = ModelInfo(
    model_id="test-model",
    version="1.0.0",
    package_sha256="a" * 64,
    weights_sha256="b" * 64,
    trust="built_in",
    codes=(FindingCode.NODULE, FindingCode.EFFUSION),
    calibrated=True,
    minimum_age=18.0,
    marks_per_100_normal=None,
    card_html={},
)
STUDY = Study(
    study_uid=STUDY_UID,
    patient=make_patient(),
    when=datetime(2024, 5, 6, 9, 30),  # noqa: DTZ001 - files hold local times
    description="CHEST PA",
    accession_number="A-17",
    series=(),
)
SHOWN = ShownFilm(instance=make_instance(), film=make_film(), analysis=make_analysis())


def build(
    *changes: Change, films: tuple[ShownFilm, ...] = (SHOWN,), reader: str | None = "Dr Li"
) -> ReportDocument:
    events = tuple(make_event(change, number) for number, change in enumerate(changes))
    return build_report(
        STUDY,
        films,
        readership=Readership(reader=Actor(name=reader), events=events) if reader else None,
        model=MODEL,
        created_utc=NOON,
        program_version="0.1.0",
    )


def test_ai_enters_a_readers_report_only_once_revealed() -> None:
    hidden = build(ImpressionRecorded(before=None, after=FirstImpression(text="clear")))
    (film,) = hidden.films
    assert hidden.model is None
    assert (film.status, film.findings, film.evidence, film.analysed_utc) == (
        None,
        (),
        (),
        None,
    )
    assert film.key_image is not None
    shown = build(AiRevealed(without_impression=True))
    assert shown.model is MODEL
    assert len(shown.films[0].findings) == 2


def test_a_sheet_without_reader_carries_ai_and_no_reader() -> None:
    document = build(reader=None)
    assert not document.has_reader
    assert document.status is ReviewStatus.NEW
    assert document.films[0].status is AnalysisStatus.ANALYSED
    assert document.texts == {}


def test_decisions_stand_beside_the_original_score() -> None:
    decision = Decision(verdict=Verdict.EDITED, code=FindingCode.MASS)
    document = build(
        AiRevealed(without_impression=True),
        DecisionChanged(sop_uid=SOP, code=FindingCode.NODULE, before=None, after=decision),
    )
    nodule, effusion = document.films[0].findings
    assert (nodule.score.code, nodule.decision) == (FindingCode.NODULE, decision)
    assert effusion.decision is None


def test_writing_and_reviewing_are_told_apart() -> None:
    written = make_event(TextChanged(section=Section.IMPRESSION, before="", after="clear"), 1)
    reviewed = make_event(
        StatusChanged(before=ReviewStatus.DRAFT, after=ReviewStatus.REVIEWED),
        2,
        actor=Actor(name="Dr Wu"),
        at_utc=NOON + timedelta(hours=1),
    )
    document = build_report(
        STUDY,
        (SHOWN,),
        readership=Readership(reader=Actor(name="Dr Wu"), events=(written, reviewed)),
        model=MODEL,
        created_utc=NOON,
        program_version="0.1.0",
    )
    assert document.reader == Actor(name="Dr Li")
    assert document.written_utc == NOON
    assert document.reviewer == Actor(name="Dr Wu")
    assert document.reviewed_utc == NOON + timedelta(hours=1)


def test_identity_entered_by_hand_is_marked() -> None:
    entered = replace(STUDY.patient, patient_id="P-9")
    document = build(IdentityEntered(before=None, after=entered))
    assert document.identity_entered_by_hand
    assert document.identity.patient_id == "P-9"


@pytest.mark.parametrize(
    "film",
    [
        ShownFilm(instance=make_instance(patient=make_patient(patient_id="P-2"))),
        ShownFilm(instance=make_instance(study_uid="1.9")),
        replace(SHOWN, film=make_film(instance=make_instance(sop_uid="1.9"))),
        replace(SHOWN, analysis=make_refusal(sop_uid="1.9")),
    ],
)
def test_another_patients_film_never_enters(film: ShownFilm) -> None:
    with pytest.raises(WorkstationError) as caught:
        build(films=(film,))
    assert caught.value.code is ErrorCode.IDENTITY_MISMATCH


def test_the_key_image_is_what_the_reader_saw() -> None:
    window = WindowLevel(centre=1500, width=900)
    document = build(films=(replace(SHOWN, voi=window, inverted=True),))
    expected = render(make_film(), window, inverted=True)
    assert np.array_equal(document.films[0].key_image, expected)


def test_evidence_is_drawn_for_findings_above_threshold_only_the_farthest_first() -> None:
    probabilities = {
        FindingCode.MASS: 0.6,
        FindingCode.NODULE: 0.9,
        FindingCode.EDEMA: 0.4,
        FindingCode.FIBROSIS: 0.7,
        FindingCode.HERNIA: 0.8,
    }
    analysis = make_analysis(
        prediction=make_prediction(probabilities),
        maps=tuple(make_evidence(code=code) for code in probabilities),
    )
    document = build(films=(replace(SHOWN, analysis=analysis),), reader=None)
    codes = [image.code for image in document.films[0].evidence]
    assert codes == [FindingCode.NODULE, FindingCode.HERNIA, FindingCode.FIBROSIS]


def test_a_model_without_calibration_and_a_map_without_evidence_draw_nothing() -> None:
    uncalibrated = make_analysis(prediction=make_prediction(threshold=None))
    negative = make_analysis(maps=(make_evidence(np.full((7, 7), -1.0)),))
    for analysis in (uncalibrated, negative):
        document = build(films=(replace(SHOWN, analysis=analysis),), reader=None)
        assert document.films[0].evidence == ()


def test_evidence_lies_on_its_place_of_the_smaller_picture() -> None:
    film = make_film(make_pixels(640, 480))
    cell = np.full((64, 48), -1.0)
    cell[20, 30] = 3.0
    evidence = make_evidence(cell, to_film=make_evidence().to_film)
    evidence = replace(
        evidence, to_film=replace(evidence.to_film, a=10.0, c=4.5, e=10.0, f=4.5, b=0.0, d=0.0)
    )
    picture = film_picture(film, longest_side_px=320)
    assert picture.pixels.shape == (320, 240)
    analysis = make_analysis({FindingCode.NODULE: 0.9}, maps=(evidence,))
    instance = make_instance(rows=640, columns=480)
    shown = ShownFilm(instance=instance, film=film, analysis=analysis)
    (drawn,) = build(films=(shown,), reader=None).films[0].evidence
    coloured = np.argwhere(drawn.pixels.max(axis=2) != drawn.pixels.min(axis=2))
    row, column = coloured.mean(axis=0)
    assert (row, column) == pytest.approx((204.5, 304.5), abs=1.0)
    assert drawn.cut_off == drawn.ticks[0].value


def test_blocks_are_averaged() -> None:
    film = make_film(np.array([[0, 4095] * 2, [4095, 0] * 2] * 2, np.uint16))
    assert set(film_picture(film, longest_side_px=2).pixels.ravel()) == {128}


def test_colour_becomes_grey_and_undecoded_films_have_no_picture() -> None:
    colour = make_film(np.full((8, 6, 3), 90, np.uint8))
    assert film_picture(colour).pixels.shape == (8, 6)
    document = build(films=(replace(SHOWN, film=None, analysis=make_refusal()),), reader=None)
    (film,) = document.films
    assert film.key_image is None
    assert film.reason is not None
