"""The stored record of the open study: its review history and the analyses of its films."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from workstation.core.changes import ChangeSet
from workstation.core.errors import Reason
from workstation.core.findings import AnalysisResult, AnalysisStatus
from workstation.core.jobs import JobContext, Lane
from workstation.core.ports import ReviewStore
from workstation.core.review import Actor, ReviewState
from workstation.core.study import PatientIdentity
from workstation.services.review import ReviewHistory, ReviewService
from workstation.ui.jobs.lanes import Lanes

Command = Callable[[ReviewService, str, Actor], ChangeSet]


class Record(QObject):
    """Reads and changes the record; a change is announced when it is committed, not before.

    Parameters
    ----------
    service, store
        Used on the store lane alone.
    ask_actor
        Gives the reader's name, asking for it once a session; None when the reader declines.

    Signals
    -------
    changed
        Nothing; the properties hold what is committed now.
    committed
        `ChangeSet` of a stored change.
    failed
        `Reason` why a change was not stored.

    Attributes
    ----------
    patient
        Whom the films name; a review begins with a note of it.
    unsaved
        Why something of the open study is not stored, by what it is; gone once that very thing is.
    """

    changed = Signal()
    committed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        service: ReviewService,
        store: ReviewStore,
        ask_actor: Callable[[], Actor | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._service = service
        self._store = store
        self._ask_actor = ask_actor
        self.study_uid = ""
        self.patient: PatientIdentity | None = None
        self.history = _empty("")
        self.analyses: dict[str, AnalysisResult] = {}
        self.unsaved: dict[str, Reason] = {}
        self._unstored: dict[str, AnalysisResult] = {}
        self.is_loaded = False

    @property
    def state(self) -> ReviewState:
        """What the committed events add up to."""
        return self.history.state

    def load(self, study_uid: str, patient: PatientIdentity | None = None) -> None:
        """Turn to another study; `changed` follows at once with nothing, and again with what is stored."""
        self.study_uid, self.patient = study_uid, patient
        self.history, self.analyses, self.is_loaded = _empty(study_uid), {}, False
        self._unstored, self.unsaved = {}, {}
        self.changed.emit()
        if study_uid:
            self._refresh()

    def perform(
        self,
        command: Command,
        *,
        about: str | None = "",
        then: Callable[[], None] | None = None,
    ) -> bool:
        """Let the reader's change of the open study be stored; False when there is nobody to store it for.

        `about` names in `unsaved` what is changed, None what takes nothing of the reader's work with it when it fails; `then` is
        called once it is stored, whatever is open by then.
        """
        study_uid, patient = self.study_uid, self.patient
        actor = self._ask_actor() if study_uid else None
        if actor is None:
            return False

        def store(_context: JobContext) -> ChangeSet:
            if patient is not None:
                self._service.begin(study_uid, actor, patient)
            return command(self._service, study_uid, actor)

        def stored(changes: ChangeSet) -> None:
            if study_uid == self.study_uid and about is not None:
                self.unsaved.pop(about, None)
            if then is not None:
                then()
            self.committed.emit(changes)
            if study_uid == self.study_uid:
                self._refresh()

        def refused(reason: Reason) -> None:
            if study_uid == self.study_uid and about is not None:
                self.unsaved[about] = reason
            self.failed.emit(reason)
            self._refresh()

        self._lanes.submit(Lane.STORE, store, done=stored, failed=refused)
        return True

    def keep_analysis(self, study_uid: str, result: AnalysisResult) -> None:
        """Show a result, and store it unless it is a failure: a failure is tried again, never kept."""
        if study_uid == self.study_uid:
            self._unstored[result.sop_uid] = result
            self.analyses = {**self.analyses, result.sop_uid: result}
            self.changed.emit()
        if result.status is AnalysisStatus.FAILED:
            return

        def stored(changes: ChangeSet) -> None:
            if self._unstored.get(result.sop_uid) is result:
                del self._unstored[result.sop_uid]
            self.committed.emit(changes)

        self._lanes.submit(
            Lane.STORE,
            lambda _: self._store.put_analysis(study_uid, result),
            done=stored,
            failed=self.failed.emit,
        )

    def _refresh(self) -> None:
        study_uid = self.study_uid

        def read(_context: JobContext) -> tuple[ReviewHistory, tuple[AnalysisResult, ...]]:
            return self._service.history(study_uid), self._store.analyses(study_uid)

        def arrived(found: tuple[ReviewHistory, tuple[AnalysisResult, ...]]) -> None:
            if study_uid != self.study_uid:
                return
            history, analyses = found
            self.history, self.is_loaded = history, True
            self.analyses = {result.sop_uid: result for result in analyses} | self._unstored
            self.changed.emit()

        self._lanes.submit(Lane.STORE, read, done=arrived, failed=self.failed.emit)


def _empty(study_uid: str) -> ReviewHistory:
    return ReviewHistory(state=ReviewState(study_uid=study_uid), undoable=None, redoable=None)
