"""The film viewer: shows what it is given, no services and no files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from resources.i18n import Texts
from workstation.core.findings import EvidenceMap, NoduleCandidate
from workstation.core.image import Radiograph
from workstation.core.overlay import EvidenceStyle
from workstation.ui.viewer.candidates import Candidates
from workstation.ui.viewer.corners import (
    Corners,
    corner_texts,
    film_corners,
    pointer_words,
)
from workstation.ui.viewer.furniture import Furniture, MessageKind, Overlay
from workstation.ui.viewer.gestures import Gestures
from workstation.ui.viewer.graphics import Graphics
from workstation.ui.viewer.looked_at import LookedAt
from workstation.ui.viewer.raster import Look
from workstation.ui.viewer.scale_bar import scale_bar
from workstation.ui.viewer.state import (
    CornerLevel,
    PointerReading,
    Tool,
    ViewerOptions,
    ViewState,
    film_to_screen,
    film_to_upright,
    first_look,
    fitted,
    is_other_frame,
    reading_at,
)
from workstation.ui.viewer.superimposed import Superimposed
from workstation.ui.viewer.tools.aim import Aim
from workstation.ui.viewer.tools.brush import Brush
from workstation.ui.viewer.tools.hand import Hand

if TYPE_CHECKING:
    from workstation.ui.viewer.canvas import FilmCanvas

_BAR_SHARE = 0.2
_CURSORS = {
    Tool.PAN: Qt.CursorShape.OpenHandCursor,
    Tool.ZOOM: Qt.CursorShape.SizeVerCursor,
}


class FilmView(LookedAt):
    """One film on black, with the mouse in readers' conventions.

    Signals, all from the window's thread:
    those of `LookedAt`; ``pointer_moved(PointerReading | None)``;
    ``file_dropped(tuple[Path, ...])``; ``step_requested(int)``, how many images onwards; ``menu_requested(QPoint)``, global;
    ``maximise_requested()``; ``tool_changed(Tool)``; ``corners_changed(CornerLevel)``. What the reader draws is told by `hand`, what is painted out by `brush`.
    """

    pointer_moved = Signal(object)
    file_dropped = Signal(object)
    step_requested = Signal(int)
    menu_requested = Signal(object)
    maximise_requested = Signal()
    tool_changed = Signal(object)
    corners_changed = Signal(object)

    def __init__(
        self,
        texts: Texts,
        options: ViewerOptions | None = None,
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(texts, options or ViewerOptions(), parent)
        self._notes: dict[str, tuple[str, ...]] = {}
        self._position = (1, 1)
        self._tool = Tool.WINDOW
        self._pointer: PointerReading | None = None
        self._over_mark = False
        self._fixed: Corners | None = None
        self._evidence: tuple[EvidenceMap, EvidenceStyle, str] | None = None
        self._message = ("", MessageKind.EMPTY)
        self.hand = Hand(self, texts)
        self.hand.repaint_needed.connect(self._repaint)
        self.graphics = Graphics(self.font())
        self._candidates = Candidates(self.font())
        self.brush = Brush(self)
        self.brush.repaint_needed.connect(self._repaint)
        self.computed = Superimposed(self)
        self.computed.repaint_needed.connect(self._repaint)
        self._aim = Aim()
        self._gestures = Gestures(self, self._left)
        self._furniture = Furniture(self.font(), texts)
        self._made_canvas: FilmCanvas | None = None
        self._room = QVBoxLayout(self)
        self._room.setContentsMargins(0, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        # The canvas covers it all, and it is painted black before, so Qt need not clear what lies beneath.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(texts.tr("Film"))
        self._set_cursor()

    # What is shown

    @property
    def tool(self) -> Tool:
        """What the left button does."""
        return self._tool

    @property
    def options(self) -> ViewerOptions:
        """Settings in force."""
        return self._options

    @property
    def has_stack(self) -> bool:
        """Whether the wheel steps through images."""
        return self._film is not None and self._position[1] > 1

    def show_film(
        self,
        film: Radiograph,
        *,
        position: tuple[int, int] | None = None,
        look: ViewState | None = None,
    ) -> None:
        """Show `film`; evidence of the film before is gone, a drag under way ends.

        Another frame of the same image keeps window, zoom and place. `position` is the number in the stack that the wheel
        steps through, from 1, and how many there are; the object's own frames when None. `look` is the one to begin with and to go back to, the file's own when None.
        """
        before = self._film
        self._leave(film)
        self._fixed = None
        self._first = look or first_look(film)
        self._position = position or (film.frame + 1, max(film.instance.frames, film.frame + 1))
        self._canvas.show_film(film)
        if before is None or not is_other_frame(before, film):
            self._state = self._first
        self._place()
        self._look(self._state)
        self._set_motion(film=False, evidence=False)
        self._pointer = None
        self.setAccessibleDescription(str(film.instance.patient.name))

    def show_message(self, text: str, *, kind: MessageKind = MessageKind.EMPTY) -> None:
        """A few words instead of a film."""
        self.clear()
        self._message = (text, kind)
        self.setAccessibleDescription(text)
        self._repaint()

    def clear(self) -> None:
        """Black, and nothing else."""
        self._leave(None)
        self._position = (1, 1)
        if self._made_canvas is not None:
            self._made_canvas.show_film(None)
        self._set_pointer(None)
        self.setAccessibleDescription("")
        self._repaint()

    def set_evidence(
        self,
        evidence: EvidenceMap | None,
        style: EvidenceStyle | None = None,
        caption: str = "",
    ) -> None:
        """Draw evidence over the film, `caption` naming the model; None draws none, and leaves no trace.

        Raises
        ------
        ValueError
            For evidence without a style or without a film.
        """
        if evidence is None:
            self._evidence = None
            if self._made_canvas is not None:
                self._made_canvas.evidence_item.clear()
        elif style is None or self._film is None:
            raise ValueError("evidence needs a style, and a film to lie on")
        else:
            self._evidence = (evidence, style, caption)
            self._canvas.evidence_item.show_evidence(self._film, evidence, style)
            # A result fills the findings panel in the same turn of the event loop: a draft first.
            self._canvas.evidence_item.set_in_motion(True)
            self._settling.start()
        self._repaint()

    def set_candidates(self, found: Sequence[NoduleCandidate], caption: str = "") -> None:
        """Mark where nodules may lie, `caption` naming the model; none leaves no trace."""
        self._candidates.show(found, caption)
        self._repaint()

    def set_note(self, about: str, lines: tuple[str, ...]) -> None:
        """Say something of this film in its upper right corner, in the place of what was said `about` the same."""
        self._notes[about] = lines
        self._repaint()

    def set_options(self, options: ViewerOptions) -> None:
        """Replace the settings."""
        level_changed = options.corner_level is not self._options.corner_level
        self._options = options
        self._fixed = None
        self._repaint()
        if level_changed:
            self.corners_changed.emit(options.corner_level)

    # Commands

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left button does."""
        if tool is not self._tool:
            self.hand.drop()
            self._tool = tool
            self._repaint()
            self._over_mark = False  # until the pointer moves
            self._set_cursor()
            self.tool_changed.emit(tool)

    def cancel(self) -> None:
        """Give up what is being drawn; else leave the tool and the selection; else reset the view."""
        if self.hand.drop():
            return
        if not self.hand.deselect() and self._tool is Tool.WINDOW:
            self.reset()
        self.set_tool(Tool.WINDOW)

    def aim_by(self, dx: float, dy: float) -> None:
        """Move the keyboard's pointer, in logical pixels; it begins where the mouse is, else in the middle."""
        if self._film is None:
            return
        canvas = QRectF(self._canvas.viewport().rect())
        under = self._pointer and self.film_to_canvas()(self._pointer.place)
        start = QPointF(*under) if under else canvas.center()
        self._hover(self._aim.move(dx, dy, start=start, within=canvas))
        self._repaint()

    def click(self) -> None:
        """What a left click does, at the keyboard's pointer."""
        if self._film is None or self._aim.place is None:
            self.aim_by(0, 0)
        elif self._left().press(self._aim.place):
            self._left().release(self._aim.place, dragged=False)

    def reword_annotation(self) -> None:
        """Change the words of the selected note or arrow."""
        self.hand.reword_selected()

    def delete_annotation(self) -> None:
        """Remove the selected annotation."""
        self.hand.delete()

    def clear_calibration(self) -> None:
        """Millimetres as the file says again."""
        self.hand.clear_calibration()

    def cycle_corners(self) -> None:
        """All texts, few, none, and round again."""
        level = self._options.corner_level.following()
        self.set_options(replace(self._options, corner_level=level))

    def step(self, by: int) -> None:
        """Ask for another image of the stack."""
        self.step_requested.emit(by)

    def open_menu(self, place: QPointF) -> None:
        """Ask for a menu at a place of the canvas."""
        self.menu_requested.emit(self._canvas.mapToGlobal(place.toPoint()))

    # Private

    @property
    def _canvas(self) -> FilmCanvas:
        """The scene: made with the first film, or right after the first painting if that comes before.

        Importing pyqtgraph takes as long as the rest of the window, which need not wait for it.
        """
        if self._made_canvas is None:
            from workstation.ui.viewer.canvas import FilmCanvas  # imports pyqtgraph

            canvas = FilmCanvas(self, self._gestures, self._draw_over)
            canvas.setAccessibleName(self._texts.tr("Film"))
            canvas.resized.connect(self._place)
            canvas.hovered.connect(self._on_mouse)
            canvas.double_clicked.connect(self._on_double_click)
            self._made_canvas = canvas
            self._room.addWidget(canvas)
            canvas.setGeometry(self.rect())
            canvas.show()
        return self._made_canvas

    def _leave(self, following: Radiograph | None) -> None:
        """Forget what belongs to the film before."""
        self._film = following
        self._aim.place = None
        self._notes = {}
        self.hand.leave_film()
        self.brush.drop()
        self.brush.show_region(())
        self.graphics.show(())
        self._candidates.show(())
        self._message = ("", MessageKind.EMPTY)
        self._gestures.cancel()
        self.set_evidence(None)

    def _device_size(self) -> tuple[float, float]:
        return self._canvas.device_size

    def _repaint(self) -> None:
        seen = self._made_canvas.viewport() if self._made_canvas is not None else self
        seen.update()

    def _set_motion(self, *, film: bool, evidence: bool) -> None:
        self._canvas.film_item.set_in_motion(film)
        self._canvas.evidence_item.set_in_motion(evidence)

    def _look(self, state: ViewState) -> None:
        before, self._state = self._state, state
        if replace(before, voi=state.voi, inverted=state.inverted) != state:
            self._place()  # a window drag moves nothing and is spared this
        self._canvas.film_item.set_look(
            Look(voi=self._state.voi, inverted=self._state.inverted)
        )
        self._repaint()

    def _place(self) -> None:
        """Bring the canvas in line with the state."""
        if self._film is None:
            return
        size = self._canvas.device_size
        if self._state.fitted:
            self._state = fitted(self._state, self._film, size)
        self._canvas.place(
            to_upright=film_to_upright(self._film, self._state.orientation),
            to_screen=film_to_screen(self._film, self._state, size),
        )
        self._repaint()

    def _on_mouse(self, place: QPointF | None) -> None:
        if self._aim.place is not None:
            self._aim.place = None
            self._repaint()
        self._hover(place)

    def _hover(self, place: QPointF | None) -> None:
        if place is None or self._film is None:
            self._set_over_mark(False)
            self._set_pointer(None)
            return
        self._left().move(place)
        self._set_over_mark(self.hand.would_move(place))
        point = self.film_to_canvas().inverse()((place.x(), place.y()))
        self._set_pointer(reading_at(self._film, point))

    def _on_double_click(self, place: QPointF) -> None:
        if self._film is None or not self.hand.reword(place):
            self.maximise_requested.emit()

    def _left(self) -> Hand | Brush:
        """What takes the left button."""
        return self.brush if self._tool is Tool.PAINT else self.hand

    def _set_pointer(self, pointer: PointerReading | None) -> None:
        if pointer != self._pointer:
            self._pointer = pointer
            self._repaint()
            self.pointer_moved.emit(pointer)

    def _set_over_mark(self, over: bool) -> None:  # noqa: FBT001 - as Qt's setters are
        if over is not self._over_mark:
            self._over_mark = over
            self._set_cursor()

    def _set_cursor(self) -> None:
        shape = _CURSORS.get(self._tool, Qt.CursorShape.CrossCursor)
        self.setCursor(Qt.CursorShape.SizeAllCursor if self._over_mark else shape)

    def _draw_over(self, painter: QPainter, canvas: QRectF) -> None:
        if self._film is not None:
            self.computed.draw(painter, self._film, self.film_to_canvas())
            self._draw_tools(painter, canvas)
            self._furniture.draw(painter, canvas, self._overlay(self._film))
        elif self._message[0]:
            self._furniture.draw_message(painter, canvas, *self._message)

    def _draw_tools(self, painter: QPainter, canvas: QRectF) -> None:
        self.graphics.draw(painter, self.film_to_canvas())
        self._candidates.draw(painter, self.film_to_canvas())
        self.brush.draw(painter)
        self.hand.draw(painter, canvas)
        self._aim.draw(painter)
        if self._pointer is None or not self._tool.looks:
            return
        to_canvas = self.film_to_canvas()
        place = QPointF(*to_canvas(self._pointer.place))
        if self._tool is Tool.MAGNIFIER:
            look = Look(voi=self._state.voi, inverted=self._state.inverted)
            self._canvas.draw_loupe(painter, place, film_to_canvas=to_canvas, look=look)
        else:
            words = pointer_words(self._pointer, self._texts)
            self.hand.layer.draw_label(painter, canvas, (words,), (place,))

    def _overlay(self, film: Radiograph) -> Overlay:
        level = self._options.corner_level
        if self._fixed is None:
            hidden = self._options.hide_identity
            self._fixed = film_corners(
                film, texts=self._texts, level=level, hide_identity=hidden
            )
        corners = corner_texts(
            film,
            self._state,
            texts=self._texts,
            level=level,
            position=self._position,
            pointer=self._pointer,
            fixed=self._fixed,
        )
        corners = replace(corners, notes=tuple(chain(*self._notes.values())))
        _, style, caption = self._evidence or (None, None, self._candidates.caption)
        computed = self.computed.image_on(film)
        hint = self.hand.hint()
        longest = self._canvas.device_size[0] * _BAR_SHARE
        bar = scale_bar(self.hand.spacing, self._state, longest=longest, texts=self._texts)
        edges = self._state.orientation.edge_letters(*film.instance.patient_orientation)
        is_bare = level is CornerLevel.NONE
        return Overlay(
            corners=corners,
            letters=("", "", "", "") if is_bare else edges,
            bar=None if is_bare else bar,
            evidence=style,
            caption=caption,
            hint=hint,
            computed=computed,
        )

    # Qt

    def changeEvent(self, event: QEvent) -> None:
        """Follow another font or screen scale."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._furniture = Furniture(self.font(), self._texts)
            self.hand.layer.set_font(self.font())
            self.graphics.set_font(self.font())
            self._candidates.set_font(self.font())
            self._repaint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the message until there is a canvas, and make that next."""
        super().paintEvent(event)
        if self._made_canvas is None:
            painter = QPainter(self)
            painter.fillRect(self.rect(), Qt.GlobalColor.black)
            self._draw_over(painter, QRectF(self.rect()))
            painter.end()
            QTimer.singleShot(0, self, lambda: self._canvas)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files and folders may be dropped here."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Say which files were dropped."""
        local = [url.toLocalFile() for url in event.mimeData().urls()]
        paths = tuple(Path(name) for name in local if name)
        if paths:
            event.acceptProposedAction()
            self.file_dropped.emit(paths)
