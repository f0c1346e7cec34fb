"""Pulmonary vessels as a branching tree grown towards scattered targets.

Each target in turn is joined to the nearest part of the tree it can leave without turning back;
radii follow Murray's law (doi:10.1073/pnas.12.3.207) from the tips to the root.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from raster import Grid, Image64, Points, add_tube, inside
from scipy import ndimage

MURRAY = 2.35
STEP_MM = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Lung:
    """Where vessels may grow: an outline in mm, the hilum they start from."""

    outline: Points
    hilum: tuple[float, float]
    margin_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Nodes in mm, each with its parent's index (its own for the root)."""

    nodes: Points
    parents: npt.NDArray[np.int64]


def grow(lung: Lung, rng: np.random.Generator, *, tips: int) -> Tree:
    """Return a tree that reaches `tips` targets spread over the lung."""
    root = np.asarray(lung.hilum)
    targets = _targets(lung, rng, tips)
    # Near targets first, so that the thick branches come before their twigs.
    order = np.argsort(np.linalg.norm(targets - root, axis=1) + rng.normal(0.0, 14.0, tips))
    growing = _GrowingTree(root)
    for target in targets[order]:
        growing.reach(target, rng)
    return Tree(nodes=np.asarray(growing.nodes), parents=np.asarray(growing.parents))


class _GrowingTree:
    """A tree that sprouts; each node knows the direction it was reached in."""

    def __init__(self, root: Points) -> None:
        self.nodes: list[Points] = [root]
        self.parents = [0]
        self._headings: list[Points] = [np.zeros(2)]

    def reach(self, target: Points, rng: np.random.Generator) -> None:
        """Grow a branch to the target from where it turns least for the way it saves."""
        away = target - np.asarray(self.nodes)
        distance = np.linalg.norm(away, axis=1) + 1e-9
        turn = np.sum(away * np.asarray(self._headings), axis=1) / distance
        # A branch leaves at less than a right angle; the root lets go in every direction.
        cost = distance * (1.55 - 0.9 * turn) + np.where(turn < 0.2, 60.0, 0.0)
        cost[0] = distance[0] * 1.25
        self._sprout(int(np.argmin(cost)), target, rng)

    def _sprout(self, start: int, target: Points, rng: np.random.Generator) -> None:
        """Grow from a node to the target: it sets out along the parent and bends over."""
        here = self.nodes[start]
        length = float(np.linalg.norm(target - here))
        count = max(int(length / STEP_MM), 2)
        along = np.linspace(0.0, 1.0, count + 1)[1:, None]
        control = here + self._headings[start] * 0.45 * length
        control = control + rng.normal(0.0, 0.05 * length, 2)
        path = (1 - along) ** 2 * here + 2 * along * (1 - along) * control + along**2 * target
        previous, index = here, start
        for point in path:
            step = point - previous
            self.nodes.append(point)
            self.parents.append(index)
            self._headings.append(step / (np.linalg.norm(step) + 1e-9))
            previous, index = point, len(self.nodes) - 1


def _targets(lung: Lung, rng: np.random.Generator, tips: int) -> Points:
    """Return points spread evenly over the lung: each the loneliest of a few candidates."""
    extent = lung.outline.max(axis=0) + 2.0
    grid = Grid(shape=(int(extent[1]), int(extent[0])), spacing_mm=1.0)
    depth = ndimage.distance_transform_edt(inside(grid, lung.outline))
    rows, columns = np.nonzero(depth > lung.margin_mm)
    found = np.full((tips, 2), -1e3)
    for index in range(tips):
        pick = rng.integers(0, len(rows), 6)
        candidates = np.stack([columns[pick], rows[pick]], axis=1) + rng.uniform(0, 1, (6, 2))
        lonely = np.linalg.norm(candidates[:, None] - found[None], axis=2).min(axis=1)
        found[index] = candidates[int(np.argmax(lonely))]
    return found


def radii(tree: Tree, root_mm: float, tip_mm: float = 0.38) -> npt.NDArray[np.float64]:
    """Return each node's radius in mm by Murray's law, the root's limited to `root_mm`."""
    power = np.zeros(len(tree.nodes))
    children = np.bincount(tree.parents[1:], minlength=len(tree.nodes))
    power[children == 0] = tip_mm**MURRAY
    for index in range(len(tree.nodes) - 1, 0, -1):  # children come after their parents
        power[tree.parents[index]] += power[index]
    radius = power ** (1.0 / MURRAY)
    return np.asarray(radius * min(1.0, root_mm / radius[0]) if radius[0] > root_mm else radius)


def paint(image: Image64, grid: Grid, tree: Tree, *, root_mm: float) -> None:
    """Add the path length through the tree's vessels to the image, in mm."""
    radius = radii(tree, root_mm)
    for branch in _branches(tree, radius):
        points = tree.nodes[branch]
        if len(points) < 3:
            continue
        points = ndimage.gaussian_filter1d(points, 1.2, axis=0, mode="nearest")
        width = ndimage.gaussian_filter1d(radius[branch], 2.0, mode="nearest")
        fine = np.linspace(0, len(points) - 1, 6 * len(points))
        index = np.arange(len(points))
        curve = np.stack([np.interp(fine, index, axis) for axis in points.T], axis=1)
        add_tube(image, grid, curve, np.interp(fine, index, width))


def _branches(tree: Tree, radius: npt.NDArray[np.float64]) -> list[list[int]]:
    """Return paths of node indices, each following the thickest child to a tip."""
    children: list[list[int]] = [[] for _ in tree.nodes]
    for index, parent in enumerate(tree.parents[1:], start=1):
        children[parent].append(index)
    paths, starts = [], [[0]]
    while starts:
        path = starts.pop()
        while children[path[-1]]:
            ordered = sorted(children[path[-1]], key=lambda child: -radius[child])
            starts.extend([path[-1], other] for other in ordered[1:])
            path.append(ordered[0])
        paths.append(path)
    return paths
