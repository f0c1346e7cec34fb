"""Hypothesis strategies for everything that turns stored values into light."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.factories.films import make_film
from workstation.core.image import (
    LookupTable,
    Photometric,
    Radiograph,
    Rescale,
    VoiFunction,
    WindowLevel,
)

NARROW_TYPES = (np.uint8, np.int8, np.uint16, np.int16)


def windows(reach: float = 80_000.0) -> st.SearchStrategy[WindowLevel]:
    """Windows of every function, in and around the values of 16-bit films."""
    return st.builds(
        WindowLevel,
        centre=st.floats(-reach, reach),
        width=st.one_of(st.just(1.0), st.floats(1.0, reach)),
        function=st.sampled_from(VoiFunction),
    )


@st.composite
def tables(draw: st.DrawFn) -> LookupTable:
    """Lookup tables of any length and depth; not monotonic."""
    size = draw(st.sampled_from((1, 2, 7, 256, 4096, 65536)))
    bits = draw(st.integers(8, 16))
    seed = draw(st.integers(0, 9))
    values = np.random.default_rng(seed).integers(0, 1 << bits, size).astype(np.uint16)
    return LookupTable(first=draw(st.integers(-40_000, 66_000)), values=values, bits=bits)


def rescales() -> st.SearchStrategy[Rescale]:
    """Slopes of both signs and any sensible size."""
    size = st.floats(0.01, 100.0)
    return st.builds(
        Rescale,
        slope=st.one_of(st.just(1.0), size, size.map(lambda slope: -slope)),
        intercept=st.one_of(st.just(0.0), st.floats(-40_000.0, 40_000.0)),
    )


@st.composite
def narrow_films(draw: st.DrawFn) -> Radiograph:
    """Monochrome films of 8 or 16 bits that hold some values of their type, with every combination of the rest."""
    kind = np.iinfo(draw(st.sampled_from(NARROW_TYPES)))
    value = st.integers(int(kind.min), int(kind.max))
    pixels = np.array([draw(st.lists(value, min_size=4, max_size=4))], dtype=kind.dtype)
    changes: dict[str, Any] = {
        "photometric": draw(
            st.sampled_from((Photometric.MONOCHROME1, Photometric.MONOCHROME2))
        ),
        "presentation_inverse": draw(st.sampled_from((None, True, False))),
        "modality_transform": draw(st.one_of(rescales(), tables())),
    }
    if draw(st.booleans()):
        ends = sorted((draw(value), draw(value)))
        changes["padding"] = (ends[0], ends[1])
    return make_film(pixels, **changes)
