"""A package's answers on the films of a manifest."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from tqdm import tqdm

from model.evaluation.localisation import Located, located
from model.evaluation.tables import ScoreTable, groups_of, truth_of
from model.films.cache import pixel_sha256, read_presented, reason_of
from model.films.manifest import Problems, Row
from model.runtime.explain import cell_to_film, evidence_maps
from model.runtime.metadata import LabelRecord
from model.runtime.package import ModelPackage
from model.runtime.predict import Predictor
from model.runtime.preprocess import PreprocessError, preprocess


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a package says of films.

    Parameters
    ----------
    rows, hashes
        The readable films and the hashes of their pixels.
    table
        Probabilities of all labels beside the truth; the age rule is ignored.
    located
        Boxed findings.
    milliseconds
        Preprocessing and prediction with maps, a film each.
    """

    rows: tuple[Row, ...]
    hashes: tuple[str, ...]
    table: ScoreTable
    located: tuple[Located, ...]
    milliseconds: tuple[tuple[float, float], ...]

    def latency(self) -> dict[str, Any]:
        """Median and 95th percentile of either stage, in milliseconds."""
        times = np.array(self.milliseconds)
        return {
            name: {
                "median_ms": float(np.median(times[:, k])),
                "p95_ms": float(np.percentile(times[:, k], 95)),
            }
            for k, name in enumerate(("preprocess", "predict_and_maps"))
        }


def answers(
    package: ModelPackage, rows: Sequence[Row], problems: Problems, *, quiet: bool = False
) -> Answers:
    """Score films; unreadable ones are named and left out."""
    predictor = Predictor(package)
    kept, hashes, scores = list[Row](), list[str](), []
    places, times = list[Located](), list[tuple[float, float]]()
    for row in tqdm(rows, desc="films", disable=quiet):
        try:
            presented = read_presented(row.path)
            started = time.perf_counter()
            made = preprocess(
                presented, size=predictor.input_size, pixel_aspect=row.pixel_aspect
            )
        except (OSError, PreprocessError) as error:
            problems.add(f"unreadable image ({reason_of(error)})", row.path.name)
            continue
        between = time.perf_counter()
        raw = predictor.predict(made.model_input)
        maps = evidence_maps(raw, predictor)
        ended = time.perf_counter()
        times.append(((between - started) * 1e3, (ended - between) * 1e3))
        kept.append(row)
        hashes.append(pixel_sha256(presented))
        scores.append(raw.probabilities)
        to_film = cell_to_film(maps.shape[1:], predictor.input_size, made.to_film)
        for k, label in enumerate(package.labels):
            boxes = [box for box in row.boxes if box.label == label.code]
            if boxes:
                marked = label.threshold is not None and raw.probabilities[k] >= label.threshold
                places.append(located(maps[k], to_film, boxes, marked=bool(marked)))
    labels = package.labels
    table = ScoreTable(
        codes=tuple(label.code for label in labels),
        scores=np.array(scores).reshape(len(kept), len(labels)),
        truth=truth_of(kept).reshape(len(kept), len(labels)),
        patients=tuple(row.patient_id for row in kept),
        groups=groups_of(kept),
        thresholds=tuple(_points(label) for label in labels),
        probabilities=package.metadata.calibration_id is not None,
        offered=tuple(label.trained for label in labels),
    )
    return Answers(
        rows=tuple(kept),
        hashes=tuple(hashes),
        table=table,
        located=tuple(places),
        milliseconds=tuple(times),
    )


def _points(label: LabelRecord) -> dict[str, float]:
    points = {} if label.threshold is None else {"default": label.threshold}
    if label.thresholds is not None:
        stored = label.thresholds
        points |= {
            "youden": stored.youden,
            "sens90": stored.sens90,
            "sens95": stored.sens95,
        }
    return points
