"""Core types as JSON text and back, exactly: events, headers, analyses and reasons."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, TypeVar, get_args

import numpy as np
from cattrs import Converter
from cattrs.strategies import configure_tagged_union
from numpy.typing import NDArray

from workstation.core.errors import Parameter
from workstation.core.review import Change

T = TypeVar("T")
# json.dumps would build this anew for every record.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_text(value: object, kind: Any = None) -> str:  # noqa: ANN401 - a type, or a union of types
    """`value` as compact JSON; `kind` names its declared type where that is a union."""
    plain = _CONVERTER.unstructure(value, unstructure_as=kind or type(value))
    return _ENCODER.encode(plain)


def from_text(text: str, kind: type[T]) -> T:
    """The inverse of `to_text`; raises what `kind` raises for values it refuses."""
    return _CONVERTER.structure(json.loads(text), kind)


def _matrix_to_plain(matrix: NDArray[np.float32]) -> dict[str, Any]:
    little = np.ascontiguousarray(matrix, dtype="<f4")
    return {"shape": list(matrix.shape), "f4": base64.b64encode(little.tobytes()).decode()}


def _matrix_from_plain(plain: Mapping[str, Any], _kind: object) -> NDArray[np.float32]:
    values = np.frombuffer(base64.b64decode(plain["f4"]), dtype="<f4")
    return values.astype(np.float32).reshape(plain["shape"])


def _is_matrix(kind: object) -> bool:
    return kind == NDArray[np.float32]


def _is_parameter(kind: object) -> bool:
    return kind == Parameter


def _made_converter() -> Converter:
    converter = Converter()
    for kind in (datetime, date):
        converter.register_unstructure_hook(kind, lambda value: value.isoformat())
        converter.register_structure_hook(kind, lambda text, k: k.fromisoformat(text))
    converter.register_unstructure_hook_func(_is_matrix, _matrix_to_plain)
    converter.register_structure_hook_func(_is_matrix, _matrix_from_plain)
    converter.register_structure_hook_func(_is_parameter, lambda value, _kind: value)
    converter.register_unstructure_hook(MappingProxyType, dict)
    configure_tagged_union(Change, converter, tag_name="change")
    assert len(get_args(Change)) >= 6  # noqa: S101 - a union, not one class
    return converter


_CONVERTER = _made_converter()
