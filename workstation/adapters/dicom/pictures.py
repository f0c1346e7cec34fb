"""PNG, JPEG and TIFF pictures: films without an identity (runs in the child)."""

from __future__ import annotations

import hashlib
import io
import uuid
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from workstation.adapters.dicom.elements import Buffer
from workstation.adapters.dicom.files import ForeignFile
from workstation.adapters.dicom.guard import IMAGE_LIMIT_BYTES
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.study import Instance, PatientIdentity

_FORMATS = ("PNG", "JPEG", "TIFF")
_GREY = {"1": 1, "L": 8, "LA": 8, "I;16": 16, "I;16L": 16, "I;16B": 16, "I": 16}
_COLOUR = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"})
_MOST_FRAMES = 10_000


def picture_instance(file: ForeignFile) -> Instance:
    """An unidentified instance whose UIDs derive from the file's content.

    Raises
    ------
    WorkstationError
        ``malformed``, ``too_large`` or ``unsupported_pixels``.
    """
    data = file.whole()
    with _open(data) as image:
        return _instance(data, image)


def picture_pixels(
    file: ForeignFile, frame: int
) -> tuple[Instance, NDArray[np.uint8] | NDArray[np.uint16], int]:
    """Instance, pixels (rows, columns) or (rows, columns, 3) uint8, and bits stored; grey in colour's clothes is grey.

    Raises
    ------
    WorkstationError
        ``frame_out_of_range`` beside the reasons of `picture_instance`.
    """
    data = file.whole()
    with _open(data) as image:
        instance = _instance(data, image)
        if not 0 <= frame < instance.frames:
            raise WorkstationError(
                ErrorCode.FRAME_OUT_OF_RANGE, frame=frame + 1, frames=instance.frames
            )
        try:
            if frame:
                image.seek(frame)
            bits = _GREY.get(image.mode, 8)
            return instance, _pixels(image), bits
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise WorkstationError(ErrorCode.FILE_TRUNCATED, type(error).__name__) from error


def _open(data: Buffer) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = None  # the limit is ours: bytes, not pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(io.BytesIO(data), formats=_FORMATS)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise WorkstationError(ErrorCode.MALFORMED, type(error).__name__) from error


def _instance(data: Buffer, image: Image.Image) -> Instance:
    columns, rows = image.size
    if image.mode not in _GREY.keys() | _COLOUR:
        raise WorkstationError(ErrorCode.UNSUPPORTED_PIXELS, image.mode)
    if not rows or not columns:
        raise WorkstationError(ErrorCode.MALFORMED, "no pixels")
    size = rows * columns * (4 if image.mode in _COLOUR else 2)
    if size > IMAGE_LIMIT_BYTES:
        raise WorkstationError(ErrorCode.TOO_LARGE, rows=rows, columns=columns)
    digest = hashlib.sha256(data).digest()
    study, series, sop = (_uid(digest, level) for level in (b"study", b"series", b"image"))
    return Instance(
        patient=PatientIdentity(),
        study_uid=study,
        series_uid=series,
        sop_uid=sop,
        rows=rows,
        columns=columns,
        frames=min(getattr(image, "n_frames", 1), _MOST_FRAMES)
        if image.format == "TIFF"
        else 1,
        lossy=image.format == "JPEG",
    )


def _uid(digest: bytes, level: bytes) -> str:
    """A UUID-derived UID (PS3.5 B.2) of a content and a level."""
    made = uuid.UUID(bytes=hashlib.sha256(level + digest).digest()[:16], version=4)
    return f"2.25.{made.int}"


def _pixels(image: Image.Image) -> NDArray[np.uint8] | NDArray[np.uint16]:
    if image.mode in {"I;16", "I;16L", "I;16B"}:
        return np.asarray(image).astype("<u2")
    if image.mode == "I":
        wide = np.asarray(image)
        if wide.min() < 0 or wide.max() > 0xFFFF:
            raise WorkstationError(ErrorCode.UNSUPPORTED_PIXELS, "32-bit picture")
        return wide.astype("<u2")
    if image.mode == "1":
        return np.asarray(image).astype(np.uint8)
    if image.mode in {"L", "LA"}:
        return np.asarray(image.convert("L"))
    colours = np.asarray(image.convert("RGB"))
    if (colours[..., 0] == colours[..., 1]).all() and (
        colours[..., 1] == colours[..., 2]
    ).all():
        return np.ascontiguousarray(colours[..., 0])
    return colours
