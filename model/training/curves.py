"""What a run shows of itself: a CSV row an epoch, and the curves as a picture."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.runtime.calibration import auroc
from model.runtime.labels import ANY_ABNORMALITY


def epoch_scores(
    logits: NDArray[np.float32], targets: NDArray[np.float32], codes: Sequence[str]
) -> dict[str, float]:
    """AUROC of every label on the validation films, and the mean of the findings; NaN for one class only."""
    each = {code: auroc(logits[:, k], targets[:, k]) for k, code in enumerate(codes)}
    findings = [v for c, v in each.items() if c != ANY_ABNORMALITY and not math.isnan(v)]
    mean = float(np.mean(findings)) if findings else float("nan")
    return {"mean_findings": mean, **each}


def append_row(path: Path, row: Mapping[str, float]) -> None:
    """Add one row to the CSV; the first one writes the header."""
    fresh = not path.is_file()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow({k: f"{v:.6g}" for k, v in row.items()})


def keep_rows(path: Path, count: int) -> None:
    """Drop the rows after the checkpoint that a resumed run starts from."""
    if not path.is_file():
        return
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[: count + 1]), encoding="utf-8")


def draw_curves(table: Path, picture: Path) -> None:
    """Losses and validation AUROC by epoch as a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with table.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    losses, scores = figure.subplots(1, 2)
    epochs = [float(r["epoch"]) for r in rows]
    for axis, keys, title in (
        (losses, ("loss", "box_loss"), "training loss"),
        (scores, (ANY_ABNORMALITY, "mean_findings"), "validation AUROC"),
    ):
        for key in keys:
            if rows and key in rows[0]:
                axis.plot(epochs, [float(r[key]) for r in rows], label=key)
        axis.set_xlabel("epoch")
        axis.set_title(title)
        axis.legend()
    figure.savefig(picture, dpi=110)
