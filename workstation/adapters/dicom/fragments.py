"""Encapsulated frames (PS3.5 A.4): their bytes, and what their own headers declare."""

from __future__ import annotations

import struct

from pydicom.encaps import get_frame

from workstation.adapters.dicom.elements import Elements, PixelPlace
from workstation.core.errors import ErrorCode, WorkstationError

_MOST_FRAGMENTS = 100_000
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


def frame_bytes(elements: Elements, place: PixelPlace, *, frames: int, frame: int) -> bytes:
    """The compressed bytes of one frame, its fragments joined.

    Raises
    ------
    WorkstationError
        ``short_pixel_data``, ``suspicious`` or ``malformed``.
    """
    fragments, end = _fragments(elements, place.offset)
    if frames == 1 and len(fragments) > 1:  # the first is the offset table
        return b"".join([elements.buffer[part] for part in fragments[1:]])
    data = elements.buffer[place.offset : end]
    offsets = elements.value(0x7FE00001), elements.value(0x7FE00002)
    try:
        return get_frame(
            data,
            frame,
            number_of_frames=frames,
            extended_offsets=offsets if all(offsets) else None,
        )
    except (ValueError, EOFError) as error:
        raise WorkstationError(ErrorCode.SHORT_PIXEL_DATA, "no such frame") from error


def _fragments(elements: Elements, position: int) -> tuple[list[slice], int]:
    """Where the values of the items lie, and where the last one ends."""
    buffer, size = elements.buffer, len(elements.buffer)
    found: list[slice] = []
    for _ in range(_MOST_FRAGMENTS):
        if position + 8 > size:
            # Some writers forget the delimiter; a cut fragment is another matter.
            if position >= size:
                return found, size
            break
        tag = buffer[position : position + 4]
        length = int.from_bytes(buffer[position + 4 : position + 8], "little")
        if tag == _END:
            return found, position + 8
        if tag != _ITEM:
            raise WorkstationError(ErrorCode.MALFORMED, "no fragment")
        found.append(slice(position + 8, position + 8 + length))
        position += 8 + length
        if position > size:
            break
    else:
        raise WorkstationError(ErrorCode.SUSPICIOUS, "too many fragments")
    raise WorkstationError(ErrorCode.SHORT_PIXEL_DATA, "fragment cut")


def declared_size(data: bytes) -> tuple[int, int, int] | None:
    """Rows, columns and sample precision that a JPEG, JPEG-LS or JPEG 2000 codestream declares, if it is one.

    ISO/IEC 10918-1 B.2.2, 14495-1 C.2.2, 15444-1 A.5.1.
    """
    if data.startswith(b"\xff\x4f\xff\x51") and len(data) >= 43:
        width, height, left, top = struct.unpack_from(">4I", data, 8)
        return height - top, width - left, (data[42] & 0x7F) + 1
    if not data.startswith(b"\xff\xd8"):
        return None
    position = 2
    while position + 9 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in {0xF7, *range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}:
            precision, rows, columns = struct.unpack_from(">BHH", data, position + 4)
            return rows, columns, precision
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
    return None
