"""The film on its canvas: painting, mouse, corner texts and the evidence drawn over it."""

from workstation.ui.viewer.furniture import MessageKind
from workstation.ui.viewer.state import (
    CornerLevel,
    PointerReading,
    Tool,
    ViewerOptions,
    ViewState,
)
from workstation.ui.viewer.view import FilmView

__all__ = [
    "CornerLevel",
    "FilmView",
    "MessageKind",
    "PointerReading",
    "Tool",
    "ViewState",
    "ViewerOptions",
]
