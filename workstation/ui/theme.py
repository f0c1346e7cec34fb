"""A dark reading-room theme, neutral so that it does not tint the film."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

FONTS = ("Noto Sans", "Segoe UI", "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC")
FONT_PX = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """The colours of the window, as ``#rrggbb``; texts reach a contrast of 4.5:1 on every surface."""

    window: str = "#15171a"
    panel: str = "#1c1f23"
    raised: str = "#262a30"
    line: str = "#333941"
    text: str = "#e8eaec"
    muted: str = "#9aa4ae"
    accent: str = "#6cb4ee"
    amber: str = "#f0b861"
    red: str = "#f08a84"
    film: str = "#000000"


TOKENS = Tokens()


def apply_theme(app: QApplication) -> None:
    """Give `app` its style, palette, font and style sheet."""
    app.setStyle("Fusion")
    app.setPalette(_palette(TOKENS))
    font = QFont()
    font.setFamilies(list(FONTS))
    font.setPixelSize(FONT_PX)
    app.setFont(font)
    app.setStyleSheet(style_sheet(TOKENS))


def style_sheet(tokens: Tokens) -> str:
    """The style sheet with every ``@token``, and ``@icons`` for the folder of icons, filled in.

    Raises
    ------
    KeyError
        For a token that does not exist.
    """
    resources = files("resources")
    text = (resources / "styles" / "theme.qss").read_text(encoding="utf-8")
    values = asdict(tokens) | {"icons": Path(str(resources / "icons")).as_posix()}
    return re.sub(r"@(\w+)", lambda match: str(values[match.group(1)]), text)


def _palette(tokens: Tokens) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for roles, colour in (
        ((role.Window, role.AlternateBase), tokens.panel),
        ((role.Base, role.ToolTipBase), tokens.window),
        ((role.Button,), tokens.raised),
        (
            (role.WindowText, role.Text, role.ButtonText, role.ToolTipText, role.BrightText),
            tokens.text,
        ),
        ((role.PlaceholderText,), tokens.muted),
        ((role.Highlight, role.Link, role.LinkVisited), tokens.accent),
        ((role.HighlightedText,), tokens.window),
        ((role.Mid, role.Dark, role.Shadow, role.Light, role.Midlight), tokens.line),
    ):
        for one in roles:
            palette.setColor(one, QColor(colour))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(tokens.muted))
    return palette
