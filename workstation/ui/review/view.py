"""The review panel: who the patient is, the first impression, the report's texts, and where the study stands."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.core.review import Section
from workstation.ui.panel import GAP, MARGIN, rule, scrolling, stacked
from workstation.ui.review.closing import ClosingBar
from workstation.ui.review.identity import IdentityBox
from workstation.ui.review.impression import ImpressionBox
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.review.report import ReportTexts
from workstation.ui.review.text_edit import TextEdit

_CURSOR_ROOM_PX, _TOP_PX, _PARTS_PX = 24, 4, 12
# On a screen of 800 lines more would push the window's foot off it.
_LEAST_PX, _MOST_PX = 110, 250


class ReviewView(QWidget):
    """Shows one `ReviewPanelState`; every signal comes from the GUI thread.

    Signals
    -------
    impression_edited : str
        Typing in the first impression paused; keep it as a draft.
    impression_recorded : str
        The reader records this first impression.
    no_finding_noted : ()
        The reader records that there is no finding.
    text_edited : Section, str
        Typing paused; keep the text as a draft.
    text_committed : Section, str
        The text is finished for now (focus left, or `commit_pending`); store it.
    identity_entered : PatientIdentity
        Typed for a film without one.
    patient_confirmed : ()
        The patient whom the films name now is the one of the review.
    undo_requested, redo_requested, review_requested, reopen_requested, export_requested : ()
        Buttons.
    """

    impression_edited = Signal(str)
    impression_recorded = Signal(str)
    no_finding_noted = Signal()
    text_edited = Signal(object, str)
    text_committed = Signal(object, str)
    identity_entered = Signal(object)
    patient_confirmed = Signal()
    undo_requested = Signal()
    redo_requested = Signal()
    review_requested = Signal()
    reopen_requested = Signal()
    export_requested = Signal()

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._state = ReviewPanelState()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("class", "panel")
        self.identity, self.impression = IdentityBox(texts), ImpressionBox(texts)
        self.report, self.closing = ReportTexts(texts), ClosingBar(texts)
        self.area = scrolling(
            stacked(
                self.identity.details,
                self.impression,
                self.report,
                gap=_PARTS_PX,
                margins=(MARGIN, _TOP_PX, MARGIN, MARGIN),
            )
        )
        head = stacked(self.identity, margins=(MARGIN, MARGIN, MARGIN, GAP))
        foot = stacked(self.closing, margins=(MARGIN, GAP, MARGIN, MARGIN))
        self.line = rule()
        column = stacked(head, self.area, self.line, foot, gap=0)
        column.setStretchFactor(self.area, 1)
        column.addStretch(0)
        self.setLayout(column)
        self._connect()
        self.set_state(self._state)

    def set_state(self, state: ReviewPanelState) -> None:
        """Show `state`; a text that the reader has changed is left alone until it is stored."""
        if state.study_uid != self._state.study_uid:
            self.area.verticalScrollBar().setValue(0)
        self._state = state
        self.identity.show_state(state)
        self.impression.show_state(state)
        self.report.show_state(state)
        self.closing.show_state(state, pending=self.report.pending)
        for part in (self.area, self.line, self.closing):
            part.setVisible(state.study_uid is not None)
        self._claim()

    def commit_pending(self) -> None:
        """Emit `text_committed` for every text that differs from its stored one: before a study is left or closed.

        A first impression that is still being typed becomes a draft.
        """
        self.impression.edit.pause()
        self.report.commit()

    def focus_impression(self) -> None:
        """Put the cursor into the first impression, or into the findings text once that is recorded."""
        recorded = self.impression.typing.isHidden()
        edit = self.report.edits[Section.FINDINGS] if recorded else self.impression.edit
        edit.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Narrower words are taller."""
        super().resizeEvent(event)
        self._claim()

    def _connect(self) -> None:
        self.area.verticalScrollBar().rangeChanged.connect(self._on_grown)
        self.identity.entered.connect(self.identity_entered)
        self.identity.confirmed.connect(self.patient_confirmed)
        self.impression.edited.connect(self.impression_edited)
        self.impression.recorded.connect(self.impression_recorded)
        self.impression.nothing_noted.connect(self.no_finding_noted)
        self.report.edited.connect(self.text_edited)
        self.report.committed.connect(self.text_committed)
        self.report.typed.connect(self._on_typed)
        for pressed, signal in (
            (self.closing.undo, self.undo_requested),
            (self.closing.redo, self.redo_requested),
            (self.closing.review, self.review_requested),
            (self.closing.reopen, self.reopen_requested),
            (self.closing.export, self.export_requested),
        ):
            pressed.clicked.connect(signal)
        for edit in (self.impression.edit, *self.report.edits.values()):
            edit.cursor_moved.connect(self._follow)

    def _claim(self) -> None:
        """Claim the height in which a first impression can be asked for, and what stands before it, without scrolling."""
        asks = self.impression.typing.isVisibleTo(self.impression)
        parts = [self.identity.details, self.impression] if asks else []
        width = self.width() - 2 * MARGIN - self.area.verticalScrollBar().sizeHint().width()
        heights = [
            max(part.heightForWidth(width), part.sizeHint().height())
            for part in parts
            if not part.isHidden()
        ]
        wanted = sum(heights) + _PARTS_PX * len(heights) + _TOP_PX
        self.area.setMinimumHeight(min(max(wanted, _LEAST_PX), _MOST_PX))

    def _on_typed(self) -> None:
        self.closing.show_saved(self._state, pending=self.report.pending)

    def _on_grown(self) -> None:
        """Follow the text that made the panel longer; leave a reader who scrolled elsewhere alone."""
        edit = self.focusWidget()
        if isinstance(edit, TextEdit) and edit.is_typing:
            self._follow()

    def _follow(self) -> None:
        """Keep the cursor in sight: the editors grow, the panel scrolls."""
        edit = self.focusWidget()
        if isinstance(edit, TextEdit) and edit.hasFocus():
            place = edit.viewport().mapTo(self.area.widget(), edit.cursorRect().center())
            self.area.ensureVisible(place.x(), place.y(), 0, _CURSOR_ROOM_PX)
