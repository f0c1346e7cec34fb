"""The package this program ships with, trusted by the SHA-256 of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BUILT_IN_FILE: Final = "cxr-findings-1.0.0.cxrmodel"
BUILT_IN_SHA256: Final = "7ea4e7f885012169c00b0e59a068e54293a9faed9e6586e40c1ceb86712d2da4"


def built_in_package() -> Path:
    """Path of the shipped package, in a checkout, a wheel and a frozen program alike."""
    return Path(__file__).resolve().parents[1] / "packages" / BUILT_IN_FILE
