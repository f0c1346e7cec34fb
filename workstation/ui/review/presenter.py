"""The reader's judgement: first impression, texts, identity, and the way to `reviewed`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from workstation.core.changes import ChangeSet
from workstation.core.errors import Reason
from workstation.core.findings import AnalysisResult
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext, Lane
from workstation.core.ports import IdentityConflict, SessionStore
from workstation.core.review import Actor, FirstImpression, Section
from workstation.core.study import PatientIdentity, Study
from workstation.services.review import ReviewService, blocks, patient_changed
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.record import Command, Record
from workstation.ui.review.model import ReviewPanelState

_IMPRESSION = "impression-first"


class ReviewPresenter(QObject):
    """Turns what the reader types into events of the record; drafts outlive a crash.

    Parameters
    ----------
    session
        Written to on the store lane alone.
    saved_session
        The same values, read on the GUI thread.
    now
        Local time.
    conflicts
        What other studies say otherwise under a patient's ID, read on the GUI thread.

    Signals
    -------
    state_changed
        `ReviewPanelState` for the panel.
    """

    state_changed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        record: Record,
        session: SessionStore,
        saved_session: SessionStore,
        now: Callable[[], datetime],
        conflicts: Callable[[PatientIdentity], tuple[IdentityConflict, ...]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._record = record
        self._session = session
        self._saved_session = saved_session
        self._now = now
        self._conflicts = conflicts
        self._saved_at: datetime | None = None
        self._unkept: dict[str, Reason] = {}
        self._pixels: dict[str, str] = {}
        self._drafts: dict[str, str] = {}
        self.state = ReviewPanelState()
        desk.study_opened.connect(self._on_study_opened)
        desk.study_updated.connect(self._on_study_updated)
        desk.film_shown.connect(self._on_film)
        record.changed.connect(self._update)
        record.committed.connect(self._on_committed)
        record.failed.connect(lambda _reason: self._update())

    def record_impression(self, text: str) -> None:
        """Store the first impression; an empty text is the explicit "no finding noted"."""

        def command(service: ReviewService, study_uid: str, actor: Actor) -> ChangeSet:
            return service.record_impression(
                study_uid, actor, FirstImpression(text=text.strip())
            )

        self._record.perform(
            command, about=_IMPRESSION, then=self._forgetting(_IMPRESSION, None)
        )

    def write(self, section: Section, text: str) -> None:
        """Store one of the report's texts; without a reader's name it is kept as a draft."""

        def command(service: ReviewService, study_uid: str, actor: Actor) -> ChangeSet:
            return service.write(study_uid, actor, section, text)

        name = section.value
        if text == self._stored(section):
            return
        if not self._record.perform(command, about=name, then=self._forgetting(name, text)):
            self.keep_draft(name, text)

    def draft(self, section: Section, text: str) -> None:
        """Keep what is being typed."""
        settled = text == self._stored(section)
        if settled and self._record.unsaved.pop(section.value, None) is not None:
            self._update()
        self.keep_draft(section.value, text)

    def draft_impression(self, text: str) -> None:
        """Keep the first impression that is being typed."""
        self.keep_draft(_IMPRESSION, text)

    def identify(self, identity: PatientIdentity) -> None:
        """Store an identity typed for a film without one."""
        self._perform(lambda service, uid, actor: service.identify(uid, actor, identity))

    def confirm_patient(self) -> None:
        """Store that the patient whom the films name now is the one of the review."""
        study = self._desk.study
        if study is not None:
            self._perform(
                lambda service, uid, actor: service.confirm_patient(uid, actor, study.patient)
            )

    def undo(self) -> None:
        """Take the last change back."""
        self._perform(lambda service, uid, actor: service.undo(uid, actor))

    def redo(self) -> None:
        """Bring a change back that was taken back."""
        self._perform(lambda service, uid, actor: service.redo(uid, actor))

    def mark_reviewed(self) -> None:
        """Close the review."""
        study = self._desk.study
        if study is not None:
            analyses = self._analyses()
            self._record.perform(
                lambda service, uid, actor: service.mark_reviewed(
                    uid, actor, study=study, analyses=analyses
                ),
                about=None,
            )

    def reopen(self) -> None:
        """Open a closed review again."""
        self._perform(lambda service, uid, actor: service.reopen(uid, actor))

    def keep_draft(self, name: str, text: str) -> None:
        """Store a draft of the open study; an empty text forgets it."""
        study_uid = self._record.study_uid
        if study_uid and self._drafts.get(name, "") != text:
            self._drafts[name] = text
            if self.state.study_uid == study_uid:  # a window in another language asks for it
                self.state = self._with_drafts(self.state)
            self._put(study_uid, name, text)

    def _with_drafts(self, state: ReviewPanelState) -> ReviewPanelState:
        return replace(
            state,
            impression_draft=self._drafts.get(_IMPRESSION, ""),
            drafts={s: self._drafts[s.value] for s in Section if self._drafts.get(s.value)},
        )

    def _forgetting(self, name: str, text: str | None) -> Callable[[], None]:
        """What to do once `text` (None: whatever it is) is committed: it is no draft any more, what was typed since is."""
        study_uid = self._record.study_uid

        def forget() -> None:
            if study_uid != self._record.study_uid:
                self._put(study_uid, name, "")
            elif text in {None, self._drafts.get(name)}:
                self.keep_draft(name, "")

        return forget

    def _put(self, study_uid: str, name: str, text: str) -> None:
        key, session = _draft_key(study_uid, name), self._session

        def put(_context: JobContext) -> None:
            session.put(key, text)

        def kept(_value: None) -> None:
            if self._unkept.pop(key, None) is not None:
                self._update()

        def lost(reason: Reason) -> None:
            if study_uid == self._record.study_uid:
                self._unkept[key] = reason
                self._update()

        self._lanes.submit(Lane.STORE, put, done=kept, failed=lost)

    def _stored(self, section: Section) -> str:
        return self._record.state.texts.get(section, "")

    def _perform(self, command: Command) -> None:
        self._record.perform(command)

    def _on_study_opened(self, study: Study | None) -> None:
        uid = study.study_uid if study else ""
        self._saved_at, self._unkept, self._pixels = None, {}, {}
        names = (_IMPRESSION, *(section.value for section in Section)) if uid else ()
        found = ((name, self._saved_session.get(_draft_key(uid, name))) for name in names)
        self._drafts = {name: text for name, text in found if text}
        self._record.load(uid, study.patient if study else None)

    def _on_study_updated(self, study: Study) -> None:
        if study.study_uid == self._record.study_uid:
            self._record.patient = study.patient
        self._update()

    def _on_film(self, film: Radiograph) -> None:
        if film.instance.frames == 1:  # an analysis does not say which frame it is of
            self._pixels[film.instance.sop_uid] = film.content_sha256
            if film.instance.sop_uid in self._record.analyses:
                self._update()

    def _analyses(self) -> tuple[AnalysisResult, ...]:
        """What the AI said of the study's films, without what is of other pixels than those a reader has seen."""
        return tuple(
            result
            for uid, result in self._record.analyses.items()
            if self._pixels.get(uid, result.content_sha256) == result.content_sha256
        )

    def _on_committed(self, changes: ChangeSet) -> None:
        if self._record.study_uid in changes.studies:
            self._saved_at = self._now()

    def look_again(self) -> None:
        """The library has changed: other films may speak against the patient's identity now."""
        self._update()

    def _update(self) -> None:
        study, state, history = self._desk.study, self._record.state, self._record.history
        unsaved = (*self._record.unsaved.values(), *self._unkept.values())
        if study is None or study.study_uid != self._record.study_uid:
            self.state = ReviewPanelState()
        elif self._record.is_loaded:
            shown = ReviewPanelState(
                study_uid=study.study_uid,
                status=state.status,
                identity=state.identity or study.patient,
                identity_by_hand=state.identity is not None,
                conflicts=self._conflicts(state.identity or study.patient),
                impression=state.impression,
                patient_changed=patient_changed(state, study),
                ai_seen_first=state.ai_seen_first,
                texts=state.texts,
                saved_at=self._saved_at,
                save_failed=unsaved[0] if unsaved else None,
                undo=history.undoable.change if history.undoable else None,
                redo=history.redoable.change if history.redoable else None,
                blocks=blocks(state, study, self._analyses()),
                reviewer=state.reviewer,
                reviewed_at=state.reviewed_utc.astimezone() if state.reviewed_utc else None,
            )
            self.state = self._with_drafts(shown)
        else:
            return
        self.state_changed.emit(self.state)


def _draft_key(study_uid: str, name: str) -> str:
    return f"draft/{study_uid}/{name}"
