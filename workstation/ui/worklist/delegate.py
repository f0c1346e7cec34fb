"""How worklist rows look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from resources.i18n import Texts
from workstation.core.review import ReviewStatus
from workstation.ui.theme import TOKENS
from workstation.ui.worklist.model import FilmEntry, StudyEntry
from workstation.ui.worklist.rows import ENTRY
from workstation.ui.worklist.wording import film_words, study_words

ROW_PX = 70
_MARGIN, _INDENT, _THUMBNAIL = 12, 22, 54
_STATE_COLOURS = {
    ReviewStatus.NEW: TOKENS.text,
    ReviewStatus.DRAFT: TOKENS.amber,
    ReviewStatus.REVIEWED: TOKENS.accent,
    ReviewStatus.SIGNED: TOKENS.accent,
    ReviewStatus.AMENDED: TOKENS.amber,
}
Thumbnail = Callable[[str], QPixmap | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """Where and how one row is drawn."""

    box: QRect
    font: QFont
    selected: bool


class WorklistDelegate(QStyledItemDelegate):
    """Paints studies and films; `thumbnail` gives a film's picture or asks for it.

    The state of a study has a glyph and a word; colour only repeats them.
    """

    def __init__(
        self, texts: Texts, thumbnail: Thumbnail, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._texts = texts
        self._thumbnail = thumbnail

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """One height for all, so that a list of any length lays itself out at once."""
        return QSize(120, ROW_PX)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one row."""
        entry = index.data(ENTRY)
        look: Any = option  # PySide6's stubs leave out the option's own attributes
        row = _Row(
            box=QRect(look.rect),
            font=QFont(look.font),
            selected=bool(look.state & QStyle.StateFlag.State_Selected),
        )
        painter.save()
        if isinstance(entry, StudyEntry):
            self._study(painter, row, entry)
        elif isinstance(entry, FilmEntry):
            self._film(painter, row, entry)
        painter.restore()

    def _study(self, painter: QPainter, row: _Row, entry: StudyEntry) -> None:
        box = row.box
        painter.fillRect(box, QColor(TOKENS.raised if entry.is_open else TOKENS.panel))
        if not entry.same_patient:
            painter.fillRect(QRect(box.left(), box.top(), box.width(), 1), QColor(TOKENS.line))
        if entry.is_open:
            painter.fillRect(
                QRect(box.left(), box.top(), 3, box.height()), QColor(TOKENS.accent)
            )
        if row.selected:
            painter.setPen(QColor(TOKENS.accent))
            painter.drawRect(box.adjusted(1, 1, -2, -2))
        words = study_words(entry.row, self._texts)
        inner = box.adjusted(_MARGIN, 9, -_MARGIN, -8)
        small, bold = _sized(row.font, -1), QFont(row.font)
        bold.setWeight(QFont.Weight.DemiBold)
        line = inner.height() // 3
        state_width = _width(words.state, small)
        rows = [
            QRect(inner.left(), inner.top() + n * line, inner.width(), line) for n in range(3)
        ]
        state = rows[0].adjusted(rows[0].width() - state_width, 0, 0, 0)
        colour = _STATE_COLOURS[entry.row.status]
        _text(painter, state, words.state, small, colour)
        name_box = rows[0].adjusted(0, 0, -state_width - 8, 0)
        _text(painter, name_box, words.name, bold, TOKENS.text)
        width = _width(words.marks, small)
        mark = rows[1].adjusted(rows[1].width() - width, 0, 0, 0)
        _text(painter, mark, words.marks, small, TOKENS.muted)
        _text(
            painter, rows[1].adjusted(0, 0, -width - 8, 0), words.identity, small, TOKENS.muted
        )
        width = _width(words.warning, small) + 8 if words.warning else 0
        _text(painter, rows[2], words.warning, small, TOKENS.amber)
        _text(painter, rows[2].adjusted(width, 0, 0, 0), words.description, small, TOKENS.muted)

    def _film(self, painter: QPainter, row: _Row, entry: FilmEntry) -> None:
        box = row.box
        painter.fillRect(box, QColor(TOKENS.raised if entry.is_current else TOKENS.window))
        painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), QColor(TOKENS.accent))
        if row.selected:
            painter.setPen(QColor(TOKENS.accent))
            painter.drawRect(box.adjusted(4, 1, -2, -2))
        frame = QRect(
            box.left() + _INDENT, box.top() + (ROW_PX - _THUMBNAIL) // 2, _THUMBNAIL, _THUMBNAIL
        )
        painter.fillRect(frame, QColor(TOKENS.film))
        picture = self._thumbnail(entry.instance.sop_uid)
        if picture is not None:
            fitted = picture.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRect(0, 0, fitted.width(), fitted.height())
            target.moveCenter(frame.center())
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(target, picture)
        first, second = film_words(entry, self._texts)
        inner = QRect(
            frame.right() + 12, box.top(), box.right() - frame.right() - 24, box.height()
        )
        upper = QRect(inner.left(), inner.top() + 14, inner.width(), 20)
        lower = QRect(inner.left(), inner.top() + 36, inner.width(), 20)
        mark = "▸ " if entry.is_current else ""
        _text(painter, upper, mark + first, row.font, TOKENS.text)
        _text(painter, lower, second, _sized(row.font, -1), TOKENS.muted)


def _sized(font: QFont, by: int) -> QFont:
    other = QFont(font)
    other.setPixelSize(max(font.pixelSize(), 10) + by)
    return other


def _width(text: str, font: QFont) -> int:
    """Pixels a text needs; a spare pair, since widths are rounded and a text that just fits would be elided."""
    return QFontMetrics(font).horizontalAdvance(text) + 2


def _text(painter: QPainter, box: QRect, text: str, font: QFont, colour: str) -> None:
    painter.setFont(font)
    painter.setPen(QColor(colour))
    elided = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, elided)
