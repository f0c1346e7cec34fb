"""Reading a torch checkpoint without running it.

A checkpoint is a pickle, and a pickle is a program: it is read by an unpickler that knows tensors and containers and
turns every other class into an inert record. This is the one file that may pickle; `model.convert` runs it in a child
process.
"""

from __future__ import annotations

import io
import pickle  # noqa: TID251  # nothing but the restricted unpickler below
import struct
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.runtime.errors import ModelError

LARGEST_FILE: Final = 1 << 30
LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C


class ConvertError(ModelError, ValueError):
    """A file from which no known network can be made."""


class Inert:
    """Stands for an object of any class: keeps its state, runs nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        self.state: dict[str, object] = {}

    def __setstate__(self, state: object) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        self.state = {}
        for part in parts:
            self.state |= part if isinstance(part, dict) else {}


@dataclass(frozen=True, slots=True)
class StorageType:
    """What a class of storages holds; frozen, so that no pickle can change it."""

    dtype: str


@dataclass(frozen=True, slots=True)
class Storage:
    """A block of numbers that tensors point into."""

    dtype: str
    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Stub:
    """A tensor before its storage is read."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


STORAGES: Final[Mapping[str, str]] = {
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}


def _stub(storage: Storage, offset: int, shape: Any, strides: Any, *_: object) -> Stub:  # noqa: ANN401
    return Stub(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _first(value: object, *_: object) -> object:
    return value


class RestrictedUnpickler(pickle.Unpickler):
    """Rebuilds tensors and ordered dictionaries; every other name becomes an `Inert` record."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401, D102
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name in {"_rebuild_tensor", "_rebuild_tensor_v2"}:
            return _stub
        if module == "torch._utils" and name == "_rebuild_parameter":
            return _first
        if module in {"torch", "torch.storage"} and name in STORAGES:
            return StorageType(STORAGES[name])
        return type(name[:80], (Inert,), {})

    def persistent_load(self, pid: Any) -> Storage:  # noqa: ANN401, D102
        kind, dtype, key, _, size = pid[:5]
        if kind != "storage" or not isinstance(dtype, StorageType):
            raise ConvertError(f"unknown persistent object {kind!r}")
        return Storage(dtype.dtype, str(key), int(size))


def read_checkpoint(path: Path) -> dict[str, NDArray[np.generic]]:
    """The tensors of a torch file by name, read without running anything in it.

    Raises
    ------
    ConvertError
        When it is no torch file, or one that lies about its sizes.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise ConvertError("larger than any known network")
        content, blocks = _read_zip(path) if zipfile.is_zipfile(path) else _read_legacy(path)
        stubs = dict(_tensors(content))
        return {name: _array(stub, blocks) for name, stub in stubs.items()}
    except (pickle.UnpicklingError, EOFError, KeyError, TypeError, ValueError, IndexError,
            AttributeError, struct.error, zipfile.BadZipFile, RecursionError) as error:  # fmt: skip
        raise ConvertError(f"{path} is no torch checkpoint: {str(error)[:200]}") from error


def _read_zip(path: Path) -> tuple[object, Mapping[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        if sum(info.file_size for info in infos.values()) > LARGEST_FILE:
            raise ConvertError("larger than any known network")
        pickled = next(name for name in (*infos, "") if name.endswith("data.pkl"))
        if not pickled:
            raise ConvertError("a zip without data.pkl")
        prefix = pickled.removesuffix("data.pkl") + "data/"
        content = RestrictedUnpickler(io.BytesIO(archive.read(pickled))).load()
        blocks = {
            name.removeprefix(prefix): archive.read(name)
            for name in infos
            if name.startswith(prefix)
        }
    return content, blocks


def _read_legacy(path: Path) -> tuple[object, Mapping[str, bytes]]:
    """The format before torch 1.6: pickles one after the other, then the storages."""
    with path.open("rb") as stream:
        if RestrictedUnpickler(stream).load() != LEGACY_MAGIC:
            raise ConvertError("no torch magic number")
        RestrictedUnpickler(stream).load()
        RestrictedUnpickler(stream).load()
        sizes: dict[str, int] = {}

        class Noting(RestrictedUnpickler):
            def persistent_load(self, pid: Any) -> Storage:  # noqa: ANN401
                storage = super().persistent_load(pid)
                sizes[storage.key] = np.dtype(storage.dtype).itemsize
                return storage

        content = Noting(stream).load()
        keys = RestrictedUnpickler(stream).load()
        blocks = {}
        for key in map(str, keys):
            (count,) = struct.unpack("<q", stream.read(8))
            if not 0 <= count * sizes[key] <= LARGEST_FILE:
                raise ConvertError("a storage of impossible size")
            blocks[key] = stream.read(count * sizes[key])
    return content, blocks


def _tensors(content: object, prefix: str = "") -> Iterator[tuple[str, Stub]]:
    """Named tensors of a state dict, a checkpoint round one, or a pickled module."""
    if isinstance(content, Stub):
        yield prefix.rstrip("."), content
    elif isinstance(content, Inert):
        for part in ("_parameters", "_buffers", "_modules"):
            yield from _tensors(content.state.get(part), prefix)
    elif isinstance(content, dict):
        inner = content.get("state_dict")
        for name, value in (inner if isinstance(inner, dict) else content).items():
            if isinstance(value, Stub | Inert):
                yield from _tensors(value, f"{prefix}{name}.")


def _array(stub: Stub, blocks: Mapping[str, bytes]) -> NDArray[np.generic]:
    flat = np.frombuffer(blocks[stub.storage.key], dtype=stub.storage.dtype)
    if min((*stub.shape, *stub.strides, stub.offset), default=0) < 0:
        raise ConvertError("a tensor with negative sizes")
    last = stub.offset + sum(
        (n - 1) * step for n, step in zip(stub.shape, stub.strides, strict=True)
    )
    if 0 not in stub.shape and last >= len(flat):
        raise ConvertError("a tensor reaches beyond its storage")
    view = np.lib.stride_tricks.as_strided(
        flat[stub.offset :],
        stub.shape,
        [step * flat.itemsize for step in stub.strides],
        writeable=False,
    )
    return view.copy()
