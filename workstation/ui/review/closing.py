"""Where the study stands: what is saved, what can be taken back, and the way to "reviewed"."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton, QWidget

from resources.i18n import Texts
from workstation.core.review import Change, ReviewStatus
from workstation.ui.icons import icon
from workstation.ui.panel import Words, button, dress, in_line, stacked, told
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.review.wording import change_words, clock_words, reviewer_words


class ClosingBar(QWidget):
    """The foot of the panel; the view connects its buttons."""

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        tr = texts.tr
        self.saved = Words(css="muted small")
        self.undo, self.redo = _icon_button("undo"), _icon_button("redo")
        self.review = button(tr("Mark as reviewed"), "primary", name="review")
        self.reopen = button(tr("Reopen"), name="reopen")
        self.export = button(tr("Export PDF"), name="export")
        self.reviewer = Words(css="muted small")
        self.blocks = Words(css="warning small")
        # What appears or moves once a study is reviewed never comes to lie under the second click of a double one.
        closed = in_line(self.reviewer, self.reopen)
        actions = in_line(self.export, self.review, None, self.undo, self.redo)
        self.setLayout(stacked(self.saved, closed, actions, self.blocks, gap=6))

    def show_state(self, state: ReviewPanelState, *, pending: bool) -> None:
        """Show `state`; `pending` when something typed is not stored yet."""
        self.show_saved(state, pending=pending)
        self._name(self.undo, state.undo, done=False)
        self._name(self.redo, state.redo, done=True)
        self.review.setVisible(state.editable)
        self.review.setEnabled(not state.blocks)
        self.reopen.setVisible(state.status is ReviewStatus.REVIEWED)
        self.reviewer.say(reviewer_words(self._texts, state))
        blocks = state.blocks if state.editable else ()
        lines = [told(self._texts, reason) for reason in blocks]
        self.blocks.say("\n".join(f"• {line}" if len(lines) > 1 else line for line in lines))
        self.review.setAccessibleDescription(" ".join(lines))

    def show_saved(self, state: ReviewPanelState, *, pending: bool) -> None:
        """Say what is on disk: only what the store has confirmed."""
        tr = self._texts.tr
        failed = state.save_failed
        if failed is not None:
            said = tr("Not saved: {reason}", reason=told(self._texts, failed))
        elif pending:
            said = tr("Typing…")
        elif state.saved_at is not None:
            said = tr("Saved {time}", time=clock_words(state.saved_at))
        else:
            said = ""
        dress(self.saved, "muted small" if failed is None else "bad small")
        self.saved.say(said)

    def _name(self, tool: QToolButton, change: Change | None, *, done: bool) -> None:
        tr = self._texts.tr
        tool.setEnabled(change is not None)
        what = change_words(self._texts, change) if change is not None else ""
        if done:
            name = tr("Redo: {change}", change=what) if what else tr("Nothing to redo")
        else:
            name = tr("Undo: {change}", change=what) if what else tr("Nothing to undo")
        tool.setToolTip(name)
        tool.setAccessibleName(name)


def _icon_button(name: str) -> QToolButton:
    made = QToolButton()
    made.setIcon(icon(name))
    made.setObjectName(name)
    return made
