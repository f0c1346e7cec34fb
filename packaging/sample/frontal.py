"""A frontal chest film: the average of many, with the detail drawn that averaging takes away.

The average (`average.png`, see average.py) is anatomy without a person. Vessels, vertebrae,
bone grain, bowel gas, a lead marker, a nodule and quantum noise are computed. Coordinates are mm
in the average's frame, x to the right of the image (the patient's left), y down.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from marker import lead_letter
from PIL import Image
from raster import Grid, Image64, Points, add_tube, lens, smooth_noise, spline
from scipy import ndimage
from vessels import Lung, grow, paint

AVERAGE = Path(__file__).with_name("average.png")
AVERAGE_SPACING_MM = 1.0
MARGINS_MM = (6.0, 18.0, 6.0, 6.0)
"""Left off at the top, bottom, left, right: where films stop, and room for the patient to move."""
SCALE = 0.95
"""Size of the film's anatomy over the average's."""
SOFT_PER_MM = 0.0055
"""Display value a millimetre of soft tissue adds over lung: heart over lung, by its depth."""
VESSEL_CONTRAST, NODULE_CONTRAST = 1.8, 1.5
"""What a film's processing makes of small detail."""
LATITUDE = (0.015, 0.93)
"""Darkest value and range of the film: a display's ends are left to markers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodule:
    """A round opacity: centre in the average's frame, diameter on the patient, both mm."""

    centre: tuple[float, float]
    diameter_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How this film differs from the reference: the patient never stands twice the same."""

    shift_mm: tuple[float, float] = (0.0, 0.0)
    turn_degrees: float = 0.0
    breath_mm: float = 0.0
    """How much higher the diaphragm stands."""
    gamma: float = 1.0


LUNG_RIGHT = [
    (144, 60), (162, 74), (169, 102), (168, 144), (164, 184), (158, 219), (152, 256), (148, 282),
    (119, 281), (89, 285), (64, 297), (44, 314), (32, 327), (40, 290), (50, 238), (60, 186),
    (71, 136), (90, 94), (116, 68),
]  # fmt: skip
LUNG_LEFT = [
    (244, 57), (228, 72), (222, 102), (230, 134), (234, 166), (248, 192), (270, 224), (290, 258),
    (302, 286), (324, 296), (342, 310), (356, 328), (348, 286), (338, 230), (329, 176), (318, 126),
    (297, 88), (272, 66),
]  # fmt: skip
HILUM_RIGHT = ((152.0, 180.0), (148.0, 198.0))
HILUM_LEFT = ((242.0, 166.0), (244.0, 184.0))
SPINE = [(192, 4), (191, 74), (193, 154), (195, 234), (195, 314), (194, 424)]
STOMACH = [
    (232, 321), (235, 314), (244, 309), (258, 306), (272, 307), (285, 311), (293, 318), (294, 322),
    (288, 323), (270, 323), (252, 323), (238, 323),
]  # fmt: skip
MARKER_AT_MM = (16.0, 13.0)
SHARPENING = ((1.3, 1.3), (3.5, 0.6), (10.0, 0.2))
"""What averaging blurred is raised again: blur in mm, share added back."""
NOISE = 0.0022


def anatomy_grid(spacing_mm: float) -> Grid:
    """Return the grid of the whole average; `spacing_mm` is on the detector."""
    rows, columns = load_average().shape
    shape = tuple(round(n * AVERAGE_SPACING_MM * SCALE / spacing_mm) for n in (rows, columns))
    return Grid(shape=(shape[0], shape[1]), spacing_mm=spacing_mm / SCALE)


def load_average() -> Image64:
    """Return the average film, 0..1, one pixel a millimetre; raises OSError where it is missing."""
    with Image.open(AVERAGE) as image:
        return np.asarray(image, dtype=np.float64) / 65535.0


def patient_film(
    grid: Grid, nodule: Nodule, pose: Pose, *, magnification: float, noise_seed: int
) -> Image64:
    """Return the film as display values in 0..1: the grid without its margins.

    The anatomy and its vessels are the same for every nodule, pose and seed.
    """
    anatomy = np.random.default_rng(20240612)
    film = _soft_anatomy(grid)
    film += VESSEL_CONTRAST * SOFT_PER_MM * _vessels(grid, anatomy)
    film += _spine(grid)
    film += _grain(grid, anatomy)
    film += NODULE_CONTRAST * SOFT_PER_MM * _nodule(grid, nodule, magnification, anatomy)
    film = _posed(grid, film, pose)[_window(grid)] ** pose.gamma
    film = LATITUDE[0] + LATITUDE[1] * film
    quanta = np.random.default_rng(noise_seed).standard_normal(film.shape)
    film += NOISE * grid.blur(quanta, 0.11) * 3.0
    cut = Grid(shape=(film.shape[0], film.shape[1]), spacing_mm=grid.spacing_mm)
    return np.clip(np.maximum(film, lead_letter(cut, "R", MARKER_AT_MM)), 0.0, 1.0)


def _soft_anatomy(grid: Grid) -> Image64:
    """Return the average at the film's size, its edges raised."""
    average = load_average()
    x, y = grid.coordinates()
    where = np.broadcast_arrays(y / AVERAGE_SPACING_MM - 0.5, x / AVERAGE_SPACING_MM - 0.5)
    film = np.asarray(ndimage.map_coordinates(average, where, order=3, mode="nearest"))
    raised = film.copy()
    for sigma_mm, share in SHARPENING:
        raised += share * (film - grid.blur(film, sigma_mm))
    gas = lens(grid, spline(STOMACH, 500, closed=True), 1.0, 14.0)
    return raised - 0.13 * grid.blur(gas, 0.8)


def _vessels(grid: Grid, rng: np.random.Generator) -> Image64:
    """Return the path length through the pulmonary vessels, mm."""
    total = grid.empty()
    for outline, hila in ((LUNG_RIGHT, HILUM_RIGHT), (LUNG_LEFT, HILUM_LEFT)):
        for hilum in hila:
            lung = Lung(outline=spline(outline, 600, closed=True), hilum=hilum, margin_mm=6.0)
            for tips in (240, 160):
                paint(total, grid, grow(lung, rng, tips=tips), root_mm=4.2)
    return total


def _spine(grid: Grid) -> Image64:
    """Return what vertebral margins, pedicles and spinous processes add to the display value."""
    lines, rings = grid.empty(), grid.empty()
    axis = spline(SPINE, 800)
    reach = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(axis, axis=0), axis=1))]
    position, height = 14.0, 17.0
    while position < reach[-1]:
        centre = axis[int(np.searchsorted(reach, position))]
        half = 0.72 * height
        for edge in (-0.5, 0.5):
            ends = [(-half, edge * height), (0.0, 0.9 * edge * height), (half, edge * height)]
            add_tube(lines, grid, centre + spline(ends, 200), 0.7, thickness=3.0)
        for side in (-1.0, 1.0):
            sides = [
                (side * half, -0.5 * height),
                (side * 0.93 * half, 0.0),
                (side * half, 0.5 * height),
            ]
            add_tube(lines, grid, centre + spline(sides, 160), 0.6, thickness=3.0)
            add_tube(
                rings,
                grid,
                centre + _ellipse(side * 0.62 * half, -0.12 * height, 2.6, 4.2),
                0.7,
            )
        add_tube(rings, grid, centre + _ellipse(0.0, 0.55 * height, 1.8, 4.6), 0.8)
        position += height + 4.0
        height += 0.45
    return 0.0065 * grid.blur(lines, 0.5) + 0.014 * grid.blur(rings, 0.9)


def _ellipse(x: float, y: float, half_width: float, half_height: float) -> Points:
    angle = np.linspace(0.0, 2.0 * np.pi, 160)
    return np.stack([x + half_width * np.cos(angle), y + half_height * np.sin(angle)], axis=1)


def _grain(grid: Grid, rng: np.random.Generator) -> Image64:
    """Return the fine mottle of parenchyma, bone and fat."""
    return (
        0.0045 * smooth_noise(grid, rng, 0.5)
        + 0.0060 * smooth_noise(grid, rng, 1.0)
        + 0.0050 * smooth_noise(grid, rng, 4.0)
    )


def _nodule(
    grid: Grid, nodule: Nodule, magnification: float, rng: np.random.Generator
) -> Image64:
    """Return the path length through a lobulated sphere with a few short spicules, mm."""
    radius = nodule.diameter_mm * magnification / SCALE / 2
    x, y = grid.coordinates()
    dx, dy = x - nodule.centre[0], y - nodule.centre[1]
    angle, phase = np.arctan2(dy, dx), rng.uniform(0.0, 2 * np.pi, 4)
    lobes = sum(
        a * np.cos(k * angle + p)
        for a, k, p in zip((0.05, 0.04, 0.03, 0.02), (2, 3, 5, 8), phase, strict=True)
    )
    chord = np.sqrt(np.maximum((radius * (1.0 + lobes)) ** 2 - dx**2 - dy**2, 0.0))
    solid = 2.0 * chord
    for turn in rng.uniform(0.0, 2 * np.pi, 9):
        way = np.array([np.cos(turn), np.sin(turn)])
        length = radius * rng.uniform(1.25, 1.6)
        spicule = (
            np.asarray(nodule.centre) + np.linspace(0.8 * radius, length, 60)[:, None] * way
        )
        add_tube(solid, grid, spicule, np.linspace(0.5, 0.15, 60))
    return grid.blur(solid, 0.07 * radius + 0.15)


def _source(grid: Grid, pose: Pose, x: Image64, y: Image64) -> tuple[Image64, Image64]:
    """Return where in the reference a point of the posed film comes from, mm."""
    middle = np.array(grid.shape[::-1]) * grid.spacing_mm / 2
    turn = np.deg2rad(pose.turn_degrees)
    dx, dy = x - middle[0] - pose.shift_mm[0], y - middle[1] - pose.shift_mm[1]
    source_x = middle[0] + np.cos(turn) * dx + np.sin(turn) * dy
    source_y = middle[1] - np.sin(turn) * dx + np.cos(turn) * dy
    # The diaphragm's level moves most, the apex not at all.
    breath = pose.breath_mm * np.exp(-(((source_y - 304.0) / 110.0) ** 2))
    return source_x, source_y + breath


def _window(grid: Grid) -> tuple[slice, slice]:
    """Return the rows and columns of the grid that the film keeps."""
    top, bottom, left, right = (round(margin / grid.spacing_mm) for margin in MARGINS_MM)
    return slice(top, grid.shape[0] - bottom), slice(left, grid.shape[1] - right)


def posed_pixel(grid: Grid, point: tuple[float, float], pose: Pose) -> tuple[float, float]:
    """Return the column and row of the film at which a point of the reference, in mm, lies."""
    target = np.asarray(point)
    here = target.copy()
    for _ in range(60):
        source = np.array([float(v) for v in _source(grid, pose, here[0], here[1])])
        here = here + (target - source)
    rows, columns = _window(grid)
    column, row = grid.pixels(here) - (columns.start, rows.start)
    return float(column), float(row)


def _posed(grid: Grid, film: Image64, pose: Pose) -> Image64:
    x, y = np.broadcast_arrays(*grid.coordinates())
    source_x, source_y = _source(grid, pose, x, y)
    where = (source_y / grid.spacing_mm - 0.5, source_x / grid.spacing_mm - 0.5)
    moved = ndimage.map_coordinates(film, where, order=3, mode="nearest")
    return np.asarray(np.clip(moved, 0.0, 1.0))
