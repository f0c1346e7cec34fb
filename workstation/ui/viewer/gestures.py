"""What the mouse means on the film, in readers' conventions (IHE Basic Image Review)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from workstation.ui.viewer.state import Tool

# A button that moved less than this many pixels was clicked, not dragged.
_CLICK_PIXELS = 3.0
_ZOOM_PIXELS = 150.0
_WHEEL_NOTCH = 120
_WHEEL_ZOOM = 1.2


class GestureTarget(Protocol):
    """What a gesture acts upon; lengths are in canvas (logical) pixels."""

    @property
    def tool(self) -> Tool:
        """What the left button does."""
        ...

    @property
    def has_stack(self) -> bool:
        """Whether the wheel steps through images."""
        ...

    def drag_window_by(self, dx: float, dy: float) -> None:
        """Window and level after a movement."""
        ...

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the film."""
        ...

    def zoom_at(self, place: QPointF, factor: float) -> None:
        """Enlarge around a place of the canvas."""
        ...

    def step(self, by: int) -> None:
        """Another image of the stack."""
        ...

    def open_menu(self, place: QPointF) -> None:
        """A menu at a place of the canvas."""
        ...


class LeftHand(Protocol):
    """What may take the left button, for something drawn; it is told of every movement elsewhere."""

    def press(self, place: QPointF) -> bool:
        """Whether it takes the button that went down there."""
        ...

    def release(self, place: QPointF, *, dragged: bool) -> None:
        """The button it took came up."""
        ...

    def drop(self) -> bool:
        """Forget what is under way."""
        ...


class Gestures:
    """Turns mouse events into calls. One button drags at a time; `cancel` forgets it."""

    def __init__(self, target: GestureTarget, hand: Callable[[], LeftHand]) -> None:
        self._target = target
        self._choose_hand = hand
        self._hand = hand()
        self._taken = False
        self._button = Qt.MouseButton.NoButton
        self._start = QPointF()
        self._last = QPointF()
        self._moved = False
        self._notches = 0.0

    @property
    def is_dragging(self) -> bool:
        """Whether a button is held that was pressed on the canvas."""
        return self._button is not Qt.MouseButton.NoButton

    @property
    def moves_film(self) -> bool:
        """Whether the film follows the mouse, or its window does."""
        return self.is_dragging and not self._taken

    @property
    def draws(self) -> bool:
        """Whether a second click of the left button is one more point."""
        return self._target.tool.draws

    def cancel(self) -> None:
        """Ignore the rest of a drag, for instance because another film came."""
        self._button = Qt.MouseButton.NoButton
        self._taken = False

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        if not self.is_dragging:
            self._button = event.button()
            self._start = self._last = event.position()
            self._moved = False
            left = self._button is Qt.MouseButton.LeftButton
            self._hand = self._choose_hand()
            self._taken = left and self._hand.press(event.position())

    def move(self, event: QMouseEvent) -> None:
        """The mouse moved."""
        if not self.is_dragging:
            return
        if not event.buttons() & self._button:  # released where no event told us
            if self._taken:
                self._hand.drop()
            self.cancel()
            return
        place = event.position()
        if not self._moved and (place - self._start).manhattanLength() < _CLICK_PIXELS:
            return
        self._moved = True
        if self._taken:
            return
        delta = place - self._last
        self._last = place
        self._drag(delta, _speed(event.modifiers()))

    def release(self, event: QMouseEvent) -> None:
        """A button came up."""
        if event.button() is not self._button:
            return
        taken = self._taken
        self.cancel()
        if taken:
            self._hand.release(event.position(), dragged=self._moved)
        elif event.button() is Qt.MouseButton.RightButton and not self._moved:
            self._target.open_menu(event.position())

    def wheel(self, event: QWheelEvent) -> None:
        """The wheel turned: another image, or zoom at the cursor; with Ctrl always zoom."""
        turned = event.angleDelta().y() / _WHEEL_NOTCH
        if (
            not self._target.has_stack
            or event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self._target.zoom_at(event.position(), _WHEEL_ZOOM**turned)
            return
        self._notches += turned  # touch pads send parts of a notch
        whole = int(self._notches)
        if whole:
            self._notches -= whole
            self._target.step(-whole)

    def _drag(self, delta: QPointF, speed: float) -> None:
        tool = self._target.tool
        if self._button is Qt.MouseButton.MiddleButton:
            tool = Tool.PAN
        elif self._button is Qt.MouseButton.RightButton:
            tool = Tool.ZOOM
        if tool is Tool.PAN:
            self._target.pan_by(delta.x(), delta.y())
        elif tool is Tool.ZOOM:
            self._target.zoom_at(self._start, 2.0 ** (-delta.y() / _ZOOM_PIXELS))
        else:
            self._target.drag_window_by(delta.x() * speed, delta.y() * speed)


def _speed(modifiers: Qt.KeyboardModifier) -> float:
    if not modifiers & Qt.KeyboardModifier.ControlModifier:
        return 1.0
    return 5.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else 2.5
