"""The commands of the window and the menus they stand in."""

from __future__ import annotations

from collections import Counter

from workstation.ui.commands import ALL_COMMANDS, MENUS, Menu

_MOST_ROWS = 20  # on a screen of 1280 x 800 a longer menu breaks into columns


def menus(*tops: Menu):
    for menu in tops:
        yield menu
        yield from menus(*(e for part in menu.parts for e in part if isinstance(e, Menu)))


def test_menus_list_commands_that_exist_and_none_of_them_is_long():
    known = {command.id for command in ALL_COMMANDS}
    for menu in menus(*MENUS):
        assert set(menu.command_ids()) <= known
        assert sum(len(part) for part in menu.parts) <= _MOST_ROWS


def test_only_the_model_card_stands_in_two_menus():
    places = Counter(name for menu in MENUS for name in menu.command_ids())
    assert [name for name, times in places.items() if times > 1] == ["room.card_requested"]
