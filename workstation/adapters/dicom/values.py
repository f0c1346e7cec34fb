"""Core's frozen dataclasses as JSON values and back, checked on arrival by their own types.

A dataclass becomes a list: its class name, then its fields in order. Arrays travel beside the JSON; their place
holds their number.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, partial
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from workstation.adapters.dicom.wire import Array, Json

_PLAIN = frozenset({str, int, float, bool, types.NoneType})

Kind = Any
"""A type as `get_type_hints` gives it."""
Decoder = Callable[[Json, Sequence[Array]], Any]


def encode(value: object, arrays: list[Array]) -> Json:
    """JSON form of `value`; arrays met on the way are appended to `arrays`."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, tuple):
        return [encode(item, arrays) for item in value]
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return len(arrays) - 1
    kind: Kind = type(value)
    names = field_names(kind)
    return [type(value).__name__, *(encode(getattr(value, name), arrays) for name in names)]


@cache
def field_names(kind: Kind) -> tuple[str, ...]:
    """Names of the constructor's fields of a dataclass, in order."""
    return tuple(field.name for field in fields(kind) if field.init)


@cache
def decoder(kind: Kind) -> Decoder:
    """The function that turns JSON and arrays into a `kind`, raising TypeError or ValueError for anything else."""
    origin: Kind = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return _union(get_args(kind))
    if origin is tuple:
        return _tuple(get_args(kind))
    if origin is np.ndarray:
        return lambda data, arrays: arrays[data]
    if is_dataclass(kind):
        return _dataclass(kind)
    return _exact(kind) if kind in {str, int, bool} else partial(_parsed, kind)


def _exact(kind: Kind) -> Decoder:
    def check(data: Json, _arrays: Sequence[Array]) -> Json:
        if type(data) is kind:
            return data
        raise TypeError(f"{type(data).__name__} is no {kind.__name__}")

    return check


def _parsed(kind: Kind, data: Json, _arrays: Sequence[Array]) -> Json:
    """Dates, enums and floats, from what JSON has for them."""
    if kind in {date, datetime}:
        return kind.fromisoformat(data)
    if kind is float and type(data) not in {int, float}:
        raise TypeError(f"{type(data).__name__} is no float")
    return kind(data)


def _dataclass(kind: Kind) -> Decoder:
    hints, names = get_type_hints(kind), field_names(kind)
    decoders = [decoder(hints[name]) for name in names]

    def decode(data: Json, arrays: Sequence[Array]) -> Json:
        name, *values = data
        if name != kind.__name__:
            raise TypeError(f"{name!r} is no {kind.__name__}")
        pairs = zip(names, decoders, values, strict=True)
        return kind(**{key: make(value, arrays) for key, make, value in pairs})

    return decode


def _tuple(kinds: tuple[Any, ...]) -> Decoder:
    if kinds[-1] is Ellipsis:
        item = decoder(kinds[0])
        return lambda data, arrays: tuple([item(value, arrays) for value in data])
    items = [decoder(kind) for kind in kinds]
    return lambda data, arrays: tuple(
        [item(value, arrays) for item, value in zip(items, data, strict=True)]
    )


def _union(kinds: tuple[Any, ...]) -> Decoder:
    optional = types.NoneType in kinds
    others = {
        getattr(kind, "__name__", ""): kind for kind in kinds if kind is not types.NoneType
    }
    if len(others) == 1:
        (only,) = others.values()
        single = decoder(only)
        return lambda data, arrays: None if data is None else single(data, arrays)
    decoders = {name: decoder(kind) for name, kind in others.items()}

    def decode(data: Json, arrays: Sequence[Array]) -> Json:
        return None if data is None and optional else decoders[data[0]](data, arrays)

    return decode
