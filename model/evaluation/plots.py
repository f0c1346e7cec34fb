"""The field's usual plots, as SVG inside a data URI; every curve has its interval where films allow one."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from model.evaluation.metrics import precision_recall_curve, roc_curve
from model.evaluation.tables import Floats

INK: Final = "#1f5f99"
BAND: Final[Mapping[str, Any]] = {"color": INK, "alpha": 0.15, "linewidth": 0}
PALE: Final = "#9aa7b4"
COLOURS: Final = (INK, "#c05621")
RC: Final[Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": PALE,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.hashsalt": "thoravue",
    # Letters as outlines: the page looks the same wherever it is opened.
    "svg.fonttype": "path",
}
POINTS: Final = {
    "default": "default",
    "youden": "Youden",
    "sens90": "90 % sensitivity",
    "sens95": "95 % sensitivity",
    "given": "given",
}
# Matplotlib ships no types for figures and axes; they are Any here.
Draw = Callable[[Any], None]


def label_plots(scores: Floats, outcomes: Floats, figures: Mapping[str, Any]) -> str:
    """ROC and precision-recall, and reliability and confusion matrix where there is something to show."""
    panels: list[Draw] = [
        lambda axis: _roc(axis, scores, outcomes, figures),
        lambda axis: _precision_recall(axis, scores, outcomes, figures),
    ]
    if figures.get("calibration"):
        panels.append(lambda axis: _reliability(axis, figures["calibration"]))
    if figures["operating_points"]:
        panels.append(lambda axis: _confusion(axis, figures["operating_points"]))
    return _drawn(panels, width=3.3, height=3.3)


def froc_plot(measured: Mapping[str, Mapping[str, Any]]) -> str:
    """Sensitivity by false marks a film with its interval, a line a set of films; the threshold as a point."""

    def draw(axis: Any) -> None:  # noqa: ANN401
        for (name, found), colour in zip(measured.items(), COLOURS, strict=False):
            false, sensitivity = np.array(found["curve"]).T
            at, low, high = np.array(found["band"]).T
            axis.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
            axis.plot(false, sensitivity, drawstyle="steps-post", color=colour, label=name)
            point = found["false_marks_a_film"]["value"], found["sensitivity"]["value"]
            axis.plot(*point, "o", color=colour, markersize=5)
        axis.set(
            xlabel="false marks a film",
            ylabel="sensitivity",
            title="FROC, 95 % band, threshold as a point",
            xlim=(0, at[-1]),
            ylim=(0, 1),
        )
        axis.legend(loc="lower right")

    return _drawn([draw], width=5.6, height=3.6)


def forest_plot(labels: Mapping[str, Mapping[str, Any]]) -> str:
    """Every label's AUROC and interval on one line each; those not offered are pale."""

    def draw(axis: Any) -> None:  # noqa: ANN401
        for row, figures in enumerate(labels.values()):
            area = figures["auroc"]
            colour = INK if figures["offered"] else PALE
            axis.plot([area["low"], area["high"]], [row, row], color=colour, linewidth=2)
            axis.plot(area["value"], row, "o", color=colour, markersize=5)
        axis.axvline(0.5, color=PALE, linestyle=":")
        lowest = min(figures["auroc"]["low"] for figures in labels.values())
        axis.set(xlabel="AUROC, 95 % interval", xlim=(min(0.45, lowest - 0.02), 1.0))
        axis.set_yticks(range(len(labels)), list(labels))
        axis.set_ylim(len(labels) - 0.5, -0.5)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="x", color="#e8edf2")
        axis.set_axisbelow(True)

    return _drawn([draw], width=7.0, height=0.8 + 0.26 * len(labels))


def _drawn(panels: list[Draw], *, width: float, height: float) -> str:
    """The panels side by side, each so many inches wide."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(RC):
        figure = Figure(figsize=(width * len(panels), height), layout="constrained")
        for axis, draw in zip(
            figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
        ):
            draw(axis)
        stream = io.BytesIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def _roc(axis: Any, scores: Floats, outcomes: Floats, figures: Mapping[str, Any]) -> None:  # noqa: ANN401
    area = figures["auroc"]
    at, low, high = np.array(figures["roc_band"]).T
    axis.fill_between(at, low, high, **BAND)
    axis.plot([0, 1], [0, 1], color=PALE, linestyle=":")
    axis.plot(*roc_curve(scores, outcomes), color=INK)
    for name, point in figures["operating_points"].items():
        place = 1 - point["specificity"]["value"], point["sensitivity"]["value"]
        axis.plot(*place, "o", markersize=4, label=POINTS.get(name, name))
    title = f"ROC: {area['value']:.2f} [{area['low']:.2f}–{area['high']:.2f}]"
    axis.set(
        xlabel="1 − specificity", ylabel="sensitivity", title=title, xlim=(0, 1), ylim=(0, 1.02)
    )
    if figures["operating_points"]:
        axis.legend(loc="lower right")


def _precision_recall(
    axis: Any,  # noqa: ANN401
    scores: Floats,
    outcomes: Floats,
    figures: Mapping[str, Any],
) -> None:
    area = figures["auprc"]
    recall, precision = precision_recall_curve(scores, outcomes)
    axis.plot(recall, precision, drawstyle="steps-post", color=INK)
    axis.axhline(figures["prevalence"], color=PALE, linestyle=":", label="prevalence")
    title = f"PR: {area['value']:.2f} [{area['low']:.2f}–{area['high']:.2f}]"
    axis.set(xlabel="sensitivity", ylabel="PPV", title=title, xlim=(0, 1), ylim=(0, 1.02))
    axis.legend(loc="upper right")


def _reliability(axis: Any, calibration: Mapping[str, Any]) -> None:  # noqa: ANN401
    predicted, observed, low, high = np.array(calibration["curve"])[:, (0, 1, 3, 4)].T
    axis.plot([0, 1], [0, 1], color=PALE, linestyle=":")
    axis.vlines(predicted, low, high, color=INK, alpha=0.35)
    axis.plot(predicted, observed, "o-", markersize=3, color=INK)
    title = f"Reliability: ECE {calibration['ece']:.3f}"
    axis.set(
        xlabel="mean score",
        ylabel="share of positives",
        title=title,
        xlim=(0, 1),
        ylim=(0, 1.02),
    )


def _confusion(axis: Any, points: Mapping[str, Any]) -> None:  # noqa: ANN401
    name, point = next(iter(points.items()))
    counts = np.array(
        [
            [point["true_negatives"], point["false_positives"]],
            [point["false_negatives"], point["true_positives"]],
        ]
    )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1.6)
    for (row, column), count in np.ndenumerate(counts):
        words = f"{count}\n{100 * shares[row, column]:.0f} %"
        axis.text(column, row, words, ha="center", va="center", fontsize=10)
    axis.set_xticks([0, 1], ["unmarked", "marked"])
    axis.set_yticks([0, 1], ["absent", "present"], rotation=90, va="center")
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_title(f"Confusion matrix, {POINTS.get(name, name)}")
