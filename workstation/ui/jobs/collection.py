"""Garbage is collected on the GUI thread alone.

Python collects on whatever thread happens to allocate. A cycle that holds a widget, found on a lane's thread, would destroy
the widget there, which Qt does not survive.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

# Often enough that the youngest generation stays small: each collection takes a millisecond or two.
_INTERVAL_MS = 250


class Collector(QObject):
    """Collects by Python's own thresholds, from a timer; between construction and `stop` no other thread does."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self, interval=_INTERVAL_MS)
        self._timer.timeout.connect(self._collect)
        self._timer.start()

    def stop(self) -> None:
        """Leave it to Python again, once no other thread runs."""
        self._timer.stop()
        gc.enable()

    def _collect(self) -> None:
        due = [
            generation
            for generation, (count, threshold) in enumerate(
                zip(gc.get_count(), gc.get_threshold(), strict=True)
            )
            if count > threshold
        ]
        if due:
            gc.collect(due[-1])
