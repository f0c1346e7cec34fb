"""One foreign file to an `Instance`, by its header alone (runs in the child)."""

from __future__ import annotations

from workstation.adapters.dicom.elements import Buffer, Elements, OutOfData, read_elements
from workstation.adapters.dicom.files import (
    FileKind,
    ForeignFile,
    OpenForeign,
    kind_of,
    open_foreign,
)
from workstation.adapters.dicom.guard import IMAGE_LIMIT_BYTES
from workstation.adapters.dicom.headers import LAST_HEADER_TAG, instance_of, is_directory
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.study import Instance

_INFLATED_HEADER = 1 << 20
_NATIVE = frozenset(("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"))


def scan_file(
    path: str, *, assume_gbk: bool = False, open_file: OpenForeign = open_foreign
) -> Instance:
    """What the header of `path` says.

    Raises
    ------
    WorkstationError
        The reason why there is no instance.
    """
    with open_file(path) as file:
        kind = kind_of(file.beginning)
        if kind is FileKind.PICTURE:
            from workstation.adapters.dicom.pictures import picture_instance

            return picture_instance(file)
        if kind is FileKind.OTHER:
            raise WorkstationError(ErrorCode.NOT_AN_IMAGE)
        elements = header_elements(file)
        if is_directory(elements):
            raise WorkstationError(ErrorCode.MEDIA_DIRECTORY)
        instance = instance_of(elements, assume_gbk=assume_gbk)
        if instance.is_film:
            check_size(elements, instance, file.size)
        return instance


def header_elements(file: ForeignFile) -> Elements:
    """Elements up to the last one an instance needs, from as little of the file as possible."""
    try:
        return _read(file.beginning)
    except OutOfData:
        if len(file.beginning) == file.size:
            raise WorkstationError(ErrorCode.FILE_TRUNCATED) from None
    try:
        return _read(file.whole())
    except OutOfData:
        raise WorkstationError(ErrorCode.FILE_TRUNCATED) from None


def _read(buffer: Buffer) -> Elements:
    return read_elements(buffer, last=LAST_HEADER_TAG, limit=_INFLATED_HEADER)


def check_size(elements: Elements, instance: Instance, file_size: int) -> None:
    """Refuse objects without a matrix, with one beyond the limit, or with fewer bytes than they declare.

    Raises
    ------
    WorkstationError
        ``no_pixel_data``, ``too_large``, ``malformed`` or ``short_pixel_data``.
    """
    if not elements.value(0x00280010) and not elements.value(0x00280011):
        raise WorkstationError(ErrorCode.NO_PIXEL_DATA)
    order = "little" if elements.little else "big"
    samples, allocated = (
        int.from_bytes(elements.value(tag)[:2], order)  # type: ignore[arg-type]  # a literal
        for tag in (0x00280002, 0x00280100)
    )
    pixels = instance.rows * instance.columns
    if not pixels or samples not in {0, 1, 3, 4} or allocated > 64:
        raise WorkstationError(ErrorCode.MALFORMED, "impossible image matrix")
    frame_bits = pixels * max(samples, 1) * (allocated or 8)
    if frame_bits // 8 > IMAGE_LIMIT_BYTES:
        raise WorkstationError(
            ErrorCode.TOO_LARGE, rows=instance.rows, columns=instance.columns
        )
    if elements.transfer_syntax in _NATIVE:
        subsampled = elements.value(0x00280004).startswith(b"YBR_FULL_422")
        declared = frame_bits * instance.frames // 8
        if file_size - elements.end < (declared * 2 // 3 if subsampled else declared):
            raise WorkstationError(ErrorCode.SHORT_PIXEL_DATA)
