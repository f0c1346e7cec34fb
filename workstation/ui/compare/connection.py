"""The stage, the strip below it and the presenters behind it, connected."""

from __future__ import annotations

from PySide6.QtCore import QObject

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.ui.compare.controls import CompareControls
from workstation.ui.compare.model import Beside, CompareState, Hanging
from workstation.ui.compare.overlay_controls import OverlayControls
from workstation.ui.compare.presenter import ComparePresenter
from workstation.ui.compare.superimpose import SuperimposePresenter, SuperimposeState
from workstation.ui.compare.wording import badges, nothing_found, overlay_caption
from workstation.ui.panel import told
from workstation.ui.stage import Stage
from workstation.ui.viewer.furniture import MessageKind
from workstation.ui.viewer.raster import Look
from workstation.ui.viewer.superimposed import ComputedImage, Superposition
from workstation.ui.viewer.view import FilmView
from workstation.ui.window import MainWindow


class Comparing(QObject):
    """Connects a window's stage to what is compared on it; a new window has a new one."""

    def __init__(
        self,
        window: MainWindow,
        presenter: ComparePresenter,
        superimpose: SuperimposePresenter,
        texts: Texts,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._stage: Stage = window.stage
        self._presenter = presenter
        self._superimpose = superimpose
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
        self._connect_overlay(window.compare.overlay)
        self._on_state(presenter.state)
        self._on_overlay(superimpose.state)

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

    def _connect_overlay(self, controls: OverlayControls) -> None:
        superimpose = self._superimpose
        controls.superimpose_requested.connect(superimpose.start)
        controls.stop_superimposing_requested.connect(superimpose.stop)
        controls.computed_requested.connect(superimpose.toggle)
        controls.flicker_requested.connect(superimpose.flicker)
        controls.blend_requested.connect(self._blend)
        controls.difference_requested.connect(self._show_difference)
        controls.opacity_changed.connect(superimpose.set_opacity)
        superimpose.state_changed.connect(self._on_overlay)

    def _blend(self) -> None:
        self._superimpose.show_way(Superposition.BLEND)

    def _show_difference(self) -> None:
        self._superimpose.show_way(Superposition.DIFFERENCE)

    def _on_overlay(self, state: SuperimposeState) -> None:
        self._window.compare.overlay.show_state(state)
        self._draw_overlay()

    def _draw_overlay(self, _look: object = None) -> None:
        """Draw the registered prior over the current film, in the window that the prior beside is looked at in."""
        state, beside = self._superimpose.state, self._stage.beside
        if state.drawn is None or beside is None or beside.film is not state.drawn.prior:
            self._stage.film.computed.show_image(None)
            return
        look = beside.view_state()
        image = ComputedImage(
            registered=state.drawn,
            way=state.way,
            opacity=state.opacity,
            look=Look(voi=look.voi, inverted=look.inverted),
            caption=overlay_caption(state.drawn.prior.instance, state.way, self._texts),
        )
        self._stage.film.computed.show_image(image)

    def _on_state(self, state: CompareState) -> None:
        self._window.compare.show_state(state)
        for hanging, action in self._hangings.items():
            action.setChecked(state.hanging is hanging)
        if not state.is_comparing:
            self._stage.end_comparison()
            return
        view = self._stage.compare(*badges(state, self._texts))
        if state.reason is not None:
            view.show_message(told(self._texts, state.reason), kind=MessageKind.ERROR)
        elif state.film is None:
            view.show_message(self._texts.tr("Opening the film…"), kind=MessageKind.BUSY)
        elif view.film is not state.film:
            self._stage.show_beside(state.film)
            self._draw_overlay()

    def _on_beside_made(self, view: FilmView) -> None:
        view.step_requested.connect(self._step)
        view.view_changed.connect(self._draw_overlay)
        view.hand.said.connect(self._window.say)
        view.hand.film_changed.connect(self._let_measure)
        view.hand.annotation_changed.connect(self._on_measured)
        view.hand.calibrated.connect(self._on_measured)
        self._beside = view
        self._let_measure()
        view.maximise_requested.connect(self._window.film.maximise_requested)
        view.menu_requested.connect(self._window.film.menu_requested)
        view.file_dropped.connect(self._window.film.file_dropped)

    def _let_measure(self) -> None:
        """What is drawn on the film beside belongs to no review: it stays until another film comes."""
        self._beside.hand.show(refusal="")

    def _on_measured(self, *_what: object) -> None:
        self._window.say(
            self._texts.tr(
                "Drawn on the film beside: it stays until another film comes, and is not stored."
            )
        )

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
