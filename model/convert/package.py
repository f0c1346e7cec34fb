"""A foreign checkpoint into a package that says "uncalibrated": its scores rank films, they are no probabilities."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from safetensors.torch import load_file, save

from model.convert.checkpoint import ConvertError
from model.convert.layouts import known_weights
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.labels import label_name
from model.runtime.metadata import GoldenVector, LabelRecord, PackageMetadata
from model.runtime.package import CARD, METADATA, WEIGHTS, open_package
from model.runtime.package_writer import key_from_environment, metadata_bytes, write_members
from model.runtime.predict import Predictor, golden_input

SIZE: Final = 224
CHILD_SECONDS: Final = 120
GOLDEN_SEEDS: Final = (1, 2, 3)
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
