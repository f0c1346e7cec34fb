"""The reader's judgement as events: replay, undo as inverse, locks, and what blocks a review."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import (
    STUDY_UID,
    make_analysis,
    make_annotation,
    make_event,
    make_patient,
    make_refusal,
)
from workstation.core.annotation import AnnotationKind
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.findings import FindingCode
from workstation.core.review import (
    AiRevealed,
    AnnotationChanged,
    CalibrationChanged,
    Change,
    Decision,
    DecisionChanged,
    FirstImpression,
    IdentityEntered,
    ImpressionRecorded,
    KeyImageChanged,
    ReviewState,
    ReviewStatus,
    Section,
    StatusChanged,
    TextChanged,
    Verdict,
    apply,
    blocks_review,
    inverse,
    replay,
    undecided,
)

SOP = f"{STUDY_UID}.1.1"
FRESH = ReviewState(study_uid=STUDY_UID)
NEW, DRAFT, REVIEWED = ReviewStatus.NEW, ReviewStatus.DRAFT, ReviewStatus.REVIEWED
SIGNED, AMENDED = ReviewStatus.SIGNED, ReviewStatus.AMENDED


def decision(
    verdict: Verdict = Verdict.ACCEPTED, code: FindingCode = FindingCode.NODULE
) -> Decision:
    return Decision(verdict=verdict, code=code)


@st.composite
def on_films(draw: st.DrawFn, state: ReviewState, kind: str) -> Change:
    """A change to what is drawn on a film, measured there or shown of it."""
    if kind == "mark":
        key = draw(st.sampled_from(("one", "two")))
        end = draw(st.none() | st.tuples(st.integers(0, 9), st.integers(0, 9)))
        return AnnotationChanged(
            annotation_id=key,
            before=state.annotations.get(key),
            after=None
            if end is None
            else make_annotation(AnnotationKind.DISTANCE, (0.0, 0.0), end, annotation_id=key),
        )
    if kind == "calibration":
        size = draw(st.none() | st.floats(0.01, 10))
        return CalibrationChanged(sop_uid=SOP, before=state.calibrations.get(SOP), after=size)
    frame = draw(st.integers(0, 2))
    before = (SOP, frame) in state.key_images
    return KeyImageChanged(sop_uid=SOP, frame=frame, before=before, after=draw(st.booleans()))


@st.composite
def changes(draw: st.DrawFn, state: ReviewState) -> Change:
    """A change that a reader can make in `state`, with its true before."""
    kinds = ("decision", "text", "impression", "identity", "mark", "calibration", "key image")
    kind = draw(st.sampled_from(kinds))
    if kind in {"mark", "calibration", "key image"}:
        return draw(on_films(state, kind))
    if kind == "decision":
        code = draw(st.sampled_from(FindingCode))
        after = draw(st.none() | st.sampled_from(Verdict).map(lambda v: decision(v, code)))
        before = state.decisions.get((SOP, code))
        return DecisionChanged(sop_uid=SOP, code=code, before=before, after=after)
    if kind == "text":
        section = draw(st.sampled_from(Section))
        return TextChanged(
            section=section,
            before=state.texts.get(section, ""),
            after=draw(st.text(max_size=5)),
        )
    if kind == "impression":
        text = draw(st.none() | st.text(max_size=5).map(lambda t: FirstImpression(text=t)))
        return ImpressionRecorded(before=state.impression, after=text)
    patient = draw(st.sampled_from((None, make_patient(), make_patient(patient_id="P-2"))))
    return IdentityEntered(before=state.identity, after=patient)


def judgement(state: ReviewState) -> object:
    """What undo has to restore; an emptied text is no text."""
    texts = {section: text for section, text in state.texts.items() if text}
    drawn = (dict(state.annotations), dict(state.calibrations))
    shown = frozenset(state.key_images)
    return (dict(state.decisions), texts, state.impression, state.identity, shown, *drawn)


@given(st.data())
def test_inverses_in_reverse_order_take_everything_back(data: st.DataObject):
    states, made = [FRESH], []
    for number in range(data.draw(st.integers(1, 8))):
        change = data.draw(changes(states[-1]))
        made.append(change)
        states.append(apply(states[-1], make_event(change, number)))
    state = states[-1]
    for change, earlier in zip(reversed(made), reversed(states[:-1]), strict=True):
        back = inverse(change)
        assert back is not None
        assert inverse(back) == change
        state = apply(state, make_event(back, 99))
        assert judgement(state) == judgement(earlier)


@given(st.data())
def test_replay_is_apply_one_by_one(data: st.DataObject):
    state, events = FRESH, []
    for number in range(data.draw(st.integers(0, 6))):
        events.append(make_event(data.draw(changes(state)), number))
        state = apply(state, events[-1])
    assert replay(STUDY_UID, events) == state
    assert (state.status is NEW) == (not events)


def test_first_change_makes_a_draft_and_names_its_actor():
    event = make_event(TextChanged(section=Section.FINDINGS, before="", after="clear"))
    state = apply(FRESH, event)
    assert (state.status, state.last_actor, state.last_change_utc) == (
        DRAFT,
        event.actor,
        event.at_utc,
    )


@pytest.mark.parametrize("status", [REVIEWED, SIGNED])
@pytest.mark.parametrize(
    "change",
    [
        TextChanged(section=Section.FINDINGS, before="", after="x"),
        DecisionChanged(sop_uid=SOP, code=FindingCode.MASS, before=None, after=decision()),
        ImpressionRecorded(before=None, after=FirstImpression(text="x")),
        IdentityEntered(before=None, after=make_patient()),
        AnnotationChanged(annotation_id="a", before=None, after=make_annotation()),
        CalibrationChanged(sop_uid=SOP, before=None, after=0.1),
        KeyImageChanged(sop_uid=SOP, frame=0, before=False, after=True),
    ],
)
def test_reviewed_and_signed_studies_are_locked(status: ReviewStatus, change: Change):
    with pytest.raises(WorkstationError) as refused:
        apply(replace(FRESH, status=status), make_event(change))
    assert refused.value.code is ErrorCode.REVIEW_NOT_ALLOWED


def test_amended_study_can_be_changed():
    change = TextChanged(section=Section.FINDINGS, before="", after="x")
    state = apply(replace(FRESH, status=AMENDED), make_event(change))
    assert (state.status, state.texts[Section.FINDINGS]) == (AMENDED, "x")


def test_reviewer_is_who_marked_it_and_goes_with_the_mark():
    mark = StatusChanged(before=DRAFT, after=REVIEWED)
    event = make_event(mark)
    state = apply(replace(FRESH, status=DRAFT), event)
    assert (state.reviewer, state.reviewed_utc) == (event.actor, event.at_utc)
    back = inverse(mark)
    assert back is not None
    reopened = apply(state, make_event(back, 2))
    assert (reopened.status, reopened.reviewer, reopened.reviewed_utc) == (DRAFT, None, None)


def test_signing_and_amending_keep_the_reviewer():
    state = apply(
        replace(FRESH, status=DRAFT), make_event(StatusChanged(before=DRAFT, after=REVIEWED))
    )
    for number, step in enumerate(((REVIEWED, SIGNED), (SIGNED, AMENDED)), 2):
        later = apply(state, make_event(StatusChanged(before=step[0], after=step[1]), number))
        assert (later.status, later.reviewer) == (step[1], state.reviewer)
        assert later.reviewed_utc == state.reviewed_utc is not None


def test_event_of_another_study_is_refused():
    with pytest.raises(WorkstationError):
        apply(FRESH, make_event(AiRevealed(without_impression=True), study_uid="1.2"))


def test_revealing_and_signing_cannot_be_taken_back():
    assert inverse(AiRevealed(without_impression=False)) is None
    assert inverse(StatusChanged(before=REVIEWED, after=SIGNED)) is None


def test_state_cannot_be_changed_from_outside():
    state = apply(
        FRESH, make_event(TextChanged(section=Section.FINDINGS, before="", after="x"))
    )
    with pytest.raises(TypeError):
        state.texts[Section.FINDINGS] = "y"  # type: ignore[index]


def test_undecided_are_those_above_threshold_without_a_decision():
    analyses = (
        make_analysis({FindingCode.NODULE: 0.5, FindingCode.MASS: 0.49}),
        make_refusal(),
    )
    assert undecided(FRESH, analyses) == ((SOP, FindingCode.NODULE),)
    change = DecisionChanged(
        sop_uid=SOP, code=FindingCode.NODULE, before=None, after=decision(Verdict.REJECTED)
    )
    assert undecided(apply(FRESH, make_event(change)), analyses) == ()


def codes(state: ReviewState) -> list[ErrorCode]:
    return [reason.code for reason in blocks_review(state, (make_analysis(),))]


def test_what_blocks_a_review():
    impression = FirstImpression()
    assert codes(FRESH) == [ErrorCode.REVIEW_NO_IMPRESSION]
    assert codes(replace(FRESH, texts={Section.IMPRESSION: "  "})) == [
        ErrorCode.REVIEW_NO_IMPRESSION
    ]
    assert codes(replace(FRESH, texts={Section.IMPRESSION: "Nodule."})) == []
    assert codes(replace(FRESH, impression=impression)) == []
    assert codes(replace(FRESH, impression=impression, revealed=True)) == [
        ErrorCode.REVIEW_UNDECIDED
    ]


def test_first_impression_of_blanks_is_no_finding():
    assert FirstImpression(text=" \n").no_finding
    assert not FirstImpression(text="nodule").no_finding


@pytest.mark.parametrize("size", [0.0, -1.0, 100.0, float("nan")])
def test_an_impossible_calibration_cannot_exist(size: float):
    with pytest.raises(ValueError, match="mm"):
        CalibrationChanged(sop_uid=SOP, before=None, after=size)
