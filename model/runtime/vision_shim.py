"""torchvision as pytorch-grad-cam needs it, also where its compiled operators are missing.

A CPU torch from another source than torchvision's wheel leaves `torchvision::nms` undefined, and
`import torchvision` fails (seen with torch 2.13 and torchvision 0.28). The two operators that its import
registers fake kernels for are then declared; nothing here ever calls them.
"""

from __future__ import annotations

import functools
import importlib
from types import ModuleType
from typing import Any

import torch

_DECLARATIONS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)


@functools.cache
def import_torchvision() -> tuple[ModuleType, object | None]:
    """The real import first; with declared operators where that fails.

    The second value keeps the declarations alive; it is None where none were needed.
    """
    try:
        return importlib.import_module("torchvision"), None
    except (RuntimeError, ImportError):
        library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for declaration in _DECLARATIONS:
            library.define(declaration)
        return importlib.import_module("torchvision"), library
