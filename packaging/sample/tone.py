"""From attenuation to a film as displayed: scatter, quantum noise, and a DR's processing."""

from dataclasses import dataclass

import numpy as np
from raster import Grid, Image64

SCATTER_FRACTION = 0.22
NOISE_AT_UNIT = 0.0016
PROCESSING = ((1.5, 0.40), (6.0, 0.45), (24.0, 0.30))
"""Unsharp masks as a DR applies them: blur in mm, share added back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayCurve:
    """The S-shaped characteristic curve of a film, black where nothing attenuates the beam."""

    centre: float
    width: float

    def __call__(self, log_exposure: Image64) -> Image64:
        """Return display values in 0..1, high where little light came through."""
        black = 1.0 / (1.0 + np.exp(self.centre / self.width))
        value = 1.0 / (1.0 + np.exp(-(log_exposure - self.centre) / self.width))
        return np.asarray((value - black) / (1.0 - black))


def expose(
    grid: Grid, attenuation: Image64, curve: DisplayCurve, rng: np.random.Generator
) -> Image64:
    """Return the film of an attenuation image (natural logarithm units), 0..1."""
    primary = np.exp(-attenuation)
    scatter = SCATTER_FRACTION * grid.blur(np.minimum(primary, 0.4), 28.0)
    exposure = primary * (1.0 - SCATTER_FRACTION) + scatter
    quanta = grid.blur(rng.standard_normal(grid.shape), 0.14)
    quanta /= quanta.std()
    log_exposure = -np.log(exposure) + NOISE_AT_UNIT * quanta / np.sqrt(exposure)
    return process(grid, curve(log_exposure))


def process(grid: Grid, display: Image64) -> Image64:
    """Return the film with local contrast raised at several scales, clipped to 0..1."""
    raised = display.copy()
    for sigma_mm, share in PROCESSING:
        raised += share * (display - grid.blur(display, sigma_mm))
    return np.clip(raised, 0.0, 1.0)
