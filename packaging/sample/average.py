"""Average adult frontal films into anatomy without a person: makes `average.png`.

Needs the labelled films that this repository does not carry (NIH Clinical Center, ChestX-ray14:
Wang et al., doi:10.1109/CVPR.2017.369): a folder with `manifest.csv` and the films it names.
Takes about half an hour on one core::

    python packaging/sample/average.py ../shared/data

Men's PA films read as `No Finding` are brought to millimetres, normalised in brightness, aligned
by an affine map and then by diffeomorphic demons (Vercauteren et al.,
doi:10.1016/j.neuroimage.2008.10.040) to their own mean, again and again from coarse to fine.
The mean of all deformations is taken off each time, so that the mean has the average shape
and not the first film's. The films nearest to the mean are averaged pixel by pixel, the
brightest and the darkest fifth left out: no single film, marker or wire is left to be seen.
"""

import argparse
import csv
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import SimpleITK
from demons import (
    HEIGHT_MM,
    LEVELS,
    WIDTH_MM,
    Array,
    ItkImage,
    align_deformably,
    as_image,
    frame,
)
from PIL import Image
from scipy import ndimage

# SimpleITK ships no types.
sitk: Any = SimpleITK
ItkTransform: TypeAlias = Any
CROP = (slice(6, 422), slice(6, 394))
"""Rows and columns of the 1 mm average that every film covers."""
AFFINE_ROUNDS = 4
FEWEST_FILMS = 60


def read_films(folder: Path) -> list[ItkImage]:
    """Return the films in mm about a common centre; raises OSError where the folder is absent."""
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if _wanted(row)]
    return [_read(folder, row) for row in rows]


def _wanted(row: dict[str, str]) -> bool:
    return (
        (row["site"], row["view"], row["labels"]) == ("nih", "PA", "No Finding")
        and (row["split"], row["sex"]) == ("train", "M")
        and float(row["age"] or 0) >= 18
        and bool(row["original_pixel_spacing_mm"])
    )


def _read(folder: Path, row: dict[str, str]) -> ItkImage:
    """Read a film; the released square gets back the width and height of the original."""
    pixels = np.asarray(Image.open(folder / row["file"]).convert("L"), dtype=np.float32)
    spacing = float(row["original_pixel_spacing_mm"])
    size = (float(row["original_width"]) * spacing, float(row["original_height"]) * spacing)
    image = sitk.GetImageFromArray(pixels)
    image.SetSpacing((size[0] / pixels.shape[1], size[1] / pixels.shape[0]))
    middle = (WIDTH_MM / 2, HEIGHT_MM / 2)
    steps = image.GetSpacing()
    image.SetOrigin([m - s / 2 + p / 2 for m, s, p in zip(middle, size, steps, strict=True)])
    return image


def _sample(film: ItkImage, transform: ItkTransform, spacing_mm: int) -> Array:
    """Return the film in the frame with brightness 0..1 between its percentiles, NaN outside."""
    raw = sitk.Resample(film, frame(spacing_mm), transform, sitk.sitkLinear, -1.0)
    pixels = sitk.GetArrayFromImage(raw)
    covered = pixels >= 0
    low, high = np.percentile(pixels[covered], [2, 98])
    return np.where(covered, (pixels - low) / (high - low), np.nan).astype(np.float32)


def align_affine(films: list[ItkImage], keep: int) -> list[Array]:
    """Return the films nearest to their affine mean, 1 mm pixels, nearest first, no gaps."""
    transforms: list[ItkTransform] = [sitk.Transform(2, sitk.sitkIdentity)] * len(films)
    nearest = np.arange(len(films))
    inner = (slice(12, -12), slice(10, -10))
    for turn in range(AFFINE_ROUNDS):
        mean = np.nanmean([_sample(films[i], transforms[i], 4) for i in nearest], axis=0)
        mean = np.nan_to_num(mean)
        fixed = as_image(mean, 4)
        transforms = [
            _affine(fixed, film, old if turn else None)
            for film, old in zip(films, transforms, strict=True)
        ]
        likeness = []
        for film, transform in zip(films, transforms, strict=True):
            pixels = _sample(film, transform, 4)[inner]
            seen = np.isfinite(pixels)
            match = np.corrcoef(pixels[seen], mean[inner][seen])[0, 1]
            likeness.append(match * seen.mean())
        nearest = np.argsort(likeness, kind="stable")[::-1][:keep]
        print(f"affine {turn}: median likeness {np.median(likeness):.4f}", flush=True)
    return [_filled(_sample(films[i], transforms[i], 1)) for i in nearest]


def _affine(fixed: ItkImage, film: ItkImage, start: ItkTransform | None) -> ItkTransform:
    transform = sitk.AffineTransform(2) if start is None else sitk.AffineTransform(start)
    transform.SetCenter((WIDTH_MM / 2, HEIGHT_MM / 2))
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsCorrelation()
    method.SetInterpolator(sitk.sitkLinear)
    step, count = (4.0, 60) if start is None else (1.0, 25)
    method.SetOptimizerAsRegularStepGradientDescent(step, 0.05, count)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(fixed, sitk.SmoothingRecursiveGaussian(film, 3.0))
    return transform


def _filled(pixels: Array) -> Array:
    """Return the film with what it does not cover continued from its edge."""
    nearest = ndimage.distance_transform_edt(
        np.isnan(pixels), return_distances=False, return_indices=True
    )
    return np.asarray(pixels[tuple(nearest)])


def main() -> int:
    """Make average.png beside this script, or say what is missing."""
    parser = argparse.ArgumentParser(description="Average adult frontal films to average.png.")
    parser.add_argument("data", type=Path, help="folder with manifest.csv and images/nih")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("average.png"))
    choice = parser.parse_args()
    if not (choice.data / "manifest.csv").is_file():
        print(
            f"No manifest.csv in {choice.data}: the NIH films are not part of this repository."
        )
        return 2
    # One thread: sums in another order would give another film.
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    films = read_films(choice.data)
    if len(films) < FEWEST_FILMS:
        print(f"Only {len(films)} films: too few to average without showing a person.")
        return 2
    mean = align_deformably(align_affine(films, LEVELS[0].films))[CROP]
    low, high = np.percentile(mean, [0.1, 99.9])
    grey = np.clip((mean - low) / (high - low), 0.0, 1.0)
    Image.fromarray(np.round(grey * 65535).astype(np.uint16)).save(choice.out, optimize=True)
    print(
        f"{choice.out}: {grey.shape[1]} × {grey.shape[0]} px of 1 mm, {LEVELS[-1].films} films"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
