"""Messages between workstation and guarded child: a length, a JSON header, then raw bytes of arrays.

A message is a four-byte big-endian length, that many bytes of JSON, and the bytes of each array that the
header's ``arrays`` declares, in order, C-contiguous and little-endian.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from workstation.adapters.dicom.guard import IMAGE_LIMIT_BYTES

HEADER_LIMIT_BYTES = 64 << 20
_DTYPES = frozenset({"|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "|b1"})
_LENGTH = struct.Struct(">I")
_to_json = json.JSONEncoder(separators=(",", ":")).encode

Array = NDArray[Any]
Json = Any
"""A value as `json` gives it: unchecked until a `values.decoder` has seen it."""


class WireError(Exception):
    """The other side is gone, or sent what no honest side sends."""


def send(stream: BinaryIO, header: dict[str, Any], arrays: Sequence[Array] = ()) -> None:
    """Write one message and flush it."""
    if arrays:
        header = header | {"arrays": [[a.dtype.str, list(a.shape)] for a in arrays]}
    text = _to_json(header).encode()
    stream.write(_LENGTH.pack(len(text)) + text)
    stream.writelines(
        np.ascontiguousarray(array).reshape(-1).view(np.uint8).data for array in arrays
    )
    stream.flush()


def receive(stream: BinaryIO) -> tuple[dict[str, Any], list[Array]]:
    """Read one message; arrays are allocated only once what they declare was found to be within limits.

    Raises
    ------
    WireError
        When the stream ends or a declaration is beyond the limits.
    """
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    if length > HEADER_LIMIT_BYTES:
        raise WireError("header too long")
    try:
        header = json.loads(_exactly(stream, length))
        declared = [_declared(*entry) for entry in header.pop("arrays", ())]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise WireError("header not understood") from error
    if sum(dtype.itemsize * math.prod(shape) for dtype, shape in declared) > IMAGE_LIMIT_BYTES:
        raise WireError("arrays too large")
    arrays = []
    for dtype, shape in declared:
        array = np.empty(shape, dtype)
        _fill(stream, array.reshape(-1).view(np.uint8).data)
        arrays.append(array)
    return header, arrays


def _declared(dtype: str, shape: list[int]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    if dtype not in _DTYPES or not 1 <= len(shape) <= 3:
        raise ValueError("unknown array type")
    if min(shape) < 0:
        raise ValueError("impossible array shape")
    return np.dtype(dtype), tuple(shape)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise WireError("stream ended")
    return data


def _fill(stream: BinaryIO, target: memoryview) -> None:
    while len(target):
        count = stream.readinto(target)  # type: ignore[attr-defined]  # every binary pipe has it
        if not count:
            raise WireError("stream ended")
        target = target[count:]
