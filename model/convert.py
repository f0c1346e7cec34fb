"""Foreign weights into a package: `python -m model.convert --weights W.pt --id ID --version 1.0.0 --out FILE`.

It knows two layouts: torchxrayvision's DenseNet-121 (a pickled module or a state dict, grey input in
-1024..1024) and CheXNet's (a checkpoint of a three-channel DenseNet-121 with 14 outputs, old or new names).
A checkpoint is a pickle, and a pickle is a program: it is read in a child process by an unpickler that knows
tensors and containers and turns every other class into an inert record. This is the one file that may pickle.

A converted package says "uncalibrated": its scores rank films, they are no probabilities and have no threshold.
"""

from __future__ import annotations

import argparse
import io
import logging
import pickle  # noqa: TID251  # nothing but the restricted unpickler below
import re
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save, save_file

from model.runtime.architecture import DENSENET121, PREPROCESS_VERSION, NetworkConfig
from model.runtime.labels import FINDING_CODES, label_name
from model.runtime.metadata import GoldenVector, LabelRecord, PackageMetadata
from model.runtime.network import build_network
from model.runtime.package import CARD, METADATA, WEIGHTS, PackageError, open_package
from model.runtime.package_writer import key_from_environment, metadata_bytes, write_members
from model.runtime.predict import Predictor, golden_input

log = logging.getLogger("model.convert")
SIZE: Final = 224
CHILD_SECONDS: Final = 120
LARGEST_FILE: Final = 1 << 30
GOLDEN_SEEDS: Final = (1, 2, 3)
LEGACY_MAGIC: Final = 0x1950A86A20F9469CFC6C
# torchxrayvision's order of outputs (its `models.py`, `default_pathologies`).
XRV_CODES: Final = (
    *("atelectasis", "consolidation", "infiltration", "pneumothorax", "edema", "emphysema"),
    *("fibrosis", "effusion", "pneumonia", "pleural_thickening", "cardiomegaly", "nodule"),
    *("mass", "hernia", "lung_lesion", "fracture", "lung_opacity"),
    "enlarged_cardiomediastinum",
)
CARD_TEXT: Final = (
    '<!doctype html><html><head><meta charset="utf-8"><title>{name}</title></head><body>'
    '<section lang="en"><h1>Model card: {name}</h1><p>Converted from foreign weights ({layout}). '
    "Uncalibrated: scores rank films; they are no probabilities and have no thresholds until the "
    "package is recalibrated on local cases. Its original preprocessing differed from this program's. "
    "See the weights' source for training data, figures and licence.</p></section>"
    '<section lang="zh"><h1>模型说明卡:{name}</h1><p>由外部权重({layout})转换而来。未经校准:在用本地病例重新校准之前,'
    "分数仅可用于排序,不是概率,也没有阈值。其原有预处理与本程序不同。训练数据、性能与许可请见权重来源。</p></section>"
    "</body></html>"
)


class ConvertError(ValueError):
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
        raise ConvertError(f"no torch checkpoint: {str(error)[:200]}") from error


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


def known_weights(
    arrays: Mapping[str, NDArray[np.generic]],
) -> tuple[dict[str, torch.Tensor], NetworkConfig, tuple[str, ...], str]:
    """Weights under this program's names, their network, label codes and layout.

    Raises
    ------
    ConvertError
        When they are not those of a known layout.
    """
    renamed = {_renamed(name): np.array(a) for name, a in arrays.items() if _wanted(name)}
    first, last = renamed.get("features_.conv0.weight"), renamed.get("head.weight")
    if first is None or last is None or first.ndim != 4 or last.ndim != 2:
        raise ConvertError("not a DenseNet-121 of a known layout")
    channels, outputs = first.shape[1], last.shape[0]
    known = {
        (1, len(XRV_CODES)): ("torchxrayvision", XRV_CODES),
        (3, 14): ("CheXNet", FINDING_CODES),
    }
    if (channels, outputs) not in known:
        raise ConvertError(f"{channels} channels and {outputs} outputs are of no known layout")
    layout, codes = known[channels, outputs]
    config = NetworkConfig(
        architecture=DENSENET121,
        labels=outputs,
        channels=channels,
        mean=0.5,
        # torchxrayvision feeds -1024..1024.
        scale=1 / 2048 if channels == 1 else 1.0,
    )
    weights = {
        name: torch.from_numpy(a).float() if a.dtype.kind == "f" else torch.from_numpy(a)
        for name, a in renamed.items()
    }
    own = build_network(config).state_dict()
    # Checkpoints before torch 0.4.1 have no such counters; they take no part in the answer.
    counters = {n: t for n, t in own.items() if n.endswith("num_batches_tracked")}
    weights = {**counters, **weights}
    wrong = sorted(set(own) ^ set(weights)) or [
        name for name, tensor in weights.items() if tensor.shape != own[name].shape
    ]
    if wrong:
        raise ConvertError(f"weights that do not fit: {', '.join(wrong[:5])}")
    return weights, config, codes, layout


def _wanted(name: str) -> bool:
    return "features." in name or "classifier." in name


def _renamed(name: str) -> str:
    name = re.sub(r"^(module\.)?(densenet121\.)?", "", name)
    # Names before torch 0.4: denselayer1.norm.1.weight.
    name = re.sub(r"(denselayer\d+\.(?:norm|conv))\.(\d)\.", r"\1\2.", name)
    name = re.sub(r"^classifier\.(0\.)?", "head.", name)
    return re.sub(r"^features\.", "features_.", name)


def convert(weights: Path, out: Path, *, package_id: str, version: str) -> PackageMetadata:
    """Read a checkpoint in a child process and write the package.

    Raises
    ------
    ConvertError
        When the file is of no known layout, or reading it fails or takes too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        read = Path(folder) / "weights.safetensors"
        command = [
            sys.executable,
            "-m",
            "model.convert",
            "--read",
            str(weights),
            "--out",
            str(read),
        ]
        try:
            child = subprocess.run(  # noqa: S603  (this very module)
                command, capture_output=True, timeout=CHILD_SECONDS, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ConvertError("reading took too long") from error
        if child.returncode or not read.is_file():
            raise ConvertError(
                child.stderr.decode(errors="replace").strip()[-300:] or "crashed"
            )
        arrays = {name: tensor.numpy() for name, tensor in load_file(read).items()}
    state, config, codes, layout = known_weights(arrays)
    metadata = PackageMetadata(
        package_id=package_id,
        version=version,
        description=f"converted from {layout} weights; uncalibrated",
        task="classification of findings on frontal chest films",
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        licence="see the source of the weights",
        network=config,
        input_size=SIZE,
        preprocess_version=PREPROCESS_VERSION,
        labels=tuple(_label(code) for code in codes),
        limits={"age_years_min": 18.0, "views": ["PA", "AP"], "modality": ["CR", "DX"]},
    )
    members = {
        WEIGHTS: save(state),
        CARD: CARD_TEXT.format(name=f"{package_id} {version}", layout=layout).encode(),
    }
    write_members(out, members | {METADATA: metadata_bytes(metadata)})
    metadata = replace(metadata, golden=_golden(out))
    members[METADATA] = metadata_bytes(metadata)
    write_members(out, members, signing_key=key_from_environment())
    Predictor(open_package(out)).check_golden()
    return metadata


def _label(code: str) -> LabelRecord:
    names = label_name(code)
    return LabelRecord(code=code, name=names.name, snomed=names.snomed, radlex=names.radlex)


def _golden(path: Path) -> tuple[GoldenVector, ...]:
    predictor = Predictor(open_package(path))
    return tuple(
        GoldenVector(
            seed=seed,
            logits=tuple(map(float, predictor.predict(golden_input(seed, SIZE)).logits)),
        )
        for seed in GOLDEN_SEEDS
    )


def _read_as_child(path: Path, out: Path) -> None:
    arrays = read_checkpoint(path)
    save_file({name: torch.from_numpy(np.array(a)) for name, a in arrays.items()}, out)


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert; 0 on success, 2 when the weights are of no known layout."""
    parser = argparse.ArgumentParser(prog="python -m model.convert", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--weights", type=Path, help="a .pt, .pth or .pth.tar file")
    source.add_argument("--read", type=Path, help=argparse.SUPPRESS)  # what the child is told
    parser.add_argument("--id", default="imported")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        if options.read:
            _read_as_child(options.read, options.out)
        else:
            convert(
                options.weights, options.out, package_id=options.id, version=options.version
            )
    except (ConvertError, PackageError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
