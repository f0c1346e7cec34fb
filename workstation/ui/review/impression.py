"""The reader's impression: the first one, typed before any AI result is drawn, or one that came later and says so."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from resources.i18n import Texts
from workstation.ui.icons import icon
from workstation.ui.panel import Words, button, in_line, stacked
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.review.text_edit import TextEdit

_ICON_PX = 16


class ImpressionBox(QFrame):
    """Asks for the first impression, or quotes it; one that came after AI results is never called the first.

    Signals
    -------
    edited, recorded : str
        Typing paused; the reader records this text.
    nothing_noted : ()
        The reader records that there is no finding.
    """

    edited = Signal(str)
    recorded = Signal(str)
    nothing_noted = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._study_uid: str | None = None
        self.setProperty("class", "card")
        tr = texts.tr
        self.check = QLabel()
        self.check.setPixmap(icon("check").pixmap(QSize(_ICON_PX, _ICON_PX)))
        self.edit = TextEdit(tr("First impression"), lines=2)
        self.record = button(tr("Record impression"), "primary", name="record_impression")
        self.nothing = button(tr("No finding noted"), name="no_finding")
        self.record.setEnabled(False)
        self.typing = QWidget()
        self.typing.setLayout(stacked(self.edit, in_line(self.record, self.nothing, None)))
        self.heading, self.quote = Words(css="heading"), Words(css="muted")
        self.setLayout(
            stacked(
                in_line(self.check, self.heading, gap=6),
                self.typing,
                self.quote,
                gap=6,
                margins=(10, 8, 10, 10),
            )
        )
        self.edit.textChanged.connect(self._on_typed)
        self.edit.paused.connect(self.edited)
        self.record.clicked.connect(self._record)
        self.nothing.clicked.connect(self.nothing_noted)

    def show_state(self, state: ReviewPanelState) -> None:
        """Show `state`; what is being typed is left alone while the study stays."""
        recorded = state.impression
        self._name(ai_seen_first=state.ai_seen_first)
        if state.study_uid != self._study_uid:
            self._study_uid = state.study_uid
            self.edit.put(state.impression_draft)
        if recorded is not None:
            self.edit.settle()
            if not self.edit.text:  # there to be changed should the recording be undone
                self.edit.put(recorded.text)
        self.check.setVisible(recorded is not None)
        self.typing.setVisible(recorded is None and state.editable)
        if recorded is not None:
            none = self._texts.tr("No finding noted")
            self.quote.say(none if recorded.no_finding else recorded.text)
        else:
            none = self._texts.tr("No first impression was recorded.")
            self.quote.say("" if state.editable else none)

    def _name(self, *, ai_seen_first: bool) -> None:
        tr = self._texts.tr
        if ai_seen_first:
            name = tr("Impression, recorded after the AI result was seen")
            hint = tr("What do you see, now that the AI result was shown?")
        else:
            name = tr("First impression")
            hint = tr("What do you see, before the AI says anything?")
        self.heading.say(name)
        self.edit.setAccessibleName(name)
        self.edit.setPlaceholderText(hint)

    def _on_typed(self) -> None:
        typed = bool(self.edit.text.strip())
        self.record.setEnabled(typed)
        self.nothing.setEnabled(not typed)

    def _record(self) -> None:
        self.edit.settle()
        self.recorded.emit(self.edit.text.strip())
