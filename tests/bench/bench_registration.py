"""How long a prior takes to be laid over the current film, stage by stage, with the sample and with made films."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from tests.factories.films import make_film, make_pixels
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.registration.elastic import ElasticRegistration
from workstation.core.errors import WorkstationError
from workstation.core.image import Radiograph
from workstation.core.jobs import CancelToken, JobContext, Progress
from workstation.services.comparison import STAGES, Comparison

_SAMPLE = Path("resources/sample/films")
_GOAL_S = 1.0


def main() -> None:
    """Print seconds a stage, agreement before and after, and how long a stop takes."""
    reader = GuardedFilmReader()
    reader.start()
    current, prior = (
        reader.read(_SAMPLE / f"{name}-pa.dcm", JobContext()) for name in ("current", "prior")
    )
    reader.close()
    large = make_film(make_pixels(3000, 2500))
    shifted = make_film(np.roll(make_pixels(3000, 2500, seed=2), (40, -60), axis=(0, 1)))
    print(
        f"{'films':16}"
        + "".join(f"{stage:>10}" for stage in STAGES)
        + f"{'all s':>10}  agreement"
    )
    for threads in (1, 2):
        comparison = Comparison(lambda threads=threads: ElasticRegistration(threads=threads))
        _measure(comparison, f"sample, {threads} thr.", current, prior)
        _measure(comparison, f"3000 x 2500, {threads}", large, shifted)
    longest = max(_stop(comparison, current, prior, after) for after in range(5, 150, 25))
    print(f"longest stop {longest:.2f} s, goal {_GOAL_S:.0f}")


def _measure(comparison: Comparison, name: str, current: Radiograph, prior: Radiograph) -> None:
    entered: dict[str, float] = {}

    def report(progress: Progress) -> None:
        entered.setdefault(progress.stage, time.perf_counter())

    start = time.perf_counter()
    try:
        found = comparison.run(current, prior, JobContext(report=report))
        agreement = f"{found.before:.2f} -> {found.after:.2f}"
    except WorkstationError as error:
        agreement = f"{error.code} {dict(error.reason.parameters)}"
    end = time.perf_counter()
    times = [*(entered.get(stage, end) for stage in STAGES), end]
    spans = "".join(f"{after - before:10.2f}" for before, after in pairwise(times))
    print(f"{name:16}{spans}{end - start:10.2f}  {agreement}")


def _stop(comparison: Comparison, current: Radiograph, prior: Radiograph, after: int) -> float:
    """Seconds from asking to stop, at the report of number `after`, to the end."""
    token, reports, asked = CancelToken(), [], [0.0]

    def report(progress: Progress) -> None:
        reports.append(progress)
        if len(reports) == after:
            asked[0] = time.perf_counter()
            token.cancel()

    try:
        comparison.run(current, prior, JobContext(token=token, report=report))
    except WorkstationError:
        return time.perf_counter() - asked[0]
    return 0.0
