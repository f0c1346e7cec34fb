"""The second line of the strip below two films: lay the prior over the current film, and how it is seen."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QProgressBar,
    QSlider,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.compare.superimpose import Phase, SuperimposeState
from workstation.ui.panel import Words, button, in_line, told
from workstation.ui.viewer.superimposed import Superposition


class OverlayControls(QWidget):
    """Shown while a prior hangs beside the current film.

    Signals
    -------
    superimpose_requested, stop_superimposing_requested, computed_requested, flicker_requested, blend_requested,
    difference_requested
        Nothing; menu, key or button.
    opacity_changed
        From 0 to 1, also while the slider moves.
    """

    superimpose_requested = Signal()
    stop_superimposing_requested = Signal()
    computed_requested = Signal()
    flicker_requested = Signal()
    blend_requested = Signal()
    difference_requested = Signal()
    opacity_changed = Signal(float)

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        tr = texts.tr
        self.start = button(tr("Lay the prior over (G)"))
        self.stop = button(tr("Stop"))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(120)
        self.progress.setAccessibleName(self.start.text())
        self.stage = Words(css="muted small", wrap=False)
        self.note = Words(css="small")
        self.note.setToolTip(
            tr(
                "How well the fine structure of both films agrees, before and after the prior was warped; 1 is the same."
            )
        )
        self.shown = QCheckBox(tr("Show (J)"))
        self.blend = button(tr("Blend"))
        self.difference = button(tr("Difference"))
        self._ways = QButtonGroup(self)
        for one in (self.blend, self.difference):
            one.setCheckable(True)
            self._ways.addButton(one)
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setAccessibleName(tr("How much of the prior is seen"))
        self.opacity.setToolTip(tr("How much of the prior is seen"))
        self.flicker = button(tr("Flicker (F)"))
        self.opacity.setMaximumWidth(160)
        running = (self.stop, self.progress, self.stage)
        done = (self.shown, self.blend, self.difference, self.opacity, self.flicker)
        self._of_phase: dict[Phase, tuple[QWidget, ...]] = {
            Phase.RUNNING: running,
            Phase.DONE: done,
        }
        self.setLayout(in_line(self.start, *running, *done, self.note, None))
        for widget, signal in (
            (self.start, self.superimpose_requested),
            (self.stop, self.stop_superimposing_requested),
            (self.shown, self.computed_requested),
            (self.blend, self.blend_requested),
            (self.difference, self.difference_requested),
            (self.flicker, self.flicker_requested),
        ):
            widget.clicked.connect(signal)
        self.opacity.valueChanged.connect(lambda value: self.opacity_changed.emit(value / 100))
        self.show_state(SuperimposeState())

    def show_state(self, state: SuperimposeState) -> None:
        """Show `state` in place."""
        self.setVisible(state.possible)
        self.start.setVisible(state.phase in {Phase.NONE, Phase.REFUSED})
        for phase, widgets in self._of_phase.items():
            for widget in widgets:
                widget.setVisible(state.phase is phase)
        self._show_progress(state)
        self.note.say(self._note(state))
        self.shown.setChecked(state.is_shown)
        chosen = self.blend if state.way is Superposition.BLEND else self.difference
        chosen.setChecked(True)
        if not self.opacity.isSliderDown():
            with QSignalBlocker(self.opacity):
                self.opacity.setValue(round(100 * state.opacity))

    def _show_progress(self, state: SuperimposeState) -> None:
        progress = state.progress
        if state.phase is not Phase.RUNNING:
            return
        if progress is None or progress.total is None:
            self.progress.setRange(0, 0)
            self.stage.setText(self._texts.tr("Waiting…"))
            return
        name = self._texts.tr(f"registration.{progress.stage}")
        self.stage.setText(name)
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)

    def _note(self, state: SuperimposeState) -> str:
        if state.reason is not None:
            return told(self._texts, state.reason)
        if state.registered is None:
            return ""
        return self._texts.tr(
            "Agreement {before} → {after}",
            before=f"{state.registered.before:.2f}",
            after=f"{state.registered.after:.2f}",
        )
