"""Align films to their own mean by diffeomorphic demons, from coarse to fine.

Vercauteren et al., doi:10.1016/j.neuroimage.2008.10.040. Films share a frame of
`WIDTH_MM` × `HEIGHT_MM`; arrays have 1 mm pixels unless said otherwise.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import SimpleITK
from scipy import ndimage

# SimpleITK ships no types.
sitk: Any = SimpleITK
ItkImage: TypeAlias = Any
WIDTH_MM, HEIGHT_MM = 400, 440
TRIM = 0.2
Array = npt.NDArray[np.float32]
Field = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One resolution of the alignment.

    `local` is the share of locally normalised brightness (the rest is plain brightness), `films`
    the number kept, the nearest first, once the level is done.
    """

    spacing_mm: int
    local: float
    rounds: int
    iterations: int
    stiffness: float
    films: int


LEVELS = (
    Level(spacing_mm=4, local=0.3, rounds=2, iterations=60, stiffness=1.5, films=130),
    Level(spacing_mm=4, local=0.7, rounds=2, iterations=60, stiffness=1.3, films=130),
    Level(spacing_mm=2, local=1.0, rounds=2, iterations=60, stiffness=1.3, films=100),
    Level(spacing_mm=2, local=1.0, rounds=1, iterations=60, stiffness=1.1, films=90),
    Level(spacing_mm=1, local=1.0, rounds=2, iterations=25, stiffness=1.5, films=90),
)


def frame(spacing_mm: int) -> ItkImage:
    """Return an empty image of the common frame at this spacing."""
    size = (WIDTH_MM // spacing_mm, HEIGHT_MM // spacing_mm)
    image = sitk.Image(size, sitk.sitkFloat32)
    image.SetSpacing((spacing_mm, spacing_mm))
    image.SetOrigin((spacing_mm / 2, spacing_mm / 2))
    return image


def as_image(pixels: npt.NDArray[np.floating], spacing_mm: int) -> ItkImage:
    """Return pixels of the common frame as an image of this spacing."""
    image = sitk.GetImageFromArray(np.asarray(pixels, dtype=np.float32))
    image.CopyInformation(frame(spacing_mm))
    return image


def _channel(pixels: npt.NDArray[np.floating], level: Level) -> ItkImage:
    """Return what demons compare: brightness, and brightness against its surroundings."""
    return as_image(
        4 * (1 - level.local) * pixels + level.local * local_contrast(pixels, level.spacing_mm),
        level.spacing_mm,
    )


def local_contrast(
    pixels: npt.NDArray[np.floating], spacing_mm: int
) -> npt.NDArray[np.floating]:
    """Return deviations from the mean within 12 mm, in local standard deviations."""
    sigma = 12 / spacing_mm
    mean = ndimage.gaussian_filter(pixels, sigma)
    variance = ndimage.gaussian_filter((pixels - mean) ** 2, sigma)
    return np.asarray((pixels - mean) / np.sqrt(variance + 0.02**2))


def _reduce(pixels: npt.NDArray[np.floating], spacing_mm: int) -> Array:
    """Return a 1 mm image at a coarser spacing, smoothed first."""
    smooth = sitk.SmoothingRecursiveGaussian(as_image(pixels, 1), 0.4 * spacing_mm)
    image = smooth if spacing_mm > 1 else as_image(pixels, 1)
    return np.asarray(sitk.GetArrayFromImage(sitk.Resample(image, frame(spacing_mm))))


def _field_image(field: Field, spacing_mm: int) -> ItkImage:
    """Return a deformation as an image of this spacing."""
    rows, columns = HEIGHT_MM // spacing_mm, WIDTH_MM // spacing_mm
    zoom = (rows / field.shape[0], columns / field.shape[1], 1.0)
    fine = ndimage.zoom(field, zoom, order=1, mode="nearest", grid_mode=True)
    image = sitk.GetImageFromArray(fine, isVector=True)
    image.CopyInformation(frame(spacing_mm))
    return image


def _demons(fixed: ItkImage, film: Array, field: Field | None, level: Level) -> Field:
    demons = sitk.DiffeomorphicDemonsRegistrationFilter()
    demons.SetNumberOfIterations(level.iterations)
    demons.SetStandardDeviations(level.stiffness)
    demons.SmoothDisplacementFieldOn()
    demons.SmoothUpdateFieldOn()
    demons.SetUpdateFieldStandardDeviations(1.0)
    demons.SetMaximumUpdateStepLength(1.0)
    moving = _channel(_reduce(film, level.spacing_mm), level)
    if field is None:
        return np.asarray(sitk.GetArrayFromImage(demons.Execute(fixed, moving)))
    start = _field_image(field, level.spacing_mm)
    return np.asarray(sitk.GetArrayFromImage(demons.Execute(fixed, moving, start)))


def _warped(film: Array, field: Field) -> Array:
    transform = sitk.DisplacementFieldTransform(_field_image(field, 1))
    return np.asarray(sitk.GetArrayFromImage(sitk.Resample(as_image(film, 1), transform)))


def align_deformably(films: list[Array], levels: tuple[Level, ...] = LEVELS) -> Array:
    """Return the trimmed mean of the films after the last level, shape (440, 400)."""
    fields: list[Field | None] = [None] * len(films)
    mean: Array = np.asarray(np.mean(films, axis=0))
    warped = films
    for level in levels:
        for _ in range(level.rounds):
            fixed = _channel(_reduce(mean, level.spacing_mm), level)
            moved = [
                _demons(fixed, film, field, level)
                for film, field in zip(films, fields, strict=True)
            ]
            common = np.mean(moved, axis=0)
            fields = [field - 0.7 * common for field in moved]
            warped = [
                _warped(film, field)
                for film, field in zip(films, fields, strict=True)
                if field is not None
            ]
            mean = trimmed_mean(warped)
        likeness = _likeness(warped, mean)
        print(f"{level.spacing_mm} mm: median likeness {np.median(likeness):.4f}", flush=True)
        nearest = np.argsort(likeness, kind="stable")[::-1][: level.films]
        films, fields = [films[i] for i in nearest], [fields[i] for i in nearest]
        mean = trimmed_mean([warped[i] for i in nearest])
    return mean


def _likeness(films: list[Array], mean: Array) -> list[float]:
    """Return each film's correlation with the mean in local contrast over the lungs."""
    chest = (slice(60, 300), slice(40, 360))
    pattern = local_contrast(mean, 1)[chest].ravel()
    return [
        float(np.corrcoef(local_contrast(film, 1)[chest].ravel(), pattern)[0, 1])
        for film in films
    ]


def trimmed_mean(films: list[Array]) -> Array:
    """Return the mean of each pixel without its brightest and darkest fifth."""
    ordered = np.sort(np.asarray(films), axis=0)
    cut = int(TRIM * len(films))
    return np.asarray(ordered[cut : len(films) - cut].mean(axis=0))
