"""Where the built-in sample study lies."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

SAMPLE = Path(str(files("resources"))) / "sample" / "films"
