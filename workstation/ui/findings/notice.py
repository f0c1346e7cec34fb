"""What the findings panel says when it has no scores to show: one designed card for each phase."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.core.jobs import Progress
from workstation.ui.findings.model import FindingsPhase, FindingsState
from workstation.ui.icons import icon
from workstation.ui.panel import Words, button, in_line, stacked, told

_GLYPH_PX = 28
_GLYPHS = {
    FindingsPhase.NO_FILM: "file",
    FindingsPhase.NOT_ANALYSED: "analyse",
    FindingsPhase.RUNNING: "analyse",
    FindingsPhase.HIDDEN: "hidden",
    FindingsPhase.REFUSED: "refused",
    FindingsPhase.FAILED: "failed",
}
_HEADING_CSS = {FindingsPhase.REFUSED: "heading warning", FindingsPhase.FAILED: "heading bad"}


class Notice(QFrame):
    """A glyph of its own shape, a heading, a sentence or two, and what the reader can do now.

    Signals
    -------
    requested : ()
        The one thing that can be asked for in this phase: analyse, stop, reveal or try again.
    """

    requested = Signal()

    def __init__(self, texts: Texts, phase: FindingsPhase) -> None:
        super().__init__()
        self._texts = texts
        self._phase = phase
        self._reason: Reason | None = None
        self.setProperty("class", "card")
        self.glyph = QLabel()
        self.glyph.setPixmap(icon(_GLYPHS[phase]).pixmap(QSize(_GLYPH_PX, _GLYPH_PX)))
        self.glyph.setFixedWidth(_GLYPH_PX)
        self.heading = Words(self._heading(), _HEADING_CSS.get(phase, "heading"))
        self.body = Words(self._body(), "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self._heading())
        if phase is not FindingsPhase.RUNNING:
            self.bar.hide()
        self.request = self._request()
        self.copy_details = button(texts.tr("Copy details"), name="copy_details")
        self.copy_details.hide()
        actions = in_line(*filter(None, (self.request, self.copy_details)), None)
        self.setLayout(
            stacked(
                in_line(self.glyph, self.heading, gap=10),
                self.body,
                self.bar,
                actions,
                gap=10,
                margins=(14, 14, 14, 14),
            )
        )
        if self.request is not None:
            self.request.clicked.connect(self.requested)
        self.copy_details.clicked.connect(self._copy)

    def show_state(self, state: FindingsState) -> None:
        """Fill in the stage or the reason."""
        self._reason = state.reason
        if self._phase is FindingsPhase.NOT_ANALYSED and self.request is not None:
            self.request.setEnabled(state.model is not None)
        elif self._phase is FindingsPhase.RUNNING:
            self._show_progress(state.progress)
        elif state.reason is not None:
            self.body.say(told(self._texts, state.reason))
            failed = self._phase is FindingsPhase.FAILED
            self.copy_details.setVisible(failed and bool(state.reason.detail))

    def _show_progress(self, progress: Progress | None) -> None:
        stage = self._texts.tr(f"stage.{progress.stage}") if progress else ""
        self.body.say(stage or self._texts.tr("Waiting for its turn"))
        total = progress.total if progress else None
        self.bar.setRange(0, total or 0)
        self.bar.setValue(progress.done if progress and total else -1)

    def _heading(self) -> str:
        tr = self._texts.tr
        return {
            FindingsPhase.NO_FILM: tr("No film on screen"),
            FindingsPhase.NOT_ANALYSED: tr("Not analysed yet"),
            FindingsPhase.RUNNING: tr("The model reads this film"),
            FindingsPhase.HIDDEN: tr("A result is ready"),
            FindingsPhase.REFUSED: tr("Refused: there is no score for this film"),
            FindingsPhase.FAILED: tr("Analysis failed – this is not a negative result"),
        }[self._phase]

    def _body(self) -> str:
        tr = self._texts.tr
        return {
            FindingsPhase.NO_FILM: tr("Open a study to see what the model says of its films."),
            FindingsPhase.NOT_ANALYSED: tr(
                "The model scores each finding against its threshold and shows where the score comes from. You decide."
            ),
            FindingsPhase.HIDDEN: tr("It is shown once your first impression is recorded."),
        }.get(self._phase, "")

    def _request(self) -> QPushButton | None:
        tr = self._texts.tr
        match self._phase:
            case FindingsPhase.NOT_ANALYSED:
                return button(tr("Analyse this film (F5)"), "primary", name="analyse")
            case FindingsPhase.RUNNING:
                return button(tr("Stop"), name="stop")
            case FindingsPhase.HIDDEN:
                return button(tr("Reveal now"), name="reveal")
            case FindingsPhase.FAILED:
                return button(tr("Try again"), "primary", name="retry")
            case _:
                return None

    def _copy(self) -> None:
        if self._reason is not None:
            code, detail = self._reason.code.value, self._reason.detail
            QGuiApplication.clipboard().setText(f"{code}: {detail}")
