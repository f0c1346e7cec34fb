"""The stage, the strip below it and the presenters behind it, connected."""

from __future__ import annotations

from PySide6.QtCore import QObject

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.ui.compare.controls import CompareControls
from workstation.ui.compare.model import Beside, CompareState, Hanging
from workstation.ui.compare.presenter import ComparePresenter
from workstation.ui.compare.wording import badges, nothing_found
from workstation.ui.panel import told
from workstation.ui.stage import Stage
from workstation.ui.viewer.furniture import MessageKind
from workstation.ui.viewer.view import FilmView
from workstation.ui.window import MainWindow


class Comparing(QObject):
    """Connects a window's stage to what is compared on it; a new window has a new one."""

    def __init__(self, window: MainWindow, presenter: ComparePresenter, texts: Texts) -> None:
        super().__init__(window)
        self._window = window
        self._stage: Stage = window.stage
        self._presenter = presenter
        self._texts = texts
        self._hangings = {
            hanging: window.actions_by_id[f"compare.hang_{hanging}_requested"]
            for hanging in Hanging
        }
        for action in self._hangings.values():
            action.setCheckable(True)
        self._connect_controls(window.compare)
        self._stage.beside_made.connect(self._on_beside_made)
        self._stage.linked_changed.connect(window.compare.set_linked)
        presenter.state_changed.connect(self._on_state)
        presenter.nothing_found.connect(self._on_nothing_found)
        presenter.failed.connect(self._on_failed)
        self._on_state(presenter.state)

    def _connect_controls(self, controls: CompareControls) -> None:
        presenter = self._presenter
        controls.prior_requested.connect(presenter.with_prior)
        controls.next_prior_requested.connect(presenter.next_prior)
        controls.views_requested.connect(presenter.two_views)
        controls.hold_requested.connect(presenter.hold)
        controls.one_film_requested.connect(presenter.one_film)
        controls.prior_chosen.connect(presenter.choose_prior)
        controls.link_requested.connect(self._toggle_linked)
        controls.switch_requested.connect(self._switch)
        for signal, hanging in (
            (controls.hang_one_requested, Hanging.ONE),
            (controls.hang_views_requested, Hanging.VIEWS),
            (controls.hang_prior_requested, Hanging.PRIOR),
        ):
            signal.connect(lambda way=hanging: presenter.hang_each(way))

    def _on_state(self, state: CompareState) -> None:
        self._window.compare.show_state(state)
        for hanging, action in self._hangings.items():
            action.setChecked(state.hanging is hanging)
        if not state.is_comparing or state.current is None:
            self._stage.end_comparison()
            return
        view = self._stage.compare(*badges(state, self._texts))
        if state.reason is not None:
            view.show_message(told(self._texts, state.reason), kind=MessageKind.ERROR)
        elif state.film is None:
            view.show_message(self._texts.tr("Opening the film…"), kind=MessageKind.BUSY)
        elif view.film is not state.film:
            self._stage.show_beside(state.film)

    def _on_beside_made(self, view: FilmView) -> None:
        view.step_requested.connect(self._step)
        view.maximise_requested.connect(self._window.film.maximise_requested)
        view.menu_requested.connect(self._window.film.menu_requested)
        view.file_dropped.connect(self._window.film.file_dropped)

    def _step(self, by: int) -> None:
        if self._presenter.state.beside is Beside.PRIOR:
            self._presenter.next_prior(by)

    def _toggle_linked(self) -> None:
        self._stage.set_linked(not self._stage.is_linked)

    def _switch(self) -> None:
        beside = self._stage.beside
        if beside is not None:
            other = beside if self._stage.active is self._stage.film else self._stage.film
            self._stage.activate(other)
            other.setFocus()

    def _on_nothing_found(self, wish: Beside) -> None:
        self._window.say(nothing_found(wish, self._texts))

    def _on_failed(self, reason: Reason) -> None:
        self._window.say(told(self._texts, reason))
