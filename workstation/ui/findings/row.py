"""One finding in the panel: score, threshold, side, and the reader's decision."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QSizePolicy, QWidget

from resources.i18n import Texts
from workstation.core.findings import FindingScore
from workstation.core.review import Decision, Verdict
from workstation.ui.findings.editor import DecisionEditor
from workstation.ui.findings.model import FindingRow
from workstation.ui.findings.score_bar import ScoreBar
from workstation.ui.findings.wording import (
    VERDICT_ICONS,
    edit_words,
    finding_name,
    score_words,
    side_mark,
    trial_words,
    verdict_words,
)
from workstation.ui.icons import icon
from workstation.ui.panel import Words, button, in_line, stacked, tab_after
from workstation.ui.theme import TOKENS

_ICON_PX = 16


class RowHead(QAbstractButton):
    """The part that is pressed to select a finding: its name, its score and where the decision stands."""

    def __init__(self, texts: Texts, row: FindingRow) -> None:
        super().__init__()
        self._texts = texts
        score = row.score
        # A button's own policy would never let it be narrower than its longest line.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._name = Words(finding_name(texts, score.code), "heading")
        self._sign, self._verdict = QLabel(), Words(css="muted small", wrap=False)
        self.ask = button(texts.tr("Show evidence"), "flat small", name="show_evidence")
        self.ask.setAccessibleName(
            texts.tr("Show evidence of {finding}", finding=finding_name(texts, score.code))
        )
        self._mark = Words(side_mark(score), "heading", wrap=False)
        self._mark.setFixedWidth(14)
        self._score = Words(score_words(texts, score), "small")
        self._here = Words(css="muted small", wrap=False)
        self._here.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._edit = Words(css="small")
        self._trial = Words(css="small")
        head = in_line(self._name, self._sign, self._verdict, self.ask, gap=4)
        said = in_line(self._mark, self._score, self._here, gap=4)
        self._parts = stacked(
            head, ScoreBar(score), said, self._trial, self._edit, gap=3, margins=(8, 7, 8, 7)
        )
        self.setLayout(self._parts)
        for label in self.findChildren(QLabel):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.show_row(row)

    def show_row(self, row: FindingRow) -> None:
        """Show what changed; the score never does."""
        above = bool(row.score.above)
        name, said = self._name.text(), score_words(self._texts, row.score)
        verdict = verdict_words(self._texts, row.decision) if above else ""
        self._verdict.say(verdict)
        self._sign.setVisible(above)
        if above:
            glyph = VERDICT_ICONS[row.decision.verdict] if row.decision else "undecided"
            self._sign.setPixmap(icon(glyph).pixmap(QSize(_ICON_PX, _ICON_PX)))
        self._edit.say(edit_words(self._texts, row.decision))
        self.ask.setVisible(
            not above and not row.evidence_asked and row.peak_log_odds is not None
        )
        self.setAccessibleName(", ".join(part for part in (name, said, verdict) if part))
        self.setAccessibleDescription(self._edit.text())

    def show_pointer(self, log_odds: float | None) -> None:
        """The evidence under the mouse, beside the score; None shows nothing."""
        said = (
            "" if log_odds is None else self._texts.tr("here {value}", value=f"{log_odds:+.2f}")
        )
        self._here.say(said)

    def show_trial(self, original: FindingScore, trial: FindingScore | None) -> None:
        """The score without the region that is painted out, below the film's own."""
        self._trial.say("" if trial is None else trial_words(self._texts, original, trial))

    def sizeHint(self) -> QSize:
        """As large as its words."""
        return self._parts.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter selects as Space does."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Ring the focused row, lift the one under the mouse."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(TOKENS.accent) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(QColor(TOKENS.raised) if self.underMouse() else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.end()


class RowView(QWidget):
    """A finding's head and, where it is selected and above threshold, the reader's three words on it.

    Signals
    -------
    selected, evidence_requested : ()
        The reader turned to it; asked for the evidence of a finding that is not above threshold.
    decided : Decision or None
        The reader's word; None takes it back.
    """

    selected = Signal()
    evidence_requested = Signal()
    decided = Signal(object)

    def __init__(self, texts: Texts, row: FindingRow) -> None:
        super().__init__()
        self._texts = texts
        self._row = row
        self._selected = False
        self.editor: DecisionEditor | None = None
        self.head = RowHead(texts, row)
        self.buttons = {
            Verdict.ACCEPTED: self._button(texts.tr("Accept"), "accept", "check"),
            Verdict.REJECTED: self._button(texts.tr("Reject"), "reject", "cross"),
            Verdict.EDITED: self._button(texts.tr("Edit…"), "edit", "pencil"),
        }
        self._actions = QWidget()
        self._actions.setLayout(
            in_line(*self.buttons.values(), None, gap=6, margins=(8, 0, 8, 8))
        )
        self._parts = stacked(self.head, self._actions, gap=2)
        self.setLayout(self._parts)
        self.head.clicked.connect(self.selected)
        self.head.ask.clicked.connect(self.evidence_requested)
        for verdict, pressed in self.buttons.items():
            pressed.clicked.connect(lambda _on, v=verdict: self._on_pressed(v))
        self.show_row(row, selected=False, editable=False)

    def show_row(self, row: FindingRow, *, selected: bool, editable: bool) -> None:
        """Show what changed; an open editor stays as it is."""
        self._row = row
        self._selected = selected
        self.update()
        self.head.show_row(row)
        self._actions.setVisible(bool(row.score.above) and selected)
        verdict = row.decision.verdict if row.decision else None
        for made, pressed in self.buttons.items():
            pressed.setChecked(made is verdict)
            pressed.setEnabled(editable)
        if self.editor is not None and not editable:
            self._close_editor()
        if self.editor is not None:
            self.editor.setVisible(selected)

    def _button(self, text: str, name: str, glyph: str) -> QPushButton:
        made = button(text, name=name)
        made.setCheckable(True)
        made.setIcon(icon(glyph))
        made.setIconSize(QSize(_ICON_PX, _ICON_PX))
        finding = finding_name(self._texts, self._row.score.code)
        made.setAccessibleName(f"{text.rstrip('…')}: {finding}")
        return made

    def _on_pressed(self, verdict: Verdict) -> None:
        made = self._row.decision.verdict if self._row.decision else None
        self.buttons[verdict].setChecked(made is verdict)  # only a stored word looks made
        if verdict is Verdict.EDITED:
            self._open_editor()
            return
        self._close_editor()
        word = Decision(verdict=verdict, code=self._row.score.code)
        self.decided.emit(None if made is verdict else word)

    def _open_editor(self) -> None:
        if self.editor is None:
            code, decision = self._row.score.code, self._row.decision
            self.editor = DecisionEditor(self._texts, code, decision)
            self.editor.saved.connect(self.decided)
            self.editor.taken_back.connect(lambda: self.decided.emit(None))
            self.editor.closed.connect(self._close_editor)
            self._parts.addWidget(self.editor)
            self.editor.show()
            tab_after(self.buttons[Verdict.EDITED], self.editor)
        self.editor.finding.setFocus()

    def _close_editor(self) -> None:
        if self.editor is not None:
            self.editor.hide()
            self.editor.deleteLater()
            self.editor = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Lift the selected finding, with a bar at its left edge."""
        if not self._selected:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(TOKENS.raised))
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        painter.setBrush(QColor(TOKENS.accent))
        painter.drawRoundedRect(QRectF(0, 6, 3, self.height() - 12), 1.5, 1.5)
        painter.end()
