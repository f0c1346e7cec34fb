"""How evidence is drawn: on or off, opacity, cut-off, contour."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSlider, QWidget

from resources.i18n import Texts
from workstation.ui.findings.model import EvidenceControls, FindingsState
from workstation.ui.findings.wording import evidence_words
from workstation.ui.panel import Words, button, in_line, stacked, without_wheel


class EvidenceBox(QWidget):
    """Controls of the colour over the film; a slider under the mouse is never moved by the program.

    Signals
    -------
    toggled : bool
        Show or hide every AI mark.
    style_changed : EvidenceControls
        Also while a slider moves.
    trial_requested : ()
        Paint a part of the film out.
    """

    toggled = Signal(bool)
    style_changed = Signal(object)
    trial_requested = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self.shown = QCheckBox(texts.tr("Show AI marks (H)"))
        self.contour = QCheckBox(texts.tr("Contour"))
        self.opacity = _slider(texts.tr("Opacity"), 100)
        self.cut_off = _slider(texts.tr("Cut-off"), 99)
        self.cut_off.setToolTip(
            texts.tr("Evidence below this share of the map's greatest log-odds is not drawn.")
        )
        self.note = Words(css="small")
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        self._values = {}
        for row, slider in enumerate((self.opacity, self.cut_off)):
            value = self._values[slider] = Words(css="muted small", wrap=False)
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            value.setFixedWidth(30)
            grid.addWidget(Words(slider.accessibleName(), "muted", wrap=False), row, 0)
            grid.addWidget(slider, row, 1)
            grid.addWidget(value, row, 2)
        source = Words(texts.tr("Model evidence, not a lesion outline"), "muted small")
        self.what_if = button(texts.tr("What if…"), "small", name="what_if")
        self.what_if.setToolTip(
            texts.tr("Paint a part of the film out and see the scores move.")
        )
        self.what_if.clicked.connect(self.trial_requested)
        below = in_line(source, self.what_if)
        self.setLayout(
            stacked(in_line(self.shown, None, self.contour), grid, self.note, below, gap=6)
        )
        self.shown.clicked.connect(self.toggled)
        self.contour.clicked.connect(self._emit)
        for slider in (self.opacity, self.cut_off):
            slider.valueChanged.connect(self._emit)
            slider.valueChanged.connect(self._name_values)

    def show_state(self, state: FindingsState) -> None:
        """Show `state` in place."""
        controls = state.controls
        self.shown.setChecked(state.evidence_shown)
        self.what_if.setEnabled(state.evidence_shown)
        self.contour.setChecked(controls.contour)
        for slider, share in (
            (self.opacity, controls.opacity),
            (self.cut_off, controls.cut_off_share),
        ):
            if not slider.isSliderDown():
                with QSignalBlocker(slider):
                    slider.setValue(round(share * 100))
        self._name_values()
        self.note.say(evidence_words(self._texts, state.row(state.selected)))

    def _name_values(self) -> None:
        for slider, words in self._values.items():
            words.say(f"{slider.value() / 100:.2f}")

    def _emit(self) -> None:
        self.style_changed.emit(
            EvidenceControls(
                opacity=self.opacity.value() / 100,
                cut_off_share=self.cut_off.value() / 100,
                contour=self.contour.isChecked(),
            )
        )


def _slider(name: str, maximum: int) -> QSlider:
    slider = without_wheel(QSlider(Qt.Orientation.Horizontal))
    slider.setRange(0, maximum)
    slider.setAccessibleName(name)
    return slider
