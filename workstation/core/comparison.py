"""A prior brought in line with a newer film: warped pixels, how well they fit, and what is left between the two.

Pictures are (rows, columns) float32 light, bright = dense. `places` is (rows, columns, 2) float32: for each pixel of one
picture the place ``(x, y)``, in pixels of the other, that shows the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph

Picture = NDArray[np.float32]
Places = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Structure is what differs from the mean of a square of this share of the picture's longer side: vessels, ribs, edges.
_STRUCTURE_SHARE = 1 / 15
_SURROUNDINGS_SHARE = 1 / 8
# Of full light: what varies less is noise.
_LEAST_SPREAD = 0.03
# Blue for less, orange for more, lighter from end to end: the sign survives colour blindness and a grey print.
_RAMP = np.array(
    [[9, 41, 120], [66, 110, 180], [128, 128, 128], [224, 160, 88], [255, 232, 170]], np.float64
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPrior:
    """A prior warped onto a newer film. It is a computed image, no film: nothing is measured on it.

    Parameters
    ----------
    prior
        The prior film.
    sop_uid
        The newer film that it was warped onto.
    warped
        The prior's stored values where the newer film shows the same, to be presented as the prior is.
    mask
        Where `warped` has a value: (rows, columns) bool.
    to_film
        Pixels of `warped` to the newer film's coordinates.
    difference
        The newer film's light minus the prior's, that brought to the same brightness and contrast: float32 on its own grid, 0
        where there is no prior.
    difference_to_film
        Pixels of `difference` to the newer film's coordinates.
    limit
        The difference, above zero, at which the colours end.
    before, after
        Correlation of structure between both films, before and after the prior was warped, from -1 to 1.
    """

    prior: Radiograph
    sop_uid: str
    warped: Radiograph
    mask: Mask
    to_film: Affine2D
    difference: Picture
    difference_to_film: Affine2D
    limit: float
    before: float
    after: float

    def __post_init__(self) -> None:
        if self.warped.pixels.shape != self.mask.shape or not self.limit > 0:
            raise ValueError(
                "a warped prior has a mask of its own shape, and colours have an end"
            )
        self.mask.setflags(write=False)
        self.difference.setflags(write=False)


def identity_places(shape: tuple[int, int], to_other: Affine2D) -> Places:
    """The places that an affine map of pixel coordinates gives."""
    rows, columns = shape
    y, x = np.arange(rows, dtype=np.float32)[:, None], np.arange(columns, dtype=np.float32)
    m = to_other
    return np.stack([m.a * x + m.b * y + m.c, m.d * x + m.e * y + m.f], axis=-1).astype(
        np.float32
    )


def warp(values: NDArray[np.generic], places: Places) -> tuple[Picture, Mask]:
    """`values` at `places`, bilinear, and where there are any; 0 elsewhere."""
    height, width = values.shape
    x, y = places[..., 0], places[..., 1]
    mask = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    left = np.clip(x, 0, width - 2).astype(np.int32)
    top = np.clip(y, 0, height - 2).astype(np.int32)
    u, v = np.clip(x - left, 0, 1), np.clip(y - top, 0, 1)
    flat = values.reshape(-1).astype(np.float32)
    at = top * width + left
    upper = flat[at] * (1 - u) + flat[at + 1] * u
    lower = flat[at + width] * (1 - u) + flat[at + width + 1] * u
    return np.where(mask, upper * (1 - v) + lower * v, np.float32(0)), mask


def is_folded(places: Places) -> bool:
    """Whether the map tears or folds the picture somewhere: its area factor falls below a tenth of its mean."""
    down, across = np.gradient(places, axis=0), np.gradient(places, axis=1)
    area = across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0]
    return bool(area.min() <= 0.1 * area.mean())


def local_contrast(picture: Picture) -> Picture:
    """What each place differs by from its surroundings, in their standard deviations: free of exposure and shading."""
    size = round(max(picture.shape) * _SURROUNDINGS_SHARE)
    departure = picture - _box_mean(picture, size)
    spread = np.sqrt(np.maximum(_box_mean(departure * departure, size), 0)) + _LEAST_SPREAD
    return np.asarray(departure / spread, dtype=np.float32)


def structure_correlation(one: Picture, other: Picture, mask: Mask) -> float:
    """Pearson's correlation of the fine structure of two pictures where `mask` holds; 0 when there is none."""
    size = max(round(max(one.shape) * _STRUCTURE_SHARE), 3)
    share = np.maximum(_box_mean(mask.astype(np.float32), size), 1e-6)
    a, b = (
        (picture - _box_mean(picture * mask, size) / share)[mask] for picture in (one, other)
    )
    if a.size < 2:
        return 0.0
    a, b = a - a.mean(), b - b.mean()
    strength = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / strength if strength > 1e-6 else 0.0


def difference(current: Picture, prior: Picture, mask: Mask) -> Picture:
    """`current` minus `prior`, that brought to its mean brightness and contrast, as means of 3 x 3; 0 outside `mask`."""
    a, b = current[mask], prior[mask]
    spread = float(b.std())
    gain = float(((a - a.mean()) * (b - b.mean())).mean()) / spread**2 if spread > 1e-6 else 1.0
    matched = (prior - b.mean()) * np.float32(gain) + a.mean()
    return _box_mean(np.where(mask, current - matched, np.float32(0)), 3) * mask


def _box_mean(picture: Picture, size: int) -> Picture:
    """Means over squares of about `size` pixels a side; the edges are continued outwards."""
    half = size // 2
    padded = np.pad(picture.astype(np.float64), half + 1, mode="edge")
    total = padded.cumsum(axis=0).cumsum(axis=1)
    span = 2 * half + 1
    sums = (
        total[span:, span:]
        - total[:-span, span:]
        - total[span:, :-span]
        + total[:-span, :-span]
    )
    rows, columns = picture.shape
    return np.asarray(sums[:rows, :columns] / span**2, dtype=np.float32)


def difference_colours(values: Picture, limit: float) -> NDArray[np.uint8]:
    """Colours (..., 3) uint8 for differences from -`limit` to `limit`."""
    place = (np.clip(values / limit, -1.0, 1.0) + 1.0) / 2 * (len(_RAMP) - 1)
    index = np.arange(len(_RAMP))
    channels = [np.interp(place, index, _RAMP[:, channel]) for channel in range(3)]
    return np.asarray(np.rint(np.stack(channels, axis=-1)), dtype=np.uint8)
