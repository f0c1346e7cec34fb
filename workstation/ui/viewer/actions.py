"""The viewer's commands as data, for menus, tool bars and the key map, and the actions made of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence

from resources.i18n import Texts
from workstation.ui.viewer.state import Tool
from workstation.ui.viewer.view import FilmView


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One thing a reader can do to the film.

    `name` is English and a key of the catalogue; `keys` are portable key sequences; `icon` names a file of
    resources/icons; `method` and `arguments` say what is called on the `FilmView`.
    """

    id: str
    name: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    method: str
    arguments: tuple[object, ...] = ()


_STEP = 60.0  # logical pixels of one pan by key
_AIM_STEP = 10.0  # and of one step of the keyboard's pointer


def _command(
    name: str,
    method: str,
    *keys: str,
    icon: str = "",
    id: str = "",  # noqa: A002  # the record's own word
    arguments: tuple[object, ...] = (),
) -> Command:
    return Command(
        id=f"view.{id or method}",
        name=name,
        keys=keys,
        icon=icon,
        method=method,
        arguments=arguments,
    )


def _numbered(name: str, method: str, key: str, number: int) -> Command:
    return _command(name, method, key, id=f"{method}_{number}", arguments=(number,))


def _tool(name: str, tool: Tool, key: str) -> Command:
    drawing = tool.value.replace("_", "-")
    return _command(
        name, "set_tool", key, icon=drawing, id=f"{tool.value}_tool", arguments=(tool,)
    )


def _pan(name: str, way: str, dx: float, dy: float) -> Command:
    return _command(
        name,
        "pan_by",
        f"Alt+{way}",
        id=f"pan_{way.lower()}",
        arguments=(dx * _STEP, dy * _STEP),
    )


def _aim(name: str, way: str, dx: float, dy: float, *, fine: bool = False) -> Command:
    step, keys = (1.0, "Ctrl+Shift") if fine else (_AIM_STEP, "Shift")
    return _command(
        name,
        "aim_by",
        f"{keys}+{way}",
        id=f"aim_{way.lower()}{'_finely' if fine else ''}",
        arguments=(dx * step, dy * step),
    )


COMMANDS: tuple[Command, ...] = (
    _tool("Window/level", Tool.WINDOW, "W"),
    _tool("Pan", Tool.PAN, "T"),
    _tool("Zoom", Tool.ZOOM, "Z"),
    _tool("Distance", Tool.DISTANCE, "D"),
    _tool("Angle", Tool.ANGLE, "A"),
    _tool("Ellipse", Tool.ELLIPSE, "E"),
    _tool("Rectangle", Tool.RECTANGLE, "R"),
    _tool("Cardiothoracic ratio", Tool.CARDIOTHORACIC_RATIO, "Shift+C"),
    _tool("Arrow", Tool.ARROW, "Shift+A"),
    _tool("Note", Tool.NOTE, "Shift+N"),
    _tool("Magnifier", Tool.MAGNIFIER, "M"),
    _tool("Pixel probe", Tool.PROBE, "Q"),
    _tool("Calibrate…", Tool.CALIBRATE, "Shift+D"),
    _command("Remove the calibration", "clear_calibration"),
    _aim("Pointer left", "Left", -1, 0),
    _aim("Pointer right", "Right", 1, 0),
    _aim("Pointer up", "Up", 0, -1),
    _aim("Pointer down", "Down", 0, 1),
    _aim("Pointer left, one pixel", "Left", -1, 0, fine=True),
    _aim("Pointer right, one pixel", "Right", 1, 0, fine=True),
    _aim("Pointer up, one pixel", "Up", 0, -1, fine=True),
    _aim("Pointer down, one pixel", "Down", 0, 1, fine=True),
    _command("Click at the pointer", "click", "Shift+Return", "Shift+Enter"),
    _command("Change the words of what is selected", "reword_annotation", "Shift+F2"),
    _command("Delete what is selected", "delete_annotation", "Del"),
    _command("Cancel tool, then reset view", "cancel", "Esc"),
    _command("Reset view", "reset", icon="reset"),
    _command("Invert", "invert", "V", icon="invert"),
    _command("Automatic window", "auto_window", "0", icon="auto-window"),
    _numbered("File window 1", "file_window", "1", 1),
    _numbered("File window 2", "file_window", "2", 2),
    _numbered("Window for lungs", "preset", "3", 1),
    _numbered("Window for mediastinum", "preset", "4", 2),
    _numbered("Window for bones", "preset", "5", 3),
    _numbered("Low-contrast window", "preset", "6", 4),
    _command("Zoom in", "zoom_in", "Ctrl++", "Ctrl+=", icon="zoom-in"),
    _command("Zoom out", "zoom_out", "Ctrl+-", icon="zoom-out"),
    _command("Fit to window", "fit", "Ctrl+Return", "Ctrl+Enter", icon="fit"),
    _command("One film pixel per screen pixel", "one_to_one", "Ctrl+1", icon="one-to-one"),
    _command("Rotate right", "rotate_right", "Alt+R", icon="rotate-right"),
    _command("Rotate left", "rotate_left", "Alt+L", icon="rotate-left"),
    _command("Flip left and right", "flip", "Alt+F", icon="flip"),
    # The film moves the other way than the eye.
    _pan("Pan left", "Left", 1, 0),
    _pan("Pan right", "Right", -1, 0),
    _pan("Pan up", "Up", 0, 1),
    _pan("Pan down", "Down", 0, -1),
    _command(
        "Previous image", "step", "PgUp", "Up", "Left",
        icon="previous", id="step_back", arguments=(-1,),
    ),
    _command(
        "Next image", "step", "PgDown", "Down", "Right",
        icon="next", id="step_on", arguments=(1,),
    ),
    _command("Text over the film", "cycle_corners", "I", "Space", icon="texts"),
)  # fmt: skip


def call(command: Command, view: FilmView) -> None:
    """Do `command` to `view`."""
    method: Callable[..., None] = getattr(view, command.method)
    method(*command.arguments)


def bind_commands(
    view: FilmView, texts: Texts, *, active: Callable[[], FilmView] | None = None
) -> dict[str, QAction]:
    """Actions by command id, each with its own keys in the window that `view` is in.

    `active` gives the film that a command is done to where there are several; `view` itself when it is None.
    """
    return {
        command.id: _action(command, view, texts, active or (lambda: view))
        for command in COMMANDS
    }


def _action(
    command: Command, view: FilmView, texts: Texts, active: Callable[[], FilmView]
) -> QAction:
    action = QAction(texts.tr(command.name), view)
    action.setObjectName(command.id)
    action.setShortcuts([QKeySequence(key) for key in command.keys])
    action.triggered.connect(lambda: call(command, active()))
    view.addAction(action)
    return action
