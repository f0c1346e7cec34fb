"""Checkpoints: one safetensors file with a JSON record in its header, replaced in one rename."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

RECORD_KEY = "thoravue"


def write_checkpoint(
    path: Path, state: Mapping[str, Tensor], record: Mapping[str, Any]
) -> None:
    """Write state and record together; a kill leaves the old file or the new one, never half."""
    partial = path.with_suffix(".partial")
    save_file(dict(state), partial, metadata={RECORD_KEY: json.dumps(record)})
    with partial.open("rb+") as stream:
        os.fsync(stream.fileno())
    partial.replace(path)


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """State and record of a checkpoint.

    Raises
    ------
    ValueError
        When the file is no checkpoint of ours.
    """
    with safe_open(path, framework="pt") as stream:
        metadata = stream.metadata() or {}
        if RECORD_KEY not in metadata:
            raise ValueError(f"{path.name} is no checkpoint")
        state = {key: stream.get_tensor(key) for key in stream.keys()}  # noqa: SIM118
    return state, json.loads(metadata[RECORD_KEY])
