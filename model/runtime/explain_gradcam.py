"""Gradient-based maps by pytorch-grad-cam, imported late: the inference path never needs it.

It is the oracle of the tests, and the engine for networks whose head is not linear after pooling.

The library's hooks change the network while they live: one explanation at a time.
"""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.runtime.map_network import MapNetwork
from model.runtime.predict import Predictor
from model.runtime.vision_shim import import_torchvision


class CamMethod(Enum):
    """The methods on offer."""

    GRAD_CAM = "gradcam"
    GRAD_CAM_PLUS_PLUS = "gradcam++"
    LAYER_CAM = "layercam"
    EIGEN_CAM = "eigencam"
    SCORE_CAM = "scorecam"


class _Tapped(nn.Module):
    """The network with a module of its own at the feature maps, for the library to hook."""

    def __init__(self, network: MapNetwork) -> None:
        super().__init__()
        self.network = network
        self.tap = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        # A clone: the library's CPU copy aliases the tensor that an in-place layer would change.
        maps: Tensor = self.tap(self.network.features(x).clone())
        logits: Tensor = self.network.head(maps.mean(dim=(2, 3)))
        return logits


def explain(
    predictor: Predictor,
    model_input: NDArray[np.float32],
    label: int,
    method: CamMethod = CamMethod.GRAD_CAM,
) -> NDArray[np.float32]:
    """One label's map, ``(size, size)`` in 0-1, scaled by the library per map: not log-odds."""
    with _engine(predictor, method) as engine:
        scaled = engine(input_tensor=_batch(model_input), targets=[_target(label)])
    return np.asarray(scaled[0], dtype=np.float32)


def unscaled(
    predictor: Predictor,
    model_input: NDArray[np.float32],
    label: int,
    method: CamMethod = CamMethod.GRAD_CAM,
) -> NDArray[np.float32]:
    """One label's map on the feature grid ``(h, w)`` before the library's scaling, never negative."""
    with _engine(predictor, method) as engine:
        targets, batch = [_target(label)], _batch(model_input)
        logits = engine.activations_and_grads(batch)
        if engine.uses_gradients:
            sum(t(o) for t, o in zip(targets, logits, strict=True)).backward()
        acts = engine.activations_and_grads
        maps = acts.activations[0].detach().numpy()
        gradients = acts.gradients[0].detach().numpy() if acts.gradients else None
        layer = engine.target_layers[0]
        cam = engine.get_cam_image(batch, layer, targets, maps, gradients, eigen_smooth=False)
    return np.maximum(np.asarray(cam[0], dtype=np.float32), 0.0)


def _batch(model_input: NDArray[np.float32]) -> Tensor:
    # The network's own weights are frozen: gradients reach the maps from the input.
    batch = torch.from_numpy(np.array(model_input, dtype=np.float32)[None, None])
    return batch.requires_grad_()


def _target(label: int) -> Any:  # noqa: ANN401  (the library is untyped)
    import_torchvision()
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    return ClassifierOutputTarget(label)


def _engine(predictor: Predictor, method: CamMethod) -> Any:  # noqa: ANN401  (the library is untyped)
    import_torchvision()
    import pytorch_grad_cam as library

    classes = {
        CamMethod.GRAD_CAM: library.GradCAM,
        CamMethod.GRAD_CAM_PLUS_PLUS: library.GradCAMPlusPlus,
        CamMethod.LAYER_CAM: library.LayerCAM,
        CamMethod.EIGEN_CAM: library.EigenCAM,
        CamMethod.SCORE_CAM: library.ScoreCAM,
    }
    tapped = _Tapped(predictor.network).eval()
    return classes[method](model=tapped, target_layers=[tapped.tap])
