"""Random things that a reader might do, from a seed: keys, buttons, commands, mouse on the film, words."""

from __future__ import annotations

import random
from collections import Counter

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QPlainTextEdit,
    QWidget,
)

from workstation.ui.window import MainWindow

# What leaves the window, or asks the system for a file.
NOT_FOR_MONKEYS = frozenset(
    {"room.close", "room.open_folder", "room.open_files", "room.export"}
)
_KEYS = [Qt.Key(code) for code in range(Qt.Key.Key_A, Qt.Key.Key_Z + 1)]
_KEYS += [
    Qt.Key.Key_Escape,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Space,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Down,
]
_MODIFIERS = [
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
]
_BUTTONS = [Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton]


class Monkey:
    """Plays with whatever window `current` gives; a dialog that waits for an answer is closed from a timer."""

    def __init__(self, current, seed):
        self._current = current
        self._random = random.Random(seed)  # noqa: S311 - repeatable play, no secret
        self.done = Counter()
        self._sweeper = QTimer()
        self._sweeper.timeout.connect(_close_dialogs)
        self._sweeper.start(40)

    @property
    def window(self) -> MainWindow:
        return self._current()

    def play(self) -> str:
        """Do one thing; its name."""
        deeds = [
            (self._command, 4),
            (self._drag, 4),
            (self._wheel, 2),
            (self._key, 4),
            (self._press_a_button, 3),
            (self._write, 1),
            (self._choose_a_row, 2),
            (self._resize, 1),
        ]
        (deed,) = self._random.choices([d for d, _ in deeds], [w for _, w in deeds])
        name = deed.__name__
        self.done[name] += 1
        return f"{name}: {deed()}"

    def stop(self) -> None:
        """Sweep no more."""
        self._sweeper.stop()
        _close_dialogs()

    def _command(self):
        actions = self.window.actions_by_id
        able = [n for n, a in actions.items() if a.isEnabled() and n not in NOT_FOR_MONKEYS]
        name = self._random.choice(sorted(able))
        actions[name].trigger()
        return name

    def _place(self, widget: QWidget) -> QPoint:
        return QPoint(
            self._random.randrange(max(widget.width(), 1)),
            self._random.randrange(max(widget.height(), 1)),
        )

    def _film(self) -> QWidget | None:
        views = self.window.film.findChildren(QWidget)
        seen = [view for view in views if view.isVisible() and view.objectName() == ""]
        return seen[-1] if seen else None

    def _drag(self):
        film = self._film()
        if film is None:
            return "no film"
        button = self._random.choice(_BUTTONS)
        QTest.mousePress(film, button, pos=self._place(film))
        for _ in range(self._random.randrange(6)):
            QTest.mouseMove(film, self._place(film))
        QTest.mouseRelease(film, button, pos=self._place(film))
        return button.name

    def _wheel(self):
        film = self._film()
        if film is None:
            return "no film"
        place = QPointF(self._place(film))
        turn = QPoint(0, self._random.choice([-240, -120, 120, 240]))
        event = QWheelEvent(
            place,
            QPointF(film.mapToGlobal(place.toPoint())),
            QPoint(),
            turn,
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(film, event)
        return turn.y()

    def _key(self):
        key, modifier = self._random.choice(_KEYS), self._random.choice(_MODIFIERS)
        target = self.window.focusWidget() or self.window
        QTest.keyClick(target, key, modifier)
        return f"{modifier.name} {key.name}"

    def _press_a_button(self):
        buttons = self.window.findChildren(QAbstractButton)
        able = [b for b in buttons if b.isVisible() and b.isEnabled() and _is_tame(b)]
        if not able:
            return "none"
        button = self._random.choice(able)
        name = button.objectName() or button.accessibleName() or button.text()
        button.click()
        return name

    def _write(self):
        fields = [f for f in self.window.findChildren(QPlainTextEdit) if f.isVisible()]
        if not fields:
            return "nowhere"
        field = self._random.choice(fields)
        if not field.isReadOnly() and field.isEnabled():
            field.setFocus()
            field.insertPlainText(self._random.choice(["Opacity ", "结节 ", "\n", "？"]))
        return field.objectName()

    def _choose_a_row(self):
        lists = [
            v for v in self.window.worklist.findChildren(QAbstractItemView) if v.isVisible()
        ]
        rows = [(v, row) for v in lists if v.model() for row in range(v.model().rowCount())]
        if not rows:
            return "none"
        view, row = self._random.choice(rows)
        view.setCurrentIndex(view.model().index(row, 0))
        QTest.keyClick(view, Qt.Key.Key_Return)
        return row

    def _resize(self):
        width, height = self._random.randrange(1000, 1900), self._random.randrange(640, 1060)
        self.window.resize(width, height)
        return f"{width}x{height}"


def _is_tame(button: QAbstractButton) -> bool:
    """Whether pressing it stays inside the window: tool bar buttons are met as commands."""
    words = f"{button.objectName()} {button.accessibleName()} {button.text()}".lower()
    return not any(
        word in words for word in ("open", "export", "打开", "导出", "install", "安装")
    ) and (button.parent() is None or button.parent().metaObject().className() != "QToolBar")


def _close_dialogs() -> None:
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible() and not isinstance(widget, MainWindow):
            widget.close()
