"""Where films hang: the study's own film alone, or with another one beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from resources.i18n import Texts
from workstation.core.image import Radiograph
from workstation.ui.panel import Words, dress, stacked
from workstation.ui.theme import TOKENS
from workstation.ui.viewer.linking import LinkedFilm
from workstation.ui.viewer.state import CornerLevel, Tool, ViewerOptions, ViewState
from workstation.ui.viewer.view import FilmView

_FRAME_PX = 3
_ALARM_PX = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What stands above a film that is compared; an alarm is also drawn all around it."""

    text: str
    is_alarm: bool = False


class Tile(QWidget):
    """One film, with a badge above it and a frame around it while it is compared; alone it is the bare film."""

    def __init__(self, view: FilmView) -> None:
        super().__init__()
        self.view = view
        self._badge: Badge | None = None
        self._is_active = False
        self._words = Words(css="heading", wrap=False)
        self._words.setContentsMargins(8, 4, 8, 4)
        column = stacked(self._words, view, gap=0)
        column.setStretch(1, 1)
        self.setLayout(column)
        self.setMinimumWidth(200)

    @property
    def badge(self) -> Badge | None:
        """What stands above the film."""
        return self._badge

    def set_badge(self, badge: Badge | None) -> None:
        """Frame the film and say what it is; None shows the film alone."""
        self._badge = badge
        alarm = badge is not None and badge.is_alarm
        width = 0 if badge is None else _ALARM_PX if alarm else _FRAME_PX
        dress(self._words, "heading warning" if alarm else "heading")
        self._words.say("" if badge is None else badge.text)
        self.setContentsMargins(width, width, width, width)
        self.update()

    def set_active(self, active: bool) -> None:  # noqa: FBT001 - as Qt's setters are
        """Whether keys and commands go to this film."""
        self._is_active = active
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the frame: thick dashes for an alarm, a bright line for the active film."""
        if self._badge is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(TOKENS.window))
        if self._badge.is_alarm:
            half = _ALARM_PX // 2 + 1
            painter.setPen(_dashes())
            painter.drawRect(self.rect().adjusted(half, half, -half, -half))
        colour = TOKENS.text if self._is_active else TOKENS.line
        painter.setPen(QPen(QColor(colour), 2 if self._is_active else 1))
        painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()


def _dashes() -> QPen:
    pen = QPen(QColor(TOKENS.amber), _ALARM_PX)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([1.6, 0.8])
    return pen


class Stage(QWidget):
    """Holds the current study's film, `film`, and while films are compared another one beside it.

    `film` never shows anything but the study on the desk; what hangs beside it has no marks, no findings and no report.

    Signals
    -------
    beside_made
        `FilmView` of the film beside, made when it is first needed.
    linked_changed
        Whether what is done to one film now happens to both.
    """

    beside_made = Signal(object)
    linked_changed = Signal(bool)

    def __init__(self, texts: Texts, options: ViewerOptions) -> None:
        super().__init__()
        self._texts = texts
        self.film = FilmView(texts, options)
        self._tiles = [Tile(self.film)]
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._row.addWidget(self._tiles[0], 1)
        self._linked: dict[FilmView, LinkedFilm] = {}
        self._is_linked = True
        self.active = self.film
        self._connect(self.film)

    @property
    def beside(self) -> FilmView | None:
        """The film beside, while there is one."""
        return self._tiles[1].view if self.is_comparing else None

    @property
    def is_comparing(self) -> bool:
        """Whether there are two films."""
        return len(self._tiles) > 1 and not self._tiles[1].isHidden()

    @property
    def is_linked(self) -> bool:
        """Whether what is done to one film happens to both."""
        return self._is_linked

    @property
    def badges(self) -> tuple[Badge | None, ...]:
        """What stands above each film, the current one first."""
        return tuple(tile.badge for tile in self._tiles)

    def compare(self, current: Badge, beside: Badge) -> FilmView:
        """Make room for a film beside, and say what each one is; the view to show it in."""
        if len(self._tiles) == 1:
            self._make_tile()
        for tile, badge in zip(self._tiles, (current, beside), strict=True):
            tile.set_badge(badge)
            tile.set_active(tile.view is self.active)
        self._tiles[1].show()
        self._row.activate()
        return self._tiles[1].view

    def show_beside(self, film: Radiograph) -> None:
        """Show `film` beside, looked at for the first time."""
        if self.beside is not None:
            self._linked.pop(self.beside, None)
            self.beside.show_film(film)

    def end_comparison(self) -> None:
        """The current film alone again."""
        if self.is_comparing:
            self._tiles[1].view.clear()
            self._tiles[1].hide()
            self._tiles[0].set_badge(None)
            self._row.activate()
            self.activate(self.film)

    def set_linked(self, linked: bool) -> None:  # noqa: FBT001 - as Qt's setters are
        """Let both films follow each other, from where they are now, or not."""
        if linked is not self._is_linked:
            self._is_linked = linked
            self.linked_changed.emit(linked)

    def set_options(self, options: ViewerOptions) -> None:
        """Replace the settings of every film."""
        for tile in self._tiles:
            tile.view.set_options(options)

    def activate(self, view: FilmView) -> None:
        """Let commands go to this film from now on; so does whatever gives it the focus."""
        self.active = view
        for tile in self._tiles:
            tile.set_active(tile.view is view)

    # Private

    def _make_tile(self) -> None:
        view = FilmView(self._texts, self.film.options)
        view.setAccessibleName(self._texts.tr("Film beside"))
        view.set_tool(self.film.tool)
        tile = Tile(view)
        self._tiles.append(tile)
        self._row.addWidget(tile, 1)
        self._connect(view)
        self.beside_made.emit(view)

    def _connect(self, view: FilmView) -> None:
        view.installEventFilter(self)
        view.look_changed.connect(lambda before, after: self._follow(view, before, after))
        view.tool_changed.connect(self._share_tool)
        view.corners_changed.connect(self._share_corners)

    def _follow(self, leader: FilmView, before: ViewState, after: ViewState) -> None:
        follower = self.film if leader is self.beside else self.beside
        if not self._is_linked or follower is None or leader.film is None:
            return
        if follower.film is None:
            return
        state = self._linked_film(follower, follower.film).follow(
            before,
            after,
            leader=self._linked_film(leader, leader.film),
            state=follower.view_state(),
        )
        follower.restore(state, moving=True)
        follower.view_changed.emit(follower.view_state())

    def _linked_film(self, view: FilmView, film: Radiograph) -> LinkedFilm:
        kept = self._linked.get(view)
        if kept is None or kept.film is not film:
            kept = self._linked[view] = LinkedFilm.of(film)
        return kept

    def _share_tool(self, tool: Tool) -> None:
        for tile in self._tiles:
            tile.view.set_tool(tool)

    def _share_corners(self, level: CornerLevel) -> None:
        for tile in self._tiles:
            if tile.view.options.corner_level is not level:
                tile.view.set_options(replace(tile.view.options, corner_level=level))

    # Qt

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The film that has the focus is the one that commands go to."""
        if event.type() is QEvent.Type.FocusIn and isinstance(watched, FilmView):
            self.activate(watched)
        return super().eventFilter(watched, event)
