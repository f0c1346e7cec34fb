"""Every command of the window as data, and the menus that list them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workstation.ui.compare.commands import COMPARE_COMMANDS, OVERLAY_COMMANDS
from workstation.ui.viewer.actions import COMMANDS, Command


def _command(name: str, signal: str, *keys: str, icon: str = "") -> Command:
    return Command(id=f"room.{signal}", name=name, keys=keys, icon=icon, method=signal)


STUDY_COMMANDS = (
    _command("Open folder…", "open_folder", "Ctrl+O", icon="folder"),
    _command("Open files…", "open_files", "Ctrl+Shift+O", icon="file"),
    _command("Search the worklist", "search", "Ctrl+F"),
    _command("Next study", "next_study_requested", "N", "Ctrl+PgDown"),
    _command("Previous study", "previous_study_requested", "Ctrl+PgUp"),
    _command("Select all studies", "select_all", "Ctrl+A"),
    _command("Analyse the selected studies", "analyse_selected", "Ctrl+F5"),
    _command("Remove from the library…", "remove_selected", "Ctrl+Del"),
    _command("Folders of the library…", "folders_requested", "Ctrl+Shift+F"),
    _command("Cine: turn the images over", "cine_requested", "C"),
    _command("Next saved presentation of the film", "presentation_requested", "Y"),
    _command("Export report as PDF…", "export", "P", icon="export"),
    _command("Settings…", "settings_requested", "Ctrl+,", icon="settings"),
    _command("Quit", "close", "Ctrl+Q"),
)
AI_COMMANDS = (
    _command("Analyse this film", "analyse_requested", "F5", icon="analyse"),
    _command("Stop the analysis", "stop_requested", "Shift+F5"),
    _command("Show or hide every AI mark", "marks_requested", "H", icon="eye"),
    _command("Next finding", "next_finding_requested", "Shift+H"),
    _command("Accept the finding", "accept_requested", "Shift+Y"),
    _command("Reject the finding", "reject_requested", "Shift+X"),
    _command("Edit the finding…", "edit_finding", "Shift+E"),
    _command("What if: paint a part out", "what_if_requested", "Shift+W"),
    _command("Model card", "card_requested", "Ctrl+F1", icon="card"),
)
REVIEW_COMMANDS = (
    _command("Write the first impression", "impression", "F2"),
    _command("Mark as reviewed", "review_requested", "Ctrl+M"),
    _command("Mark as key image, or no more", "key_image_requested", "K"),
    _command("Undo", "undo_requested", "Ctrl+Z", icon="undo"),
    _command("Redo", "redo_requested", "Ctrl+Y", "Ctrl+Shift+Z", icon="redo"),
)
HELP_COMMANDS = (
    _command("Guide", "guide", "Shift+F1"),
    _command("Keys", "show_keys", "F1", icon="keyboard"),
    _command("Full screen", "toggle_full_screen", "F11"),
    _command("Check this display", "check_display"),
    _command("中文 / English", "language_requested"),
    _command("About Thoravue", "about_requested"),
)
SHELL_COMMANDS = (*STUDY_COMMANDS, *AI_COMMANDS, *REVIEW_COMMANDS, *HELP_COMMANDS)
ALL_COMMANDS = (*SHELL_COMMANDS, *COMPARE_COMMANDS, *OVERLAY_COMMANDS, *COMMANDS)
_OF_A_STUDY = (*COMMANDS, *COMPARE_COMMANDS, *OVERLAY_COMMANDS, *AI_COMMANDS, *REVIEW_COMMANDS)
NEED_STUDY = (
    *(c.id for c in _OF_A_STUDY),
    "room.export",
    "room.cine_requested",
    "room.presentation_requested",
)
"""Commands that mean nothing while no study is open."""
NEED_LIBRARY = (
    "room.open_folder",
    "room.open_files",
    "room.search",
    "room.next_study_requested",
    "room.previous_study_requested",
    "room.select_all",
    "room.analyse_selected",
    "room.remove_selected",
    "room.folders_requested",
)
"""Commands that mean nothing when the library cannot be opened."""
PRESETS = tuple(c.id for c in COMMANDS if c.method in {"file_window", "preset"})
DRAWING = (
    "view.distance_tool",
    "view.angle_tool",
    "view.ellipse_tool",
    "view.rectangle_tool",
    "view.cardiothoracic_ratio_tool",
    "view.arrow_tool",
    "view.note_tool",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A menu: `title` is English, with the letter that opens it; lines part the `parts`, each of command ids and menus."""

    title: str
    parts: tuple[tuple[str | Menu, ...], ...]

    def command_ids(self) -> Iterator[str]:
        """All commands in it, those of menus inside it too."""
        for part in self.parts:
            for entry in part:
                if isinstance(entry, Menu):
                    yield from entry.command_ids()
                else:
                    yield entry


def _menu(title: str, *parts: tuple[str | Menu, ...]) -> Menu:
    return Menu(title=title, parts=parts)


def _ids(*commands: Command) -> tuple[str, ...]:
    return tuple(command.id for command in commands)


# Alt+F, Alt+L and Alt+R turn the film.
MENUS = (
    _menu(
        "&Study",
        ("room.open_folder", "room.open_files"),
        ("room.search", "room.next_study_requested", "room.previous_study_requested"),
        ("room.select_all", "room.analyse_selected", "room.remove_selected"),
        ("room.folders_requested",),
        ("room.export",),
        ("room.settings_requested", "room.close"),
    ),
    _menu(
        "F&ilm",
        ("view.auto_window", "view.invert", _menu("Window presets", PRESETS)),
        (
            "view.zoom_in",
            "view.zoom_out",
            "view.fit",
            "view.one_to_one",
            _menu(
                "Move the film",
                ("view.pan_left", "view.pan_right", "view.pan_up", "view.pan_down"),
            ),
        ),
        ("view.rotate_left", "view.rotate_right", "view.flip"),
        ("view.step_back", "view.step_on", "room.cine_requested"),
        ("view.cycle_corners", "room.presentation_requested"),
        ("view.reset", "view.cancel"),
    ),
    _menu(
        "&Tools",
        ("view.window_tool", "view.pan_tool", "view.zoom_tool"),
        ("view.magnifier_tool", "view.probe_tool"),
        DRAWING,
        ("view.reword_annotation", "view.delete_annotation"),
        (
            _menu(
                "Point by keyboard",
                ("view.aim_left", "view.aim_right", "view.aim_up", "view.aim_down"),
                tuple(f"view.aim_{way}_finely" for way in ("left", "right", "up", "down")),
                ("view.click",),
            ),
        ),
        ("view.calibrate_tool", "view.clear_calibration"),
    ),
    _menu(
        "&Compare",
        _ids(*COMPARE_COMMANDS[:4]),
        _ids(*COMPARE_COMMANDS[4:7]),
        _ids(*OVERLAY_COMMANDS),
        _ids(*COMPARE_COMMANDS[7:]),
    ),
    _menu(
        "&AI",
        _ids(*AI_COMMANDS[:2]),
        _ids(*AI_COMMANDS[2:4]),
        _ids(*AI_COMMANDS[4:7]),
        _ids(*AI_COMMANDS[7:8]),
        _ids(*AI_COMMANDS[8:]),
    ),
    _menu("Re&view", _ids(*REVIEW_COMMANDS[:3]), _ids(*REVIEW_COMMANDS[3:])),
    _menu(
        "&Help",
        ("room.guide", "room.show_keys", "room.card_requested"),
        ("room.toggle_full_screen", "room.check_display", "room.language_requested"),
        ("room.about_requested",),
    ),
)
"""The menu bar, from the left."""


def by_menu() -> tuple[tuple[str, tuple[Command, ...]], ...]:
    """Titles of menus with their commands, each command under the first that lists it."""
    left = {command.id: command for command in ALL_COMMANDS}
    found = (
        (menu.title, (left.pop(name, None) for name in menu.command_ids())) for menu in MENUS
    )
    return tuple(
        (title, tuple(command for command in commands if command)) for title, commands in found
    )
