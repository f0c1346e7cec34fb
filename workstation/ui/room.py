"""Presenters meet views: what happens in the reading room, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.core.image import Radiograph
from workstation.core.ports import ImportSummary
from workstation.core.review import Verdict
from workstation.core.study import Instance, Study
from workstation.services.exporting import safe_stem
from workstation.ui.cine import Cine
from workstation.ui.commands import NEED_STUDY
from workstation.ui.compare.connection import Comparing
from workstation.ui.compare.presenter import ComparePresenter
from workstation.ui.compare.superimpose import SuperimposePresenter
from workstation.ui.desk import Desk
from workstation.ui.dialogs.left_out import LeftOutDialog, of_import
from workstation.ui.dialogs.pages import model_card
from workstation.ui.findings.model import FindingsPhase, TrialState
from workstation.ui.findings.presenter import EvidenceOverlay, FindingsPresenter
from workstation.ui.findings.what_if import WhatIfPresenter
from workstation.ui.key_images import KeyImages
from workstation.ui.looks import Looks
from workstation.ui.marking import Marking
from workstation.ui.presentations import Presentations
from workstation.ui.presenting import Presenting
from workstation.ui.record import Record
from workstation.ui.review.export import Look, ReportExport, report_folder
from workstation.ui.review.presenter import ReviewPresenter
from workstation.ui.viewer.furniture import MessageKind
from workstation.ui.viewer.state import PointerReading, Tool, ViewState
from workstation.ui.viewer.view import FilmView
from workstation.ui.window import MainWindow
from workstation.ui.worklist.batch import BatchPresenter
from workstation.ui.worklist.connection import Keeping
from workstation.ui.worklist.places import PlacesPresenter
from workstation.ui.worklist.presenter import WorklistPresenter


@dataclass(frozen=True, slots=True, kw_only=True)
class Presenters:
    """Everything behind the window."""

    desk: Desk
    presentations: Presentations
    looks: Looks
    record: Record
    worklist: WorklistPresenter
    places: PlacesPresenter
    batch: BatchPresenter
    findings: FindingsPresenter
    what_if: WhatIfPresenter
    review: ReviewPresenter
    export: ReportExport
    compare: ComparePresenter
    superimpose: SuperimposePresenter


class ReadingRoom(QObject):
    """Connects a window to its presenters; built anew with a window in another language, `following` the room before.

    Presenters outlive a room: only its own methods are connected to them, for those end with it.
    """

    def __init__(
        self,
        window: MainWindow,
        presenters: Presenters,
        texts: Texts,
        *,
        following: ReadingRoom | None = None,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._to = presenters
        self._texts = texts
        self.summary: ImportSummary | None = following.summary if following else None
        self._connect_worklist()
        self._connect_film()
        self._connect_findings()
        self._connect_review()
        window.card_requested.connect(self._show_card)
        self._keeping = Keeping(
            window,
            texts,
            worklist=presenters.worklist,
            places=presenters.places,
            batch=presenters.batch,
        )
        self._comparing = Comparing(window, presenters.compare, presenters.superimpose, texts)
        self._enable()

    def refresh(self) -> None:
        """Show what is open already: for a window that was built while a study was on the desk."""
        desk = self._to.desk
        self._window.worklist.show_query(self._to.worklist.query)
        self._on_rows()
        if self.summary is not None:
            self._window.worklist.show_summary(self.summary)
        self._on_study(desk.study)
        if desk.film is not None:
            self._on_film(desk.film)
        self._window.findings.set_state(self._to.findings.state)
        self._window.review.set_state(self._to.review.state)

    def _connect_worklist(self) -> None:
        view, presenter = self._window.worklist, self._to.worklist
        view.query_changed.connect(presenter.search)
        view.study_activated.connect(self._open_study)
        view.instance_activated.connect(self._to.desk.show_film)
        view.thumbnail_requested.connect(presenter.request_thumbnail)
        view.recent_requested.connect(lambda folder: presenter.scan((folder,)))
        view.scan_cancel_requested.connect(presenter.stop_scan)
        view.summary_requested.connect(self._show_summary)
        presenter.query_restored.connect(view.show_query)
        presenter.rows_changed.connect(self._on_rows)
        presenter.scan_changed.connect(view.show_scan)
        presenter.summary_ready.connect(self._on_summary)
        presenter.scan_failed.connect(self._complain)
        presenter.thumbnail_ready.connect(view.set_thumbnail)
        presenter.recent_changed.connect(view.set_recent)
        presenter.recent_changed.connect(self._window.set_recent)
        self._window.paths_chosen.connect(presenter.scan)
        self._window.next_study_requested.connect(view.activate_next)
        self._window.previous_study_requested.connect(lambda: view.activate_next(-1))

    def _connect_film(self) -> None:
        desk, film = self._to.desk, self._window.film
        desk.study_opened.connect(self._on_study)
        desk.study_updated.connect(self._on_study_updated)
        desk.film_loading.connect(self._on_loading)
        desk.film_shown.connect(self._on_film)
        desk.film_failed.connect(self._on_film_failed)
        film.step_requested.connect(desk.step)
        film.view_changed.connect(self._keep_look)
        self._cine = Cine(desk, self)
        self._window.cine_requested.connect(self._cine.toggle)
        self._presenting = Presenting(
            film, self._to.presentations, self._window.presentations, self._texts
        )
        self._window.presentation_requested.connect(self._to.presentations.step)
        self._to.presentations.chosen_changed.connect(self._on_presentation)
        self._to.presentations.failed.connect(self._complain)
        self._connect_marks(film)
        key_images = KeyImages(film, self._to.record, self._texts)
        key_images.said.connect(self._window.say)
        self._window.key_image_requested.connect(key_images.toggle)
        self._window.stage.beside_made.connect(self._connect_marks)

    def _connect_marks(self, view: FilmView) -> None:
        Marking(view, self._to.record, self._texts)
        view.hand.said.connect(self._window.say)

    def _connect_findings(self) -> None:
        window, view, presenter = self._window, self._window.findings, self._to.findings
        presenter.state_changed.connect(view.set_state)
        presenter.overlay_changed.connect(self._on_overlay)
        view.analyse_requested.connect(presenter.analyse)
        view.retry_requested.connect(presenter.analyse)
        view.stop_requested.connect(presenter.stop)
        view.reveal_requested.connect(presenter.reveal)
        view.finding_selected.connect(presenter.select)
        view.evidence_requested.connect(presenter.ask_evidence)
        view.evidence_toggled.connect(presenter.toggle_evidence)
        view.style_changed.connect(presenter.set_controls)
        view.decided.connect(presenter.decide)
        view.model_card_requested.connect(window.card_requested)
        window.analyse_requested.connect(presenter.analyse)
        window.stop_requested.connect(presenter.stop)
        window.marks_requested.connect(presenter.toggle_evidence)
        window.next_finding_requested.connect(presenter.step)
        window.accept_requested.connect(lambda: presenter.pass_verdict(Verdict.ACCEPTED))
        window.reject_requested.connect(lambda: presenter.pass_verdict(Verdict.REJECTED))
        for key in (
            window.next_finding_requested,
            window.accept_requested,
            window.reject_requested,
        ):
            key.connect(view.show_selected)
        presenter.state_changed.connect(self._enable)
        window.film.pointer_moved.connect(self._on_pointer)
        what_if = self._to.what_if
        window.what_if_requested.connect(what_if.begin)
        view.trial_requested.connect(what_if.begin)
        view.trial_ended.connect(what_if.end)
        window.film.brush.painted.connect(what_if.paint)
        what_if.trial_changed.connect(self._on_trial)

    def _connect_review(self) -> None:
        window, view, presenter = self._window, self._window.review, self._to.review
        presenter.state_changed.connect(view.set_state)
        presenter.state_changed.connect(self._enable)
        view.impression_edited.connect(presenter.draft_impression)
        view.impression_recorded.connect(presenter.record_impression)
        view.no_finding_noted.connect(lambda: presenter.record_impression(""))
        # The field hides once it is recorded: without this the next one would take the viewer's keys for text.
        view.impression_recorded.connect(lambda _text: window.film.setFocus())
        view.no_finding_noted.connect(window.film.setFocus)
        view.text_edited.connect(presenter.draft)
        view.text_committed.connect(presenter.write)
        view.identity_entered.connect(presenter.identify)
        view.patient_confirmed.connect(presenter.confirm_patient)
        view.undo_requested.connect(presenter.undo)
        view.redo_requested.connect(presenter.redo)
        view.review_requested.connect(self._mark_reviewed)
        window.review_requested.connect(self._mark_reviewed)
        view.reopen_requested.connect(presenter.reopen)
        window.undo_requested.connect(presenter.undo)
        window.redo_requested.connect(presenter.redo)
        window.report_requested.connect(self._ask_report_path)
        window.report_path_chosen.connect(self._export)
        self._to.export.exported.connect(self._on_exported)
        self._to.export.failed.connect(self._complain)
        self._to.record.failed.connect(self._complain)
        self._to.record.committed.connect(self._on_committed)

    def _enable(self, _state: object = None) -> None:
        review, film = self._to.review.state, self._to.desk.film is not None
        shown = self._to.findings.state
        self._window.enable(
            {
                **dict.fromkeys(NEED_STUDY, self._to.desk.study is not None),
                "room.card_requested": True,
                "room.analyse_requested": film,
                "room.what_if_requested": shown.phase is FindingsPhase.RESULT,
                "room.undo_requested": review.undo is not None,
                "room.redo_requested": review.redo is not None,
            }
        )

    def _show_card(self) -> None:
        model = self._to.findings.state.model
        if model is None:
            self._window.say(self._texts.tr("No model package could be opened."))
        else:
            html = model.card_html[self._texts.language]
            model_card(self._texts, html, self._window).open()

    # Worklist

    def _open_study(self, study_uid: str) -> None:
        self._window.review.commit_pending()
        self._to.desk.open_study(study_uid)

    def _on_rows(self, _changes: object = None) -> None:
        presenter = self._to.worklist
        self._window.worklist.show_rows(presenter.count(), presenter.fetch)

    def _on_committed(self, _changes: object) -> None:
        self._to.worklist.refresh()

    def _on_summary(self, summary: ImportSummary) -> None:
        self.summary = summary
        self._window.worklist.show_summary(summary)
        self._window.worklist.forget_thumbnails()
        self._to.compare.refresh()
        self._to.review.look_again()
        if summary.garbled:
            self._window.say(
                self._texts.tr("Some names may be garbled Chinese: see Settings, Import.")
            )

    def _show_summary(self) -> None:
        if self.summary is not None:
            listing = of_import(self._texts, self.summary)
            LeftOutDialog(self._texts, listing, self._window).open()

    # Film

    def _on_study(self, study: Study | None) -> None:
        self._on_study_updated(study)
        if study is None:
            self._window.film.clear()
        self._enable()

    def _on_study_updated(self, study: Study | None) -> None:
        current = self._to.desk.instance
        self._window.worklist.show_open_study(study, current.sop_uid if current else None)
        self._window.setWindowTitle(_title(study))

    def _on_loading(self, instance: Instance) -> None:
        # A film that is on screen already and only shows another frame stays until that frame is there.
        shown = self._window.film.film
        if shown is None or not _is_film(shown.instance, instance):
            message = self._texts.tr("Opening the film…")
            self._window.film.show_message(message, kind=MessageKind.BUSY)
        self._window.worklist.show_open_study(self._to.desk.study, instance.sop_uid)

    def _on_film(self, film: Radiograph) -> None:
        view = self._window.film
        self._presenting.show(film, _place_in_stack(film, self._to.desk.study))
        look = self._to.looks.of_film.get(film.instance.sop_uid)
        if look is not None:
            view.restore(look)
        self._on_overlay(self._to.findings.overlay)
        view.setFocus()
        self._enable()

    def _on_presentation(self) -> None:
        """Show the film under another state, or its own look, from where that begins."""
        film, view = self._to.desk.film, self._window.film
        if film is not None:
            self._presenting.show(film, _place_in_stack(film, self._to.desk.study))
            self._keep_look(view.view_state())
            self._on_overlay(self._to.findings.overlay)

    def _on_film_failed(self, reason: Reason) -> None:
        self._window.film.show_message(self._error(reason), kind=MessageKind.ERROR)
        self._enable()

    def _keep_look(self, state: ViewState) -> None:
        film = self._window.film.film
        if film is not None:
            uid = film.instance.sop_uid
            # A window of a presentation state means nothing without it, and the next start applies none.
            lasting = uid not in self._to.presentations.applied
            self._to.looks.keep(uid, state, lasting=lasting)

    def _on_overlay(self, overlay: EvidenceOverlay | None) -> None:
        view, model = self._window.film, self._to.findings.state.model
        same = model is not None and _is_same(view.film, self._to.desk.film)
        name = f"{model.model_id} {model.version}" if model else ""
        view.set_candidates(self._to.findings.candidates if same else (), name)
        if overlay is None or not _is_same(view.film, self._to.desk.film):
            view.set_evidence(None)
        else:
            finding = self._texts.tr(f"finding.{overlay.evidence.code.value}")
            view.set_evidence(overlay.evidence, overlay.style, f"{overlay.model} – {finding}")

    def _on_pointer(self, reading: PointerReading | None) -> None:
        under = self._to.findings.evidence_under(reading.place) if reading else {}
        self._window.findings.show_pointer(under)

    def _on_trial(self, trial: TrialState | None) -> None:
        film = self._window.film
        self._window.findings.show_trial(trial)
        film.brush.show_region(trial.region if trial else ())
        if trial is None and film.tool is Tool.PAINT:
            film.set_tool(Tool.WINDOW)
        elif trial is not None and not trial.region:
            film.set_tool(Tool.PAINT)

    # Review and report

    def _mark_reviewed(self) -> None:
        self._window.review.commit_pending()
        self._to.review.mark_reviewed()

    def _ask_report_path(self) -> None:
        study = self._to.desk.study
        if study is None:
            return
        self._window.review.commit_pending()
        name = safe_stem(study.accession_number, identifier=study.study_uid)
        self._window.ask_report_path(report_folder() / f"{name}.pdf")

    def _export(self, path: Path) -> None:
        applied = self._to.presentations.applied
        looks = {
            uid: Look(voi=look.voi, inverted=look.inverted, state=applied.get(uid))
            for uid, look in self._to.looks.of_film.items()
        }
        self._window.say(self._texts.tr("Writing the report…"))
        self._to.export.run(path, looks, language=self._texts.language)

    def _on_exported(self, path: Path) -> None:
        time = f"{datetime.now().astimezone():%H:%M}"
        self._window.say(
            self._texts.tr("{time} Report written: {path}", time=time, path=str(path))
        )

    def _complain(self, reason: Reason) -> None:
        self._window.say(self._error(reason))

    def _error(self, reason: Reason) -> str:
        return self._texts.tr(f"error.{reason.code.value}", **reason.parameters)


def _title(study: Study | None) -> str:
    return "Thoravue" if study is None else f"{study.patient.name} – Thoravue"


def _is_film(shown: Instance, instance: Instance) -> bool:
    """Whether they are one film of one patient, as far as headers tell."""
    return (shown.sop_uid, shown.patient) == (instance.sop_uid, instance.patient)


def _is_same(shown: Radiograph | None, film: Radiograph | None) -> bool:
    """Whether the frame on screen is that on the desk, under whatever presentation state."""
    if shown is None or film is None:
        return False
    return shown.pixels is film.pixels and shown.instance == film.instance


def _place_in_stack(film: Radiograph, study: Study | None) -> tuple[int, int] | None:
    """The film's number in its series and how many there are; None when the stack is its own frames."""
    if film.instance.frames > 1 or study is None:
        return None
    uid = film.instance.series_uid
    members = next((s.instances for s in study.series if s.series_uid == uid), ())
    numbers = (n for n, (i, _) in enumerate(members, 1) if i.sop_uid == film.instance.sop_uid)
    return next(numbers, 1), max(len(members), 1)
