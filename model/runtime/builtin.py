"""The package this program ships with, trusted by the SHA-256 of its file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

BUILT_IN_FILE: Final = "cxr-findings-0.1.0.cxrmodel"
BUILT_IN_SHA256: Final = "d512ddb766f116b68ef3a499fae7e7a53f7dc98a3a8054290668ef2dcdfd980b"


def built_in_package() -> Path:
    """Path of the shipped package, in a checkout, a wheel and a frozen program alike."""
    return Path(__file__).resolve().parents[1] / "packages" / BUILT_IN_FILE
