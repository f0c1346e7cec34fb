"""From the presented film to what a network sees: one versioned function for training and inference.

Both sides run this very code. Its output lies on a grid of 1/65535, so that a training cache of
16-bit integers holds exactly what inference computes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

import numpy as np
import SimpleITK
from numpy.typing import NDArray

# SimpleITK ships no types; this is the one place that forgives it.
sitk: Any = SimpleITK
FilmImage = Any

# Robust percentiles: one marker pixel must not set the range (design, "One preprocessing function").
LOW_PERCENTILE: Final = 0.5
HIGH_PERCENTILE: Final = 99.5
# A film whose robust range is under 1/255 of the full range carries nothing to look at.
FLAT_RANGE: Final = 1.0 / 255.0
SMALLEST_SIDE: Final = 32
# Percentiles of every n-th row and column: on films they differ from the full ones by < 2e-3.
PERCENTILE_SAMPLES: Final = 250_000
GRID: Final = 65535.0


class Denoise(Enum):
    """Optional denoising of the reduced film; off by default, recorded in the result."""

    NONE = "none"
    MEDIAN = "median"
    CURVATURE_FLOW = "curvature_flow"


class RefusalReason(Enum):
    """Why a film cannot be preprocessed."""

    NOT_A_FILM = "not_a_film"
    TOO_SMALL = "too_small"
    NOT_FINITE = "not_finite"
    FLAT = "flat"


class PreprocessError(ValueError):
    """A film from which no model input can be made.

    Parameters
    ----------
    reason
        The cause, for the caller to translate.
    """

    def __init__(self, reason: RefusalReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Preprocessed:
    """A model input and its place on the film.

    Parameters
    ----------
    model_input
        ``(size, size)`` float32 in 0-1 on a grid of 1/65535, read-only; 0 outside the film.
    to_film
        ``(2, 3)`` float64, read-only: acts on ``(x, y, 1)`` of a model-input pixel centre and gives
        ``(x, y)`` in film pixels, the centre of the first pixel of either being ``(0, 0)``.
    denoise
        Name of the denoising that was applied, ``none`` as a rule.
    """

    model_input: NDArray[np.float32]
    to_film: NDArray[np.float64]
    denoise: str


def preprocess(
    presented: NDArray[np.float32],
    *,
    size: int,
    denoise: Denoise = Denoise.NONE,
    pixel_aspect: float = 1.0,
) -> Preprocessed:
    """Make the network's input from a presented film.

    Parameters
    ----------
    presented
        ``(rows, columns)`` in 0-1, bright = dense, as `workstation.core.display` gives it.
    size
        Side of the square model input in pixels.
    denoise
        Denoising of the reduced film.
    pixel_aspect
        Height of a pixel divided by its width, where the file says so.

    Raises
    ------
    PreprocessError
        For anything but a two-dimensional film, one that is too small, flat or not finite.
    ValueError
        For a size under 16 or an aspect outside 0.1-10.
    """
    if size < 16 or not 0.1 <= pixel_aspect <= 10:
        raise ValueError("size must be at least 16, the pixel aspect between 0.1 and 10")
    low, high = _robust_range(presented)
    rows, columns = presented.shape
    scale = max(columns, rows * pixel_aspect) / size
    scale_x, scale_y = scale, scale / pixel_aspect
    reduced, bins = _binned(presented, max(1, int(scale_x)), max(1, int(scale_y)))
    reduced = np.clip(
        (reduced - low) * np.float32(1.0 / (high - low)), 0.0, 1.0, dtype=np.float32
    )
    image = _denoised(sitk.GetImageFromArray(np.ascontiguousarray(reduced)), denoise)
    image = _smoothed(image, scale_x / bins[0], scale_y / bins[1])
    # Continuous edges: the film covers [-0.5, columns - 0.5] and is centred on the square.
    offset_x = (columns - size * scale_x) / 2 - 0.5 + scale_x / 2
    offset_y = (rows - size * scale_y) / 2 - 0.5 + scale_y / 2
    to_film = np.array([[scale_x, 0.0, offset_x], [0.0, scale_y, offset_y]])
    model_input = _resampled(image, to_film, bins, size)
    model_input.setflags(write=False)
    to_film.setflags(write=False)
    return Preprocessed(model_input=model_input, to_film=to_film, denoise=denoise.value)


def _robust_range(presented: NDArray[np.float32]) -> tuple[np.float32, np.float32]:
    if presented.ndim != 2:
        raise PreprocessError(RefusalReason.NOT_A_FILM)
    if min(presented.shape) < SMALLEST_SIDE:
        raise PreprocessError(RefusalReason.TOO_SMALL)
    # A NaN makes the minimum NaN; the two passes cost less than one over a mask.
    if not (math.isfinite(float(presented.min())) and math.isfinite(float(presented.max()))):
        raise PreprocessError(RefusalReason.NOT_FINITE)
    # An odd step does not fall in with grids and line pairs of even period.
    step = int(math.sqrt(presented.size / PERCENTILE_SAMPLES)) | 1
    sample = presented[::step, ::step]
    low, high = np.percentile(sample, (LOW_PERCENTILE, HIGH_PERCENTILE))
    if high - low < FLAT_RANGE:
        raise PreprocessError(RefusalReason.FLAT)
    return np.float32(low), np.float32(high)


def _binned(
    presented: NDArray[np.float32], bin_x: int, bin_y: int
) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """Average blocks; a last, incomplete block is the average of what it has, so that no edge is lost.

    In numpy, as handing a whole film to SimpleITK costs more than all the rest.
    """
    film = np.asarray(presented, dtype=np.float32)
    return _row_means(_row_means(film, bin_y).T, bin_x).T, (bin_x, bin_y)


def _row_means(film: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Means of every `count` rows; the last ones may be fewer."""
    if count == 1:
        return film
    rows, columns = film.shape
    whole = rows - rows % count
    means: NDArray[np.float32] = film[:whole].reshape(-1, count, columns).mean(axis=1)
    if whole == rows:
        return means
    return np.vstack([means, film[whole:].mean(axis=0, keepdims=True)])


def _denoised(image: FilmImage, denoise: Denoise) -> FilmImage:
    if denoise is Denoise.MEDIAN:
        return sitk.Median(image, [1, 1])
    if denoise is Denoise.CURVATURE_FLOW:
        # SimpleITK's own example values; the time step is stable up to 0.25 in two dimensions.
        return sitk.CurvatureFlow(image, timeStep=0.125, numberOfIterations=5)
    return image


def _smoothed(image: FilmImage, factor_x: float, factor_y: float) -> FilmImage:
    """Low-pass before the remaining reduction (under 2): the blur that a wider pixel would add."""
    sigmas = [0.5 * math.sqrt(max(f * f - 1.0, 0.0)) for f in (factor_x, factor_y)]
    image.SetSpacing([1.0, 1.0])
    image.SetOrigin([0.0, 0.0])
    if max(sigmas) < 0.1:  # too little to blur a pixel's neighbours
        return image
    variance = [max(s, 1e-3) ** 2 for s in sigmas]
    return sitk.DiscreteGaussian(image, variance, 9, 0.005, False)  # noqa: FBT003


def _resampled(
    image: FilmImage, to_film: NDArray[np.float64], bins: tuple[int, int], size: int
) -> NDArray[np.float32]:
    # A block's centre lies (bin - 1) / 2 film pixels after its first pixel's.
    scale = [to_film[0, 0] / bins[0], to_film[1, 1] / bins[1]]
    offset = [(to_film[i, 2] - (bins[i] - 1) / 2) / bins[i] for i in range(2)]
    grid = sitk.Resample(
        image,
        [size, size],
        sitk.Transform(),
        sitk.sitkLinear,
        offset,
        scale,
        [1.0, 0.0, 0.0, 1.0],
        0.0,
        sitk.sitkFloat32,
    )
    values: NDArray[np.float32] = np.clip(sitk.GetArrayFromImage(grid), 0.0, 1.0)
    steps: NDArray[np.float32] = np.rint(values * np.float32(GRID)).astype(np.float32)
    return steps / np.float32(GRID)
