"""The program's own icons: strokes on a 24 x 24 grid, drawn in the theme's colours when they are first seen."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtCore import QByteArray, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from workstation.ui.theme import TOKENS


class StrokeIcon(QIconEngine):
    """One drawing in three colours: text, paler when disabled, the accent when checked; sharp at every scale."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def paint(
        self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State
    ) -> None:
        """Draw into `rect`."""
        if mode is QIcon.Mode.Disabled:
            colour = TOKENS.line
        else:
            colour = TOKENS.accent if state is QIcon.State.On else TOKENS.text
        _renderer(self._name, colour).render(painter, rect)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon alone."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        """Another engine of the same drawing."""
        return StrokeIcon(self._name)


def icon(name: str) -> QIcon:
    """The icon `name` of resources/icons; its file is read when it is first drawn.

    Raises
    ------
    FileNotFoundError
        At the first drawing, for an icon that does not exist.
    """
    return QIcon(StrokeIcon(name))


def application_icon() -> QIcon:
    """The program's mark."""
    return icon("app")


def _renderer(name: str, colour: str) -> QSvgRenderer:
    drawing = (files("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    return QSvgRenderer(QByteArray(drawing.replace("currentColor", colour).encode()))
