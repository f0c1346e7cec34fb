"""What the computer around the program offers: a language and a display."""

from __future__ import annotations

import locale
import os
import socket
import sys


def chosen_language(asked: str | None) -> str:
    """The language asked for, else the system's: Chinese where it is Chinese, English elsewhere."""
    if asked:
        return asked
    system = os.environ.get("LC_ALL") or os.environ.get("LANG") or locale.getlocale()[0] or ""
    return "zh" if system.lower().startswith(("zh", "chinese")) else "en"


def has_display() -> bool:
    """Whether a window can be shown here; on X11 whether the server of a local display answers."""
    if not sys.platform.startswith("linux"):
        return True
    if os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    display = os.environ.get("DISPLAY", "")
    if not display.startswith(":"):
        return bool(display)
    address = f"/tmp/.X11-unix/X{display[1:].split('.')[0]}"  # noqa: S108 - where X servers listen
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(address) == 0 or probe.connect_ex("\0" + address) == 0
