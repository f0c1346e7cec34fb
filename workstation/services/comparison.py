"""Lay a prior over a newer film of the same patient: register, warp, judge, subtract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from workstation.core.comparison import (
    Picture,
    Places,
    RegisteredPrior,
    difference,
    identity_places,
    is_folded,
    structure_correlation,
    warp,
)
from workstation.core.display import presented
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.geometry import Affine2D
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext
from workstation.core.ports import FilmRegistration
from workstation.services.priors import is_same_patient

STAGES = ("prepare", "affine", "elastic", "warp")
REGISTERED_PX = 512
_SHOWN_PX = 1024
# Our own bounds. Of ten pairs of one person's films of NIH ChestX-ray14 nine reach 0.36 to 0.74; a frontal film and a lateral one
# stay below 0.2. Films of two persons reach up to 0.6: the figure says how well films fit, never whose they are.
_LEAST_CORRELATION = 0.3
_LEAST_GAIN = 0.02
# How much of an elastic map is used, the most that does not fold the film.
_ELASTIC_SHARES = (1.0, 0.75, 0.5, 0.25)
_LEAST_SIDE_PX = 64
_LEAST_OVERLAP = 0.5
_LEAST_LIMIT = 0.05


class Comparison:
    """The use case "show me the prior on this film".

    Parameters
    ----------
    load_registration
        Gives what finds the same places in two pictures; called with the first comparison and expected to cache.
    """

    def __init__(self, load_registration: Callable[[], FilmRegistration]) -> None:
        self._load_registration = load_registration

    def run(
        self, current: Radiograph, prior: Radiograph, context: JobContext
    ) -> RegisteredPrior:
        """Warp `prior` onto `current`; stages are reported and cancellation is polled within them.

        Raises
        ------
        CancelledError
            When the reader stopped it.
        WorkstationError
            ``identity_mismatch`` for films that are not certainly one patient's; ``registration_colour`` for colour films;
            ``registration_failed`` when no map brings the two in line better than they are.
        """
        if not is_same_patient(current.instance.patient, prior.instance.patient):
            raise WorkstationError(ErrorCode.IDENTITY_MISMATCH)
        if not (current.is_monochrome and prior.is_monochrome):
            raise WorkstationError(ErrorCode.REGISTRATION_COLOUR)
        context.stage(STAGES[0], 0, len(STAGES))
        fixed, fixed_to_film = _reduced(presented(current), REGISTERED_PX)
        moving, moving_to_film = _reduced(presented(prior), REGISTERED_PX)
        if min(fixed.shape + moving.shape) < _LEAST_SIDE_PX:
            raise WorkstationError(ErrorCode.REGISTRATION_FAILED, before=0.0, after=0.0)
        start = _start(current, prior, fixed_to_film, moving_to_film)
        found = self._load_registration().align(fixed, moving, context, start=start)
        context.stage(STAGES[3], 3, len(STAGES))
        places, before, after = _best(
            fixed, moving, (identity_places(_shape(fixed), start), *_unfolded(found))
        )
        light, mask = warp(moving, places)
        left = difference(fixed, light, mask)
        warped, warped_mask, to_film = _warped(
            current, prior, places, fixed_to_film, moving_to_film
        )
        return RegisteredPrior(
            prior=prior,
            sop_uid=current.instance.sop_uid,
            warped=warped,
            mask=warped_mask,
            to_film=to_film,
            difference=left,
            difference_to_film=fixed_to_film,
            limit=max(float(np.percentile(np.abs(left[mask]), 99.5)), _LEAST_LIMIT),
            before=before,
            after=after,
        )


def _reduced(picture: NDArray[np.generic], longest_px: int) -> tuple[Picture, Affine2D]:
    """Means over whole blocks of pixels until it is at most `longest_px` long, and the map back to the film."""
    factor = max(-(-max(picture.shape) // longest_px), 1)
    rows, columns = (max(side // factor, 1) for side in picture.shape)
    whole = picture[: rows * factor, : columns * factor]
    parts = whole.reshape(rows, whole.shape[0] // rows, columns, whole.shape[1] // columns)
    middle = (factor - 1) / 2
    return (
        parts.mean(axis=(1, 3), dtype=np.float32),
        Affine2D(a=factor, c=middle, e=factor, f=middle),
    )


def _start(
    current: Radiograph, prior: Radiograph, to_current: Affine2D, to_prior: Affine2D
) -> Affine2D:
    """Pixels of the current picture to those of the prior's: middles meet, at true scale where both are known."""
    wide, tall = prior.columns / current.columns, prior.rows / current.rows
    if current.spacing is not None and prior.spacing is not None:
        wide = current.spacing.column_mm / prior.spacing.column_mm
        tall = current.spacing.row_mm / prior.spacing.row_mm
    films = Affine2D(
        a=wide,
        c=(prior.columns - 1 - wide * (current.columns - 1)) / 2,
        e=tall,
        f=(prior.rows - 1 - tall * (current.rows - 1)) / 2,
    )
    return to_current.then(films).then(to_prior.inverse())


def _unfolded(found: tuple[Places, ...]) -> list[Places]:
    """Maps of which each is as much of the one found as keeps the film whole, beginning at the one before."""
    kept: list[Places] = []
    for places in found:
        base = kept[-1] if kept else places
        damped = (base + np.float32(share) * (places - base) for share in _ELASTIC_SHARES)
        whole = next((one for one in damped if not is_folded(one)), None)
        if whole is not None:
            kept.append(whole)
    return kept


def _best(
    fixed: Picture, moving: Picture, candidates: tuple[Places, ...]
) -> tuple[Places, float, float]:
    """The best of `candidates`, the first of which is no registration at all; correlation without and with it."""
    warped = [warp(moving, places) for places in candidates]
    common = np.logical_and.reduce([mask for _, mask in warped])
    figures = [structure_correlation(fixed, light, common) for light, _ in warped]
    usable = [
        number for number, (_, mask) in enumerate(warped) if mask.mean() >= _LEAST_OVERLAP
    ]
    best = max(usable, key=lambda number: figures[number], default=0)
    before, after = figures[0], figures[best]
    if after < max(before + _LEAST_GAIN, _LEAST_CORRELATION) and not (
        best == 0 and before > 0.9
    ):
        raise WorkstationError(
            ErrorCode.REGISTRATION_FAILED, before=round(before, 2), after=round(max(figures), 2)
        )
    return candidates[best], before, after


def _warped(
    current: Radiograph,
    prior: Radiograph,
    places: Places,
    fixed_to_film: Affine2D,
    moving_to_film: Affine2D,
) -> tuple[Radiograph, NDArray[np.bool_], Affine2D]:
    """The prior's stored values on a finer grid of the current film, as a film without overlays, shutter and spacing."""
    factor = max(-(-max(current.rows, current.columns) // _SHOWN_PX), 1)
    shape = (max(current.rows // factor, 1), max(current.columns // factor, 1))
    middle = (factor - 1) / 2
    to_film = Affine2D(a=factor, c=middle, e=factor, f=middle)
    finer = identity_places(shape, to_film.then(fixed_to_film.inverse()))
    edge = np.array(places.shape[1::-1], np.float32) - 1
    x, y = (warp(places[..., axis], np.clip(finer, 0, edge))[0] for axis in (0, 1))
    stored, prior_to_film = _reduced(prior.pixels, _SHOWN_PX)
    to_stored = moving_to_film.then(prior_to_film.inverse())
    places_there = np.stack(
        [to_stored.a * x + to_stored.c, to_stored.e * y + to_stored.f], axis=-1
    )
    values, mask = warp(stored, places_there)
    if prior.padding is not None:
        low, high = prior.padding
        mask &= (values < low) | (values > high)
    pixels = np.rint(values).astype(prior.pixels.dtype)
    film = replace(prior, pixels=pixels, overlays=(), shutter=None, spacing=None)
    return film, mask, to_film


def _shape(picture: Picture) -> tuple[int, int]:
    return picture.shape[0], picture.shape[1]
