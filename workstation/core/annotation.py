"""What a reader draws on a film: points in film coordinates and perhaps a word."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

from workstation.core.geometry import Point


class AnnotationKind(StrEnum):
    """What the points mean; `points_needed` of them make one.

    A distance has its ends; an angle its vertex in the middle; an ellipse and a rectangle two opposite corners of the box along
    the film's rows and columns that it fills; an arrow its tip, then its tail, where the text stands; a note its place. A
    cardiothoracic ratio has two ends each of the midline, the heart's greatest width and the thorax's greatest inner width.
    """

    DISTANCE = "distance"
    ANGLE = "angle"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    ARROW = "arrow"
    NOTE = "note"
    CARDIOTHORACIC_RATIO = "cardiothoracic_ratio"

    @property
    def points_needed(self) -> int:
        """How many points one has."""
        return _POINTS.get(self, 2)

    @property
    def has_text(self) -> bool:
        """Whether the reader's words are its content."""
        return self in {AnnotationKind.ARROW, AnnotationKind.NOTE}


_POINTS = {
    AnnotationKind.ANGLE: 3,
    AnnotationKind.NOTE: 1,
    AnnotationKind.CARDIOTHORACIC_RATIO: 6,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """One thing drawn on one frame of a film.

    Raises
    ------
    ValueError
        When the number of points does not suit the kind, or one is not finite.
    """

    annotation_id: str
    sop_uid: str
    frame: int = 0
    kind: AnnotationKind
    points: tuple[Point, ...]
    text: str = ""

    def __post_init__(self) -> None:
        if len(self.points) != self.kind.points_needed:
            raise ValueError(f"{self.kind} has {self.kind.points_needed} points")
        if not all(math.isfinite(part) for point in self.points for part in point):
            raise ValueError("points are finite")

    def with_point(self, index: int, point: Point) -> Annotation:
        """With one point elsewhere."""
        points = (*self.points[:index], point, *self.points[index + 1 :])
        return replace(self, points=points)

    def moved(self, dx: float, dy: float) -> Annotation:
        """As a whole elsewhere."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))
