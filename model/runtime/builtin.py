"""The package this program ships with, trusted by the SHA-256 of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BUILT_IN_FILE: Final = "cxr-findings-0.2.0.cxrmodel"
BUILT_IN_SHA256: Final = "7073e379e9bb0548ce0ff9fb3bc9195f68a9ce6fcdddbe5639af5249d7a1c12d"


def built_in_package() -> Path:
    """Path of the shipped package, in a checkout, a wheel and a frozen program alike."""
    return Path(__file__).resolve().parents[1] / "packages" / BUILT_IN_FILE
