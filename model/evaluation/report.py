"""The evaluation as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np

from model.evaluation.plots import froc_plot, label_plots
from model.evaluation.tables import ScoreTable

STYLE = (
    "body{font-family:sans-serif;max-width:80rem;margin:1rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;margin:.5rem 0}td,th{border:1px solid #aaa;padding:.15rem .5rem;"
    "text-align:right}td:first-child,th:first-child{text-align:left}img{max-width:100%}"
)
Rows = Iterable[Sequence[str]]


def html_report(record: Mapping[str, Any], table: ScoreTable) -> str:
    """The page; `record` is what `evaluation.json` holds."""
    parts = [f"<h1>{escape(record['title'])}</h1>", _facts(record), _overview(record)]
    for k, code in enumerate(table.codes):
        figures = record["scores"]["labels"][code]
        parts.append(f"<h2>{escape(code)}</h2>")
        if figures["insufficient"]:
            parts.append(f"<p>insufficient: {figures['positives']} of {figures['films']}</p>")
            continue
        known = ~np.isnan(table.truth[:, k])
        picture = label_plots(table.scores[known, k], table.truth[known, k], figures)
        parts += [f'<img src="{picture}" alt="{escape(code)}">', _points(figures)]
        parts += [_calibration(figures), _subgroups(figures)]
    parts += _nodules(record.get("nodules") or {})
    for key in (
        "comparators",
        "localisation",
        "input_check",
        "unusable",
        "latency",
        "problems",
    ):
        if record.get(key):
            parts += [f"<h2>{escape(key.replace('_', ' '))}</h2>", _tree(record[key])]
    body = "".join(parts)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>'
        f"{escape(record['title'])}</title><style>{STYLE}</style></head><body>{body}</body></html>"
    )


def _nodules(figures: Mapping[str, Any]) -> Iterable[str]:
    if not figures:
        return
    yield "<h2>nodule candidates</h2>"
    curves = {name: f["curve"] for name, f in figures.items() if "curve" in f}
    if curves:
        yield f'<img src="{froc_plot(curves)}" alt="free-response curves">'
    yield _tree(
        {
            name: {key: value for key, value in found.items() if key != "curve"}
            for name, found in figures.items()
        }
    )


def _facts(record: Mapping[str, Any]) -> str:
    scores = record["scores"]
    lines = [f"{scores['films']} films of {scores['patients']} patients. {record['source']}"]
    for name in ("mean_findings", "mean_offered"):
        mean, whose = scores[name], "offered " if name == "mean_offered" else ""
        if not mean["insufficient"]:
            count = len(mean["findings"])
            lines.append(
                f"Mean AUROC of {count} {whose}findings with 15 positives or more: {_interval(mean)}."
            )
    if scores["marks_per_100_normals"] is not None:
        lines.append(
            f"Marks per 100 films without an abnormality: {scores['marks_per_100_normals']:.0f}."
        )
    if record.get("readings"):
        lines.append(f"Reading number {record['readings']} of this test split.")
    lines.append("Intervals are 95 %; those of areas resample patients.")
    return "".join(f"<p>{escape(line)}</p>" for line in lines)


def _overview(record: Mapping[str, Any]) -> str:
    rows = []
    for code, f in record["scores"]["labels"].items():
        name = code if f["offered"] else f"{code} (not offered)"
        cells = [name, str(f["films"]), str(f["positives"])]
        if f["insufficient"]:
            rows.append([*cells, "insufficient", "", "", "", "", "", ""])
            continue
        point = f["operating_points"].get("default")
        shares = ("sensitivity", "specificity", "ppv", "npv")
        rows.append(
            [
                *cells,
                _interval(f["auroc"]),
                _interval(f["auroc_delong"]),
                f"{_interval(f['auprc'])} / {f['prevalence']:.3f}",
                *(_interval(point[s]) if point else "" for s in shares),
            ]
        )
    head = ("label", "films", "positives", "AUROC (patients)", "AUROC (DeLong)")
    return _table(
        (*head, "AUPRC / prevalence", "sensitivity", "specificity", "PPV", "NPV"), rows
    )


def _points(figures: Mapping[str, Any]) -> str:
    shares = ("sensitivity", "specificity", "ppv", "npv", "accuracy")
    rows = [
        [name, f"{p['threshold']:.4f}", *(_interval(p[s]) for s in shares), f"{p['f1']:.3f}"]
        for name, p in figures["operating_points"].items()
    ]
    return _table(("operating point", "threshold", *shares, "F1"), rows) if rows else ""


def _calibration(figures: Mapping[str, Any]) -> str:
    c = figures.get("calibration")
    if c is None:
        return ""
    rows = [
        ["Brier (prevalence alone)", f"{c['brier']:.4f} ({c['brier_of_prevalence']:.4f})"],
        ["ECE (if perfectly calibrated)", f"{c['ece']:.4f} ({c['ece_if_perfect']:.4f})"],
        ["slope", _interval(c["slope"])],
        ["intercept", _interval(c["intercept"])],
        ["mean score / prevalence", f"{c['mean_score']:.3f} / {figures['prevalence']:.3f}"],
    ]
    return _table(("calibration", ""), rows)


def _subgroups(figures: Mapping[str, Any]) -> str:
    rows = []
    for kind, groups in figures["subgroups"].items():
        for name, g in groups.items():
            cells = [f"{kind}: {name}", str(g["films"]), str(g["positives"])]
            if g["insufficient"]:
                rows.append([*cells, "insufficient", "", ""])
                continue
            shares = [_interval(g[s]) if s in g else "" for s in ("sensitivity", "specificity")]
            rows.append([*cells, _interval(g["auroc"]), *shares])
    head = ("subgroup", "films", "positives", "AUROC", "sensitivity", "specificity")
    return _table(head, rows) if rows else ""


def _tree(value: Any) -> str:  # noqa: ANN401  (plain JSON values)
    if isinstance(value, Mapping):
        if {"value", "low", "high"} <= set(value):
            films = f" of {value['films']}" if "films" in value else ""
            return escape(_interval(value) + films)
        rows = "".join(
            f"<tr><td>{escape(str(k))}</td><td>{_tree(v)}</td></tr>" for k, v in value.items()
        )
        return f"<table>{rows}</table>"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "<br>".join(_tree(v) for v in value)
    return escape(str(value))


def _interval(value: Mapping[str, float]) -> str:
    return f"{value['value']:.3f} [{value['low']:.3f}–{value['high']:.3f}]"


def _table(head: Sequence[str], rows: Rows) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"
