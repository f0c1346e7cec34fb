"""Draw solids as a parallel beam sees them: tubes, flat solids with round edges, noise.

All lengths are millimetres on the detector, x to the right and y down; images are float64 of
shape (rows, columns) and hold path lengths in millimetres unless said otherwise.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.interpolate import CubicSpline

Image64: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A detector: its shape in pixels and the size of a pixel."""

    shape: tuple[int, int]
    spacing_mm: float

    def empty(self) -> Image64:
        """Return zeros of this shape."""
        return np.zeros(self.shape)

    def pixels(self, points_mm: Points) -> Points:
        """Return pixel coordinates (x, y), the first pixel's centre at 0."""
        return np.asarray(points_mm, dtype=np.float64) / self.spacing_mm - 0.5

    def coordinates(self) -> tuple[Image64, Image64]:
        """Return x and y of the pixel centres in mm, broadcastable to the shape."""
        rows, columns = self.shape
        x = (np.arange(columns, dtype=np.float64) + 0.5) * self.spacing_mm
        y = (np.arange(rows, dtype=np.float64) + 0.5) * self.spacing_mm
        return x[None, :], y[:, None]

    def blur(self, image: Image64, sigma_mm: float) -> Image64:
        """Return the image blurred by a Gaussian, edges continued."""
        return np.asarray(
            ndimage.gaussian_filter(
                image, sigma_mm / self.spacing_mm, mode="nearest", truncate=3
            )
        )


def spline(points: npt.ArrayLike, count: int, *, closed: bool = False) -> Points:
    """Return `count` points on a cubic spline through `points`, evenly spaced along it."""
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        knots = np.vstack([knots, knots[:1]])
    reach = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))]
    curve = CubicSpline(reach, knots, bc_type="periodic" if closed else "natural")
    fine = curve(np.linspace(0.0, reach[-1], 8 * count))
    length = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(fine, axis=0), axis=1))]
    at = np.linspace(0.0, length[-1], count)
    return np.stack([np.interp(at, length, axis) for axis in fine.T], axis=1)


def add_tube(
    image: Image64,
    grid: Grid,
    points_mm: Points,
    radii_mm: npt.ArrayLike,
    *,
    thickness: float = 1.0,
    depth_mm: Points | None = None,
) -> None:
    """Add the path length through a tube along a curve.

    The tube is swept by discs of constant value: their line integral across the tube is exactly
    the chord of a circle, so a straight tube in the detector's plane projects as it should.

    Parameters
    ----------
    image
        Added to in place.
    grid
        The image's grid.
    points_mm
        Curve, shape (n, 2), more densely sampled than the radius.
    radii_mm
        Radius at each point or one for all.
    thickness
        Depth along the beam over height across it; 1 for a round section.
    depth_mm
        The curve's third coordinate along the beam; a curve that runs along the beam is seen
        denser.
    """
    points = grid.pixels(points_mm)
    radii = np.broadcast_to(np.asarray(radii_mm, np.float64) / grid.spacing_mm, len(points))
    depth = np.zeros(len(points)) if depth_mm is None else depth_mm / grid.spacing_mm
    step = np.linalg.norm(np.diff(np.c_[points, depth], axis=0), axis=1)
    weight = np.r_[step, step[-1:]]
    for (x, y), radius, length in zip(points, radii, weight, strict=True):
        _add_disc(
            image, x, y, radius, thickness * np.pi * radius * radius * length * grid.spacing_mm
        )


def _add_disc(image: Image64, x: float, y: float, radius: float, mass: float) -> None:
    reach = int(np.ceil(radius + 1.0))
    row, column = round(y), round(x)
    rows = slice(max(row - reach, 0), max(row + reach + 1, 0))
    columns = slice(max(column - reach, 0), max(column + reach + 1, 0))
    target = image[rows, columns]
    if target.size == 0:
        return
    dy = np.arange(rows.start, rows.start + target.shape[0])[:, None] - y
    dx = np.arange(columns.start, columns.start + target.shape[1])[None, :] - x
    # A one-pixel ramp stands for the pixel's own width.
    target += np.clip(radius + 0.5 - np.hypot(dx, dy), 0.0, 1.0) * (
        mass / (np.pi * (radius * radius + 1.0 / 12.0))
    )


def inside(grid: Grid, outline_mm: Points) -> npt.NDArray[np.bool_]:
    """Return the pixels inside a closed outline, shape of the grid."""
    rows, columns = grid.shape
    canvas = Image.new("L", (columns, rows))
    corners = [(float(x), float(y)) for x, y in grid.pixels(outline_mm)]
    ImageDraw.Draw(canvas).polygon(corners, fill=1)
    return np.asarray(canvas) > 0


def lens(grid: Grid, outline_mm: Points, depth_mm: float, roll_mm: float) -> Image64:
    """Return the path length through a solid with a round edge.

    The depth grows from nothing at the outline like the chord of a circle of radius `roll_mm`
    and stays at `depth_mm` further inside.
    """
    distance = ndimage.distance_transform_edt(inside(grid, outline_mm)) * grid.spacing_mm
    away = np.clip(1.0 - distance / roll_mm, 0.0, 1.0)
    return np.asarray(depth_mm * np.sqrt(1.0 - away * away))


def smooth_noise(grid: Grid, rng: np.random.Generator, sigma_mm: float) -> Image64:
    """Return noise of unit standard deviation with features of about `sigma_mm`."""
    field = grid.blur(rng.standard_normal(grid.shape), sigma_mm)
    return np.asarray(field / field.std())
