"""The report's texts, one editor under the other."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.core.review import Section
from workstation.ui.panel import Words, stacked
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.review.text_edit import TextEdit

_LINES = {
    Section.CLINICAL_INFORMATION: 1,
    Section.FINDINGS: 3,
    Section.IMPRESSION: 2,
    Section.RECOMMENDATION: 1,
}


class ReportTexts(QWidget):
    """Keeps what the reader types apart from what is stored: stored text never replaces typed text.

    Signals
    -------
    edited, committed : Section, str
        Typing paused; the text is finished for now.
    typed : ()
        Something differs from the stored text, or does not any more.
    """

    edited = Signal(object, str)
    committed = Signal(object, str)
    typed = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._study_uid: str | None = None
        self._stored: Mapping[Section, str] = {}
        self.edits: dict[Section, TextEdit] = {}
        parts = []
        for section, lines in _LINES.items():
            name = texts.tr(f"section.{section.value}")
            edit = self.edits[section] = TextEdit(name, lines=lines)
            label = Words(name, "muted")
            label.setBuddy(edit)
            parts.append(stacked(label, edit, gap=3))
            edit.textChanged.connect(self.typed)
            edit.paused.connect(lambda text, s=section: self.edited.emit(s, text))
            edit.left.connect(lambda s=section: self._commit(s))
        self.setLayout(stacked(*parts, gap=10))

    @property
    def pending(self) -> bool:
        """Whether any text differs from its stored one."""
        return any(self._differs(section) for section in self.edits)

    def show_state(self, state: ReviewPanelState) -> None:
        """Show what is stored; drafts are put back once, when the study changes."""
        fresh = state.study_uid != self._study_uid
        clean = [section for section in self.edits if fresh or not self._differs(section)]
        self._study_uid, self._stored = state.study_uid, dict(state.texts)
        for section in clean:
            stored = state.texts.get(section, "")
            self.edits[section].put(state.drafts.get(section, stored) if fresh else stored)
        for edit in self.edits.values():
            edit.setReadOnly(not state.editable)

    def commit(self) -> None:
        """Announce every text that differs from its stored one."""
        for section in self.edits:
            self._commit(section)

    def _differs(self, section: Section) -> bool:
        return self.edits[section].text != self._stored.get(section, "")

    def _commit(self, section: Section) -> None:
        edit = self.edits[section]
        edit.settle()
        if self._differs(section) and not edit.isReadOnly():
            self.committed.emit(section, edit.text)
