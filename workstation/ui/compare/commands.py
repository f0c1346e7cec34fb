"""What a reader can do with two films, as data for menus, tool bars and the key map."""

from __future__ import annotations

from workstation.ui.viewer.actions import Command


def _command(name: str, signal: str, *keys: str, icon: str = "") -> Command:
    return Command(id=f"compare.{signal}", name=name, keys=keys, icon=icon, method=signal)


COMPARE_COMMANDS = (
    _command("Compare with prior", "prior_requested", "B", icon="compare"),
    _command("Next prior", "next_prior_requested", "Shift+B"),
    _command("Two views of this study", "views_requested", "Shift+O"),
    _command("Hold this film beside the next", "hold_requested", "Ctrl+B"),
    _command("Back to one film", "one_film_requested", "O"),
    _command("Link both films", "link_requested", "L"),
    _command("Go to the other film", "switch_requested", "X"),
    _command("Open studies with one film", "hang_one_requested"),
    _command("Open studies with two views", "hang_views_requested"),
    _command("Open studies with the prior", "hang_prior_requested"),
)
"""Each calls the signal of its `method` on the window's `CompareControls`."""

OVERLAY_COMMANDS = (
    _command("Lay the prior over this film", "superimpose_requested", "G"),
    _command("Stop laying over", "stop_superimposing_requested", "Shift+G"),
    _command("Show or hide what is laid over", "computed_requested", "J"),
    _command("Flicker between film and prior", "flicker_requested", "F"),
    _command("Blend film and prior", "blend_requested"),
    _command("Show what differs", "difference_requested", "Shift+J"),
)
"""Each calls the signal of its `method` on the `OverlayControls` of the window's `CompareControls`."""
