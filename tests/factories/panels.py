"""What the eye checks on a panel: whether a word is cut."""

from __future__ import annotations

from PySide6.QtGui import QFont
from PySide6.QtWidgets import QAbstractButton, QCheckBox, QLabel, QPushButton, QWidget

from workstation.ui.theme import FONT_PX, FONTS, TOKENS, style_sheet


def dress_alone(panel: QWidget) -> None:
    """Give one panel the window's look, and leave the application of the other tests alone."""
    font = QFont()
    font.setFamilies(list(FONTS))
    font.setPixelSize(FONT_PX)
    panel.setFont(font)
    panel.setStyleSheet(style_sheet(TOKENS))


def cut_words(panel: QWidget) -> list[str]:
    """Texts of `panel`, shown and laid out, that have less room than they need."""
    return [
        widget.text()
        for widget in panel.findChildren(QWidget)
        if isinstance(widget, QLabel | QPushButton | QCheckBox | QAbstractButton)
        and widget.isVisible()
        and widget.text()
        and _is_cut(panel, widget)
    ]


def _is_cut(panel: QWidget, widget: QWidget) -> bool:
    right = widget.mapTo(panel, widget.rect().topRight()).x()
    if right >= panel.width() or widget.width() < widget.minimumSizeHint().width():
        return True
    if isinstance(widget, QLabel) and widget.wordWrap():
        return widget.height() < widget.heightForWidth(widget.width())
    return widget.height() < widget.minimumSizeHint().height()
