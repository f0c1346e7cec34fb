"""A film as decoded: stored values, the tables that turn them into light, and what a millimetre rests on."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from workstation.core.study import Instance


class SpacingSource(StrEnum):
    """What a millimetre rests on; every length carries it (PS3.3 10.7, A.26 and C.8.11.3)."""

    USER_CALIBRATED = "user_calibrated"
    CORRECTED_AT_MODALITY = "corrected_at_modality"
    CORRECTED_BY_ERMF = "corrected_by_ermf"
    AT_DETECTOR = "at_detector"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelSpacing:
    """Distance between neighbouring pixel centres in mm: down a column (`row_mm`) and along a row."""

    row_mm: float
    column_mm: float
    source: SpacingSource

    def __post_init__(self) -> None:
        if not (0 < self.row_mm < 100 and 0 < self.column_mm < 100):
            raise ValueError("pixel spacing lies between 0 and 100 mm")


class Photometric(StrEnum):
    """Photometric Interpretation after decoding; every YBR form is already RGB."""

    MONOCHROME1 = "MONOCHROME1"
    MONOCHROME2 = "MONOCHROME2"
    PALETTE = "PALETTE COLOR"
    RGB = "RGB"


class VoiFunction(StrEnum):
    """VOI LUT Function (0028,1056), PS3.3 C.11.2.1.3."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLevel:
    """A window on modality values.

    Raises
    ------
    ValueError
        When the width does not suit the function (PS3.3 C.11.2.1.2: at least 1 for LINEAR, else above 0).
    """

    centre: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR
    explanation: str = ""

    def __post_init__(self) -> None:
        least = 1.0 if self.function is VoiFunction.LINEAR else np.finfo(np.float32).tiny
        if not (np.isfinite(self.centre) and np.isfinite(self.width) and self.width >= least):
            raise ValueError("the window's width does not suit its function")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupTable:
    """A DICOM lookup table (PS3.3 C.11.1.1): input `first` maps to `values[0]`, outside values clamp.

    `values` is (n,) uint16; `bits` is the output depth the descriptor declares.
    """

    first: int
    values: NDArray[np.uint16]
    bits: int
    explanation: str = ""

    def __post_init__(self) -> None:
        if (
            self.values.ndim != 1
            or not 1 <= self.values.size <= 65536
            or not 8 <= self.bits <= 16
        ):
            raise ValueError("a lookup table has 1 to 65536 entries of 8 to 16 bits")
        self.values.setflags(write=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescale:
    """Modality values = `slope` x stored value + `intercept` (PS3.3 C.11.1)."""

    slope: float = 1.0
    intercept: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.slope) and np.isfinite(self.intercept) and self.slope):
            raise ValueError("rescaling needs a finite slope other than zero")


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Red, green and blue tables of a PALETTE COLOR image (PS3.3 C.7.6.3.1.5)."""

    red: LookupTable
    green: LookupTable
    blue: LookupTable


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayPlane:
    """A 60xx overlay (PS3.3 C.9.2): `mask` (rows, columns) bool, `origin` its first pixel as (row, column) from 1."""

    mask: NDArray[np.bool_]
    origin: tuple[int, int] = (1, 1)
    label: str = ""

    def __post_init__(self) -> None:
        self.mask.setflags(write=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shutter:
    """A display shutter (PS3.3 C.7.6.11): what lies outside is hidden.

    Edges are in pixels from 1, inclusive. `rectangle` is (left, right, upper, lower), `circle` is
    (row, column, radius), `polygon` is (row, column) vertices. All given shapes apply together.
    """

    rectangle: tuple[int, int, int, int] | None = None
    circle: tuple[int, int, int] | None = None
    polygon: tuple[tuple[int, int], ...] = ()
    presentation_value: int = 0
    """Grey as P-value, 0 black to 65535 white (0018,1622)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Radiograph:
    """One decoded frame of an image object, ready for `workstation.core.display`.

    `pixels` is (rows, columns) of any integer type for monochrome and palette, or (rows, columns, 3) uint8
    RGB; it is read-only. `padding` is the inclusive range of stored values that are no image
    (PS3.3 C.7.5.1.1.2). `content_sha256` is the hash of the decoded stored values.
    """

    instance: Instance
    pixels: NDArray[np.integer]
    photometric: Photometric
    bits_stored: int
    content_sha256: str
    frame: int = 0
    modality_transform: Rescale | LookupTable = Rescale()
    windows: tuple[WindowLevel, ...] = ()
    voi_tables: tuple[LookupTable, ...] = ()
    presentation_inverse: bool | None = None
    """Presentation LUT Shape (2050,0020): True for INVERSE, False for IDENTITY, None when absent."""
    padding: tuple[int, int] | None = None
    palette: Palette | None = None
    overlays: tuple[OverlayPlane, ...] = ()
    shutter: Shutter | None = None
    spacing: PixelSpacing | None = None
    frame_rate_hz: float | None = None
    """How fast its frames are to be shown, where the file says so."""
    stored_range: tuple[int, int] = field(init=False)
    """Least and greatest stored value, padding left out; of all pixels when all are padding."""

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        colour = self.photometric is Photometric.RGB
        if len(shape) != (3 if colour else 2) or 0 in shape or (colour and shape[2] != 3):
            raise ValueError(
                "pixels do not have the shape their photometric interpretation needs"
            )
        if (self.photometric is Photometric.PALETTE) != (self.palette is not None):
            raise ValueError("a palette belongs to PALETTE COLOR, and only there")
        self.pixels.setflags(write=False)
        # Once here, for every mouse move of a window drag asks for it.
        object.__setattr__(self, "stored_range", _range_without(self.padding, self.pixels))

    @property
    def rows(self) -> int:
        """Number of rows of the stored matrix."""
        return int(self.pixels.shape[0])

    @property
    def columns(self) -> int:
        """Number of columns of the stored matrix."""
        return int(self.pixels.shape[1])

    @property
    def is_monochrome(self) -> bool:
        """Whether windows apply."""
        return self.photometric in {Photometric.MONOCHROME1, Photometric.MONOCHROME2}


def _range_without(
    padding: tuple[int, int] | None, pixels: NDArray[np.integer]
) -> tuple[int, int]:
    low, high = int(pixels.min()), int(pixels.max())
    if padding is None or (low < padding[0] and padding[1] < high):
        return low, high
    image = pixels[(pixels < padding[0]) | (pixels > padding[1])]
    return (int(image.min()), int(image.max())) if image.size else (low, high)
