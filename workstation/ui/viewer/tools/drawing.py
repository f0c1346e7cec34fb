"""Points placed one after another, by clicking or by dragging from one to the next."""

from __future__ import annotations

from workstation.core.geometry import Point


class Drawing:
    """Collects `count` points in film coordinates; the next one follows the pointer once the first is there."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._placed: list[Point] = []
        self._following: Point | None = None

    @property
    def points(self) -> tuple[Point, ...]:
        """What to draw: the points that were placed, and the one that follows the pointer."""
        if self._following is None or self.is_complete:
            return tuple(self._placed)
        return (*self._placed, self._following)

    @property
    def placed(self) -> int:
        """How many points are there for good."""
        return len(self._placed)

    @property
    def is_complete(self) -> bool:
        """Whether every point is there."""
        return len(self._placed) == self._count

    def press(self, place: Point) -> None:
        """The button went down: a point."""
        self._placed.append(place)
        self._following = None

    def move(self, place: Point) -> None:
        """The pointer is elsewhere, with the button down or up."""
        if self.is_complete:
            self._placed[-1] = place
        elif self._placed:
            self._following = place

    def release(self, place: Point, *, dragged: bool) -> None:
        """The button came up: after a drag that is the next point, or where the last one ends up."""
        if dragged and not self.is_complete:
            self._placed.append(place)
        elif dragged:
            self._placed[-1] = place
        self._following = None
