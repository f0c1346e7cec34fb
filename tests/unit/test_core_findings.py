"""Invariants of findings, errors and jobs: what cannot exist, and what a code promises."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from tests.factories.films import make_analysis, make_evidence, make_prediction, make_refusal
from workstation.core.changes import ChangeSet
from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.findings import AnalysisStatus, FindingCode, FindingScore
from workstation.core.jobs import CancelToken, JobContext, Lane, Progress, TicketCounter


def score(probability: float, threshold: float | None, calibration: str | None) -> FindingScore:
    return FindingScore(
        code=FindingCode.MASS,
        probability=probability,
        threshold=threshold,
        calibration_id=calibration,
    )


@pytest.mark.parametrize(("probability", "above"), [(0.29, False), (0.3, True), (1.0, True)])
def test_a_score_that_reaches_its_threshold_is_above(probability: float, above: bool):
    assert score(probability, 0.3, "cal").above is above


def test_no_call_without_a_calibration():
    assert score(0.99, None, None).above is None
    assert make_prediction(threshold=None).above == ()


@pytest.mark.parametrize(
    ("probability", "threshold", "calibration"),
    [
        (1.01, 0.5, "cal"),
        (-0.01, 0.5, "cal"),
        (float("nan"), 0.5, "cal"),
        (0.5, 0.0, "cal"),
        (0.5, 1.0, "cal"),
        (0.5, 0.5, None),
        (0.5, None, "cal"),
    ],
)
def test_impossible_scores_are_refused(
    probability: float, threshold: float | None, calibration: str | None
):
    with pytest.raises(ValueError, match=r"probability|threshold"):
        score(probability, threshold, calibration)


def test_scores_exist_only_for_an_analysed_film():
    analysed, refused = make_analysis(), make_refusal()
    for status in (AnalysisStatus.REFUSED, AnalysisStatus.FAILED):
        with pytest.raises(ValueError, match="prediction"):
            replace(analysed, status=status)
    with pytest.raises(ValueError, match="prediction"):
        replace(refused, status=AnalysisStatus.ANALYSED)
    with pytest.raises(ValueError, match="prediction"):
        replace(analysed, reason=Reason(code=ErrorCode.UNEXPECTED))


def test_evidence_is_a_read_only_float32_matrix():
    evidence = make_evidence()
    with pytest.raises(ValueError, match="read-only"):
        evidence.values[0, 0] = 9
    for values in (np.zeros(3, np.float32), np.zeros((2, 2))):
        with pytest.raises(ValueError, match="float32"):
            replace(evidence, values=values)


def test_an_error_carries_its_code_and_parameters():
    error = WorkstationError(ErrorCode.TOO_LARGE, "rows x columns", megabytes=12)
    assert error.code is ErrorCode.TOO_LARGE
    assert error.reason == Reason(
        code=ErrorCode.TOO_LARGE, parameters={"megabytes": 12}, detail="rows x columns"
    )
    assert CancelledError().code is ErrorCode.CANCELLED


def test_a_stage_reports_until_cancelled_and_not_after():
    seen: list[Progress] = []
    context = JobContext(token=CancelToken(), report=seen.append)
    context.stage("predict", 2, 5)
    thread = threading.Thread(target=context.token.cancel)
    thread.start()
    thread.join()
    with pytest.raises(CancelledError):
        context.stage("evidence", 3, 5)
    assert seen == [Progress(stage="predict", done=2, total=5)]


def test_contexts_do_not_share_a_token():
    first, second = JobContext(), JobContext()
    first.token.cancel()
    assert not second.token.is_cancelled


def test_tickets_are_never_given_twice():
    counter = TicketCounter()
    tickets = [counter.next(lane) for lane in (*Lane, *Lane)]
    assert len({ticket.generation for ticket in tickets}) == len(tickets)


def test_change_sets_add_up():
    both = ChangeSet(studies=frozenset({"1"})) | ChangeSet(
        studies=frozenset({"2"}), library=True
    )
    assert both == ChangeSet(studies=frozenset({"1", "2"}), library=True)
