"""The package this program ships with, trusted by the SHA-256 of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BUILT_IN_FILE: Final = "cxr-findings-1.1.0.cxrmodel"
BUILT_IN_SHA256: Final = "b71eadfd7888427b38eb08b3af15ae5d8981ec727cff292262d0fa6b09034127"


def built_in_package() -> Path:
    """Path of the shipped package, in a checkout, a wheel and a frozen program alike."""
    return Path(__file__).resolve().parents[1] / "packages" / BUILT_IN_FILE
