"""The card that says that scores of a trial are shown, and that nothing of it is stored."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame

from resources.i18n import Texts
from workstation.ui.findings.model import TrialState
from workstation.ui.panel import Words, button, in_line, stacked, told


class TrialCard(QFrame):
    """Shown while a trial is on.

    Signals
    -------
    over_requested, ended : ()
        Start over with the whole film; be done with it.
    """

    over_requested = Signal()
    ended = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self.setProperty("class", "card")
        self._words = Words(css="warning small")
        self.over = button(texts.tr("Start over"), "small", name="trial_over")
        self.done = button(texts.tr("End the trial"), "small", name="trial_end")
        actions = in_line(self.over, self.done, None)
        heading = Words(
            texts.tr("Trial: what if a part of the film were not there?"), "heading"
        )
        self.setLayout(stacked(heading, self._words, actions, margins=(12, 10, 12, 10)))
        self.over.clicked.connect(self.over_requested)
        self.done.clicked.connect(self.ended)
        self.hide()

    def show_trial(self, trial: TrialState | None) -> None:
        """Say how it stands; None hides the card."""
        self.setVisible(trial is not None)
        if trial is None:
            return
        self.over.setEnabled(bool(trial.region))
        if trial.reason is not None:
            self._words.say(told(self._texts, trial.reason))
        else:
            self._words.say(
                self._texts.tr(
                    "Paint over the film with the left button. What you paint is filled from its surroundings and scored again. Nothing of this is stored."
                )
            )
