"""The film under its presentation state: on the canvas, in the menu, and in words."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from resources.i18n import Texts
from workstation.core.image import Radiograph
from workstation.core.presentation import PresentationState, Presented
from workstation.ui.presentations import Presentations
from workstation.ui.viewer.state import ViewState, middle_of
from workstation.ui.viewer.view import FilmView


class Presenting(QObject):
    """Shows films of the desk on `view`, and offers their states in `menu`."""

    def __init__(
        self, view: FilmView, presenter: Presentations, menu: QMenu, texts: Texts
    ) -> None:
        super().__init__(view)
        self._view = view
        self._presenter = presenter
        self._menu = menu
        self._texts = texts
        presenter.offered_changed.connect(self.offer)
        self.offer()

    def show(self, film: Radiograph, position: tuple[int, int] | None) -> None:
        """Show `film`, the one on the desk, under its state, else as its file says."""
        presented = self._presenter.presented(film)
        if presented is None:
            self._view.show_film(film, position=position)
        else:
            look = _look(presented)
            self._view.show_film(presented.film, position=position, look=look)
            self._view.graphics.show(presented.drawn)
        self.offer()

    def offer(self) -> None:
        """List the states in the menu, and say on the film which one it is under."""
        offered, chosen = self._presenter.offered, self._presenter.chosen
        self._menu.clear()
        self._menu.setEnabled(bool(offered))
        group = QActionGroup(self._menu)
        entries = [("", self._texts.tr("As the file says"))]
        for state in offered:
            words = " – ".join(filter(None, (self._named(state), state.description)))
            entries.append((state.sop_uid, words))
        for uid, words in entries:
            action = self._menu.addAction(words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(uid == (chosen.sop_uid if chosen else ""))
            action.triggered.connect(lambda _on=False, uid=uid: self._presenter.choose(uid))
            group.addAction(action)
        self._view.set_note("presentation", self._notes(offered, chosen))

    def _notes(
        self, offered: tuple[PresentationState, ...], chosen: PresentationState | None
    ) -> tuple[str, ...]:
        tr = self._texts.tr
        if chosen is None:
            one = tr("1 saved presentation, not applied")
            several = tr("{count} saved presentations, none applied", count=len(offered))
            return (one if len(offered) == 1 else several,) if offered else ()
        missing = [tr(f"unsupported.{what}") for what in chosen.unsupported]
        lines = [f"⚠ {tr('not applied: {what}', what=what)}" for what in missing]
        return tuple(filter(None, (self._named(chosen), chosen.description, *lines)))

    def _named(self, state: PresentationState) -> str:
        """Label, creator and date, as far as they are known."""
        when = f"{state.created:%Y-%m-%d}" if state.created else ""
        parts = (state.label, state.creator, when)
        about = ", ".join(part for part in parts if part)
        return self._texts.tr("Presentation: {about}", about=about or state.sop_uid)


def _look(presented: Presented) -> ViewState:
    """How a state wants its film to be looked at first."""
    magnification = presented.magnification
    return ViewState(
        voi=presented.voi,
        inverted=presented.inverted,
        orientation=presented.orientation,
        zoom=magnification or 1.0,
        centre=middle_of(presented.film, presented.area),
        fitted=magnification is None,
        area=presented.area,
    )
