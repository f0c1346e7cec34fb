"""The bones of the lateral film: ribs, spine, sternum, shoulder blades, raised arms.

Millimetres on the detector, x to the patient's back, y down.
"""

from dataclasses import dataclass

import numpy as np
from raster import Grid, Image64, Points, add_tube, lens, smooth_noise, spline

# Attenuation per mm that a bone's cortex adds to soft tissue near 70 keV (NIST XCOM).
BONE = 0.030
SPINE = [
    (222, 20),
    (228, 60),
    (240, 110),
    (250, 160),
    (255, 215),
    (253, 270),
    (244, 325),
    (232, 375),
    (222, 440),
]
STERNUM = [(112, 116), (100, 134), (88, 158), (75, 194), (68, 226), (66, 246)]


def _add_bone(
    image: Image64,
    grid: Grid,
    curve: Points,
    half_height: float,
    *,
    thickness: float,
    cortex_mm: float = 0.9,
    depth_mm: Points | None = None,
) -> None:
    """Add a bone with a dense cortex around spongiosa of a third of its density."""
    inner = grid.empty()
    add_tube(image, grid, curve, half_height, thickness=thickness, depth_mm=depth_mm)
    hollow = max(half_height - cortex_mm, 0.3)
    add_tube(inner, grid, curve, hollow, thickness=thickness * 0.9, depth_mm=depth_mm)
    image -= 0.80 * inner


def skeleton(grid: Grid, rng: np.random.Generator, arms: tuple[Points, ...]) -> Image64:
    """Return the attenuation that bone adds to the tissue it replaces.

    `arms` are the humeri's axes, raised over the head.
    """
    bone = grid.empty()
    for side in (-1.0, 1.0):
        for number in range(1, 12):
            _add_rib(bone, grid, number, side, rng)
    _add_bone(bone, grid, spline(STERNUM, 300), 5.2, thickness=1.7)
    for shift in (0.0, 9.0):
        blade = spline(
            [(232 + shift, 62), (250 + shift, 100), (262 + shift, 140), (266 + shift, 178)], 240
        )
        _add_bone(bone, grid, blade, 3.2, thickness=1.8)
    for arm in arms:
        _add_bone(bone, grid, arm, 11.5, thickness=0.9, cortex_mm=3.0)
    return (BONE * bone + _spine(grid, rng)) * (1.0 + 0.03 * smooth_noise(grid, rng, 0.8))


def _add_rib(
    bone: Image64, grid: Grid, number: int, side: float, rng: np.random.Generator
) -> None:
    """Add one rib: a tilted ellipse from the spine round the back towards the sternum."""
    level = 62.0 + 24.5 * number + rng.normal(0.0, 1.0)
    back = np.interp(level, [60, 110, 180, 260, 340], [232, 268, 292, 301, 294])
    front = np.interp(level, [60, 120, 200, 300, 400], [128, 96, 76, 70, 96])
    reach = {1: 0.62, 10: 0.62, 11: 0.40}.get(number, 0.80)
    angle = np.linspace(-0.42 * np.pi, np.pi * reach, 520)
    centre, half = (front + back) / 2, (back - front) / 2
    x = centre + half * np.cos(angle)
    drop = np.interp(number, [1, 5, 11], [38.0, 84.0, 104.0])
    # Down all the way: the loop at the back is oblique, and the shaft sags.
    y = level + drop * (0.55 * (1.0 - np.cos(angle)) / 2 + 0.16 * angle) - 6.0
    depth = (
        side * (62.0 + 78.0 * np.interp(number, [1, 4, 11], [0.45, 0.85, 1.0])) * np.sin(angle)
    )
    # The side away from the detector (the right one) is magnified about its centre.
    scale = 1.0 + (0.05 if side < 0 else 0.0)
    curve = np.stack([190 + (x - 190) * scale, 215 + (y - 215) * scale], axis=1)
    _add_bone(bone, grid, curve, rng.uniform(4.6, 5.4) * scale, thickness=0.5, depth_mm=depth)


def _spine(grid: Grid, rng: np.random.Generator) -> Image64:
    """Return the attenuation of the vertebral bodies, endplates, pedicles and arches."""
    bodies, rims, arches = grid.empty(), grid.empty(), grid.empty()
    for vertebra in _vertebrae():
        outline = vertebra.outline(rng)
        bodies += lens(grid, outline, 30.0, 5.0)
        add_tube(rims, grid, outline, 0.9, thickness=7.0)
        vertebra.add_arch(arches, grid)
    return 0.0080 * bodies + 0.0095 * rims + 0.010 * grid.blur(arches, 0.6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vertebra:
    """A vertebra seen from the side: its body's centre, unit vectors back and down, size."""

    centre: Points
    back: Points
    down: Points
    depth: float
    height: float

    def outline(self, rng: np.random.Generator) -> Points:
        """Return the closed outline of the body: waisted sides, hollow endplates."""
        unit = [
            (-0.5, -0.5), (-0.25, -0.46), (0.0, -0.44), (0.25, -0.46), (0.5, -0.5), (0.475, 0.0),
            (0.5, 0.5), (0.25, 0.46), (0.0, 0.44), (-0.25, 0.46), (-0.5, 0.5), (-0.47, 0.0),
        ]  # fmt: skip
        shape = np.array(unit) + rng.normal(0.0, 0.008, (len(unit), 2))
        across, along = shape[:, :1] * self.depth, shape[:, 1:] * self.height
        return spline(self.centre + across * self.back + along * self.down, 360, closed=True)

    def add_arch(self, image: Image64, grid: Grid) -> None:
        """Add pedicle, articular processes and the spinous process."""
        joint = self.centre + self.back * (0.5 * self.depth + 9.0)
        drop = self.down * self.height
        start = self.centre + self.back * 0.45 * self.depth - 0.2 * drop
        add_tube(image, grid, np.linspace(start, joint, 60), 4.0, thickness=2.4)
        facets = np.linspace(joint - 0.55 * drop, joint + 0.62 * drop, 90)
        add_tube(image, grid, facets, 3.6, thickness=3.2)
        tip = joint + self.back * 21.0 + 0.95 * drop
        add_tube(image, grid, np.linspace(joint, tip, 120), 3.2, thickness=1.3)


def _vertebrae() -> list[Vertebra]:
    """Return the vertebrae down the film, growing from one to the next."""
    line = spline(SPINE, 900)
    reach = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    found: list[Vertebra] = []
    position = 30.0
    while position < reach[-1] - 15.0:
        number = len(found)
        height = 16.0 + 0.75 * number
        at = int(np.searchsorted(reach, position))
        down = line[min(at + 12, len(line) - 1)] - line[max(at - 12, 0)]
        down = down / np.linalg.norm(down)
        found.append(
            Vertebra(
                centre=line[at],
                back=np.array([down[1], -down[0]]),
                down=down,
                depth=19.0 + 0.85 * number,
                height=height,
            )
        )
        position += height + 3.6 + 0.22 * number
    return found
