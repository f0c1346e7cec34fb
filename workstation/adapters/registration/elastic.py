"""Registration with SimpleITK: an affine map of the light, then of its local contrast, then a grid of cubic B-splines.

The measure is correlation throughout, so that exposure and contrast of the two films may differ. Importing this module
imports SimpleITK, which holds the interpreter for a moment: after the first paint, with the other engines.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import SimpleITK

from workstation.core.comparison import Picture, Places, local_contrast
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.geometry import Affine2D
from workstation.core.jobs import CancelToken, JobContext, Progress

# Coarse to fine: pictures shrunk and smoothed by this much.
_LEVELS = {8: 4.0, 4: 2.0, 2: 1.0}
_LIGHT_LEVELS, _CONTRAST_LEVELS, _ELASTIC_LEVELS = (8, 4), (4, 2), (8, 4)
_AFFINE_STEPS, _ELASTIC_STEPS = 120, 80
_AFFINE_STRIDE_PX, _ELASTIC_STRIDE_PX = 1.0, 2.0
# Grid cells along either side: breathing and posture are followed, a single lesion is not warped away.
_CELLS = (4, 4)

# SimpleITK's classes come without types.
sitk: Any = SimpleITK
Image: TypeAlias = Any
Transform: TypeAlias = Any
Method: TypeAlias = Any
Images: TypeAlias = tuple[Image, Image]


class ElasticRegistration:
    """Implements `workstation.core.ports.FilmRegistration` for one thread at a time."""

    def __init__(self, *, threads: int) -> None:
        self._threads = threads

    def align(
        self, fixed: Picture, moving: Picture, context: JobContext, *, start: Affine2D
    ) -> tuple[Places, ...]:
        """An affine and an elastic map from pixels of `fixed` to those of `moving`.

        Raises
        ------
        CancelledError
            When the reader stopped it; at most one iteration, about a tenth of a second, later.
        WorkstationError
            ``registration_failed`` when SimpleITK finds no overlap.
        """
        light = (_image(fixed), _image(moving))
        contrast = (_image(local_contrast(fixed)), _image(local_contrast(moving)))
        context.token.raise_if_cancelled()
        try:
            affine = _started(start, fixed.shape)
            self._improve(affine, light, context, _LIGHT_LEVELS)
            self._improve(affine, contrast, context, _CONTRAST_LEVELS)
            spline = sitk.BSplineTransformInitializer(light[0], list(_CELLS), order=3)
            self._improve(spline, contrast, context, _ELASTIC_LEVELS, after=affine)
        except RuntimeError as error:  # what SimpleITK raises for everything
            raise WorkstationError(
                ErrorCode.REGISTRATION_FAILED, type(error).__name__, before=0.0, after=0.0
            ) from error
        both = sitk.CompositeTransform([affine, spline])
        return tuple(_places(light[0], transform) for transform in (affine, both))

    def _improve(
        self,
        transform: Transform,
        images: Images,
        context: JobContext,
        levels: tuple[int, ...],
        *,
        after: Transform = None,
    ) -> None:
        """Improve `transform` in place; a spline comes before the affine map `after`."""
        method = self._method(levels)
        stage, steps, stride = "affine", _AFFINE_STEPS, _AFFINE_STRIDE_PX
        if after is not None:
            stage, steps, stride = "elastic", _ELASTIC_STEPS, _ELASTIC_STRIDE_PX
            method.SetMovingInitialTransform(after)
        # LBFGSB would need no more steps, but does not stop when it is asked to.
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=stride,
            minStep=1e-3,
            numberOfIterations=steps // len(levels),
            relaxationFactor=0.6,
            gradientMagnitudeTolerance=1e-8,
        )
        method.SetOptimizerScalesFromPhysicalShift()
        method.SetInitialTransform(transform, inPlace=True)
        _watch(method, context, stage, steps)
        method.Execute(*images)
        context.token.raise_if_cancelled()

    def _method(self, levels: tuple[int, ...]) -> Method:
        method = sitk.ImageRegistrationMethod()
        method.SetNumberOfThreads(self._threads)
        method.SetMetricAsCorrelation()
        method.SetInterpolator(sitk.sitkLinear)
        method.SetShrinkFactorsPerLevel(levels)
        method.SetSmoothingSigmasPerLevel([_LEVELS[level] for level in levels])
        method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOff()
        return method


def _image(picture: Picture) -> Image:
    return sitk.GetImageFromArray(np.ascontiguousarray(picture))


def _started(start: Affine2D, shape: tuple[int, ...]) -> Transform:
    """`start` with its parameters counted from the picture's middle: turning about it moves no corner far."""
    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    to_x, to_y = start((x, y))
    transform = sitk.AffineTransform(2)
    transform.SetMatrix((start.a, start.b, start.d, start.e))
    transform.SetCenter((x, y))
    transform.SetTranslation((to_x - x, to_y - y))
    return transform


def _watch(method: Method, context: JobContext, stage: str, total: int) -> None:
    """Report every iteration, and stop at the next one when asked to."""
    token: CancelToken = context.token
    count = 0

    def iterated() -> None:
        nonlocal count
        count += 1
        context.report(Progress(stage=stage, done=min(count, total), total=total))
        if token.is_cancelled:
            method.StopRegistration()

    method.AddCommand(sitk.sitkIterationEvent, iterated)


def _places(fixed: Image, transform: Transform) -> Places:
    field = sitk.TransformToDisplacementField(
        transform,
        sitk.sitkVectorFloat64,
        fixed.GetSize(),
        fixed.GetOrigin(),
        fixed.GetSpacing(),
    )
    shift = sitk.GetArrayFromImage(field)
    rows, columns = shift.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns]
    return np.asarray(shift + np.stack([x, y], axis=-1), dtype=np.float32)
