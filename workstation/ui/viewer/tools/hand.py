"""The left button and what it draws, edits or looks at closer; the film itself is moved by `gestures`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QPainter

from resources.i18n import Texts
from workstation.core.annotation import Annotation, AnnotationKind
from workstation.core.geometry import Point
from workstation.core.image import PixelSpacing
from workstation.core.measurement import calibrated, mm_per_column
from workstation.ui.viewer.annotations import AnnotationLayer, on_canvas
from workstation.ui.viewer.shapes import draw_path, path_of
from workstation.ui.viewer.state import Tool, clamped_centre
from workstation.ui.viewer.tools.drawing import Drawing
from workstation.ui.viewer.tools.editing import Editing
from workstation.ui.viewer.tools.entry import TextEntry

if TYPE_CHECKING:
    from workstation.ui.viewer.view import FilmView

# These are done once; the others stay until the reader leaves them.
_ONCE = {Tool.CALIBRATE, Tool.CARDIOTHORACIC_RATIO}


class Hand(QObject):
    """What the reader draws on one film at a time.

    Signals, all from the window's thread: ``annotation_changed(Annotation | None, Annotation | None)``, before and after;
    ``calibrated(float | None)``, mm a film column; ``said(str)``, why nothing was drawn or measured;
    ``film_changed()``, another film is on the canvas, with nothing drawn on it yet; ``repaint_needed()``.
    """

    annotation_changed = Signal(object, object)
    calibrated = Signal(object)
    said = Signal(str)
    film_changed = Signal()
    repaint_needed = Signal()

    def __init__(self, view: FilmView, texts: Texts) -> None:
        super().__init__(view)
        self._view = view
        self._texts = texts
        self.layer = AnnotationLayer(view.font(), texts)
        self._refusal = self._unopened()
        self._mm_per_column: float | None = None
        self._drawing: Drawing | None = None
        self._editing: Editing | None = None
        self._entry: TextEntry | None = None

    # What is shown

    @property
    def spacing(self) -> PixelSpacing | None:
        """What a millimetre on the film rests on: the reader's calibration, else the file."""
        film = self._view.film
        return None if film is None else calibrated(film, self._mm_per_column)

    def show(
        self,
        annotations: Iterable[Annotation] = (),
        *,
        mm_per_column: float | None = None,
        refusal: str | None = None,
    ) -> None:
        """Replace what is drawn; a drawing under way goes on.

        `refusal` says why nothing can be drawn or changed, and is empty where that is stored; nobody stores it for None.
        """
        self._mm_per_column = mm_per_column
        self._refusal = self._unopened() if refusal is None else refusal
        self.layer.show(annotations, self._view.film, self.spacing)
        self.repaint_needed.emit()

    def leave_film(self) -> None:
        """Another film comes: nothing is drawn any more, nothing is under way."""
        self.drop()
        self.show()
        self.film_changed.emit()

    def hint(self) -> str:
        """What to do next with the tool, in one line; empty once the reader has begun with one that needs a single move."""
        tool = self._view.tool
        if not tool.draws or self._entry is not None:
            return ""
        if tool is Tool.CARDIOTHORACIC_RATIO:
            placed = 0 if self._drawing is None else self._drawing.placed
            return self._texts.tr(f"hint.{tool}.{min(placed // 2, 2) + 1}")
        is_known = self._drawing is not None or self.layer.selected
        return "" if is_known else self._texts.tr(f"hint.{tool}")

    def draw(self, painter: QPainter, canvas: QRectF) -> None:
        """Draw everything over the film."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        to_canvas = self._view.film_to_canvas()
        instead = self._editing.after if self._editing else None
        self.layer.draw(painter, canvas, to_canvas, instead=instead)
        if self._drawing is not None and self._drawing.points:
            points = on_canvas(self._drawing.points, to_canvas)
            kind = self._kind
            draw_path(painter, path_of(kind, points))
            if len(points) == kind.points_needed and not kind.has_text:
                words = self.layer.draft_words(self._made(self._drawing.points))
                self.layer.draw_label(painter, canvas, words, points)
        painter.restore()

    # The left button

    def would_move(self, place: QPointF) -> bool:
        """Whether a drag from `place` moves something drawn."""
        tool = self._view.tool
        if self._refusal or tool.draws or tool.looks or tool is Tool.PAINT:
            return False
        return self.layer.hit(place, self._view.film_to_canvas()) is not None

    def press(self, place: QPointF) -> bool:
        """Take the button when it means a tool or something drawn; False leaves it to the film."""
        if self._view.film is None:
            return False
        if self._view.tool.draws:
            self._press_drawing(place)
            return True
        return self._view.tool.looks or self._grab(place, reach_lines=True)

    def move(self, place: QPointF) -> None:
        """The pointer is elsewhere."""
        if self._editing is not None:
            self._editing.move(self._on_film(place))
        elif self._drawing is not None and self._entry is None:
            self._drawing.move(self._on_film(place))
        else:
            return
        self.repaint_needed.emit()

    def release(self, place: QPointF, *, dragged: bool) -> None:
        """The button that was taken came up."""
        if self._editing is not None:
            editing, self._editing = self._editing, None
            if dragged:
                self._change(editing.before, editing.after)
        elif self._drawing is not None and self._entry is None:
            self._drawing.release(self._on_film(place), dragged=dragged)
            if self._drawing.is_complete:
                self._complete(self._drawing.points)
        self.repaint_needed.emit()

    # Commands

    def drop(self) -> bool:
        """Forget what is under way; whether there was something."""
        under_way = any((self._editing, self._drawing, self._entry))
        self._editing = self._drawing = None
        if self._entry is not None:
            self._entry.give_up()
        if under_way:
            self.repaint_needed.emit()
        return under_way

    def deselect(self) -> bool:
        """Let go of what is selected; whether there was something."""
        selected, self.layer.selected = self.layer.selected, ""
        if selected:
            self.repaint_needed.emit()
        return bool(selected)

    def delete(self) -> None:
        """Remove what is selected."""
        annotation = self.layer.selected_annotation()
        if annotation is not None:
            self._change(annotation, None)

    def reword(self, place: QPointF) -> bool:
        """Let the reader change the words of the note or arrow at `place`; whether there is one."""
        hit = self.layer.hit(place, self._view.film_to_canvas())
        return hit is not None and self._reword(hit.annotation)

    def reword_selected(self) -> bool:
        """The same for what is selected."""
        selected = self.layer.selected_annotation()
        return selected is not None and self._reword(selected)

    def clear_calibration(self) -> None:
        """Go back to what the file says of a millimetre."""
        if self._mm_per_column is not None and self._may_change():
            self.calibrated.emit(None)

    # Private

    @property
    def _kind(self) -> AnnotationKind:
        """What the tool draws; a line that calibrates is drawn as a distance."""
        tool = self._view.tool
        return AnnotationKind.DISTANCE if tool is Tool.CALIBRATE else AnnotationKind(tool)

    def _may_change(self) -> bool:
        if self._refusal:
            self.said.emit(self._refusal)
        return not self._refusal

    def _reword(self, before: Annotation) -> bool:
        if not before.kind.has_text:
            return False
        if self._entry is None and self._may_change():
            self._ask(
                before.points[-1],
                self._texts.tr("Text"),
                lambda text: self._change(before, _worded(before, text)),
                text=before.text,
            )
        return True

    def _unopened(self) -> str:
        return self._texts.tr("Only the films of the open study can be drawn on.")

    def _on_film(self, place: QPointF) -> Point:
        film = self._view.film
        assert film is not None  # noqa: S101 - `press` looks
        point = self._view.film_to_canvas().inverse()((place.x(), place.y()))
        return clamped_centre(point, film)

    def _press_drawing(self, place: QPointF) -> None:
        if self._entry is not None or not self._may_change():
            return
        if self._drawing is None:
            # Its own handles, so that a second line may begin on a first one.
            if self._grab(place, reach_lines=False):
                return
            self._drawing = Drawing(self._kind.points_needed)
            self.layer.selected = ""
        self._drawing.press(self._on_film(place))
        self.repaint_needed.emit()

    def _grab(self, place: QPointF, *, reach_lines: bool) -> bool:
        """Select what lies at `place` and begin to move it."""
        film = self._view.film
        hit = self.layer.hit(place, self._view.film_to_canvas())
        is_handle = (
            hit is not None
            and hit.index is not None
            and hit.annotation.annotation_id == self.layer.selected
        )
        if film is None or hit is None or not (reach_lines or is_handle):
            self.deselect()
            return False
        self.layer.selected = hit.annotation.annotation_id
        if not self._refusal:
            start = self._on_film(place)
            self._editing = Editing(hit.annotation, hit.index, start=start, film=film)
        self.repaint_needed.emit()
        return True

    def _made(self, points: tuple[Point, ...]) -> Annotation:
        film = self._view.film
        assert film is not None  # noqa: S101 - there is something on it
        return Annotation(
            annotation_id=uuid4().hex,
            sop_uid=film.instance.sop_uid,
            frame=film.frame,
            kind=self._kind,
            points=points,
        )

    def _complete(self, points: tuple[Point, ...]) -> None:
        tool, kind = self._view.tool, self._kind
        if len(set(points)) < len(points):
            self._drawing = None  # a click on the same place: nothing to measure
        elif tool is Tool.CALIBRATE:
            self._ask(
                points[-1],
                self._texts.tr("Length in mm"),
                lambda text: self._calibrate(points, text),
            )
        elif kind.has_text:
            made = self._made(points)
            self._ask(
                points[-1],
                self._texts.tr("Text"),
                lambda text: self._keep(_worded(made, text)),
            )
        else:
            self._keep(self._made(points))

    def _ask(
        self, at: Point, label: str, then: Callable[[str], None], *, text: str = ""
    ) -> None:
        (place,) = on_canvas((at,), self._view.film_to_canvas())
        corner = (place + QPointF(10, 10)).toPoint()
        self._entry = TextEntry(self._view, corner, label=label, text=text)
        self._entry.closed.connect(self._on_entry_closed)
        self._entry.entered.connect(then)

    def _on_entry_closed(self) -> None:
        self._entry = self._drawing = None
        self.repaint_needed.emit()

    def _calibrate(self, points: tuple[Point, ...], text: str) -> None:
        film = self._view.film
        if film is None or not text:
            return
        try:
            length = float(text.lower().removesuffix("mm").replace(",", "."))
            size = mm_per_column(film, *points, length_mm=length)
        except ValueError:
            self.said.emit(self._texts.tr("“{text}” is not a length in mm.", text=text))
            return
        self._view.set_tool(Tool.WINDOW)
        self.calibrated.emit(size)

    def _keep(self, annotation: Annotation | None) -> None:
        self._drawing = None  # before the tool changes, which would forget it
        if annotation is None:
            return
        self._change(None, annotation)
        self.layer.selected = annotation.annotation_id
        if self._view.tool in _ONCE:
            self._view.set_tool(Tool.WINDOW)

    def _change(self, before: Annotation | None, after: Annotation | None) -> None:
        """Draw it at once, and say it, so that it is stored; what was refused comes back with `show`."""
        changed = after or before
        if changed is None or before == after or not self._may_change():
            return
        self.layer.put(changed.annotation_id, after)
        self.annotation_changed.emit(before, after)
        self.repaint_needed.emit()


def _worded(annotation: Annotation, text: str) -> Annotation | None:
    """With these words; an arrow speaks for itself, a note without a word is none."""
    if text or annotation.kind is AnnotationKind.ARROW:
        return replace(annotation, text=text)
    return None
