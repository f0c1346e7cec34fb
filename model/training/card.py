"""The model card: what the network is, how well it does and where it fails, a section a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from model.evaluation.report.html import MISSING, interval, percent, share
from model.runtime.labels import ANY_ABNORMALITY
from model.runtime.metadata import LabelRecord, PackageMetadata
from model.training.card_words import CHINESE, ENGLISH, Wording

# Pixels and classes: the program shows the card in a view that knows little more of CSS.
STYLE = (
    "body{font-family:'Segoe UI','Noto Sans',Arial,sans-serif;max-width:960px;margin:16px auto;padding:0 16px;"
    "line-height:150%;color:#1c2733}h1{font-size:22px}h2{font-size:17px;margin-top:26px}"
    "table{border-collapse:collapse}td,th{border-bottom:1px solid #dde3ea;padding:4px 10px;text-align:right}"
    "th{background-color:#f4f7fa}td.name,th.name{text-align:left}section{margin-bottom:48px}"
)
# Sensitivity at one false mark a film on the real boxes below which candidates are not shown.
LEAST_SENSITIVITY = 0.35
Figures = Mapping[str, Any]


def card_html(metadata: PackageMetadata) -> str:
    """One self-contained page, a section a language."""
    title = escape(f"{metadata.package_id} {metadata.version}")
    sections = "".join(_section(metadata, words) for words in (ENGLISH, CHINESE))
    return (
        f'<!doctype html><html><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body>{sections}</body></html>"
    )


def _section(metadata: PackageMetadata, words: Wording) -> str:
    figures, looks, failures, licence = words.headings
    heading = f"{words.title}: {metadata.package_id} {metadata.version}"
    limits = "".join(f"<li>{escape(line)}</li>" for line in _known_failures(metadata, words))
    parts = (
        f"<h1>{escape(heading)}</h1>",
        _paragraphs(_introduction(metadata, words)),
        f"<h2>{escape(figures)}</h2>",
        _table(metadata, words),
        _paragraphs(_about_figures(metadata, words)),
        f"<h2>{escape(looks)}</h2>",
        _paragraphs(_about_looks(metadata, words)),
        f"<h2>{escape(failures)}</h2><ul>{limits}</ul>",
        f"<h2>{escape(licence)}</h2>",
        _paragraphs([words.licence.format(licence=metadata.licence or MISSING)]),
    )
    return f'<section lang="{words.language}">{"".join(parts)}</section>'


def _introduction(metadata: PackageMetadata, words: Wording) -> Iterable[str]:
    training = metadata.training
    yield words.purpose
    age = metadata.limits.get("age_years_min")
    yield words.population.format(age=float(age)) if age else words.everyone
    yield words.data.format(
        train=training.get("films_train", MISSING),
        val=training.get("films_val", MISSING),
        patients=training.get("patients_train", MISSING),
        sites=", ".join(training.get("sites", ())) or MISSING,
    )
    local = metadata.metrics.get("local")
    if local:
        changed = [label for label in metadata.labels if label.code in local["labels"]]
        yield words.local.format(
            films=local["films"], labels=", ".join(_name(label, words) for label in changed)
        )
    if _is_nih(metadata):
        yield words.nih
    yield words.scores


def _known_failures(metadata: PackageMetadata, words: Wording) -> Iterable[str]:
    """What is known of any such network, and what this one's own figures say."""
    for line in words.limits:
        yield line.format(size=metadata.input_size)
    age = metadata.limits.get("age_years_min")
    if age:
        yield words.limits_adults.format(age=float(age))
    test = _test(metadata).get("labels", {})
    offered = [label for label in metadata.labels if label.trained]
    pairs = [(k, test.get(k.code, {}).get("auroc") or _validated(k)) for k in offered]
    areas = [(label, area) for label, area in pairs if area]
    findings = [pair for pair in areas if pair[0].code != ANY_ABNORMALITY]
    if len(findings) > 1:
        label, area = min(findings, key=lambda pair: pair[1]["value"])
        yield words.least_sure.format(label=_name(label, words), area=interval(area))
    for label, area in areas:
        if label.code == ANY_ABNORMALITY:
            yield words.small_sample.format(width=area["high"] - area["low"])
    if _is_nih(metadata):
        yield from words.limits_nih


def _validated(label: LabelRecord) -> Figures | None:
    """A label's AUROC on validation, written as evaluations write it."""
    v = label.validation
    if "auroc" not in v:
        return None
    return {
        "value": v["auroc"],
        "low": v.get("auroc_low", 0.0),
        "high": v.get("auroc_high", 1.0),
    }


def _is_nih(metadata: PackageMetadata) -> bool:
    return "nih" in metadata.training.get("sites", ())


def _about_figures(metadata: PackageMetadata, words: Wording) -> Iterable[str]:
    test = _test(metadata)
    yield words.figures
    if test:
        yield words.figures_test.format(
            **{k: test[k] for k in ("films", "patients", "readings")}
        )
        mean, offered = test.get("mean_findings"), test.get("mean_offered")
        if mean:
            yield words.mean.format(
                count=mean["count"],
                mean=interval(mean),
                offered=offered["count"] if offered else 0,
                offered_mean=interval(offered),
            )
        if "calibration" in test:
            yield _calibration(test["calibration"], words)
    else:
        yield words.untested
    note = metadata.limits.get("notes", {}).get(words.language)
    if note:
        yield note
    marks = metadata.metrics.get("marks_per_100_normals")
    if marks is not None:
        text = words.marks.format(marks=marks)
        if test.get("marks_per_100_normals") is not None:
            text += " " + words.marks_test.format(marks=test["marks_per_100_normals"])
        yield text
    untrained = [_name(label, words) for label in metadata.labels if not label.trained]
    if untrained:
        yield words.untrained.format(labels=", ".join(untrained))


def _calibration(figures: Figures, words: Wording) -> str:
    return words.calibration.format(
        slope=interval(figures["slope"]),
        intercept=interval(figures["intercept"]),
        score=figures["mean_score"],
        prevalence=figures["prevalence"],
        ece=figures["ece"],
        chance=figures["ece_if_perfect"],
    )


def _about_looks(metadata: PackageMetadata, words: Wording) -> Iterable[str]:
    test = _test(metadata)
    if "pointing" in test:
        found = test["pointing"]
        yield words.pointing.format(pointing=percent(found), boxed=found["boxed"])
        if _is_nih(metadata):
            yield words.guess_nih
    yield from _about_nodules(metadata.metrics.get("nodules"), words)
    check = test.get("input_check")
    if check:
        yield words.check.format(
            refused=percent(check["usable_refused"]),
            mirrored=percent(check["mirrored_caught"]),
            turned=share(check["turned_caught"]),
        )
    if "unusable" in test:
        found = test["unusable"]
        yield words.unusable.format(
            films=found["films"], all=percent(found["refused"]), grey=percent(found["grey"])
        )
    if not metadata.metrics.get("input_check", False):
        yield words.no_check


def _about_nodules(figures: Figures | None, words: Wording) -> Iterable[str]:
    if figures is None:
        yield words.nodules
        return
    if not figures:
        yield words.nodules_unmeasured
        return
    yield words.nodules_shown if suffices(figures) else words.nodules_hidden
    for found in figures["evaluations"]:
        yield from _nodule_figures(found, words)


def _nodule_figures(found: Figures, words: Wording) -> Iterable[str]:
    real, drawn = found["real"], found["simulated"]
    facts = {
        "sites": ", ".join(found["sites"]),
        "splits": ", ".join(words.splits[name] for name in found["splits"]),
    }
    if not real["insufficient"]:
        yield words.nodules_real.format(
            **facts,
            lesions=real["lesions"],
            films=real["films"],
            half=percent(real["sensitivity_at"]["0.5"]),
            one=percent(real["sensitivity_at"]["1"]),
            two=percent(real["sensitivity_at"]["2"]),
            sensitivity=percent(real["sensitivity"]),
            false=interval(real["false_marks_a_film"]),
        )
        if real["diameter"]["lesions"]:
            low, middle, high = real["diameter"]["ratio_quartiles"]
            yield words.nodules_size.format(
                count=real["diameter"]["lesions"], low=low, middle=middle, high=high
            )
    if found.get("readings"):
        yield words.nodules_reading.format(readings=found["readings"])
    if not drawn["insufficient"]:
        yield words.nodules_simulated.format(
            lesions=drawn["lesions"], one=percent(drawn["sensitivity_at"]["1"])
        )
    others = found["other_findings"]
    if others["films"]:
        yield words.nodules_others.format(
            films=others["films"], false=interval(others["marks_a_film"])
        )


def suffices(figures: Figures) -> bool:
    """Whether a detector finds enough of the real boxes to be shown; the first evaluation decides."""
    real = figures["evaluations"][0]["real"]
    return (
        not real["insufficient"] and real["sensitivity_at"]["1"]["value"] >= LEAST_SENSITIVITY
    )


def _test(metadata: PackageMetadata) -> Figures:
    test: Figures = metadata.metrics.get("test", {})
    return test


def _table(metadata: PackageMetadata, words: Wording) -> str:
    test = _test(metadata).get("labels", {})
    head = _cells("th", words.columns)
    offered = sorted(
        (label for label in metadata.labels if label.trained),
        key=lambda label: label.code != ANY_ABNORMALITY,
    )
    rows = "".join(_table_row(label, test.get(label.code, {}), words) for label in offered)
    return f"<table><tr>{head}</tr>{rows}</table>"


def _table_row(label: LabelRecord, test: Figures, words: Wording) -> str:
    v = label.validation
    cells = (
        _name(label, words),
        f"{label.threshold:.3f}" if label.threshold is not None else MISSING,
        interval(_validated(label)),
        f"{v.get('positives', 0):.0f}",
        interval(test.get("auroc")),
        str(test.get("positives", MISSING)),
        percent(test.get("sensitivity")),
        percent(test.get("specificity")),
    )
    return f"<tr>{_cells('td', cells)}</tr>"


def _cells(tag: str, cells: Sequence[str]) -> str:
    first, *rest = map(escape, cells)
    others = "".join(f"<{tag}>{cell}</{tag}>" for cell in rest)
    return f'<{tag} class="name">{first}</{tag}>{others}'


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def _name(label: LabelRecord, words: Wording) -> str:
    return words.names.get(label.code, label.name)
