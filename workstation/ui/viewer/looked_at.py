"""How one film is looked at, and everything that changes it: window, orientation, zoom and place."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, QTimer, Signal
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.core.display import (
    VoiSelection,
    auto_window,
    chest_presets,
    drag_window,
    file_vois,
    window_like,
)
from workstation.core.geometry import Affine2D, Orientation
from workstation.core.image import Radiograph
from workstation.ui.viewer.state import (
    ViewerOptions,
    ViewState,
    clamped_zoom,
    enlarged,
    film_to_screen,
    fit_zoom,
    panned,
)

_ZOOM_STEP = 1.25
# After the last of several zoom steps the film is drawn exactly.
_SETTLE_MS = 80


class LookedAt(QWidget):
    """The look at one film; `FilmView` draws it.

    Signals, all from the window's thread: ``view_changed(ViewState)`` after the reader or a command changed the look, not after
    `restore`, and with it ``look_changed(ViewState, ViewState)``, the look before and after.
    """

    view_changed = Signal(object)
    look_changed = Signal(object, object)

    def __init__(self, texts: Texts, options: ViewerOptions, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._options = options
        self._film: Radiograph | None = None
        self._state = self._first = ViewState(voi=None)
        self._settling = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settling.timeout.connect(self._settle)

    @property
    def film(self) -> Radiograph | None:
        """The film on the canvas."""
        return self._film

    def view_state(self) -> ViewState:
        """How the film is looked at now."""
        return self._state

    def restore(self, state: ViewState, *, moving: bool = False) -> None:
        """Look at the film in the way of `state`, whose window is left out where it does not apply; `moving` as one of many steps."""
        if self._film is not None:
            monochrome = self._film.is_monochrome
            voi = (state.voi or self._state.voi) if monochrome else None
            again = moving and self._settling.isActive()
            if moving:
                self._settling.start()
            self._set_motion(film=again and state.zoom != self._state.zoom, evidence=again)
            self._look(replace(state, voi=voi))

    def presentation(self) -> tuple[VoiSelection | None, bool]:
        """Window and inversion of what the reader sees, for the report's key image."""
        return self._state.voi, self._state.inverted

    def film_to_canvas(self) -> Affine2D:
        """Film coordinates to the view's logical pixels; the identity without a film."""
        if self._film is None:
            return Affine2D()
        ratio = self.devicePixelRatioF()
        to_screen = film_to_screen(self._film, self._state, self._device_size())
        return to_screen.then(Affine2D(a=1 / ratio, e=1 / ratio))

    # Commands

    def invert(self) -> None:
        """Swap black and white."""
        self._apply(replace(self._state, inverted=not self._state.inverted))

    def rotate_right(self) -> None:
        """A quarter turn clockwise."""
        self._turn(self._state.orientation.rotated_right())

    def rotate_left(self) -> None:
        """A quarter turn counter-clockwise."""
        self._turn(self._state.orientation.rotated_left())

    def flip(self) -> None:
        """Swap left and right of the screen."""
        self._turn(self._state.orientation.flipped())

    def fit(self) -> None:
        """The whole film, as large as it fits."""
        self._apply(replace(self._state, fitted=True, area=None))

    def one_to_one(self) -> None:
        """One film pixel on one screen pixel."""
        self._apply(replace(self._state, zoom=1.0, fitted=False))

    def zoom_in(self) -> None:
        """Larger, around the middle."""
        self.zoom_at(QPointF(self.rect().center()), _ZOOM_STEP)

    def zoom_out(self) -> None:
        """Smaller, around the middle."""
        self.zoom_at(QPointF(self.rect().center()), 1 / _ZOOM_STEP)

    def reset(self) -> None:
        """The first look again: the file's own window, upright, fitted."""
        if self._film is not None:
            self._apply(self._first)

    def auto_window(self) -> None:
        """A window from the film's own histogram."""
        if self._film is not None and self._film.is_monochrome:
            self._set_voi(auto_window(self._film))

    def file_window(self, number: int) -> None:
        """The file's own window or table `number`, counted from 1; nothing when there is none."""
        own = file_vois(self._film) if self._film is not None else ()
        if 1 <= number <= len(own) and self._film is not None and self._film.is_monochrome:
            self._set_voi(own[number - 1])

    def preset(self, number: int) -> None:
        """The chest preset `number`, counted from 1."""
        presets = chest_presets(self._film) if self._film is not None else ()
        if 1 <= number <= len(presets):
            name, window = presets[number - 1]
            self._set_voi(replace(window, explanation=self._texts.tr(f"preset.{name}")))

    # Gestures

    def drag_window_by(self, dx: float, dy: float) -> None:
        """Window and level after a movement of the mouse in logical pixels."""
        if self._film is None or self._state.voi is None:
            return
        down = -dy if self._options.invert_vertical_drag else dy
        window = window_like(self._state.voi)
        self._set_voi(drag_window(window, dx=dx, dy=down, film=self._film))

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the film by logical pixels."""
        if self._film is not None:
            to_canvas = self.film_to_canvas()
            self._move(panned(self._state, self._film, to_canvas=to_canvas, by=(dx, dy)))

    def zoom_at(self, place: QPointF, factor: float) -> None:
        """Enlarge by `factor`; what lies at `place` (logical pixels) stays there."""
        if self._film is None:
            return
        fit = fit_zoom(self._film, self._state.orientation, self._device_size())
        state = enlarged(
            self._state,
            self._film,
            place=self.film_to_canvas().inverse()((place.x(), place.y())),
            zoom=clamped_zoom(self._state.zoom * factor, fit=fit),
        )
        self._move(state, zoomed=True)

    # Private

    def _turn(self, orientation: Orientation) -> None:
        self._apply(replace(self._state, orientation=orientation))

    def _set_voi(self, voi: VoiSelection) -> None:
        self._apply(replace(self._state, voi=voi))

    def _apply(self, state: ViewState) -> None:
        if self._film is not None:
            before = self._state
            self._set_motion(film=False, evidence=False)
            self._look(state)
            self._tell(before)

    def _tell(self, before: ViewState) -> None:
        self.view_changed.emit(self._state)
        self.look_changed.emit(before, self._state)

    def _move(self, state: ViewState, *, zoomed: bool = False) -> None:
        """One step is drawn exactly at once; of several in a row the last one is, when none follows."""
        again, before = self._settling.isActive(), self._state
        self._settling.start()
        self._set_motion(film=again and zoomed, evidence=again)
        self._look(state)
        self._tell(before)

    def _settle(self) -> None:
        self._set_motion(film=False, evidence=False)
        self._repaint()

    # What a view that draws the film brings along

    def _look(self, state: ViewState) -> None:
        """Make `state` the look."""
        raise NotImplementedError

    def _set_motion(self, *, film: bool, evidence: bool) -> None:
        """Whether a draft of the film, of the evidence, will do for now."""
        raise NotImplementedError

    def _device_size(self) -> tuple[float, float]:
        """Width and height of the canvas in device pixels."""
        raise NotImplementedError

    def _repaint(self) -> None:
        """Paint again."""
        raise NotImplementedError
