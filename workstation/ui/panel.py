"""What the side panels are made of: words that wrap, buttons with a class, a body that scrolls inside."""

from __future__ import annotations

import re
from typing import TypeVar

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.core.errors import Reason

MARGIN = 12
GAP = 8
INDENT = 8
Margins = tuple[int, int, int, int]
"""Left, top, right and bottom in px."""
_LONG_WORD = re.compile(r"[!-~]{21,}")
_BREAK_HERE = "\u200b"
_Control = TypeVar("_Control", bound=QWidget)
_Table = TypeVar("_Table", bound=QTableView)


def breakable(text: str) -> str:
    """`text` with places to break inside words that are wider than a panel, such as a 64-letter patient ID."""
    return _LONG_WORD.sub(lambda word: _BREAK_HERE.join(word[0]), text)


class Words(QLabel):
    """Plain text that wraps and is never read as markup, whatever a file's header says."""

    def __init__(self, text: str = "", css: str = "", *, wrap: bool = True) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setProperty("class", css)
        self.setText(breakable(text))
        if not text:
            self.hide()

    def say(self, text: str) -> None:
        """Show `text`; without one there is no line at all. Call it once the label is in its layout."""
        self.setText(breakable(text))
        self.setVisible(bool(text))


def dress(widget: QWidget, css: str) -> None:
    """Give `widget` another class of the style sheet."""
    if widget.property("class") != css:
        widget.setProperty("class", css)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def button(text: str, css: str = "", *, name: str = "") -> QPushButton:
    """A push button of a class; `name` is its object name."""
    made = QPushButton(text)
    made.setProperty("class", css)
    made.setObjectName(name)
    made.setAutoDefault(False)
    return made


def stacked(
    *items: QWidget | QLayout, gap: int = GAP, margins: Margins = (0, 0, 0, 0)
) -> QVBoxLayout:
    """`items` one under the other."""
    layout = QVBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    for item in items:
        if isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)
    return layout


def indented(*items: QWidget | QLayout) -> QVBoxLayout:
    """`items` set in as far as the words inside a row are."""
    return stacked(*items, margins=(INDENT, 0, INDENT, 0))


def in_line(
    *items: QWidget | None, gap: int = GAP, margins: Margins = (0, 0, 0, 0)
) -> QHBoxLayout:
    """`items` side by side; None is the space that gives way."""
    layout = QHBoxLayout()
    layout.setContentsMargins(*margins)
    layout.setSpacing(gap)
    for item in items:
        if item is None:
            layout.addStretch(1)
        else:
            layout.addWidget(item)
    return layout


def scrolling(layout: QVBoxLayout) -> QScrollArea:
    """An area that shows `layout`, as wide as the panel and scrolled up and down when it is too tall."""
    layout.addStretch(1)
    body = QWidget()
    body.setLayout(layout)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(body)
    return area


def plain_table(table: _Table) -> _Table:
    """`table` in the one look of the dialogs: whole rows, words from the left under their heading; Tab leaves it."""
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    return table


class _WheelPassedOn(QObject):
    """Lets the wheel through to what scrolls behind a widget."""

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.Wheel:
            return False
        event.ignore()  # Qt then offers it to the parent
        return True


def without_wheel(control: _Control) -> _Control:
    """`control`, a slider, combo or spin box, whose value never follows the wheel: in a panel the wheel scrolls."""
    control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    control.installEventFilter(_WheelPassedOn(control))
    return control


def rule() -> QFrame:
    """A thin line between two parts."""
    line = QFrame()
    line.setProperty("class", "rule")
    line.setFixedHeight(1)
    return line


def tab_after(anchor: QWidget, *parts: QWidget) -> None:
    """Let the Tab key go from `anchor` through `parts` with all in them: what is made later comes last otherwise."""
    for part in parts:
        for widget in (part, *part.findChildren(QWidget)):
            takes_tab = widget.focusPolicy() & Qt.FocusPolicy.TabFocus
            if (
                takes_tab and widget.window() is anchor.window()
            ):  # a combo box has a window inside
                QWidget.setTabOrder(anchor, widget)
                anchor = widget


def told(texts: Texts, reason: Reason) -> str:
    """What a reason says in the reader's language."""
    return texts.tr(f"error.{reason.code.value}", **reason.parameters)
