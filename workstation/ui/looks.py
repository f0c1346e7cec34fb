"""How films were looked at: kept while the program runs, and of the film on screen until the next start."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer

from workstation.core.display import VoiSelection
from workstation.core.geometry import Orientation
from workstation.core.image import LookupTable, Radiograph, VoiFunction, WindowLevel
from workstation.core.jobs import Lane
from workstation.core.ports import SessionStore
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.viewer.state import ViewState

_LOOK = "look"
_PAUSE_MS = 500


class Looks(QObject):
    """The looks by SOP Instance UID; `film` is the one that was on screen last, also of the session before."""

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        session: SessionStore,
        saved_session: SessionStore,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._session = session
        self.of_film: dict[str, ViewState] = {}
        self._passing: set[str] = set()
        self._pixels: dict[str, dict[int, str]] = {}
        self.film, look = look_from_text(saved_session.get(_LOOK) or "")
        if look is not None:
            self.of_film[self.film] = look
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._store)
        desk.film_shown.connect(self._on_film)

    def keep(self, sop_uid: str, look: ViewState, *, lasting: bool = True) -> None:
        """Remember how a film is looked at now; until the next start alone if it is not `lasting`."""
        self.of_film[sop_uid] = look
        self._passing.discard(sop_uid)
        if not lasting:
            self._passing.add(sop_uid)
        self._pause.start()

    def close(self) -> None:
        """Store what waits."""
        if self._pause.isActive():
            self._pause.stop()
            self._store()

    def _on_film(self, film: Radiograph) -> None:
        self.film = film.instance.sop_uid
        seen = self._pixels.setdefault(self.film, {})
        if seen.get(film.frame, film.content_sha256) != film.content_sha256:
            self.of_film.pop(self.film, None)  # its file was replaced
            seen.clear()
        seen[film.frame] = film.content_sha256
        self._pause.start()

    def _store(self) -> None:
        look = None if self.film in self._passing else self.of_film.get(self.film)
        text = look_to_text(self.film, look)
        self._lanes.submit(
            Lane.STORE,
            lambda _: self._session.put(_LOOK, text),
            done=_ignore,
            failed=_ignore,  # a lost look is no lost work
        )


def look_to_text(sop_uid: str, look: ViewState | None) -> str:
    """A film and how it is looked at as JSON."""
    if look is None:
        return json.dumps({"film": sop_uid})
    values = asdict(look)
    if isinstance(look.voi, LookupTable):
        values["voi"]["values"] = look.voi.values.tolist()
    return json.dumps({"film": sop_uid, "look": values})


def look_from_text(text: str) -> tuple[str, ViewState | None]:
    """The inverse; what cannot be read is no look."""
    try:
        stored = json.loads(text)
        film, look = str(stored["film"]), stored.get("look")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", None
    try:
        return film, _look(look)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return film, None


def _look(stored: Any) -> ViewState:  # noqa: ANN401 - from JSON
    x, y = stored["centre"]
    return ViewState(
        voi=_voi(stored["voi"]),
        inverted=bool(stored["inverted"]),
        orientation=Orientation(**stored["orientation"]),
        zoom=float(stored["zoom"]),
        centre=(float(x), float(y)),
        fitted=bool(stored["fitted"]),
    )


def _voi(stored: dict[str, Any] | None) -> VoiSelection | None:
    if stored is None:
        return None
    if "values" in stored:
        return LookupTable(**stored | {"values": np.array(stored["values"], np.uint16)})
    return WindowLevel(**stored | {"function": VoiFunction(stored["function"])})


def _ignore(_value: object) -> None:
    return None
