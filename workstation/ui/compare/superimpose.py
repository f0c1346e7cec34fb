"""The prior laid over the current film: registered on the compute lane, shown as the reader wants it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from workstation.core.comparison import RegisteredPrior
from workstation.core.errors import ErrorCode, Reason
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext, Lane, Progress, Ticket
from workstation.services.comparison import Comparison
from workstation.ui.compare.model import Beside, CompareState
from workstation.ui.compare.presenter import ComparePresenter
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.viewer.superimposed import Superposition


class Phase(StrEnum):
    """Where laying over stands. REFUSED: there is a reason why it was not done."""

    NONE = "none"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperimposeState:
    """What is laid over the current film, and how; `possible` while a prior hangs beside it.

    `is_flickered` shows the prior alone and the film alone in turns, one press each.
    """

    possible: bool = False
    phase: Phase = Phase.NONE
    progress: Progress | None = None
    reason: Reason | None = None
    registered: RegisteredPrior | None = None
    is_shown: bool = True
    way: Superposition = Superposition.BLEND
    opacity: float = 0.5
    is_flickered: bool = False

    @property
    def drawn(self) -> RegisteredPrior | None:
        """What is drawn over the film now."""
        return self.registered if self.is_shown else None


class SuperimposePresenter(QObject):
    """Registers the prior that hangs beside; whatever else is opened or hung ends it, and a late result never arrives.

    Signals
    -------
    state_changed
        `SuperimposeState`.
    """

    state_changed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        compare: ComparePresenter,
        comparison: Comparison,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._compare = compare
        self._comparison = comparison
        self._ticket: Ticket | None = None
        self._pair: tuple[Radiograph | None, Radiograph | None] = (None, None)
        self.state = SuperimposeState()
        desk.film_loading.connect(self._look_again)
        desk.film_shown.connect(self._look_again)
        compare.state_changed.connect(self._look_again)

    def start(self) -> None:
        """Register the prior; when it was registered already, show it."""
        current, prior = self._pair
        if current is None or prior is None or self.state.phase is Phase.RUNNING:
            return
        if self.state.registered is not None:
            self._set(replace(self.state, is_shown=True))
            return

        def run(context: JobContext) -> RegisteredPrior:
            return self._comparison.run(current, prior, context)

        self._set(replace(self.state, phase=Phase.RUNNING, reason=None, progress=None))
        self._ticket = self._lanes.submit(
            Lane.COMPUTE,
            run,
            done=self._on_done,
            failed=self._on_failed,
            progress=lambda progress: self._set(replace(self.state, progress=progress)),
        )

    def stop(self) -> None:
        """Stop registering."""
        self._lanes.cancel(self._ticket)

    def toggle(self) -> None:
        """Remove what is laid over, or bring it back."""
        self._set(replace(self.state, is_shown=not self.state.is_shown))

    def flicker(self) -> None:
        """The prior in the place of the film, and at the next call the film again."""
        if self.state.registered is not None:
            state = replace(self.state, way=Superposition.BLEND, is_flickered=True)
            if self.state.is_flickered:
                self._set(replace(state, is_shown=not self.state.is_shown))
            else:
                self._set(replace(state, is_shown=True, opacity=1.0))

    def show_way(self, way: Superposition) -> None:
        """Blend, or what differs."""
        opacity = 1.0 if way is Superposition.DIFFERENCE else 0.5
        self._set(
            replace(self.state, way=way, opacity=opacity, is_shown=True, is_flickered=False)
        )

    def set_opacity(self, opacity: float) -> None:
        """How much of it is seen, 0 to 1."""
        self._set(replace(self.state, opacity=opacity, is_shown=True, is_flickered=False))

    def _look_again(self, _what: object = None) -> None:
        """Begin anew when other films hang than were registered."""
        state: CompareState = self._compare.state
        hung = state.beside is Beside.PRIOR and self._desk.film is not None
        pair = (
            (self._desk.film, state.film) if hung and state.film is not None else (None, None)
        )
        if pair[0] is self._pair[0] and pair[1] is self._pair[1]:
            return
        self._lanes.discard(self._ticket)
        self._pair = pair
        self._set(SuperimposeState(possible=pair[0] is not None))

    def _on_done(self, registered: RegisteredPrior) -> None:
        self._set(replace(self.state, phase=Phase.DONE, registered=registered, is_shown=True))

    def _on_failed(self, reason: Reason) -> None:
        stopped = reason.code is ErrorCode.CANCELLED
        phase = Phase.NONE if stopped else Phase.REFUSED
        self._set(replace(self.state, phase=phase, reason=None if stopped else reason))

    def _set(self, state: SuperimposeState) -> None:
        self.state = state
        self.state_changed.emit(state)
