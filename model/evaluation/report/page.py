"""The page: what was measured on what, all labels at a glance, each label, and the other parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

import numpy as np

from model.evaluation.plots import POINTS, forest_plot, label_plots
from model.evaluation.report.html import (
    INSUFFICIENT,
    Figures,
    Markup,
    interval,
    page,
    paragraphs,
    percent,
    picture,
    table,
)
from model.evaluation.report.parts import part_sections
from model.evaluation.tables import ScoreTable
from model.runtime.labels import label_name

SHARES: Final = ("sensitivity", "specificity", "ppv", "npv")
SHARE_NAMES: Final = ("sensitivity", "specificity", "PPV", "NPV")


def html_report(record: Mapping[str, Any], scores: ScoreTable) -> str:
    """The page; `record` is what `evaluation.json` holds."""
    names = record.get("names", {})

    def name(code: str) -> str:
        return str(names.get(code, label_name(code).name))

    labels = record["scores"]["labels"]
    measured = [code for code in scores.codes if not labels[code]["insufficient"]]
    sections = list(part_sections(record, name))
    parts = [
        f"<h1>{escape(record['title'])}</h1>",
        f'<p class="source">{escape(record["source"])}</p>',
        _facts(record),
        _contents([*map(name, measured), *(heading for heading, _ in sections)]),
        "<h2>All labels</h2>",
        picture(forest_plot({name(c): labels[c] for c in measured}), "AUROC of all labels")
        if measured
        else "",
        _overview(labels, name),
        paragraphs(_notes(record)),
    ]
    for code in measured:
        parts += [_heading(name(code)), _label(scores, code, labels[code])]
    for heading, body in sections:
        parts += [_heading(heading), body]
    return page(record["title"], parts)


def _contents(headings: Iterable[str]) -> str:
    links = (f'<a href="#{_anchor(heading)}">{escape(heading)}</a>' for heading in headings)
    return f"<nav>{' '.join(links)}</nav>"


def _heading(words: str) -> str:
    return f'<h2 id="{_anchor(words)}">{escape(words)}</h2>'


def _anchor(words: str) -> str:
    return escape(words.lower().replace(" ", "-").replace(",", ""))


def _facts(record: Mapping[str, Any]) -> str:
    scores = record["scores"]
    facts = [(f"{scores['films']:,}", "films"), (f"{scores['patients']:,}", "patients")]
    if "films" in record:
        facts.append((", ".join(record["films"]["splits"]), "split"))
        facts.append(
            (", ".join(site or "unknown" for site in record["films"]["sites"]), "sites")
        )
    every, offered = scores["mean_findings"], scores["mean_offered"]
    means = {"findings": every}
    if offered["findings"] != every["findings"]:
        means["offered findings"] = offered
    for whose, mean in means.items():
        if not mean["insufficient"]:
            count = len(mean["findings"])
            facts.append(
                (interval(mean), f"mean AUROC, {whose} with 15 positives or more ({count})")
            )
    if scores["marks_per_100_normals"] is not None:
        marks = f"{scores['marks_per_100_normals']:.0f}"
        facts.append((marks, "marks on 100 films without an abnormality"))
    if record.get("readings"):
        facts.append((str(record["readings"]), "reading of these test films"))
    boxes = (f"<div><b>{escape(v)}</b><span>{escape(k)}</span></div>" for v, k in facts)
    return f'<div class="facts">{"".join(boxes)}</div>'


def _notes(record: Mapping[str, Any]) -> Iterable[str]:
    yield (
        "Intervals are 95 %: those of areas resample whole patients (DeLong's beside them takes films as "
        "independent), those of shares are Wilson's. Insufficient: fewer than ten films with or without the label."
    )
    if "untrained_on" in record and not record["untrained_on"]:
        yield (
            "These films may have trained the network: its package does not say which films did, or the train split was asked for."
        )


def _overview(labels: Mapping[str, Figures], name: Callable[[str], str]) -> str:
    rows = []
    for code, f in labels.items():
        words = name(code) if f["offered"] else f"{name(code)} (not offered)"
        cells = [words, str(f["films"]), str(f["positives"])]
        if f["insufficient"]:
            rows.append([*cells, Markup(INSUFFICIENT), *[""] * 5])
            continue
        point = next(iter(f["operating_points"].values()), None)
        rows.append(
            [
                *cells,
                interval(f["auroc"]),
                interval(f["auroc_delong"]),
                interval(f["auprc"]),
                f"{f['prevalence']:.2f}",
                *(percent(point[s]) if point else "" for s in SHARES[:2]),
            ]
        )
    head = ("label", "films", "positives", "AUROC", "DeLong", "AUPRC", "prevalence")
    return table((*head, *SHARE_NAMES[:2]), rows)


def _label(scores: ScoreTable, code: str, figures: Figures) -> str:
    k = scores.codes.index(code)
    known = ~np.isnan(scores.truth[:, k])
    drawn = label_plots(scores.scores[known, k], scores.truth[known, k], figures)
    return "".join(
        (picture(drawn, code), _points(figures), _calibration(figures), _subgroups(figures))
    )


def _points(figures: Figures) -> str:
    rows = [
        [
            POINTS.get(key, key),
            f"{p['threshold']:.3f}",
            *(percent(p[s]) for s in (*SHARES, "accuracy")),
            "–" if p["f1"] is None or p["f1"] != p["f1"] else f"{p['f1']:.2f}",
        ]
        for key, p in figures["operating_points"].items()
    ]
    head = ("operating point", "threshold", *SHARE_NAMES, "accuracy", "F1")
    return _titled("Operating points", table(head, rows))


def _calibration(figures: Figures) -> str:
    c = figures.get("calibration")
    if c is None:
        return ""
    rows = [
        ["slope (1)", interval(c["slope"])],
        ["intercept (0)", interval(c["intercept"])],
        ["mean score (prevalence)", f"{c['mean_score']:.3f} ({figures['prevalence']:.3f})"],
        ["ECE (of a perfect model, by chance)", f"{c['ece']:.3f} ({c['ece_if_perfect']:.3f})"],
        [
            "Brier (of the prevalence alone)",
            f"{c['brier']:.3f} ({c['brier_of_prevalence']:.3f})",
        ],
    ]
    return _titled("Calibration", table(("figure (where it should be)", "found"), rows))


def _subgroups(figures: Figures) -> str:
    rows: list[Sequence[str]] = []
    for kind, groups in figures["subgroups"].items():
        rows.append([kind])
        for group, g in groups.items():
            cells = [group, str(g["films"]), str(g["positives"])]
            if g["insufficient"]:
                rows.append([*cells, Markup(INSUFFICIENT), "", ""])
            else:
                shares = [percent(g[s]) if s in g else "" for s in SHARES[:2]]
                rows.append([*cells, interval(g["auroc"]), *shares])
    head = ("group", "films", "positives", "AUROC", *SHARE_NAMES[:2])
    return _titled("By site, view, sex and age", table(head, rows))


def _titled(title: str, body: str) -> str:
    return f"<h3>{escape(title)}</h3>{body}" if body else ""
