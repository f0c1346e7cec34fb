"""Reviews as events: undo and redo against a plain list of states, and what blocks the way to reviewed."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import NOON, STUDY_UID, make_analysis, make_instance, make_patient
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


def content(state):
    """What undo and redo move; the clock and the name of the last actor are not taken back."""
    return state.impression, dict(state.texts), dict(state.decisions), state.identity


COMMANDS = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(list(Section)), st.sampled_from("abc")),
    st.tuples(st.just("decide"), st.sampled_from([ACCEPT, None])),
    st.tuples(st.just("impression"), st.sampled_from(["", "nodule"])),
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
        case ("reveal",):
            service.reveal(STUDY_UID, LI, without_impression=True)
        case (name,):
            getattr(service, name)(STUDY_UID, LI)


@given(st.lists(COMMANDS, max_size=14))
def test_undo_and_redo_walk_a_list_of_states(commands):
    service, log = make_service()
    states, at = [content(service.history(STUDY_UID).state)], 0
    for command in commands:
        length = len(log.kept)
        perform(service, command)
        now = content(service.history(STUDY_UID).state)
        assert len(log.kept) >= length
        if command == ("undo",):
            at = max(at - 1, 0)
        elif command == ("redo",):
            at = min(at + 1, len(states) - 1)
        elif command != ("reveal",) and len(log.kept) > length:
            states, at = [*states[: at + 1], now], at + 1
        # A text that was never written and one that was emptied again read the same.
        assert _plain(now) == _plain(states[at])
        history = service.history(STUDY_UID)
        assert (history.undoable is not None) == (at > 0)
        assert (history.redoable is not None) == (at < len(states) - 1)


def _plain(state):
    impression, texts, decisions, identity = state
    return impression, {k: v for k, v in texts.items() if v}, decisions, identity


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
    service.mark_reviewed(STUDY_UID, LI, study=study, analyses=analyses)
    state = service.history(STUDY_UID).state
    assert (state.status, state.reviewer) == (ReviewStatus.REVIEWED, LI)
    with pytest.raises(WorkstationError):
        service.write(STUDY_UID, LI, Section.FINDINGS, "late")
    service.reopen(STUDY_UID, LI)
    assert service.history(STUDY_UID).state.status is ReviewStatus.DRAFT
    with pytest.raises(WorkstationError):
        service.reopen(STUDY_UID, LI)


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
