"""The strip below two films: linking, which prior, back to one."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QWidget

from resources.i18n import Texts
from workstation.ui.compare.model import Beside, CompareState
from workstation.ui.compare.overlay_controls import OverlayControls
from workstation.ui.compare.wording import prior_words
from workstation.ui.panel import button, in_line, stacked


class CompareControls(QWidget):
    """Shown while films are compared; `overlay` lays the prior over the current one.

    Signals
    -------
    prior_requested, next_prior_requested, views_requested, hold_requested, one_film_requested, link_requested,
    switch_requested, hang_one_requested, hang_views_requested, hang_prior_requested
        Nothing; menu, key or button.
    prior_chosen
        Number of the prior in `CompareState.priors`.
    """

    prior_requested = Signal()
    next_prior_requested = Signal()
    views_requested = Signal()
    hold_requested = Signal()
    one_film_requested = Signal()
    link_requested = Signal()
    switch_requested = Signal()
    hang_one_requested = Signal()
    hang_views_requested = Signal()
    hang_prior_requested = Signal()
    prior_chosen = Signal(int)

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self.linked = QCheckBox(texts.tr("Linked (L)"))
        self.linked.setToolTip(texts.tr("Zoom, pan and window of both films go together."))
        self.linked.setChecked(True)
        self.priors = QComboBox()
        self.priors.setAccessibleName(texts.tr("Prior"))
        self.priors.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.back = button(texts.tr("One film"))
        self.overlay = OverlayControls(texts)
        hung = in_line(self.linked, self.priors, None, self.back)
        self.setLayout(stacked(hung, self.overlay, gap=4, margins=(12, 6, 12, 6)))
        self.linked.clicked.connect(self.link_requested)
        self.priors.activated.connect(self.prior_chosen)
        self.back.clicked.connect(self.one_film_requested)
        self.hide()

    def set_linked(self, linked: bool) -> None:  # noqa: FBT001 - a Qt signal's payload
        """Say whether both films go together."""
        self.linked.setChecked(linked)

    def show_state(self, state: CompareState) -> None:
        """Show `state` in place."""
        self.setVisible(state.is_comparing)
        self.priors.setVisible(state.beside is Beside.PRIOR)
        words = [prior_words(prior, self._texts) for prior in state.priors]
        count = len(words)
        lines = [
            self._texts.tr("{prior} ({number}/{count})", prior=line, number=n, count=count)
            for n, line in enumerate(words, 1)
        ]
        with QSignalBlocker(self.priors):
            if lines != [self.priors.itemText(n) for n in range(self.priors.count())]:
                self.priors.clear()
                self.priors.addItems(lines)
            self.priors.setCurrentIndex(state.number)
