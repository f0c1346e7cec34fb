"""Reviews as events: undo and redo against a plain list of states, and what blocks the way to reviewed."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import (
    NOON,
    STUDY_UID,
    make_analysis,
    make_annotation,
    make_instance,
    make_patient,
)
from workstation.core.changes import ChangeSet
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.findings import FindingCode
from workstation.core.review import (
    Actor,
    AiRevealed,
    Decision,
    FirstImpression,
    ReviewStatus,
    Section,
    Verdict,
    replay,
)
from workstation.core.study import PatientIdentity, Series, Study
from workstation.services.review import ReviewService, blocks

LI = Actor(name="Dr Li")
ACCEPT = Decision(verdict=Verdict.ACCEPTED, code=FindingCode.NODULE)
SOP = f"{STUDY_UID}.1.1"
MARK = make_annotation()


class Log:
    """Keeps events and nothing else."""

    def __init__(self):
        self.kept = []

    def append(self, event):
        self.kept.append(event)
        return ChangeSet(studies=frozenset({event.study_uid}))

    def events(self, study_uid):
        return tuple(e for e in self.kept if e.study_uid == study_uid)

    def state(self, study_uid):
        return replay(study_uid, self.events(study_uid))


def make_service():
    log, numbers = Log(), itertools.count()
    moments = (NOON + timedelta(seconds=n) for n in itertools.count())
    return ReviewService(log, lambda: next(moments), lambda: f"e{next(numbers)}"), log


def make_study(*instances):
    films = instances or (make_instance(),)
    series = Series(
        series_uid=films[0].series_uid,
        number=1,
        description="",
        modality="DX",
        instances=tuple((film, f"/films/{n}") for n, film in enumerate(films)),
    )
    return Study(
        study_uid=STUDY_UID,
        patient=films[0].patient,
        when=None,
        description="",
        accession_number="",
        series=(series,),
    )


COMMANDS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(list(Section)), st.sampled_from("abc")),
    st.tuples(st.just("decide"), st.sampled_from([ACCEPT, None])),
    st.tuples(st.just("impression"), st.sampled_from(["", "nodule"])),
    st.tuples(st.just("annotate"), st.sampled_from([MARK, MARK.moved(1, 2), None])),
    st.tuples(st.just("calibrate"), st.sampled_from([0.1, 0.2, None])),
    st.tuples(st.just("key image"), st.booleans()),
    st.tuples(st.sampled_from(["undo", "redo", "reveal"])),
)


def perform(service, command):
    match command:
        case ("write", section, text):
            service.write(STUDY_UID, LI, section, text)
        case ("decide", decision):
            service.decide(
                STUDY_UID, LI, sop_uid=SOP, code=FindingCode.NODULE, decision=decision
            )
        case ("impression", text):
            service.record_impression(STUDY_UID, LI, FirstImpression(text=text))
        case ("annotate", annotation):
            service.annotate(STUDY_UID, LI, MARK.annotation_id, annotation)
        case ("calibrate", size):
            service.calibrate(STUDY_UID, LI, sop_uid=SOP, mm_per_column=size)
        case ("key image", marked):
            service.mark_key_image(STUDY_UID, LI, sop_uid=SOP, frame=1, marked=marked)
        case ("reveal",):
            service.reveal(STUDY_UID, LI, without_impression=True)
        case (name,):
            getattr(service, name)(STUDY_UID, LI)


class Model:
    """Plain values, and the edits that may be taken back or brought back, as (key, before, after)."""

    def __init__(self):
        self.values = {}
        self.done, self.undone = [], []
        self.revealed = False

    def perform(self, command):
        match command:
            case ("write", section, text):
                self._edit(section, text)
            case ("decide", decision):
                self._edit("decision", decision)
            case ("impression", text):
                if self.revealed and self.values.get("first") not in {None, text}:
                    raise WorkstationError(ErrorCode.REVIEW_NOT_ALLOWED)
                self._edit("first", text)
            case ("annotate" | "calibrate" as key, value):
                self._edit(key, value)
            case ("key image", marked):
                self._edit("key image", marked or None)
            case ("reveal",) if not self.revealed:
                self.revealed = True
                self.done = [edit for edit in self.done if edit[0] != "first"]
                self.undone = [edit for edit in self.undone if edit[0] != "first"]
            case ("undo",) if self.done:
                key, before, after = self.done.pop()
                self.values[key] = before
                self.undone.append((key, before, after))
            case ("redo",) if self.undone:
                key, before, after = self.undone.pop()
                self.values[key] = after
                self.done.append((key, before, after))

    def _edit(self, key, value):
        before = self.values.get(key)
        if before != value:
            self.values[key] = value
            self.done.append((key, before, value))
            self.undone.clear()


def plain(state):
    """The values of a review as `Model` has them."""
    impression = None if state.impression is None else state.impression.text
    decision = state.decisions.get((SOP, FindingCode.NODULE))
    values = {"first": impression, "decision": decision, **state.texts}
    values["annotate"] = state.annotations.get(MARK.annotation_id)
    values["calibrate"] = state.calibrations.get(SOP)
    values["key image"] = ((SOP, 1) in state.key_images) or None
    # A text that was never written and one that was emptied again read the same.
    return {k: v for k, v in values.items() if v is not None and (v or k == "first")}


def refusal_of(work):
    try:
        work()
    except WorkstationError as error:
        return error.code
    return None


@given(st.lists(COMMANDS, max_size=20))
def test_undo_and_redo_follow_a_plain_model(commands):
    service, log = make_service()
    model = Model()
    for command in commands:
        before = tuple(log.kept)
        expected = refusal_of(lambda: model.perform(command))  # noqa: B023 - called at once
        assert refusal_of(lambda: perform(service, command)) is expected  # noqa: B023
        assert tuple(log.kept[: len(before)]) == before
        history = service.history(STUDY_UID)
        wanted = {k: v for k, v in model.values.items() if v is not None}
        assert plain(history.state) == wanted
        assert history.state.revealed == model.revealed
        assert (history.undoable is not None) == bool(model.done)
        assert (history.redoable is not None) == bool(model.undone)


def test_what_changes_nothing_is_no_event():
    service, log = make_service()
    service.write(STUDY_UID, LI, Section.FINDINGS, "clear")
    assert service.write(STUDY_UID, LI, Section.FINDINGS, "clear") == ChangeSet()
    service.reveal(STUDY_UID, LI, without_impression=True)
    service.reveal(STUDY_UID, LI, without_impression=False)
    assert len(log.kept) == 2
    assert log.kept[1].change == AiRevealed(without_impression=True)


def test_the_reveal_is_never_taken_back():
    service, _ = make_service()
    service.reveal(STUDY_UID, LI, without_impression=True)
    assert service.undo(STUDY_UID, LI) == ChangeSet()
    assert service.history(STUDY_UID).state.revealed


def test_a_review_closes_only_when_everything_is_decided():
    service, _ = make_service()
    study, analyses = make_study(), (make_analysis(),)
    with pytest.raises(WorkstationError) as refused:
        service.mark_reviewed(STUDY_UID, LI, study=study, analyses=analyses)
    assert refused.value.code is ErrorCode.REVIEW_NO_IMPRESSION
    service.record_impression(STUDY_UID, LI, FirstImpression(text="nodule, right"))
    service.reveal(STUDY_UID, LI, without_impression=False)
    with pytest.raises(WorkstationError) as refused:
        service.mark_reviewed(STUDY_UID, LI, study=study, analyses=analyses)
    assert refused.value.code is ErrorCode.REVIEW_UNDECIDED
    service.decide(STUDY_UID, LI, sop_uid=SOP, code=FindingCode.NODULE, decision=ACCEPT)
    with pytest.raises(WorkstationError) as refused:
        service.mark_reviewed(STUDY_UID, LI, study=study, analyses=analyses)
    assert refused.value.code is ErrorCode.REVIEW_NO_TEXT
    service.write(STUDY_UID, LI, Section.FINDINGS, "Nodule.")
    service.mark_reviewed(STUDY_UID, LI, study=study, analyses=analyses)
    state = service.history(STUDY_UID).state
    assert (state.status, state.reviewer) == (ReviewStatus.REVIEWED, LI)
    with pytest.raises(WorkstationError):
        service.write(STUDY_UID, LI, Section.FINDINGS, "late")
    service.reopen(STUDY_UID, LI)
    assert service.history(STUDY_UID).state.status is ReviewStatus.DRAFT
    with pytest.raises(WorkstationError):
        service.reopen(STUDY_UID, LI)


def test_the_first_impression_stands_once_results_were_drawn():
    service, _ = make_service()
    service.record_impression(STUDY_UID, LI, FirstImpression(text="clear"))
    service.write(STUDY_UID, LI, Section.FINDINGS, "clear")
    service.reveal(STUDY_UID, LI, without_impression=False)
    with pytest.raises(WorkstationError) as refused:
        service.record_impression(STUDY_UID, LI, FirstImpression(text="nodule"))
    assert refused.value.code is ErrorCode.REVIEW_NOT_ALLOWED
    service.undo(STUDY_UID, LI)
    assert service.undo(STUDY_UID, LI) == ChangeSet()
    state = service.history(STUDY_UID).state
    assert (state.impression, state.texts[Section.FINDINGS]) == (
        FirstImpression(text="clear"),
        "",
    )


def test_an_impression_after_the_reveal_is_no_first_one():
    service, _ = make_service()
    service.reveal(STUDY_UID, LI, without_impression=True)
    service.record_impression(STUDY_UID, LI, FirstImpression(text="nodule"))
    assert service.history(STUDY_UID).state.ai_seen_first
    service.undo(STUDY_UID, LI)
    service.record_impression(STUDY_UID, LI, FirstImpression(text="mass"))
    assert service.history(STUDY_UID).state.ai_seen_first


def test_the_order_of_the_log_alone_says_which_came_first():
    service, _ = make_service()
    service.record_impression(STUDY_UID, LI, FirstImpression(text="nodule"))
    assert not service.history(STUDY_UID).state.ai_seen_first
    service.reveal(
        STUDY_UID, LI, without_impression=True
    )  # decided before the other was stored
    assert not service.history(STUDY_UID).state.ai_seen_first
    service.write(STUDY_UID, LI, Section.FINDINGS, "nodule")
    assert not service.history(STUDY_UID).state.ai_seen_first


def test_only_marking_closes_a_review():
    service, _ = make_service()
    service.record_impression(STUDY_UID, LI, FirstImpression())
    mark = {"study": make_study(), "analyses": ()}
    service.mark_reviewed(STUDY_UID, LI, **mark)
    service.undo(STUDY_UID, LI)
    assert service.history(STUDY_UID).state.status is ReviewStatus.DRAFT
    assert service.redo(STUDY_UID, LI) == ChangeSet()
    service.mark_reviewed(STUDY_UID, LI, **mark)
    service.reopen(STUDY_UID, LI)
    assert service.undo(STUDY_UID, LI) == ChangeSet()
    assert service.history(STUDY_UID).state.status is ReviewStatus.DRAFT


def test_nobody_and_two_people_block_the_review():
    service, _ = make_service()
    service.record_impression(STUDY_UID, LI, FirstImpression())
    state = service.history(STUDY_UID).state
    nameless = make_study(make_instance(patient=PatientIdentity()))
    assert [r.code for r in blocks(state, nameless, ())] == [ErrorCode.IDENTITY_MISSING]
    service.identify(STUDY_UID, LI, make_patient())
    assert not blocks(service.history(STUDY_UID).state, nameless, ())
    mixed = make_study(make_instance(), make_instance(patient=make_patient(patient_id="P-2")))
    assert [r.code for r in blocks(state, mixed, ())] == [ErrorCode.IDENTITY_MISMATCH]


def test_a_review_is_never_carried_to_another_patient_unless_a_reader_says_so():
    service, _ = make_service()
    other = make_patient(patient_id="P-2")
    old, new = make_study(), make_study(make_instance(patient=other))
    service.begin(STUDY_UID, LI, old.patient)
    assert service.history(STUDY_UID).state.status is ReviewStatus.NEW
    service.record_impression(STUDY_UID, LI, FirstImpression())
    service.begin(STUDY_UID, LI, other)  # it has begun
    assert not blocks(service.history(STUDY_UID).state, old, ())
    (reason,) = blocks(service.history(STUDY_UID).state, new, ())
    assert reason.code is ErrorCode.PATIENT_CHANGED
    assert "P-2" in reason.parameters["after"]
    assert old.patient.patient_id in reason.parameters["before"]
    with pytest.raises(WorkstationError):
        service.mark_reviewed(STUDY_UID, LI, study=new, analyses=())
    service.confirm_patient(STUDY_UID, LI, other)
    assert not blocks(service.history(STUDY_UID).state, new, ())
    service.undo(STUDY_UID, LI)
    assert blocks(service.history(STUDY_UID).state, new, ()) == (reason,)


def test_the_note_of_the_patient_is_not_taken_back():
    service, _ = make_service()
    service.begin(STUDY_UID, LI, make_patient())
    assert service.undo(STUDY_UID, LI) == ChangeSet()
    assert service.history(STUDY_UID).state.patient == make_patient()


def test_a_reader_may_draw_before_any_ai_result_and_not_once_the_review_is_closed():
    service, _ = make_service()
    service.annotate(STUDY_UID, LI, MARK.annotation_id, MARK)
    state = service.history(STUDY_UID).state
    assert (state.status, state.revealed) == (ReviewStatus.DRAFT, False)
    assert state.annotations_of(SOP) == (MARK,)
    assert state.annotations_of("1.2") == ()
    service.record_impression(STUDY_UID, LI, FirstImpression())
    service.mark_reviewed(STUDY_UID, LI, study=make_study(), analyses=())
    assert service.history(STUDY_UID).state.is_locked
    with pytest.raises(WorkstationError) as refused:
        service.annotate(STUDY_UID, LI, MARK.annotation_id, None)
    assert refused.value.code is ErrorCode.REVIEW_NOT_ALLOWED
