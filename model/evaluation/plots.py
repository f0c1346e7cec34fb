"""The field's usual plots of one label, as a PNG inside a data URI."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.evaluation.metrics import precision_recall_curve, roc_curve
from model.evaluation.tables import Floats


def label_plots(scores: Floats, outcomes: Floats, figures: Mapping[str, Any]) -> str:
    """ROC, precision-recall, reliability and confusion matrix side by side."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 3.3), layout="constrained")
    FigureCanvasAgg(figure)
    roc, pr, reliable, matrix = figure.subplots(1, 4)
    _roc(roc, scores, outcomes, figures)
    _precision_recall(pr, scores, outcomes, figures)
    _reliability(reliable, figures)
    _confusion(matrix, figures)
    return _png(figure)


def froc_plot(curves: Mapping[str, Sequence[Sequence[float]]]) -> str:
    """Sensitivity by false marks a film, a line a name; points of either as pairs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.subplots()
    for name, curve in curves.items():
        false, found = np.array(curve).T
        axis.plot(false, found, drawstyle="steps-post", label=name)
    axis.set(
        xlabel="false marks a film",
        ylabel="sensitivity",
        title="FROC",
        xlim=(0, 8),
        ylim=(0, 1),
    )
    axis.legend(loc="lower right")
    return _png(figure)


# Matplotlib ships no types for figures and axes; they are Any here.
def _png(figure: Any) -> str:  # noqa: ANN401
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=80)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _roc(axis: Any, scores: Floats, outcomes: Floats, figures: Mapping[str, Any]) -> None:  # noqa: ANN401
    false, true = roc_curve(scores, outcomes)
    area = figures["auroc"]
    axis.plot([0, 1], [0, 1], color="0.8", linestyle=":")
    axis.plot(false, true)
    for name, point in figures["operating_points"].items():
        axis.plot(
            1 - point["specificity"]["value"], point["sensitivity"]["value"], "o", label=name
        )
    title = f"ROC, AUROC {area['value']:.3f} [{area['low']:.3f}–{area['high']:.3f}]"
    axis.set(xlabel="1 − specificity", ylabel="sensitivity", title=title)
    if figures["operating_points"]:
        axis.legend(loc="lower right", fontsize="small")


def _precision_recall(
    axis: Any,  # noqa: ANN401
    scores: Floats,
    outcomes: Floats,
    figures: Mapping[str, Any],
) -> None:
    recall, precision = precision_recall_curve(scores, outcomes)
    axis.plot(recall, precision, drawstyle="steps-post")
    axis.axhline(figures["prevalence"], color="0.7", linestyle=":", label="prevalence")
    title = f"PR, AUPRC {figures['auprc']['value']:.3f}"
    axis.set(xlabel="sensitivity", ylabel="PPV", title=title, ylim=(0, 1.02))
    axis.legend(fontsize="small")


def _reliability(axis: Any, figures: Mapping[str, Any]) -> None:  # noqa: ANN401
    calibration = figures.get("calibration")
    if calibration is None:
        axis.set_axis_off()
        axis.set_title("no probabilities")
        return
    curve = np.array(calibration["curve"])
    axis.plot([0, 1], [0, 1], color="0.8", linestyle=":")
    axis.plot(curve[:, 0], curve[:, 1], "o-", markersize=3)
    title = f"reliability, ECE {calibration['ece']:.3f} ({calibration['ece_if_perfect']:.3f} by chance)"
    axis.set(xlabel="mean score", ylabel="share of positives", title=title)


def _confusion(axis: Any, figures: Mapping[str, Any]) -> None:  # noqa: ANN401
    points = figures["operating_points"]
    axis.set_title("confusion matrix")
    if not points:
        axis.set_axis_off()
        return
    name, point = next(iter(points.items()))
    counts = np.array(
        [
            [point["true_negatives"], point["false_positives"]],
            [point["false_negatives"], point["true_positives"]],
        ]
    )
    axis.imshow(
        counts / np.maximum(counts.sum(axis=1, keepdims=True), 1),
        cmap="Blues",
        vmin=0,
        vmax=1.4,
    )
    for (row, column), count in np.ndenumerate(counts):
        axis.text(column, row, str(count), ha="center", va="center")
    axis.set_xticks([0, 1], ["unmarked", "marked"])
    axis.set_yticks([0, 1], ["absent", "present"])
    axis.set_title(f"confusion matrix at {name} ({point['threshold']:.3f})")
