"""One point of something drawn, or all of it, following the pointer."""

from __future__ import annotations

from workstation.core.annotation import Annotation
from workstation.core.geometry import Point
from workstation.core.image import Radiograph


class Editing:
    """Moves point number `index` of `before`, or the whole of it for None, from `start` on."""

    def __init__(
        self, before: Annotation, index: int | None, *, start: Point, film: Radiograph
    ) -> None:
        self.before = self.after = before
        self._index = index
        self._start = start
        self._film = film

    def move(self, place: Point) -> None:
        """The pointer is at `place`, which lies on the film."""
        if self._index is not None:
            self.after = self.before.with_point(self._index, place)
            return
        x, y = place
        dx = _within(x - self._start[0], [p[0] for p in self.before.points], self._film.columns)
        dy = _within(y - self._start[1], [p[1] for p in self.before.points], self._film.rows)
        self.after = self.before.moved(dx, dy)


def _within(step: float, places: list[float], extent: int) -> float:
    """`step`, shortened so that all `places` stay on a film of `extent` pixels."""
    low, high = -0.5 - min(places), extent - 0.5 - max(places)
    return min(max(step, low), high)
