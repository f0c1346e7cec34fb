"""The Image Pixel module of one object, read and checked (runs in the child)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from workstation.adapters.dicom.elements import Elements
from workstation.core.errors import ErrorCode, WorkstationError

_WIDTHS = frozenset({1, 8, 16, 32})
_GREY = frozenset({"MONOCHROME1", "MONOCHROME2", "PALETTE COLOR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """The Image Pixel module (PS3.3 C.7.6.3) of one object, found consistent."""

    rows: int
    columns: int
    frames: int
    samples: int
    allocated: int
    stored: int
    high_bit: int
    signed: bool
    planar: int
    photometric: str

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one stored sample in native byte order."""
        return np.dtype(f"{'i' if self.signed else 'u'}{max(self.allocated // 8, 1)}")


def pixel_format(elements: Elements, *, frames: int) -> PixelFormat:
    """Read and check the Image Pixel module.

    Raises
    ------
    WorkstationError
        ``malformed`` or ``unsupported_pixels``.
    """
    order = "little" if elements.little else "big"

    def number(tag: int, default: int) -> int:
        value = elements.value(tag)[:2]
        return int.from_bytes(value, order) if value else default  # type: ignore[arg-type]

    allocated = number(0x00280100, 16)
    stored = number(0x00280101, allocated)
    text = elements.value(0x00280004).decode("ascii", "replace").strip("\0 ").upper()
    samples = number(0x00280002, 1)
    photometric = text or ("MONOCHROME2" if samples == 1 else "RGB")
    format_ = PixelFormat(
        rows=number(0x00280010, 0),
        columns=number(0x00280011, 0),
        frames=frames,
        samples=samples,
        allocated=allocated,
        stored=stored,
        high_bit=number(0x00280102, stored - 1),
        signed=number(0x00280103, 0) == 1,
        planar=number(0x00280006, 0),
        photometric=photometric,
    )
    if allocated not in _WIDTHS or samples not in {1, 3}:
        raise WorkstationError(ErrorCode.UNSUPPORTED_PIXELS, f"{samples} x {allocated} bits")
    if not 1 <= stored <= format_.high_bit + 1 <= allocated:
        raise WorkstationError(ErrorCode.MALFORMED, "bits stored")
    if (samples == 1) != (photometric in _GREY):
        raise WorkstationError(ErrorCode.UNSUPPORTED_PIXELS, photometric[:16])
    return format_
