"""What lies over a film and what a millimetre rests on: overlays, shutter, spacing (runs in the child)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.adapters.dicom.attributes import Attributes
from workstation.core.image import OverlayPlane, PixelSpacing, Shutter, SpacingSource

_MOST_OVERLAY_PIXELS = 1 << 28
# Projection images, whose Pixel Spacing is not a distance in the patient by itself (PS3.3 10.7.1.3).
_PROJECTION = frozenset({"CR", "DX", "RG", "RF", "XA", "MG", "IO", "PX"})


def spacing(attributes: Attributes) -> PixelSpacing | None:
    """Pixel spacing with its source (PS3.3 10.7.1.3, C.8.7.1.1.1); zero or nonsense is unknown.

    Pixel Spacing that differs from Imager Pixel Spacing, or has a calibration type, was corrected at the modality. Equal to it, or
    Imager Pixel Spacing alone, it holds at the detector; an Estimated Radiographic Magnification Factor (0018,1114) then
    corrects it to the patient. Pixel Spacing of a projection without either is uncertain.
    """
    pixel, imager = _pair(attributes, 0x00280030), _pair(attributes, 0x00181164)
    imager = imager or _pair(
        attributes, 0x00182010
    )  # Nominal Scanned Pixel Spacing: of a digitised film
    factor = (attributes.floats(0x00181114) or [0.0])[0]
    calibrated = attributes.word(0x00280A02) in {"GEOMETRY", "FIDUCIAL"}
    if pixel is not None and (calibrated or (imager is not None and not _alike(pixel, imager))):
        return _spacing(pixel, SpacingSource.CORRECTED_AT_MODALITY)
    if pixel is not None and imager is None:
        projection = attributes.word(0x00080060) in _PROJECTION
        if not projection:
            return _spacing(pixel, SpacingSource.CORRECTED_AT_MODALITY)
        return _spacing(pixel, SpacingSource.UNCERTAIN)
    if imager is None:
        return None
    if 1.0 <= factor < 10.0:
        corrected = (imager[0] / factor, imager[1] / factor)
        return _spacing(corrected, SpacingSource.CORRECTED_BY_ERMF)
    return _spacing(imager, SpacingSource.AT_DETECTOR)


def _pair(attributes: Attributes, tag: int) -> tuple[float, float] | None:
    values = attributes.floats(tag)
    if len(values) != 2 or not all(0 < value < 100 for value in values):
        return None
    return values[0], values[1]


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return all(abs(a - b) <= 1e-4 * max(a, b) for a, b in zip(one, other, strict=True))


def _spacing(pair: tuple[float, float], source: SpacingSource) -> PixelSpacing:
    return PixelSpacing(row_mm=pair[0], column_mm=pair[1], source=source)


def shutter(attributes: Attributes) -> Shutter | None:
    """Display shutter (PS3.3 C.7.6.11); a shape that is not fully described is left out."""
    shapes = attributes.words(0x00181600)
    rectangle = circle = None
    polygon: tuple[tuple[int, int], ...] = ()
    if "RECTANGULAR" in shapes:
        edges = [
            attributes.integers(tag) for tag in (0x00181602, 0x00181604, 0x00181606, 0x00181608)
        ]
        if all(len(edge) == 1 for edge in edges):
            left, right, upper, lower = (edge[0] for edge in edges)
            rectangle = (left, right, upper, lower) if left < right and upper < lower else None
    if "CIRCULAR" in shapes:
        centre, radius = attributes.integers(0x00181610), attributes.integers(0x00181612)
        if len(centre) == 2 and len(radius) == 1 and radius[0] > 0:
            circle = (centre[0], centre[1], radius[0])
    if "POLYGONAL" in shapes:
        vertices = attributes.integers(0x00181620)[:2000]
        points = tuple(zip(vertices[::2], vertices[1::2], strict=False))
        polygon = points if len(points) >= 3 else ()
    if rectangle is None and circle is None and not polygon:
        return None
    value = attributes.shorts(0x00181622)
    return Shutter(
        rectangle=rectangle,
        circle=circle,
        polygon=polygon,
        presentation_value=value[0] if value else 0,
    )


def overlays(
    attributes: Attributes, raw: NDArray[Any], *, frame: int
) -> tuple[OverlayPlane, ...]:
    """Overlay planes of groups 6000 to 601E (PS3.3 C.9.2); `raw` holds embedded ones in its unused bits."""
    planes = []
    for group in range(0x6000, 0x6020, 2):
        base = group << 16
        size = attributes.shorts(base | 0x0010)[:1] + attributes.shorts(base | 0x0011)[:1]
        if len(size) != 2 or not 0 < size[0] * size[1] <= _MOST_OVERLAY_PIXELS:
            continue
        mask = _mask(attributes, base, (size[0], size[1]), raw, frame=frame)
        if mask is None:
            continue
        origin = [
            value - 65536 if value >= 32768 else value
            for value in attributes.shorts(base | 0x0050)
        ]
        label = (attributes.texts(base | 0x1500) or attributes.texts(base | 0x0022) or [""])[0]
        planes.append(
            OverlayPlane(
                mask=mask,
                origin=(origin[0], origin[1]) if len(origin) == 2 else (1, 1),
                label=label,
            )
        )
    return tuple(planes)


def _mask(
    attributes: Attributes, base: int, size: tuple[int, int], raw: NDArray[Any], *, frame: int
) -> NDArray[np.bool_] | None:
    data = attributes.raw(base | 0x3000)
    count = size[0] * size[1]
    if not data:
        bit = (attributes.shorts(base | 0x0102) or [0])[0]
        if raw.shape != size or bit >= 8 * raw.dtype.itemsize:
            return None
        return np.asarray((raw >> bit) & 1, dtype=np.bool_)
    if not attributes.little and attributes.vr(base | 0x3000) == "OW":
        data = np.frombuffer(data[: len(data) & ~1], ">u2").astype("<u2").tobytes()
    frames, first = _overlay_frames(attributes, base)
    number = frame + 1 - first if frames > 1 else 0
    start, stop = number * count, (number + 1) * count
    if not 0 <= number < frames or stop > 8 * len(data):
        return None
    packed = np.frombuffer(data, np.uint8)[start // 8 : -(-stop // 8)]
    bits = np.unpackbits(packed, bitorder="little")[start % 8 :][:count]
    return bits.reshape(size).astype(np.bool_)


def _overlay_frames(attributes: Attributes, base: int) -> tuple[int, int]:
    """How many frames an overlay has, and the image frame (from 1) its first one belongs to."""
    frames, first = 1, 1
    with suppress(ValueError, IndexError):
        frames = max(attributes.integers(base | 0x0015)[0], 1)
        first = max((attributes.shorts(base | 0x0051) or [1])[0], 1)
    return frames, first
