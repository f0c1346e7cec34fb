"""The protocol between workstation and child: round trips, and what a hostile child may not do."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc

import numpy as np
import pytest

from tests.factories.films import make_film, make_instance
from workstation.adapters.dicom.values import decoder, encode
from workstation.adapters.dicom.wire import Array, WireError, receive, send
from workstation.core.image import LookupTable, Rescale
from workstation.core.study import Instance


def raw_message(header: object, body: bytes = b"") -> io.BytesIO:
    text = json.dumps(header).encode()
    return io.BytesIO(struct.pack(">I", len(text)) + text + body)


def test_a_message_survives_the_wire() -> None:
    stream = io.BytesIO()
    arrays = [np.arange(6, dtype=np.int16).reshape(2, 3), np.array([True, False])]
    send(stream, {"value": [1, "王"]}, arrays)
    stream.seek(0)
    header, received = receive(stream)
    assert header == {"value": [1, "王"]}
    for sent, got in zip(arrays, received, strict=True):
        assert got.dtype == sent.dtype
        np.testing.assert_array_equal(got, sent)


def test_what_is_declared_beyond_the_limit_is_refused_before_it_is_allocated() -> None:
    tracemalloc.start()
    with pytest.raises(WireError):
        receive(raw_message({"arrays": [["<u2", [32768, 32768]]]}))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    "stream",
    [
        raw_message({"arrays": [["|O", [2]]]}),
        raw_message({"arrays": [["<u2", [-1, 4]]]}),
        raw_message({"arrays": [["<u2", [4]]]}, b"1234"),
        raw_message([1]),
        io.BytesIO(b"\xff\xff\xff\xff{}"),
        io.BytesIO(b"\0\0\0\x09{}"),
        io.BytesIO(b""),
    ],
)
def test_dishonest_messages(stream: io.BytesIO) -> None:
    with pytest.raises(WireError):
        receive(stream)


def test_values_come_back_as_they_went() -> None:
    arrays: list[Array] = []
    instance = make_instance()
    assert (
        decoder(Instance)(json.loads(json.dumps(encode(instance, arrays))), arrays) == instance
    )
    film = make_film()
    table = LookupTable(first=-3, values=np.arange(5, dtype=np.uint16), bits=12)
    either = decoder(Rescale | LookupTable)
    assert either(encode(film.modality_transform, arrays), arrays) == film.modality_transform
    back = either(encode(table, arrays), arrays)
    assert (back.first, back.bits) == (-3, 12)
    np.testing.assert_array_equal(back.values, table.values)


@pytest.mark.parametrize("place", [0, 2, 20, -1])
def test_values_of_another_type_are_refused(place: int) -> None:
    data = encode(make_instance(), [])
    data[place] = {"a": 1}
    with pytest.raises((TypeError, ValueError)):
        decoder(Instance)(data, [])
