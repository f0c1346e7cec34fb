"""The viewer's commands as data, for menus, tool bars and the key map, and the actions made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from resources.i18n import Texts
from workstation.ui.viewer.view import FilmView


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing a reader can do to the film.

    `name` is English and a key of the catalogue; `keys` are portable key sequences; `icon` names a file of
    resources/icons; `method` and `argument` say what is called on the `FilmView`.
    """

    id: str
    name: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    method: str
    argument: int | None = None


def _command(
    name: str, method: str, *keys: str, icon: str = "", argument: int | None = None
) -> Command:
    number = "" if argument is None else f"_{argument}"
    return Command(
        id=f"view.{method}{number}",
        name=name,
        keys=keys,
        icon=icon,
        method=method,
        argument=argument,
    )


COMMANDS: tuple[Command, ...] = (
    _command("Window/level", "window_tool", "W", icon="window"),
    _command("Pan", "pan_tool", "T", icon="pan"),
    _command("Zoom", "zoom_tool", "Z", icon="zoom"),
    _command("Cancel tool, then reset view", "cancel", "Esc"),
    _command("Reset view", "reset", icon="reset"),
    _command("Invert", "invert", "V", icon="invert"),
    _command("Automatic window", "auto_window", "0", icon="auto-window"),
    _command("File window 1", "file_window", "1", argument=1),
    _command("File window 2", "file_window", "2", argument=2),
    _command("Window for lungs", "preset", "3", argument=1),
    _command("Window for mediastinum", "preset", "4", argument=2),
    _command("Window for bones", "preset", "5", argument=3),
    _command("Low-contrast window", "preset", "6", argument=4),
    _command("Zoom in", "zoom_in", "Ctrl++", "Ctrl+=", icon="zoom-in"),
    _command("Zoom out", "zoom_out", "Ctrl+-", icon="zoom-out"),
    _command("Fit to window", "fit", "Ctrl+Return", "Ctrl+Enter", icon="fit"),
    _command("One film pixel per screen pixel", "one_to_one", icon="one-to-one"),
    _command("Rotate right", "rotate_right", "Alt+R", icon="rotate-right"),
    _command("Rotate left", "rotate_left", "Alt+L", icon="rotate-left"),
    _command("Flip left and right", "flip", "Alt+F", icon="flip"),
    _command("Pan left", "pan_left", "Alt+Left"),
    _command("Pan right", "pan_right", "Alt+Right"),
    _command("Pan up", "pan_up", "Alt+Up"),
    _command("Pan down", "pan_down", "Alt+Down"),
    _command("Previous image", "step_back", "PgUp", "Up", "Left", icon="previous"),
    _command("Next image", "step_on", "PgDown", "Down", "Right", icon="next"),
    _command("Text over the film", "cycle_corners", "I", "Space", icon="texts"),
)


def call(command: Command, view: FilmView) -> None:
    """Do `command` to `view`."""
    method: Callable[..., None] = getattr(view, command.method)
    if command.argument is None:
        method()
    else:
        method(command.argument)


def bind_commands(
    view: FilmView, texts: Texts, *, keys: Mapping[str, tuple[str, ...]] | None = None
) -> dict[str, QAction]:
    """Actions by command id, each with its keys while `view` or a child of it has the focus.

    `keys` replaces the default keys of the commands it names.
    """
    chosen = keys or {}
    return {
        command.id: _action(command, view, texts, chosen.get(command.id, command.keys))
        for command in COMMANDS
    }


def _action(command: Command, view: FilmView, texts: Texts, keys: tuple[str, ...]) -> QAction:
    action = QAction(texts.tr(command.name), view)
    action.setObjectName(command.id)
    action.setShortcuts([QKeySequence(key) for key in keys])
    action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    action.triggered.connect(lambda: call(command, view))
    view.addAction(action)
    return action
