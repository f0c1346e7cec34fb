"""The program's own icons: strokes on a 24 x 24 grid, drawn in the theme's colours."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from workstation.ui.theme import TOKENS

_SIDE, _SCALES = 20, (1, 2, 3)


def icon(name: str) -> QIcon:
    """The icon `name` of resources/icons, with a paler look when disabled and the accent when checked.

    Raises
    ------
    FileNotFoundError
        For an icon that does not exist.
    """
    drawing = (files("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for colour, mode, state in (
        (TOKENS.text, QIcon.Mode.Normal, QIcon.State.Off),
        (TOKENS.line, QIcon.Mode.Disabled, QIcon.State.Off),
        (TOKENS.accent, QIcon.Mode.Normal, QIcon.State.On),
    ):
        for scale in _SCALES:
            made.addPixmap(drawn(drawing, colour, _SIDE * scale), mode, state)
    return made


def drawn(drawing: str, colour: str, side: int) -> QPixmap:
    """An SVG text as a square pixmap of `side` pixels, ``currentColor`` being `colour`."""
    renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter)
    painter.end()
    return pixmap


def application_icon() -> QIcon:
    """The program's mark."""
    drawing = (files("resources") / "icons" / "app.svg").read_text(encoding="utf-8")
    made = QIcon()
    for side in (16, 24, 32, 48, 64, 128, 256):
        made.addPixmap(drawn(drawing, TOKENS.text, side))
    return made
