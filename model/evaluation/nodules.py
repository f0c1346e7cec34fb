"""Nodule candidates against boxes: how many lesions are found at how many false marks a film, and how large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from model.evaluation.froc import MarkedFilm, figures_of, marks_a_film
from model.films.cache import read_presented
from model.films.manifest import Box, Row
from model.films.simulated import Lesion, with_nodules
from model.runtime.labels import ALL_CODES, ANY_ABNORMALITY
from model.runtime.nodules import NoduleDetector, candidates
from model.runtime.preprocess import Preprocessed, PreprocessError, preprocess

LESIONS: Final = frozenset({"nodule", "mass"})
SEED: Final = 20


def lesion_boxes(row: Row) -> tuple[Box, ...]:
    """The boxed nodules and masses of a film."""
    return tuple(box for box in row.boxes if box.label in LESIONS)


def without_finding(row: Row) -> bool:
    """Whether a film is known to show none of the findings."""
    return row.labels[ALL_CODES.index(ANY_ABNORMALITY)] == 0


def without_lesion(row: Row) -> bool:
    """Whether a film is known to show neither nodule nor mass, though it may show something else."""
    return all(row.labels[ALL_CODES.index(code)] == 0 for code in sorted(LESIONS))


def marked(detector: NoduleDetector, made: Preprocessed, row: Row) -> MarkedFilm:
    """The detector's marks on one film, in its pixels."""
    return MarkedFilm(
        patient=row.patient_id, lesions=lesion_boxes(row), marks=detector.find(made)
    )


def simulated(
    detector: NoduleDetector, made: Preprocessed, row: Row, number: int
) -> MarkedFilm:
    """The marks on a film with one drawn nodule, in model-input pixels; `number` chooses the nodule."""
    film, lesions = with_nodules(
        np.asarray(made.model_input), 1, np.random.default_rng([SEED, number])
    )
    return MarkedFilm(
        patient=row.patient_id,
        lesions=tuple(_box(lesion) for lesion in lesions),
        marks=candidates(detector.answer(film)),
    )


def _box(lesion: Lesion) -> Box:
    side = lesion.diameter
    return Box(
        label="simulated",
        x=lesion.x + 0.5 - side / 2,
        y=lesion.y + 0.5 - side / 2,
        width=side,
        height=side,
    )


def nodule_figures(
    detector: NoduleDetector, rows: Sequence[Row], *, quiet: bool = False
) -> dict[str, Any]:
    """All figures of a detector on films: those with a boxed lesion and those without a finding.

    Films of a nodule or mass that nobody boxed stay out; on films with other findings the marks are counted alone.
    """
    real: list[MarkedFilm] = []
    drawn: list[MarkedFilm] = []
    others: list[MarkedFilm] = []
    for number, row in enumerate(tqdm(rows, desc="nodules", disable=quiet)):
        plain = without_finding(row)
        if not (plain or lesion_boxes(row) or without_lesion(row)):
            continue
        try:
            made = preprocess(
                read_presented(row.path),
                size=detector.record.input_size,
                pixel_aspect=row.pixel_aspect,
            )
        except (OSError, PreprocessError):
            continue
        film = marked(detector, made, row)
        (real if plain or film.lesions else others).append(film)
        if plain:
            drawn.append(simulated(detector, made, row, number))
    threshold = detector.record.threshold
    return {
        "real": figures_of(real, threshold),
        "simulated": figures_of(drawn, threshold),
        "other_findings": marks_a_film(others, threshold),
    }
