"""The foreign networks that are known: their names, outputs and inputs, brought to this program's own.

torchxrayvision's DenseNet-121 has grey input in -1024..1024; CheXNet's is a three-channel DenseNet-121 with 14
outputs, whose old checkpoints have other names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from model.convert.checkpoint import ConvertError
from model.runtime.architecture import DENSENET121, NetworkConfig
from model.runtime.labels import FINDING_CODES
from model.runtime.network import build_network

# torchxrayvision's order of outputs (its `models.py`, `default_pathologies`).
XRV_CODES: Final = (
    *("atelectasis", "consolidation", "infiltration", "pneumothorax", "edema", "emphysema"),
    *("fibrosis", "effusion", "pneumonia", "pleural_thickening", "cardiomegaly", "nodule"),
    *("mass", "hernia", "lung_lesion", "fracture", "lung_opacity"),
    "enlarged_cardiomediastinum",
)


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
