"""What is drawn over one frame of a film: painted through the film's own map to the canvas, and found again there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPainterPathStroker, QPolygonF

from resources.i18n import Texts
from workstation.core.annotation import Annotation, AnnotationKind
from workstation.core.geometry import Affine2D, Point
from workstation.core.image import PixelSpacing, Radiograph
from workstation.ui.viewer.lettering import Lettering
from workstation.ui.viewer.measures import annotation_words
from workstation.ui.viewer.shapes import draw_handles, draw_path, path_of

_TEXT_PIXELS = 13
_GAP, _EDGE = 10.0, 6.0
# A pointer this close, in logical pixels, means the point or the line.
_REACH = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What lies under the pointer: point number `index` of `annotation`, or its line or label for None."""

    annotation: Annotation
    index: int | None


class AnnotationLayer:
    """Annotations of the frame on screen, by their identifiers; `selected` names the one with handles."""

    def __init__(self, font: QFont, texts: Texts) -> None:
        self._texts = texts
        self._film: Radiograph | None = None
        self._spacing: PixelSpacing | None = None
        self._marks: dict[str, Annotation] = {}
        self._words: dict[Annotation, tuple[str, ...]] = {}
        self._labels: dict[str, QRectF] = {}
        self.selected = ""
        self.set_font(font)

    def set_font(self, font: QFont) -> None:
        """The font of the labels."""
        self._lettering = Lettering(font, _TEXT_PIXELS)

    @property
    def labels(self) -> tuple[QRectF, ...]:
        """Where labels stand on the canvas since everything was drawn last."""
        return tuple(self._labels.values())

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """Everything drawn."""
        return tuple(self._marks.values())

    def show(
        self,
        annotations: Iterable[Annotation],
        film: Radiograph | None,
        spacing: PixelSpacing | None,
    ) -> None:
        """Replace everything; what does not belong to this frame of `film` is left out."""
        if film is not self._film or spacing != self._spacing:
            self._words = {}
        self._film, self._spacing, self._labels = film, spacing, {}
        here = None if film is None else (film.instance.sop_uid, film.frame)
        self._marks = {a.annotation_id: a for a in annotations if (a.sop_uid, a.frame) == here}
        self._words = {a: w for a, w in self._words.items() if a.annotation_id in self._marks}
        if self.selected not in self._marks:
            self.selected = ""

    def put(self, annotation_id: str, annotation: Annotation | None) -> None:
        """Draw one more or another one; None draws it no more."""
        if annotation is not None:
            self._marks[annotation_id] = annotation
        else:
            self._marks.pop(annotation_id, None)
            self._labels.pop(annotation_id, None)

    def selected_annotation(self) -> Annotation | None:
        """The one with handles."""
        return self._marks.get(self.selected)

    def hit(self, place: QPointF, to_canvas: Affine2D) -> Hit | None:
        """What lies at `place`: points of the selected one first, then the points, lines and labels of what was drawn last."""
        newest_first = list(self.annotations[::-1])
        newest_first.sort(key=lambda a: a.annotation_id != self.selected)
        for annotation in newest_first:
            points = on_canvas(annotation.points, to_canvas)
            for index, point in enumerate(points):
                if (point - place).manhattanLength() <= _REACH:
                    return Hit(annotation=annotation, index=index)
        for annotation in newest_first:
            points = on_canvas(annotation.points, to_canvas)
            label = self._labels.get(annotation.annotation_id, QRectF())
            if label.contains(place) or _near(path_of(annotation.kind, points), place):
                return Hit(annotation=annotation, index=None)
        return None

    def draw(
        self,
        painter: QPainter,
        canvas: QRectF,
        to_canvas: Affine2D,
        *,
        instead: Annotation | None = None,
    ) -> None:
        """Draw what is seen on `canvas`; `instead` of what it was before for one that is being moved."""
        self._labels = {}
        for annotation in self.annotations:
            moving = instead is not None and annotation.annotation_id == instead.annotation_id
            shown = instead if moving and instead is not None else annotation
            is_selected = annotation.annotation_id == self.selected
            points = on_canvas(shown.points, to_canvas)
            path = path_of(shown.kind, points)
            if not _around(path).intersects(canvas):
                continue
            draw_path(painter, path, strong=is_selected)
            if is_selected:
                draw_handles(painter, points)
            words = self._measured(shown, moving=moving)
            self._labels[shown.annotation_id] = self.draw_label(
                painter, canvas, words, label_points(shown.kind, points)
            )

    def draw_label(
        self,
        painter: QPainter,
        canvas: QRectF,
        words: Sequence[str],
        points: Sequence[QPointF],
    ) -> QRectF:
        """Lines of text beside `points`, within the canvas and apart from the labels there; where they stand."""
        if not words:
            return QRectF()
        step = self._lettering.line_height
        width = max(self._lettering.width(line) for line in words)
        room = canvas.adjusted(_EDGE, _EDGE, -_EDGE, -_EDGE)
        size = QSizeF(width, step * len(words))
        place = _label_place(points, size, room, step=step, taken=self.labels)
        for number, line in enumerate(words):
            self._lettering.draw(painter, place.left(), place.top() + number * step, line)
        return place

    def draft_words(self, annotation: Annotation) -> tuple[str, ...]:
        """What one that is being drawn measures so far."""
        if self._film is None:
            return ()
        return annotation_words(
            annotation, self._film, self._spacing, texts=self._texts, with_statistics=False
        )

    def _measured(self, annotation: Annotation, *, moving: bool) -> tuple[str, ...]:
        """Kept, for a large region takes longer than a frame."""
        if moving or self._film is None:
            return self.draft_words(annotation)
        words = self._words.get(annotation)
        if words is None:
            words = self._words[annotation] = annotation_words(
                annotation, self._film, self._spacing, texts=self._texts
            )
        return words


def on_canvas(points: Iterable[Point], to_canvas: Affine2D) -> list[QPointF]:
    """Film coordinates as places of the canvas."""
    return [QPointF(*to_canvas(point)) for point in points]


def label_points(kind: AnnotationKind, points: list[QPointF]) -> list[QPointF]:
    """What the label stands beside: all, of an arrow its tail, of a ratio the thorax."""
    if kind is AnnotationKind.ARROW:
        return points[-1:]
    return points[-2:] if kind is AnnotationKind.CARDIOTHORACIC_RATIO else points


def _label_place(
    points: Sequence[QPointF],
    size: QSizeF,
    room: QRectF,
    *,
    step: float,
    taken: Sequence[QRectF],
) -> QRectF:
    """The first place in `room` off `points` and off what is `taken`; failing that one off the points, failing that any."""
    own = QPolygonF(points).boundingRect()
    own.adjust(-1, -1, 1, 1)  # a rectangle without an area intersects nothing
    beside = None
    for corner in _label_corners(points, size, step=step, taken=taken):
        place = _moved_into(room, QRectF(corner, size))
        if not place.intersects(own):
            beside = beside or place
            if not any(place.intersects(other) for other in taken):
                return place
    return beside or _moved_into(room, QRectF(own.bottomLeft(), size))


def _label_corners(
    points: Sequence[QPointF], size: QSizeF, *, step: float, taken: Sequence[QRectF]
) -> Iterator[QPointF]:
    """Right of `points`, left of them, below, above; then at their sides along the edges of what is `taken`, nearest first."""
    box = QPolygonF(points).boundingRect()
    first, last = min(points, key=QPointF.x), max(points, key=QPointF.x)
    sides = (
        last + QPointF(_GAP, -step / 2),
        first + QPointF(-_GAP - size.width(), -step / 2),
    )
    yield from sides
    middle = box.center().x() - size.width() / 2
    yield QPointF(middle, box.bottom() + _GAP)
    yield QPointF(middle, box.top() - _GAP - size.height())
    tops = [other.bottom() + 1 for other in taken]
    tops += [other.top() - size.height() - 1 for other in taken]
    along = [QPointF(side.x(), top) for side in sides for top in tops]
    yield from sorted(along, key=lambda corner: abs(corner.y() - box.center().y()))


def _moved_into(room: QRectF, place: QRectF) -> QRectF:
    left = max(min(place.left(), room.right() - place.width()), room.left())
    top = max(min(place.top(), room.bottom() - place.height()), room.top())
    return QRectF(QPointF(left, top), place.size())


def _near(path: QPainterPath, place: QPointF) -> bool:
    if not _around(path).contains(place):
        return False
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * _REACH)
    return stroker.createStroke(path).contains(place)


def _around(path: QPainterPath) -> QRectF:
    """Where the pointer can mean `path`."""
    return path.controlPointRect().adjusted(-_REACH, -_REACH, _REACH, _REACH)
