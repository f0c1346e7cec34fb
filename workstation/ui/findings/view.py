"""The findings panel: what the model says of the shown film, and the reader's decision on each finding."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from resources.i18n import Texts
from workstation.ui.findings.model import FindingsState


class FindingsView(QWidget):
    """Shows one `FindingsState`; every signal comes from the GUI thread and asks for something, nothing is done here.

    Signals
    -------
    analyse_requested, stop_requested, retry_requested, reveal_requested, model_card_requested : ()
        Buttons.
    finding_selected : FindingCode or None
        The reader chose the finding whose evidence is of interest.
    evidence_requested : FindingCode
        The reader asks for the evidence of a finding that is not above its threshold.
    evidence_toggled : bool
        Show or hide every AI mark.
    style_changed : EvidenceControls
        Opacity, cut-off or contour; while a slider moves, too.
    decided : FindingCode, Decision or None
        The reader's word on one finding; None takes it back.
    """

    analyse_requested = Signal()
    stop_requested = Signal()
    retry_requested = Signal()
    reveal_requested = Signal()
    model_card_requested = Signal()
    finding_selected = Signal(object)
    evidence_requested = Signal(object)
    evidence_toggled = Signal(bool)
    style_changed = Signal(object)
    decided = Signal(object, object)

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._state = FindingsState()

    def set_state(self, state: FindingsState) -> None:
        """Show `state`."""
        self._state = state
