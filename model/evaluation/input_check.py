"""The input check measured: usable films refused, unusable ones let through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from model.evaluation.metrics import wilson
from model.films.cache import read_presented
from model.films.manifest import Problems, Row
from model.films.table import read_table
from model.runtime.calibration import auroc
from model.runtime.preprocess import PreprocessError, preprocess
from model.runtime.quality import Look, QualityCheck, Verdict

SIZE: Final = 256
Presented = NDArray[np.float32]
COPIES: Final[Mapping[str, Callable[[Presented], Presented]]] = {
    "turned_90": lambda film: np.rot90(film, 1),
    "turned_180": lambda film: np.rot90(film, 2),
    "turned_270": lambda film: np.rot90(film, 3),
    "inverted": lambda film: 1 - film,
    "mirrored": np.fliplr,
}


def judged(check: QualityCheck, presented: Presented, aspect: float = 1.0) -> Verdict | None:
    """The verdict on a presented film; None where preprocessing refuses it already."""
    try:
        made = preprocess(np.ascontiguousarray(presented), size=SIZE, pixel_aspect=aspect)
    except PreprocessError:
        return None
    return check.judge(made.model_input)


def usable_and_copies(
    check: QualityCheck, rows: Sequence[Row], *, quiet: bool = False
) -> tuple[dict[str, Any], list[Verdict]]:
    """Usable films refused by site, and their turned, inverted and mirrored copies caught."""
    usable: list[Verdict] = []
    sites: list[str] = []
    caught: dict[str, list[bool]] = {name: [] for name in COPIES}
    for row in tqdm(rows, desc="input check", disable=quiet):
        try:
            presented = read_presented(row.path)
        except OSError:
            continue
        verdict = judged(check, presented, row.pixel_aspect)
        if verdict is None:
            continue
        usable.append(verdict)
        sites.append(row.site)
        for name, change in COPIES.items():
            on_its_side = name in {"turned_90", "turned_270"}
            aspect = 1 / row.pixel_aspect if on_its_side else row.pixel_aspect
            copy = judged(check, change(presented), aspect)
            mirrored = name == "mirrored" and copy is not None and copy.looks_mirrored
            caught[name].append(copy is None or copy.refusal is not None or mirrored)
    refused = np.array([v.refusal is not None for v in usable])
    at = np.array(sites)
    figures = {
        "usable_refused": {
            "all": _share(refused),
            **{str(site): _share(refused[at == site]) for site in np.unique(at)},
        },
        "usable_warned_mirrored": _share(v.looks_mirrored for v in usable),
        "copies_caught": {name: _share(found) for name, found in caught.items()},
    }
    return figures, usable


def unusable(
    check: QualityCheck,
    table: Path,
    usable: Sequence[Verdict],
    problems: Problems,
    *,
    quiet: bool = False,
) -> dict[str, Any]:
    """Unusable images refused, by kind, and how well the two scores part them from usable films.

    `table` is a CSV of `file` (relative to it) and `kind`. Coloured images are refused by colour, as the
    program does; the two areas are of the grey ones.
    """
    records = read_table(table, ("file", "kind"))
    kinds: dict[str, list[bool]] = {}
    grey: list[Verdict] = []
    grey_refused: list[bool] = []
    for record in tqdm(records, desc="unusable", disable=quiet):
        path = table.parent / record["file"]
        try:
            coloured = is_coloured(path)
            verdict = judged(check, read_presented(path))
        except OSError:
            problems.add("unreadable image in the table of unusable ones", record["file"])
            continue
        refused = coloured or verdict is None or verdict.refusal is not None
        kinds.setdefault(record["kind"], []).append(refused)
        if not coloured:
            grey_refused.append(refused)
            grey += [] if verdict is None else [verdict]
    return {
        "refused": _share(r for found in kinds.values() for r in found),
        "grey_refused": _share(grey_refused),
        "kinds": {kind: _share(found) for kind, found in sorted(kinds.items())},
        "auroc_wrong": _area([v.wrong for v in grey], [v.wrong for v in usable]),
        "auroc_distance": _area([v.distance for v in grey], [v.distance for v in usable]),
    }


def is_coloured(path: Path) -> bool:
    """Whether over 1 % of an image's pixels have channels more than 16 of 255 apart, as the program judges."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    spread = pixels.max(axis=2).astype(int) - pixels.min(axis=2)
    return bool((spread > 16).mean() > 0.01)


def reasons(usable: Sequence[Verdict]) -> dict[str, int]:
    """How many usable films were refused for which look."""
    found = [v.refusal for v in usable]
    return {look.value: found.count(look) for look in Look if look in found}


def _share(found: Iterable[bool]) -> dict[str, float | int]:
    values = list(found)
    return {"films": len(values), **asdict(wilson(sum(map(bool, values)), len(values)))}


def _area(unusable_scores: Sequence[float], usable_scores: Sequence[float]) -> float:
    scores = np.array([*unusable_scores, *usable_scores])
    truth = np.array([1.0] * len(unusable_scores) + [0.0] * len(usable_scores))
    return auroc(scores, truth)
