"""A desk with everything behind the panels on it: real lanes, the rest in memory."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path

from tests.factories.fakes import (
    FakeIndex,
    FakeModel,
    FakeReader,
    FakeStore,
    instance_of,
    loaded,
)
from tests.factories.films import NOON, make_film, make_pixels
from tests.factories.reports import MODEL
from workstation.core.jobs import Lane
from workstation.core.review import Actor, AiRevealed, PatientNoted
from workstation.services.analysis import Analysis
from workstation.services.review import ReviewService
from workstation.ui.desk import Desk
from workstation.ui.findings.model import EvidenceControls, FindingsPhase
from workstation.ui.findings.presenter import FindingsPresenter, RevealPolicy
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.record import Record
from workstation.ui.review.presenter import ReviewPresenter

LI = Actor(name="Dr Li")
A, B = "1.2.1", "1.2.2"


class Bench:
    """Two studies of one film each on a desk, and all presenters over it."""

    def __init__(self, qtbot, policy=RevealPolicy.AFTER_IMPRESSION, store=None):
        self.qtbot = qtbot
        self.index, self.store, self.model = FakeIndex(), store or FakeStore(), FakeModel()
        self.reader = FakeReader({})
        for study in (1, 2):
            self.put(Path(f"/films/{study}.dcm"), instance_of(study))
        self.actor = LI
        self.asked = 0
        self.while_asking = lambda: None
        self.lanes = Lanes()
        self.desk = Desk(lanes=self.lanes, reader=self.reader, find_study=self.index.study)
        ids = itertools.count(len(self.store.log))
        service = ReviewService(
            self.store,
            lambda: NOON + timedelta(seconds=len(self.store.log)),
            lambda: f"e{next(ids)}",
        )
        self.record = Record(
            lanes=self.lanes, service=service, store=self.store, ask_actor=self._ask
        )
        self.findings = FindingsPresenter(
            lanes=self.lanes,
            desk=self.desk,
            record=self.record,
            analysis=Analysis(lambda: self.model),
            model=MODEL,
            policy=policy,
            controls=EvidenceControls(),
        )
        self.review = ReviewPresenter(
            lanes=self.lanes,
            desk=self.desk,
            record=self.record,
            session=self.store,
            saved_session=self.store,
            now=lambda: NOON,
            conflicts=self.index.conflicts,
        )
        self.seen = []
        self.findings.state_changed.connect(self._watch)
        self.findings.overlay_changed.connect(self._watch)
        self.failures = []
        self.record.failed.connect(self.failures.append)

    def put(self, path, instance):
        pixels = make_pixels(seed=len(self.reader.films) + 1)
        self.reader.films[path] = make_film(pixels, instance=instance)
        self.index.add([loaded(path, instance)])

    def open(self, study_uid):
        self.desk.open_study(study_uid)
        self.until(lambda: self.desk.film is not None and self.record.is_loaded)

    def analysed(self):
        self.findings.analyse()
        self.until(
            lambda: self.phase not in {FindingsPhase.RUNNING, FindingsPhase.NOT_ANALYSED}
        )

    def until(self, condition):
        self.qtbot.waitUntil(condition, timeout=10_000)

    def settle(self):
        """Wait until everything that was submitted to the store so far is done and told."""
        for _ in range(3):
            told = []
            self.lanes.submit(Lane.STORE, lambda _: None, done=told.append)
            self.until(lambda told=told: bool(told))

    @property
    def phase(self):
        return self.findings.state.phase

    def changes(self, study_uid=A):
        """What was done to a study; that it names its patient is left out."""
        kinds = [type(event.change) for event in self.store.events(study_uid)]
        return [kind for kind in kinds if kind is not PatientNoted]

    def _ask(self):
        self.asked += 1
        self.while_asking()
        return self.actor

    def _watch(self, _value):
        state = self.findings.state
        drawn = bool(state.rows) or self.findings.overlay is not None
        if drawn:
            uid = self.record.study_uid
            # Requirement 1, at every moment: nothing is drawn before the log says so.
            assert AiRevealed in self.changes(uid)
        self.seen.append(state.phase)

    def close(self):
        """Let every lane end."""
        self.reader.gate.set()
        self.model.gate.set()
        self.lanes.shutdown()
