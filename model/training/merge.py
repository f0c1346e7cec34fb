"""Several runs into one network: trunks side by side, their heads averaged.

The mean of the runs' logits is again linear in the concatenated pooled features, so an ensemble keeps
its evidence maps and needs no distillation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model.films.leakage import both
from model.runtime.architecture import NetworkConfig
from model.runtime.errors import ModelError
from model.runtime.map_network import MapNetwork
from model.runtime.network import build_network
from model.training.checkpoint import read_checkpoint
from model.training.folder import trained_by


def averaged_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The averaged (EMA) weights of a checkpoint, and its record."""
    state, record = read_checkpoint(path)
    return {k.removeprefix("ema."): v for k, v in state.items() if k.startswith("ema.")}, record


def merged_network(checkpoints: Sequence[Path]) -> tuple[MapNetwork, dict[str, Any]]:
    """One network whose logits are the mean of the runs' logits, with the last run's record and all runs' films.

    Raises
    ------
    ModelError
        When the runs differ in labels, preprocessing or width.
    """
    runs = [averaged_weights(path) for path in checkpoints]
    records = [record for _, record in runs]
    for path, record in zip(checkpoints, records, strict=True):
        if "codes" not in record:
            raise ModelError(f"{path.parent} is no run of model.training")
    for key in ("codes", "preprocess_version"):
        if any(record[key] != records[0][key] for record in records):
            raise ModelError(f"the runs differ in {key}")
    if len({record["config"]["width"] for record in records}) > 1:
        raise ModelError("the runs differ in width")
    single = NetworkConfig(
        labels=len(records[0]["codes"]), width=int(records[0]["config"]["width"])
    )
    merged: dict[str, Tensor] = {}
    for number, (weights, _) in enumerate(runs):
        for name, value in weights.items():
            if name.startswith("trunks.0."):
                merged[name.replace("trunks.0.", f"trunks.{number}.", 1)] = value
    heads = [weights["head.weight"] for weights, _ in runs]
    biases = [weights["head.bias"] for weights, _ in runs]
    merged["head.weight"] = torch.cat(heads, dim=1) / len(runs)
    merged["head.bias"] = torch.stack(biases).mean(dim=0)
    network = build_network(replace(single, trunks=len(runs)))
    network.load_state_dict(merged)
    films = reduce(both, map(trained_by, records))
    whole = {**records[-1], "trained_films": None if films is None else films.as_json()}
    return network.eval(), whole
