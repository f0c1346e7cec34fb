"""Checkpoints: one safetensors file with a JSON record in its header, replaced in one rename."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from model.runtime.errors import ModelError
from model.runtime.files import replacing

RECORD_KEY = "thoravue"


def write_checkpoint(
    path: Path, state: Mapping[str, Tensor], record: Mapping[str, Any]
) -> None:
    """Write state and record together; a kill leaves the old file or the new one, never half."""
    data = save(dict(state), metadata={RECORD_KEY: json.dumps(record)})
    with replacing(path) as partial, partial.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """State and record of a checkpoint.

    Raises
    ------
    ModelError
        When there is none, or the file is no checkpoint of ours.
    """
    if not path.is_file():
        raise ModelError(f"there is no run in {path.parent}: it has no {path.name}")
    try:
        with safe_open(path, framework="pt") as stream:
            record = json.loads((stream.metadata() or {})[RECORD_KEY])
            state = {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError) as error:
        raise ModelError(f"{path} is no checkpoint of a training run, or damaged") from error
    return state, record
