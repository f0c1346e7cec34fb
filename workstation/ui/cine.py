"""Cine: the images of a series, or the frames of one object, one after the other and round again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from workstation.ui.desk import Desk

# Ten images a second where the file does not say (PS3.3 C.7.6.5 leaves it open), and never more than a screen shows.
_USUAL_HZ, _FASTEST_HZ = 10.0, 60.0


class Cine(QObject):
    """Turns the images of the desk over while it runs; a slow file slows it down, none is left out.

    Signals
    -------
    running_changed
        Whether it runs now.
    """

    running_changed = Signal(bool)

    def __init__(self, desk: Desk, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._timer = QTimer(self, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._turn)
        desk.study_opened.connect(self.stop)
        desk.film_failed.connect(self.stop)

    @property
    def is_running(self) -> bool:
        """Whether images are being turned over."""
        return self._timer.isActive()

    @property
    def interval_ms(self) -> int:
        """From one image of the stack on the desk to the next."""
        film = self._desk.film
        rate = (film.frame_rate_hz if film is not None else None) or _USUAL_HZ
        return round(1000 / min(rate, _FASTEST_HZ))

    def toggle(self) -> None:
        """Start where there is more than one image, or stop."""
        if self.is_running:
            self.stop()
        elif len(self._desk.stack) > 1:
            self._timer.start(self.interval_ms)
            self.running_changed.emit(True)

    def stop(self, _why: object = None) -> None:
        """Stay at the present image."""
        if self.is_running:
            self._timer.stop()
            self.running_changed.emit(False)

    def _turn(self) -> None:
        if self._desk.film is not None:  # the one before is still being read
            self._desk.turn_over()
