"""The running program: a window at once, and everything behind it as soon as it is ready."""

from __future__ import annotations

import gc
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication

from resources.i18n import LANGUAGES, Texts
from workstation import __version__
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.place import load_place, save_place
from workstation.adapters.config.settings import LoadedSettings, Settings, save_settings
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.app.preferences import changed, described, problem_words
from workstation.app.store_lane import IndexOnLane
from workstation.app.surroundings import chosen_language
from workstation.core.errors import Reason, WorkstationError
from workstation.core.jobs import JobContext, Lane
from workstation.core.ports import FilmRegistration
from workstation.core.review import Actor
from workstation.services.analysis import Analysis
from workstation.services.comparison import Comparison
from workstation.services.indexing import Indexing
from workstation.services.priors import earlier_studies
from workstation.services.review import ReviewService
from workstation.services.trial import Trial
from workstation.ui.commands import NEED_LIBRARY
from workstation.ui.compare.presenter import ComparePresenter
from workstation.ui.compare.superimpose import SuperimposePresenter
from workstation.ui.desk import Desk
from workstation.ui.dialogs.keys import KeyMap
from workstation.ui.dialogs.pages import about
from workstation.ui.dialogs.reader_name import ask_reader_name
from workstation.ui.findings.model import EvidenceControls
from workstation.ui.findings.presenter import FindingsPresenter, RevealPolicy
from workstation.ui.findings.what_if import WhatIfPresenter
from workstation.ui.jobs.lanes import LATER, Lanes
from workstation.ui.looks import Looks
from workstation.ui.presentations import Presentations
from workstation.ui.record import Record
from workstation.ui.review.export import ReportExport, ReportTools
from workstation.ui.review.presenter import ReviewPresenter
from workstation.ui.room import Presenters, ReadingRoom
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.settings.model import Value
from workstation.ui.settings.packages import PackagesPage
from workstation.ui.settings.presenter import PackagesPresenter
from workstation.ui.viewer.furniture import MessageKind
from workstation.ui.viewer.state import CornerLevel, ViewerOptions
from workstation.ui.window import MainWindow, WindowOptions
from workstation.ui.worklist.batch import BatchPresenter
from workstation.ui.worklist.places import PlacesPresenter
from workstation.ui.worklist.presenter import WorklistPresenter

if TYPE_CHECKING:
    from workstation.app.backstage import Backstage


# Importing torch holds the interpreter for a moment.
_ENGINES_AFTER_MS = 1500


class Workbench(QObject):
    """Builds the window first; opens the library, starts the guarded children and loads the network behind it.

    Signals
    -------
    opened
        Nothing: the library is open, films can be read.
    ready
        Nothing: the engines are loaded too; from here on the window never stalls.
    crashed
        Path of a crash file, from the thread where something unexpected happened.
    language_changed
        The language that the window has now.
    """

    opened = Signal()
    ready = Signal()
    crashed = Signal(object)
    language_changed = Signal(object)

    def __init__(
        self, *, folders: Folders, loaded: LoadedSettings, language: str | None
    ) -> None:
        super().__init__()
        self._folders = folders
        self._problems: Sequence[Reason] = loaded.problems
        self._settings: Settings = loaded.settings
        self.language = language or _language(self._settings)
        self._texts = Texts(self.language)
        self._lanes = Lanes()
        self._scanner = GuardedScanner(assume_gbk=self._settings.assume_gbk)
        self._reader = GuardedFilmReader(assume_gbk=self._settings.assume_gbk)
        self.actor: Actor | None = None
        self._asking = False
        self._backstage: Backstage | None = None
        self.presenters: Presenters | None = None
        self._wanted: list[Path] = []
        self._room: ReadingRoom | None = None
        self._packages: PackagesPresenter | None = None
        self._engines = QTimer(self)
        self._engines.setInterval(_ENGINES_AFTER_MS)
        self._engines.timeout.connect(self._load_engines)
        self.window = self._made_window(load_place(folders.config))
        self.crashed.connect(self._on_crash, Qt.ConnectionType.QueuedConnection)

    def show(self) -> None:
        """Show the window; nothing else has been loaded yet."""
        self.window.show()
        self.window.film.show_message(
            self._texts.tr("Opening the library…"), kind=MessageKind.BUSY
        )

    def start(self, paths: Sequence[Path]) -> None:
        """After the first paint: open the library, and `paths` with it."""
        self._wanted += paths
        self._folders.empty_scratch()
        self._show_problems()
        self._lanes.submit(Lane.STORE, self._open, done=self._on_opened, failed=self._on_failed)
        self._lanes.submit(Lane.FILM, lambda _: self._reader.start(), done=_ignore)
        self._lanes.submit(Lane.SCAN, lambda _: self._scanner.start(), done=_ignore)

    def receive(self, paths: Sequence[Path]) -> None:
        """A second start handed `paths` over: come to the front and open them."""
        self.window.setWindowState(self.window.windowState() & ~Qt.WindowState.WindowMinimized)
        self.window.raise_()
        self.window.activateWindow()
        if self.presenters is None:
            self._wanted += paths
        elif paths:
            self.presenters.worklist.scan(paths, chosen=False)
            if self.presenters.desk.study is not None:
                self.window.say(
                    self._texts.tr("Reading the new files; the open study stays on screen.")
                )

    def close(self, *, hurried: bool = False) -> bool:
        """Let the store finish, end threads and children; False when `hurried` and a thread could not be ended in time.

        What cannot be interrupted is an import of torch, and a key store of the system that does not answer. Neither has
        anything to store; the process must end then.
        """
        save_place(self._folders.config, self.window.place)
        self.window.hide()
        self._engines.stop()
        if self.presenters is not None:
            self.presenters.worklist.close()
            self.presenters.looks.close()
        impatient = {Lane.COMPUTE} if self._backstage else {Lane.COMPUTE, Lane.STORE}
        ended = self._lanes.shutdown(impatient=impatient if hurried else ())
        self._scanner.close()
        self._reader.close()
        if self._backstage is not None:
            self._backstage.close()
        self._folders.empty_scratch()
        gc.unfreeze()
        return ended

    def speak(self, language: str) -> None:
        """Put a window in another language in the place of this one; everything behind it stays as it is."""
        if language == self.language:
            return
        before, room = self.window, self._room
        before.review.commit_pending()
        self.language, self._texts = language, Texts(language)
        self.window = self._made_window(before.place)
        if self.presenters is not None:
            self._enter(self.presenters, following=room)
        self._show_problems()
        self.window.show()
        before.hide()
        before.deleteLater()
        self.language_changed.emit(language)

    def _made_window(self, place: Mapping[str, bytes]) -> MainWindow:
        settings = self._settings
        viewer = _viewer_options(settings)
        options = WindowOptions(viewer=viewer, keys=settings.key_map, place=place)
        window = MainWindow(self._texts, options)
        window.worklist.set_triage_bound(settings.triage_bound)
        window.paths_chosen.connect(self._keep_for_later)
        window.settings_requested.connect(self._show_settings)
        window.about_requested.connect(self._show_about)
        window.keys_changed.connect(self._keep_keys)
        window.language_requested.connect(self._other_language)
        window.closed.connect(self._ask_no_more)
        return window

    def _keep_for_later(self, paths: Sequence[Path]) -> None:
        """What the reader opens before the library is open is opened then."""
        if self.presenters is None:
            self._wanted += paths

    def _enter(self, presenters: Presenters, *, following: ReadingRoom | None = None) -> None:
        self._room = ReadingRoom(self.window, presenters, self._texts, following=following)
        self._room.refresh()

    def _open(self, _context: JobContext) -> Backstage:
        from workstation.app.backstage import open_backstage  # after the first paint

        # Kept before anyone is told, so that a window closed meanwhile closes the library too.
        self._backstage = open_backstage(self._folders, self._settings)
        return self._backstage

    def _on_opened(self, backstage: Backstage) -> None:
        self.presenters = self._made_presenters(backstage)
        self._enter(self.presenters)
        self.window.film.show_message(
            self._texts.tr("Open a folder of films, or drop it here.")
        )
        self._expect_decoding(self.presenters)
        self.presenters.worklist.restore(
            open_study=not self._wanted, film=self.presenters.looks.film
        )
        if self._wanted:
            self.presenters.worklist.scan(tuple(self._wanted))
            self._wanted.clear()
        self._engines.start()
        self.opened.emit()

    def _expect_decoding(self, to: Presenters) -> None:
        """Have the library read anew where names were decoded by another setting, before anything is scanned."""
        to.places.outdated.connect(lambda paths: to.worklist.scan(paths, chosen=False))
        to.places.expect_decoding("gbk" if self._settings.assume_gbk else "")

    def _load_engines(self) -> None:
        """Load the network ahead of its first use: not while the first film is opened, never while the mouse is dragging."""
        if QGuiApplication.mouseButtons() is not Qt.MouseButton.NoButton:
            return
        self._engines.stop()
        self.window.say(self._texts.tr("Loading the engines…"))
        self._lanes.submit(
            Lane.COMPUTE,
            lambda _: self._load_model(),
            done=lambda _: self._on_ready(),
            failed=self._on_failed_quietly,
            priority=LATER,
        )

    def _on_ready(self) -> None:
        # The engines stay to the end: a full collection that visits them holds the window for 0.1 s.
        gc.freeze()
        self.window.say(self._texts.tr("Ready."))
        self.ready.emit()

    def _show_problems(self) -> None:
        """Say which settings could not be read, until the reader has seen it."""
        if self._problems:
            words = problem_words(self._texts, self._problems)
            self.window.notify(words).acknowledged.connect(self._forget_problems)

    def _forget_problems(self) -> None:
        self._problems = ()

    def _on_failed(self, reason: Reason) -> None:
        text = self._texts.tr(f"error.{reason.code.value}", **reason.parameters)
        self.window.film.show_message(text, kind=MessageKind.ERROR)
        self.window.worklist.show_unopened()
        self.window.enable(dict.fromkeys(NEED_LIBRARY, False))

    def _on_failed_quietly(self, reason: Reason) -> None:
        self.window.say(self._texts.tr(f"error.{reason.code.value}", **reason.parameters))

    def _made_presenters(self, backstage: Backstage) -> Presenters:
        lanes, reading, library = self._lanes, backstage.reading, backstage.library
        desk = Desk(lanes=lanes, reader=self._reader, find_study=reading.study, parent=self)
        service = ReviewService(library, lambda: datetime.now(UTC), lambda: uuid.uuid4().hex)
        record = Record(
            lanes=lanes, service=service, store=library, ask_actor=self._ask_actor, parent=self
        )
        settings = self._settings
        self._load_model = backstage.models.loader(
            settings.model or None, threads=settings.compute_threads
        )
        findings = FindingsPresenter(
            lanes=lanes,
            desk=desk,
            record=record,
            analysis=Analysis(self._load_model),
            model=backstage.model,
            policy=RevealPolicy(settings.reveal_policy),
            controls=_evidence_controls(settings),
            parent=self,
        )
        what_if = WhatIfPresenter(
            lanes=lanes,
            desk=desk,
            findings=findings,
            trial=Trial(self._load_model),
            parent=self,
        )
        review = ReviewPresenter(
            lanes=lanes,
            desk=desk,
            record=record,
            session=library,
            saved_session=reading,
            now=lambda: datetime.now().astimezone(),
            conflicts=reading.conflicts,
            parent=self,
        )
        worklist = WorklistPresenter(
            lanes=lanes,
            desk=desk,
            index=reading,
            session=library,
            saved_session=reading,
            indexing=Indexing(self._scanner, IndexOnLane(library, lanes)),
            reader=self._reader,
            parent=self,
        )
        tools = ReportTools(
            reader=self._reader,
            store=library,
            renderer=backstage.renderer,
            model=backstage.model,
            prior=lambda study: next((p.when for p in earlier_studies(reading, study)), None),
            program_version=__version__,
        )
        export = ReportExport(
            lanes=lanes,
            desk=desk,
            record=record,
            tools=tools,
            ask_actor=self._ask_actor,
            parent=self,
        )
        compare = self._made_compare(desk, backstage)
        return Presenters(
            desk=desk,
            presentations=Presentations(
                lanes=lanes, desk=desk, reader=self._reader, parent=self
            ),
            looks=Looks(
                lanes=lanes, desk=desk, session=library, saved_session=reading, parent=self
            ),
            record=record,
            worklist=worklist,
            places=PlacesPresenter(
                lanes=lanes, desk=desk, index=library, session=library, parent=self
            ),
            batch=self._made_batch(backstage, record),
            findings=findings,
            what_if=what_if,
            review=review,
            export=export,
            compare=compare,
            superimpose=self._made_superimpose(desk, compare),
        )

    def _made_batch(self, backstage: Backstage, record: Record) -> BatchPresenter:
        return BatchPresenter(
            lanes=self._lanes,
            index=backstage.library,
            find_study=backstage.reading.study,
            reader=self._reader,
            record=record,
            analysis=Analysis(self._load_model),
            package_sha256=backstage.model.package_sha256 if backstage.model else None,
            parent=self,
        )

    def _made_compare(self, desk: Desk, backstage: Backstage) -> ComparePresenter:
        return ComparePresenter(
            lanes=self._lanes,
            desk=desk,
            index=backstage.library,
            reader=self._reader,
            session=backstage.library,
            saved_session=backstage.reading,
            parent=self,
        )

    def _made_superimpose(self, desk: Desk, compare: ComparePresenter) -> SuperimposePresenter:
        threads = self._settings.compute_threads

        def load() -> FilmRegistration:
            from workstation.adapters.registration.elastic import (
                ElasticRegistration,  # imports SimpleITK
            )

            return ElasticRegistration(threads=threads)

        return SuperimposePresenter(
            lanes=self._lanes,
            desk=desk,
            compare=compare,
            comparison=Comparison(load),
            parent=self,
        )

    def _on_crash(self, path: Path) -> None:
        message = self._texts.tr(
            "Something unexpected happened; what was saved is safe. A report without patient data: {path}",
            path=str(path),
        )
        self.window.say(message)

    def _show_settings(self) -> None:
        if self._packages is None:
            self._packages = self._made_packages()
        model = self.presenters.findings.state.model if self.presenters else None
        in_use = None if model is None else model.package_sha256
        page = PackagesPage(self._texts, chosen=self._settings.model, in_use=in_use)
        page.attach(self._packages)
        fields = described(self._settings)
        dialog = SettingsDialog(self._texts, fields, self.window, packages=page)
        dialog.saved.connect(self._save_settings)
        dialog.open()

    def _made_packages(self) -> PackagesPresenter:
        from workstation.app.packages import ReadersPackages  # after the first paint

        packages = ReadersPackages(self._folders.models, lambda: self._settings)
        made = PackagesPresenter(lanes=self._lanes, packages=packages, parent=self)
        made.key_trusted.connect(self._trust)
        made.failed.connect(self._on_failed_quietly)
        return made

    def _trust(self, key: str) -> None:
        self._keep({"trusted_keys": (*self._settings.trusted_keys, key)})

    def _save_settings(self, values: Mapping[str, Value]) -> None:
        """Keep the settings; what needs no restart takes effect now."""
        if not self._keep(values):
            return
        settings = self._settings
        if "language" in values:
            self.speak(_language(settings))
        self.window.stage.set_options(_viewer_options(settings))
        self.window.worklist.set_triage_bound(settings.triage_bound)
        if self.presenters is not None:
            self.presenters.findings.set_controls(_evidence_controls(settings))
        self.window.say(self._texts.tr("Settings saved."))

    def _keep(self, values: Mapping[str, Any]) -> bool:
        """Store changed settings; what went wrong is said."""
        try:
            settings = changed(self._settings, values)
            save_settings(self._folders.config, settings)
        except WorkstationError as error:
            self._on_failed_quietly(error.reason)
            return False
        self._settings = settings
        return True

    def _keep_keys(self, keys: KeyMap) -> None:
        lines = tuple(" ".join((command, *pressed)) for command, pressed in keys.items())
        if self._keep({"keys": lines}):
            self.window.say(self._texts.tr("Settings saved."))

    def _other_language(self) -> None:
        other = next(language for language in LANGUAGES if language != self.language)
        self._save_settings({"language": other})

    def _show_about(self) -> None:
        about(self._texts, __version__, self.window).open()

    def _ask_no_more(self) -> None:
        """What was typed without a name stays a draft: closing is no time for a question."""
        self._asking = True

    def _ask_actor(self) -> Actor | None:
        """The reader's name, asked for once a session; unverified until there are logins."""
        if self.actor is None and not self._asking:
            # The question takes the focus away, which may bring another change that asks.
            self._asking = True
            name = ask_reader_name(self._texts, self.window)
            self._asking = False
            self.actor = Actor(name=name) if name else None
        return self.actor


def _language(settings: Settings) -> str:
    chosen = settings.language
    return chosen_language(None if chosen == "system" else chosen)


def _viewer_options(settings: Settings) -> ViewerOptions:
    return ViewerOptions(
        invert_vertical_drag=settings.invert_vertical_drag,
        corner_level=CornerLevel(settings.corner_level),
    )


def _evidence_controls(settings: Settings) -> EvidenceControls:
    return EvidenceControls(
        opacity=settings.overlay_opacity, cut_off_share=settings.overlay_cut_off
    )


def _ignore(_value: object) -> None:
    return None
