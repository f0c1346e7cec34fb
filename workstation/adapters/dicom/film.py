"""One frame of a foreign file to the parts of a `Radiograph` (runs in the child)."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from workstation.adapters.dicom import geometry, luts
from workstation.adapters.dicom.attributes import Attributes
from workstation.adapters.dicom.elements import OutOfData, read_elements
from workstation.adapters.dicom.files import (
    FileKind,
    ForeignFile,
    OpenForeign,
    kind_of,
    open_foreign,
)
from workstation.adapters.dicom.groups import of_frame
from workstation.adapters.dicom.headers import instance_of, is_directory
from workstation.adapters.dicom.headerscan import check_size
from workstation.adapters.dicom.pictures import picture_pixels
from workstation.adapters.dicom.pixel_module import PixelFormat, pixel_format
from workstation.adapters.dicom.pixels import Stored, read_frame
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.image import Photometric

_SLOWEST_HZ, _FASTEST_HZ = 0.1, 1000.0


def read_film(
    path: str, *, frame: int, assume_gbk: bool = False, open_file: OpenForeign = open_foreign
) -> dict[str, Any]:
    """Fields of the `Radiograph` of frame `frame`, counted from 0.

    Raises
    ------
    WorkstationError
        The reason why there is none.
    """
    with open_file(path) as file:
        kind = kind_of(file.beginning)
        if kind is FileKind.OTHER:
            raise WorkstationError(ErrorCode.NOT_AN_IMAGE)
        if kind is FileKind.PICTURE:
            return _picture(file, frame)
        return _dicom(file, frame, assume_gbk=assume_gbk)


def _picture(file: ForeignFile, frame: int) -> dict[str, Any]:
    instance, pixels, bits = picture_pixels(file, frame)
    colour = pixels.ndim == 3
    return {
        "instance": instance,
        "pixels": pixels,
        "photometric": Photometric.RGB if colour else Photometric.MONOCHROME2,
        "bits_stored": bits,
        "content_sha256": _digest(pixels),
        "frame": frame,
    }


def _dicom(file: ForeignFile, frame: int, *, assume_gbk: bool) -> dict[str, Any]:
    try:
        elements = read_elements(file.whole())
    except OutOfData:
        raise WorkstationError(ErrorCode.FILE_TRUNCATED) from None
    if is_directory(elements):
        raise WorkstationError(ErrorCode.MEDIA_DIRECTORY)
    instance = instance_of(elements, assume_gbk=assume_gbk)
    if elements.pixels is None:
        raise WorkstationError(ErrorCode.NO_PIXEL_DATA)
    check_size(elements, instance, len(elements.buffer))
    if not 0 <= frame < instance.frames:
        raise WorkstationError(
            ErrorCode.FRAME_OUT_OF_RANGE, frame=frame + 1, frames=instance.frames
        )
    form = pixel_format(elements, frames=instance.frames)
    pixels, raw = read_frame(elements, elements.pixels, form, frame)
    attributes = of_frame(Attributes.of(elements, assume_gbk=assume_gbk), frame=frame)
    return {
        "instance": instance,
        "pixels": pixels,
        "bits_stored": form.stored,
        "content_sha256": _digest(pixels),
        "frame": frame,
        "overlays": geometry.overlays(attributes, raw, frame=frame),
        "shutter": geometry.shutter(attributes),
        "spacing": geometry.spacing(attributes),
        "frame_rate_hz": _frame_rate(attributes),
        **_light(attributes, form),
    }


def _frame_rate(attributes: Attributes) -> float | None:
    """Recommended Display Frame Rate, else Cine Rate, else the inverse of Frame Time in ms (PS3.3 C.7.6.5); nonsense is unknown."""
    rates = [rate for tag in (0x00082144, 0x00180040) for rate in attributes.floats(tag)[:1]]
    rates += [1000 / time for time in attributes.floats(0x00181063)[:1] if time > 0]
    return next((rate for rate in rates if _SLOWEST_HZ <= rate <= _FASTEST_HZ), None)


def _light(attributes: Attributes, form: PixelFormat) -> dict[str, Any]:
    """What turns stored values into light."""
    if form.samples == 3:
        return {"photometric": Photometric.RGB}
    if form.photometric == "PALETTE COLOR":
        palette = luts.palette(attributes, signed=form.signed)
        if palette is None:
            raise WorkstationError(ErrorCode.MALFORMED, "palette")
        return {"photometric": Photometric.PALETTE, "palette": palette}
    modality = luts.modality_transform(attributes, signed=form.signed)
    return {
        "photometric": Photometric(form.photometric),
        "modality_transform": modality,
        "windows": luts.windows(attributes),
        "voi_tables": luts.voi_tables(attributes, modality, signed=form.signed),
        "presentation_inverse": {"INVERSE": True, "IDENTITY": False}.get(
            attributes.word(0x20500020)
        ),
        "padding": _padding(attributes, form),
    }


def _padding(attributes: Attributes, form: PixelFormat) -> tuple[int, int] | None:
    """Range of Pixel Padding Value and Range Limit (PS3.3 C.7.5.1.1.2) in the type of the pixels."""
    values = attributes.shorts(0x00280120)[:1] + attributes.shorts(0x00280121)[:1]
    if not attributes.raw(0x00280120):
        return None
    if form.signed:
        values = [value - 65536 if value >= 32768 else value for value in values]
    return min(values), max(values)


def _digest(pixels: Stored) -> str:
    little = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    return hashlib.sha256(np.ascontiguousarray(little).data).hexdigest()
