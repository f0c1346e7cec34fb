"""Two films that are looked at together: what the reader does to one happens to the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from workstation.core.display import (
    VoiSelection,
    auto_window,
    chest_presets,
    default_voi,
    file_vois,
    is_inverted,
    window_like,
)
from workstation.core.geometry import Affine2D, Point
from workstation.core.image import Radiograph, VoiFunction, WindowLevel
from workstation.ui.viewer.state import ViewState, film_to_upright


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedFilm:
    """One of two films, with the windows that can be chosen by name on any film."""

    film: Radiograph
    windows: Mapping[str, VoiSelection]

    @classmethod
    def of(cls, film: Radiograph) -> LinkedFilm:
        """`film` with its windows worked out."""
        if not film.is_monochrome:
            return cls(film=film, windows={})
        named = {"default": default_voi(film), "auto": auto_window(film)}
        named |= {f"file {n}": voi for n, voi in enumerate(file_vois(film))}
        return cls(film=film, windows=named | dict(chest_presets(film)))

    def follow(
        self, before: ViewState, after: ViewState, *, leader: LinkedFilm, state: ViewState
    ) -> ViewState:
        """`state`, how this film is looked at, after `leader` was looked at as `before` and now as `after`.

        Both pictures move by the same way on the screen and grow by the same factor, so that what the reader has brought in
        line stays in line. A window chosen by name is this film's own of that name; a dragged one changes here by the same
        share of its width. How a film is turned or mirrored is its own affair.
        """
        state = self._windowed(before, after, leader, state)
        if before.inverted is not after.inverted:
            state = replace(state, inverted=not state.inverted)
        if after.fitted:
            return state if before.fitted else replace(state, fitted=True)
        growth = after.zoom / before.zoom
        turned = film_to_upright(leader.film, after.orientation)
        moved = _between(turned, before.centre, after.centre)
        if growth == 1.0 and moved == (0.0, 0.0):
            return state
        # A film column of this film is as many of the leader's as their zooms say.
        share = before.zoom / state.zoom
        upright = film_to_upright(self.film, state.orientation)
        x, y = upright(state.centre)
        centre = upright.inverse()((x + moved[0] * share, y + moved[1] * share))
        return replace(state, zoom=state.zoom * growth, centre=centre, fitted=False)

    def _windowed(
        self, before: ViewState, after: ViewState, leader: LinkedFilm, state: ViewState
    ) -> ViewState:
        if after.voi is None or before.voi is None or state.voi is None:
            return state  # a colour film has no window
        if _same(before.voi, after.voi):
            return state
        chosen = (name for name, voi in leader.windows.items() if _same(voi, after.voi))
        own = next((self.windows[name] for name in chosen if name in self.windows), None)
        if own is not None:
            return replace(state, voi=replace(own, explanation=after.voi.explanation))
        same_sense = is_inverted(leader.film) is is_inverted(self.film)
        start, end = window_like(before.voi), window_like(after.voi)
        mine = window_like(state.voi)
        shift = (end.centre - start.centre) / start.width * mine.width
        width = mine.width * end.width / start.width
        window = WindowLevel(
            centre=mine.centre + (shift if same_sense else -shift),
            width=max(width, 1.0) if mine.function is VoiFunction.LINEAR else width,
            function=mine.function,
        )
        return replace(state, voi=window)


def _same(one: VoiSelection, other: VoiSelection) -> bool:
    """Whether both give the same light; tables count as the same only when they hold the same values."""
    if isinstance(one, WindowLevel) and isinstance(other, WindowLevel):
        return replace(one, explanation="") == replace(other, explanation="")
    return getattr(one, "values", one) is getattr(other, "values", other)


def _between(to_upright: Affine2D, start: Point, end: Point) -> Point:
    (x0, y0), (x1, y1) = to_upright(start), to_upright(end)
    return x1 - x0, y1 - y0
