"""Eligibility by tags, refusals without a score, failures unlike negatives."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pytest

from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.findings import (
    AnalysisStatus,
    FindingCode,
    FindingScore,
    ModelInfo,
    Prediction,
    QualityResult,
)
from workstation.core.image import Photometric, Radiograph
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.ports import PreparedFilm
from workstation.core.study import Age, Instance, PatientIdentity
from workstation.services.analysis import STAGES, Analysis, tag_refusal

DX = "1.2.840.10008.5.1.4.1.1.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
CHEST = Instance(
    patient=PatientIdentity(patient_id="1"),
    study_uid="1.2",
    series_uid="1.2.1",
    sop_uid="1.2.1.1",
    sop_class_uid=DX,
    modality="DX",
    body_part="CHEST",
    view_position="PA",
    age=Age(years=50),
)


def film(instance: Instance = CHEST, **changes: object) -> Radiograph:
    ramp = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
    base = Radiograph(
        instance=instance,
        pixels=ramp,
        photometric=Photometric.MONOCHROME2,
        bits_stored=12,
        content_sha256="ab",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


@dataclass
class FakeModel:
    """Answers at once; `quality` and `error` let a test steer it."""

    quality: QualityResult = QualityResult()  # noqa: RUF009 - frozen
    error: Exception | None = None
    predictions: int = 0
    presented: np.ndarray | None = None

    @property
    def info(self) -> ModelInfo:
        return ModelInfo(
            model_id="fake",
            version="1",
            package_sha256="p",
            weights_sha256="w",
            trust="built_in",
            codes=(FindingCode.EFFUSION,),
            calibrated=True,
            minimum_age=18,
            marks_per_100_normal=None,
            card_html={},
        )

    def prepare(self, presented, *, spacing):
        self.presented = presented
        if self.error:
            raise self.error
        return PreparedFilm(quality=self.quality, state="ready")

    def predict(self, prepared):
        self.predictions += 1
        return Prediction(
            scores=(
                FindingScore(
                    code=FindingCode.EFFUSION,
                    probability=0.4,
                    threshold=0.3,
                    calibration_id="c",
                ),
            ),
            model_id="fake",
            model_version="1",
            package_sha256="p",
            weights_sha256="w",
            preprocess_version="1",
            created_utc=datetime(2026, 1, 1, tzinfo=UTC),
            device="cpu",
        )

    def evidence(self, prepared):
        return ()

    def nodules(self, prepared):
        return Reason(code=ErrorCode.NODULES_NOT_IN_PACKAGE)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"view_position": "AP"}, None),
        ({"view_position": "", "body_part": "", "age": None}, None),
        ({"sop_class_uid": "", "modality": "OT"}, None),
        ({"view_position": "LL"}, ErrorCode.NOT_FRONTAL),
        ({"view_position": "LATERAL"}, ErrorCode.NOT_FRONTAL),
        ({"body_part": "HIP"}, ErrorCode.NOT_CHEST),
        ({"body_part": "胸部"}, None),
        ({"sop_class_uid": CT, "modality": "CT"}, ErrorCode.WRONG_OBJECT_CLASS),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.7", "modality": "XA"}, ErrorCode.WRONG_OBJECT_CLASS),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.7", "modality": "DX"}, None),
        ({"presentation_intent": "FOR PROCESSING"}, ErrorCode.FOR_PROCESSING),
        ({"sop_class_uid": DX + ".1"}, ErrorCode.FOR_PROCESSING),
        ({"age": Age(years=5)}, ErrorCode.TOO_YOUNG),
        ({"age": Age(years=18)}, None),
    ],
)  # fmt: skip
def test_tags_refuse_what_the_model_was_not_made_for(changes, code):
    refusal = tag_refusal(replace(CHEST, **changes), minimum_age=18)
    assert (refusal.code if refusal else None) == code


def test_an_eligible_film_is_analysed_stage_by_stage():
    stages = []
    model = FakeModel()
    result = Analysis(lambda: model).run(
        film(), JobContext(report=lambda p: stages.append(p.stage))
    )
    assert result.status is AnalysisStatus.ANALYSED
    assert tuple(stages) == STAGES
    assert set(result.timings_ms) == set(STAGES)
    assert result.nodules is None
    assert result.nodules_reason == Reason(code=ErrorCode.NODULES_NOT_IN_PACKAGE)
    assert 0 <= model.presented.min() < model.presented.max() <= 1


def test_warnings_say_what_is_unknown():
    result = Analysis(FakeModel).run(
        film(replace(CHEST, age=None, view_position="", patient=PatientIdentity())),
        JobContext(),
    )
    codes = {warning.code for warning in result.quality.warnings}
    assert codes == {ErrorCode.AGE_UNKNOWN, ErrorCode.VIEW_UNKNOWN, ErrorCode.UNIDENTIFIED}


def test_a_contradictory_age_is_told_beside_the_scores():
    doubtful = replace(CHEST, age=Age(years=50, contradictory=True))
    result = Analysis(FakeModel).run(film(doubtful), JobContext())
    assert [w.code for w in result.quality.warnings] == [ErrorCode.AGE_CONTRADICTORY]


def test_a_refused_film_is_never_scored():
    model = FakeModel(quality=QualityResult(refusal=Reason(code=ErrorCode.LOOKS_INVERTED)))
    result = Analysis(lambda: model).run(film(), JobContext())
    assert result.status is AnalysisStatus.REFUSED
    assert result.reason == Reason(code=ErrorCode.LOOKS_INVERTED)
    assert result.prediction is None
    assert model.predictions == 0


def test_a_tinted_picture_is_refused():
    pixels = np.full((64, 64, 3), 90, np.uint8)
    grey = film(pixels=pixels, photometric=Photometric.RGB)
    assert Analysis(FakeModel).run(grey, JobContext()).status is AnalysisStatus.ANALYSED
    tinted = pixels.copy()
    tinted[:, :20, 0] = 160
    result = Analysis(FakeModel).run(
        film(pixels=tinted, photometric=Photometric.RGB), JobContext()
    )
    assert result.reason == Reason(code=ErrorCode.COLOUR_IMAGE)


def test_a_fault_is_a_failure_not_a_negative():
    model = FakeModel(error=WorkstationError(ErrorCode.MODEL_DAMAGED, "golden"))
    result = Analysis(lambda: model).run(film(), JobContext())
    assert result.status is AnalysisStatus.FAILED
    assert result.reason.code is ErrorCode.MODEL_DAMAGED


def test_stopping_leaves_no_result():
    token = CancelToken()

    def stop_at_predict(progress):
        if progress.stage == "predict":
            token.cancel()

    with pytest.raises(CancelledError):
        Analysis(FakeModel).run(film(), JobContext(token=token, report=stop_at_predict))
