"""What is evaluated: scores and truth of films, from a package and a manifest or from a plain CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.films.manifest import Row, years
from model.films.table import ManifestError, number_in, read_table

Floats = NDArray[np.float64]
GROUPS = ("site", "view", "sex", "age")
AGE_BANDS = ((0, 18, "0-17"), (18, 40, "18-39"), (40, 60, "40-59"), (60, 75, "60-74"))
SCORE_SUFFIX = "_score"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """Scores of films beside the truth.

    Parameters
    ----------
    codes
        The labels.
    scores
        ``(films, labels)``, the higher the surer.
    truth
        ``(films, labels)`` of 0, 1 and NaN (unknown).
    patients
        One a film.
    groups
        Subgroup names a film, by kind (`GROUPS`).
    thresholds
        Operating points of each label by name; empty where there are none.
    probabilities
        Whether the scores claim to be probabilities, so that calibration can be judged.
    offered
        Which labels a package shows; the others are measured too, as leaving them out would flatter the mean.
        Empty: all.
    """

    codes: tuple[str, ...]
    scores: Floats
    truth: Floats
    patients: tuple[str, ...]
    groups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    thresholds: tuple[Mapping[str, float], ...] = ()
    probabilities: bool = True
    offered: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        shape = (len(self.patients), len(self.codes))
        if self.scores.shape != shape or self.truth.shape != shape:
            raise ValueError("scores and truth have a row a film and a column a label")

    def is_offered(self, k: int) -> bool:
        """Whether a label is shown to a reader."""
        return self.offered[k] if self.offered else True


def age_band(age: float | None) -> str:
    """The subgroup of an age in years."""
    if age is None:
        return "unknown"
    return next((name for low, high, name in AGE_BANDS if low <= age < high), "75+")


def groups_of(rows: Sequence[Row]) -> dict[str, NDArray[np.str_]]:
    """Subgroups of the films of a manifest."""
    return {
        "site": np.array([row.site or "unknown" for row in rows]),
        "view": np.array([row.view or "unknown" for row in rows]),
        "sex": np.array([row.sex or "unknown" for row in rows]),
        "age": np.array([age_band(row.age) for row in rows]),
    }


def truth_of(rows: Sequence[Row]) -> Floats:
    """``(films, labels)`` with NaN for unknown."""
    nan = float("nan")
    return np.array([[nan if v is None else v for v in row.labels] for row in rows])


def read_score_csv(path: Path, *, threshold: float | None = None) -> ScoreTable:
    """Read a plain table: path, patient_id, then `<code>` (0, 1, blank) and `<code>_score` a label.

    Optional columns site, view, sex and age make subgroups. `threshold` is one operating point for all labels.

    Raises
    ------
    ManifestError
        For missing columns, scores that are no numbers, or a table without a film.
    """
    records = read_table(path, ("patient_id",))
    if not records:
        raise ManifestError(f"{path} has no film")
    nobody = [n for n, record in enumerate(records, 2) if not record["patient_id"]]
    if nobody:
        raise ManifestError(f"{path}, line {nobody[0]}: patient_id is blank")
    columns = records[0].keys()
    codes = tuple(c for c in columns if c + SCORE_SUFFIX in columns)
    if not codes:
        raise ManifestError(
            f"{path} needs a column <code> and a column <code>_score for each label"
        )
    scores = np.array(
        [
            [number_in(r, c + SCORE_SUFFIX, f"{path}, line {n}") for c in codes]
            for n, r in enumerate(records, 2)
        ]
    )
    truth = np.array(
        [[_outcome(r, c, f"{path}, line {n}") for c in codes] for n, r in enumerate(records, 2)]
    )
    groups = {
        kind: np.array([r[kind] or "unknown" for r in records])
        for kind in GROUPS
        if kind in columns
    }
    if "age" in groups:
        groups["age"] = np.array([age_band(years(text)) for text in groups["age"]])
    return ScoreTable(
        codes=codes,
        scores=scores,
        truth=truth,
        patients=tuple(r["patient_id"] for r in records),
        groups=groups,
        thresholds=({} if threshold is None else {"given": threshold},) * len(codes),
        probabilities=bool(((scores >= 0) & (scores <= 1)).all()),
    )


def _outcome(record: Mapping[str, str], code: str, where: str) -> float:
    text = record[code]
    if text not in {"", "0", "1", "0.0", "1.0"}:
        raise ManifestError(f"{where}: {code} is {text!r}, not 0, 1 or blank")
    return float(text) if text else float("nan")
