"""The review panel: who the patient is, the first impression, the report's texts, and where the study stands."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.ui.review.model import ReviewPanelState


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
    undo_requested, redo_requested, review_requested, reopen_requested, export_requested : ()
        Buttons.
    """

    impression_edited = Signal(str)
    impression_recorded = Signal(str)
    no_finding_noted = Signal()
    text_edited = Signal(object, str)
    text_committed = Signal(object, str)
    identity_entered = Signal(object)
    undo_requested = Signal()
    redo_requested = Signal()
    review_requested = Signal()
    reopen_requested = Signal()
    export_requested = Signal()

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._state = ReviewPanelState()

    def set_state(self, state: ReviewPanelState) -> None:
        """Show `state`; what the reader is typing is left alone unless its stored text changed elsewhere."""
        self._state = state

    def commit_pending(self) -> None:
        """Emit `text_committed` for every text that differs from its stored one: before a study is left or closed."""

    def focus_impression(self) -> None:
        """Put the cursor into the first impression."""
