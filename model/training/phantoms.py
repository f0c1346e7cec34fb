"""Synthetic images that are no frontal chest films, for the input check to learn from.

Nobody was imaged for them: projections of ellipsoids (limbs, heads, lateral chests), slices through a body,
written pages, clouds of noise, plain shapes. All are ``(n, n)`` float64 in 0-1, bright = dense.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Image = NDArray[np.float64]
SIDE = 256


def cloud(random: np.random.Generator) -> Image:
    """Noise whose spectrum falls as a power of the frequency: textures from sand to fog."""
    frequency = np.fft.fftfreq(SIDE)
    radius = np.hypot(*np.meshgrid(frequency, frequency)) + 1 / SIDE
    spectrum = np.fft.fft2(random.normal(size=(SIDE, SIDE))) * radius ** -random.uniform(
        0.5, 2.5
    )
    return _stretched(np.fft.ifft2(spectrum).real)


def shapes(random: np.random.Generator) -> Image:
    """A body's outline with plain ellipses and boxes in it, more or less blurred."""
    image = np.full((SIDE, SIDE), random.uniform(0, 0.4))
    x, y = _axes()
    image[_ellipse(random, x, y, size=(0.4, 0.95), reach=0.1)] = random.uniform(0.2, 1)
    for _ in range(int(random.integers(2, 16))):
        image[_ellipse(random, x, y, size=(0.04, 0.4), reach=0.8)] = random.random()
    if random.random() < 0.5:
        for _ in range(int(random.integers(1, 8))):
            top, left, height, width = random.integers(8, SIDE // 2, 4)
            image[top : top + height, left : left + width] += random.uniform(-0.5, 0.5)
    grain = ndimage.gaussian_filter(random.normal(size=image.shape), random.uniform(0.5, 4))
    return _clipped(_blurred(image, random, 3) + random.uniform(0, 0.3) * grain)


def slice_through_body(random: np.random.Generator) -> Image:
    """An axial slice as CT or MR shows it: dark surroundings, skin, ribs, lungs or organs, a spine."""
    x, y = _axes()
    a, b = random.uniform(0.65, 0.97), random.uniform(0.5, 0.9)
    inner = (x / (a - 0.08)) ** 2 + (y / (b - 0.08)) ** 2 < 1
    image = np.where((x / a) ** 2 + (y / b) ** 2 < 1, random.uniform(0.2, 0.9), 0.0)
    image[inner] = random.uniform(0.4, 0.8)
    fine = ndimage.gaussian_filter(random.normal(size=image.shape), 1.5)
    for side in (-1, 1):
        centre, width = random.uniform(0.3, 0.42), random.uniform(0.2, 0.33)
        organ = ((x - side * centre) / width) ** 2 + (y / random.uniform(0.3, 0.5)) ** 2 < 1
        image[organ & inner] = random.choice([0.1, random.random()])
        image += (organ & inner & (fine > 0.25)) * random.uniform(0, 0.5)
    for _ in range(int(random.integers(0, 6))):
        image[_ellipse(random, x, y, size=(0.03, 0.2), reach=0.4) & inner] = random.random()
    bone = random.uniform(0.1, 1)
    image[(x / 0.12) ** 2 + ((y - b * 0.6) / 0.13) ** 2 < 1] = bone
    for angle in np.linspace(0, 2 * np.pi, int(random.integers(8, 20))):
        u, v = x - (a - 0.13) * np.cos(angle), y - (b - 0.13) * np.sin(angle)
        image[(u / 0.05) ** 2 + (v / 0.03) ** 2 < 1] = bone
    turned = np.rot90(image, int(random.choice([0, 0, 0, 1, 2])))
    return _clipped(_blurred(turned, random, 2))


def page(random: np.random.Generator) -> Image:
    """Lines of words, dark on light or light on dark, perhaps with a picture."""
    paper = float(random.random() < 0.6)
    image = np.full((SIDE, SIDE), paper)
    pitch = int(random.integers(7, 16))
    for top in range(8, SIDE - 8, pitch):
        left = int(random.integers(4, 40))
        while left < SIDE - 10:
            width = int(random.integers(3, 24))
            image[top : top + pitch // 2, left : left + width] = 1 - paper
            left += width + int(random.integers(3, 8))
    if random.random() < 0.4:
        top, left = random.integers(0, SIDE // 2, 2)
        image[top : top + 100, left : left + 120] = cloud(random)[:100, :120]
    return _blurred(image, random, 1)


def limbs(random: np.random.Generator) -> Image:
    """A projection of one to three limbs, soft tissue round a shaft, with joints."""
    image = np.zeros((SIDE, SIDE))
    x, y = _axes()
    for _ in range(int(random.integers(1, 4))):
        angle, shift = random.normal(0, 0.5), random.uniform(-0.6, 0.6)
        u = x * np.cos(angle) + y * np.sin(angle) - shift
        v = -x * np.sin(angle) + y * np.cos(angle)
        radius = random.uniform(0.2, 0.5) * (1 + 0.3 * np.sin(2 * v + random.uniform(0, 6)))
        shaft = radius * random.uniform(0.2, 0.4)
        joint = shaft * (1 + np.exp(-(((v - random.uniform(-0.7, 0.7)) / 0.15) ** 2)))
        image += _chord(u / radius) * radius + 2.5 * _chord(u / joint) * joint
        image -= 1.5 * _chord(u / (0.5 * shaft)) * shaft
    return _film(image, random)


def head_or_belly(random: np.random.Generator) -> Image:
    """A projection of nested ellipsoids: a skull, an abdomen, a pelvis, a breast."""
    x, y = _axes()
    image = np.zeros((SIDE, SIDE))
    cx, cy = random.uniform(-0.5, 0.5, 2)
    for scale in (1.0, random.uniform(0.8, 0.97)):
        u, v = (x - cx) / (0.9 * scale), (y - cy) / (random.uniform(0.6, 1.3) * scale)
        image += random.uniform(-0.5, 1) * _chord(np.hypot(u, v))
    for _ in range(int(random.integers(4, 25))):
        u, v = x - random.uniform(-0.8, 0.8), y - random.uniform(-0.8, 0.8)
        radius = np.hypot(u / random.uniform(0.05, 0.4), v / random.uniform(0.05, 0.4))
        image += random.uniform(-0.5, 0.6) * _chord(radius)
    return _film(image, random)


def lateral_chest(random: np.random.Generator) -> Image:
    """A chest from the side: one dark field, heart in front, spine behind, two domes, ribs across."""
    x, y = _axes()
    lean = x - random.uniform(-0.15, 0.15) - 0.1 * y
    image = 1.6 * _chord(np.hypot(lean / random.uniform(0.7, 1.0), (y - 0.2) / 1.5))
    lung = np.hypot(lean / random.uniform(0.45, 0.7), (y + 0.05) / random.uniform(0.7, 0.95))
    dome = 0.55 + random.uniform(0.1, 0.4) * (lean - random.uniform(-0.2, 0.2)) ** 2
    image -= random.uniform(0.9, 1.5) * _chord(lung) * (y < dome)
    heart = np.hypot((lean + random.uniform(0.1, 0.3)) / 0.35, (y - 0.25) / 0.4)
    image += random.uniform(0.3, 0.8) * _chord(heart)
    spine = (lean - random.uniform(0.4, 0.6) - 0.1 * np.cos(2 * y)) / random.uniform(0.1, 0.16)
    image += _chord(spine) * (0.4 + 0.2 * np.sign(np.sin(y * random.uniform(18, 28))))
    image += 0.5 * _chord((lean + 0.6 + 0.2 * y) / 0.05)
    for number in range(9):
        curve = y + 0.8 - 0.18 * number - random.uniform(0.2, 0.5) * (lean + 0.1) ** 2
        image += 0.12 * _chord((curve - 0.3 * lean) / 0.03) * (np.abs(lean) < 0.7)
    image += random.uniform(0, 1) * _chord((y + 0.85 + 0.5 * lean) / 0.2)
    return _film(image if random.random() < 0.5 else image[:, ::-1], random)


PHANTOMS: tuple[Callable[[np.random.Generator], Image], ...] = (
    cloud,
    shapes,
    slice_through_body,
    page,
    limbs,
    head_or_belly,
    lateral_chest,
)


def _axes() -> tuple[Image, Image]:
    line = np.linspace(-1, 1, SIDE)
    x, y = np.meshgrid(line, line)
    return x, y


def _chord(radius: Image) -> Image:
    """The length of a ray through a unit sphere at a distance from its centre, halved."""
    return np.asarray(np.sqrt(np.clip(1 - radius**2, 0, None)))


def _ellipse(
    random: np.random.Generator,
    x: Image,
    y: Image,
    *,
    size: tuple[float, float],
    reach: float,
) -> NDArray[np.bool_]:
    angle = random.uniform(0, np.pi)
    dx, dy = x - random.uniform(-reach, reach), y - random.uniform(-reach, reach)
    u = (dx * np.cos(angle) + dy * np.sin(angle)) / random.uniform(*size)
    v = (dy * np.cos(angle) - dx * np.sin(angle)) / random.uniform(*size)
    return np.asarray(u**2 + v**2 < 1)


def _film(thickness: Image, random: np.random.Generator) -> Image:
    """Scatter, grain and a display curve over a projection."""
    textured = thickness + random.uniform(0, 0.15) * (cloud(random) - 0.5)
    return _clipped(_stretched(_blurred(textured, random, 1.5)) ** random.uniform(0.5, 1.6))


def _blurred(image: Image, random: np.random.Generator, most: float) -> Image:
    soft = ndimage.gaussian_filter(image, random.uniform(0.2, most))
    return np.asarray(soft + random.normal(0, random.uniform(0.002, 0.04), image.shape))


def _stretched(image: Image) -> Image:
    low, high = float(image.min()), float(image.max())
    return (image - low) / max(high - low, 1e-9)


def _clipped(image: Image) -> Image:
    return np.clip(image, 0, 1)
