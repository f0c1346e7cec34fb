"""What a reader without a mouse, or with weak eyes, meets: spoken names, the order of the Tab key, contrast."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAction, QColor
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QProgressBar,
    QScrollBar,
    QTextEdit,
    QWidget,
)

INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTextEdit,
)
_LINE_PX = 14  # widgets of one line stand at most this much higher or lower than each other


def spoken(widget: QWidget) -> str:
    """What a screen reader calls `widget`."""
    if isinstance(widget, QComboBox):  # on some systems Qt answers with the choice
        return widget.accessibleName()
    interface = QAccessible.queryAccessibleInterface(widget)
    return interface.text(QAccessible.Text.Name) if interface else ""


def nameless(root: QWidget) -> list[str]:
    """Visible widgets below `root` that can be operated, and are called nothing or by a sign alone."""
    return [
        f"{type(widget).__name__} {widget.objectName()!r} called {spoken(widget)!r}"
        for widget in [root, *root.findChildren(QWidget)]
        if widget.isVisible()
        and _is_operated(widget)
        and not any(letter.isalnum() for letter in spoken(widget))
    ]


def tab_order(root: QWidget) -> list[QWidget]:
    """Visible widgets below `root` in the order of the Tab key."""
    found, widget = [], root.window()
    while True:
        widget = widget.nextInFocusChain()
        if widget is root.window():
            break
        takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        if (
            takes_tab
            and widget.isVisible()
            and widget.isEnabled()
            and root.isAncestorOf(widget)
        ):
            found.append(widget)
    return found


def jumps_back(root: QWidget) -> list[str]:
    """Steps of the Tab key below `root` that go against reading order: up, or to the left in one line."""
    order = tab_order(root)
    places = [widget.mapTo(root, QPoint(0, 0)) for widget in order]
    return [
        f"{_called(order[n])} -> {_called(order[n + 1])}"
        for n, (here, there) in enumerate(pairwise(places))
        if there.y() < here.y() - _LINE_PX
        or (abs(there.y() - here.y()) <= _LINE_PX and there.x() < here.x())
    ]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in QColor(colour).getRgbF()[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _called(widget: QWidget) -> str:
    return f"{type(widget).__name__} {spoken(widget)!r}"


def _is_operated(widget: QWidget) -> bool:
    """Whether it is a control of its own; parts of one, and what only scrolls, are not."""
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return False
    parent = widget.parentWidget()
    if isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit | QAbstractItemView):
        return False
    takes_focus = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    return isinstance(widget, INTERACTIVE) or (
        bool(takes_focus) and type(widget).__module__.startswith("workstation")
    )


def listed(menu: QMenu | QMenuBar) -> Iterator[QAction]:
    """All actions of a menu, and of the menus inside it."""
    for action in menu.actions():
        inside = action.menu()
        if isinstance(inside, QMenu):
            yield from listed(inside)
        else:
            yield action
