"""Trivial rivals: what the site alone, view, age and sex, or a 20 x 20 thumbnail, already know.

A network that does not clearly beat them has learned the site and not the disease.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from model.evaluation.bootstrap import clustered_interval
from model.evaluation.tables import truth_of
from model.films.cache import read_presented
from model.films.manifest import Row
from model.runtime.calibration import auroc
from model.runtime.preprocess import PreprocessError, preprocess

THUMBNAIL: Final = 20
Floats = NDArray[np.float64]


def comparators(train: Sequence[Row], judged: Sequence[Row], label: int) -> dict[str, Any]:
    """AUROC of each rival on the judged films, fitted on the train films by logistic regression.

    Where all judged films are of one site, the site knows nothing: insufficient.
    """
    sites = sorted({row.site for row in judged})
    rivals: dict[str, Callable[[Sequence[Row]], Floats]] = {
        "site": lambda rows: one_hot([row.site for row in rows], sites),
        "view_age_sex": known_facts,
        "thumbnail": thumbnails,
    }
    figures: dict[str, Any] = {}
    for name, describe in rivals.items():
        features, outcomes = describe(train), truth_of(train)[:, label]
        rest, truth = describe(judged), truth_of(judged)[:, label]
        usable = ~np.isnan(outcomes) & ~np.isnan(features).any(axis=1)
        known = ~np.isnan(truth) & ~np.isnan(rest).any(axis=1)
        alone = name == "site" and len(sites) < 2
        if alone or len(set(outcomes[usable])) < 2 or len(set(truth[known])) < 2:
            figures[name] = {"insufficient": True}
            continue
        scores = _logistic(features[usable], outcomes[usable], rest[known])
        patients = [row.patient_id for row, k in zip(judged, known, strict=True) if k]
        low, high = clustered_interval(scores, truth[known], patients)
        value = auroc(scores, truth[known])
        figures[name] = {"insufficient": False, "value": value, "low": low, "high": high}
    return figures


def one_hot(names: Sequence[str], vocabulary: Sequence[str]) -> Floats:
    """``(films, names)``: 1 where a film has the name."""
    return np.array([[float(name == known) for known in vocabulary] for name in names])


def known_facts(rows: Sequence[Row]) -> Floats:
    """View, sex, age and its square; unknown ones are zero with a flag of their own."""
    return np.array(
        [
            (
                float(row.view == "PA"),
                float(row.view == "AP"),
                float(row.sex == "M"),
                float(row.sex == "F"),
                float(row.age is None),
                (row.age or 0.0) / 50,
                ((row.age or 0.0) / 50) ** 2,
            )
            for row in rows
        ]
    )


def thumbnails(rows: Sequence[Row]) -> Floats:
    """Each film as 400 grey values; NaN for an unreadable one."""
    pictures = np.full((len(rows), THUMBNAIL * THUMBNAIL), np.nan)
    for k, row in enumerate(rows):
        try:
            made = preprocess(
                read_presented(row.path), size=THUMBNAIL, pixel_aspect=row.pixel_aspect
            )
        except (OSError, PreprocessError):
            continue
        pictures[k] = made.model_input.ravel()
    return pictures


def _logistic(features: Floats, outcomes: Floats, rest: Floats) -> Floats:
    from sklearn.linear_model import LogisticRegression  # the training extra
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fitted = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    fitted.fit(features, outcomes)
    return np.asarray(fitted.predict_proba(rest)[:, 1])
