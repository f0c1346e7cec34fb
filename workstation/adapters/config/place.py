"""Where the window stood and how it was divided: of this computer's screens, nothing of a patient."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from workstation.core.errors import WorkstationError
from workstation.services.exporting import write_atomically

FILE = "window.json"


def load_place(config: Path) -> dict[str, bytes]:
    """What `save_place` kept; what cannot be read is left out."""
    try:
        stored = json.loads((config / FILE).read_text(encoding="utf-8"))
        return {str(name): base64.b64decode(value) for name, value in stored.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def save_place(config: Path, place: Mapping[str, bytes]) -> None:
    """Keep the window's place; a folder that cannot be written to costs a comfort, no work."""
    values = {name: base64.b64encode(value).decode() for name, value in place.items()}
    with suppress(WorkstationError):
        write_atomically(config / FILE, json.dumps(values, indent=2).encode())
