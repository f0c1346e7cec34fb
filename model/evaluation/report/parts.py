"""The report's parts beside the labels: where the evidence lies, nodules, the input check, rivals, time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from model.evaluation.plots import froc_plot
from model.evaluation.report.html import (
    INSUFFICIENT,
    Figures,
    Markup,
    interval,
    paragraphs,
    percent,
    picture,
    table,
)

COPIES: Final = {
    "turned_90": "turned by 90°",
    "turned_180": "turned by 180°",
    "turned_270": "turned by 270°",
    "inverted": "inverted",
    "mirrored": "mirrored (a warning counts)",
}
RIVALS: Final = {
    "site": "the site alone",
    "view_age_sex": "view, age and sex alone",
    "thumbnail": "a 20 × 20 thumbnail",
}
STAGES: Final = {
    "preprocess": "preprocessing",
    "predict_and_maps": "scores and evidence maps",
}
FILMS: Final = {"real": "real lesions", "simulated": "simulated nodules"}


def part_sections(
    record: Mapping[str, Any], name: Callable[[str], str]
) -> Iterable[tuple[str, str]]:
    """Heading and body of every part that the record has; `name` puts labels into words."""
    makers: dict[str, tuple[str, Callable[[Any], str]]] = {
        "nodules": ("Nodule candidates", nodules),
        "localisation": ("Where the evidence lies", lambda found: localisation(found, name)),
        "input_check": (
            "Input check",
            lambda found: input_check(found, record.get("unusable")),
        ),
        "comparators": ("Trivial rivals, any abnormality", rivals),
        "latency": ("Time a film", latency),
        "problems": ("Films left out, and why", paragraphs),
    }
    for key, (heading, maker) in makers.items():
        if record.get(key):
            yield heading, maker(record[key])


def nodules(figures: Figures) -> str:
    """The free-response curve with its band, and what the detector does at its threshold."""
    real, drawn = figures["real"], figures["simulated"]
    measured = {
        words: found
        for words, found in ((FILMS["real"], real), (FILMS["simulated"], drawn))
        if not found["insufficient"]
    }
    parts = [
        f"{found['lesions']} {words} on {found['films']} films of {found['patients']} patients"
        + (": insufficient." if found["insufficient"] else ".")
        for words, found in ((FILMS["real"], real), (FILMS["simulated"], drawn))
    ]
    others = figures["other_findings"]
    if others["films"]:
        marks = interval(others["marks_a_film"])
        parts.append(f"On {others['films']} films with other findings: {marks} marks a film.")
    if not measured:
        return paragraphs(parts)
    first = next(iter(measured.values()))
    head = ("false marks a film", *measured)
    rows = [
        [false, *(percent(found["sensitivity_at"][false]) for found in measured.values())]
        for false in first["sensitivity_at"]
    ]
    rows.append([f"at the threshold, {first['threshold']:.3f}"])
    rows.append(
        ["sensitivity", *(percent(found["sensitivity"]) for found in measured.values())]
    )
    false = [interval(found["false_marks_a_film"]) for found in measured.values()]
    rows.append(["false marks a film", *false])
    rows.append(["diameter found / true", *(_ratio(f["diameter"]) for f in measured.values())])
    return (
        paragraphs(parts)
        + picture(froc_plot(measured), "free-response curves")
        + table(head, rows)
    )


def _ratio(found: Figures) -> str:
    if not found["lesions"]:
        return "–"
    low, middle, high = found["ratio_quartiles"]
    return f"{middle:.2f} (half: {low:.2f}–{high:.2f}; {found['lesions']} lesions)"


def localisation(found: Figures, name: Callable[[str], str]) -> str:
    """Pointing game and overlap, for all boxed findings, the marked ones, and label by label."""
    rows: list[Sequence[str]] = [
        _located("all boxed findings", found["all"]),
        _located("those above their threshold", found["marked"]),
        ["by label, whatever the score"],
        *(_located(name(code), figures) for code, figures in found["labels"].items()),
    ]
    note = (
        "Hottest point in a box: the pointing game. Overlap: the part of the map above "
        f"{100 * found['cut_off_share']:.0f} % of its maximum against the boxes, as intersection over union."
    )
    head = (
        "findings with boxes",
        "number",
        "hottest point in a box",
        "mean overlap",
        "overlap 0.1 or more",
    )
    return paragraphs([note]) + table(head, rows)


def _located(words: str, figures: Figures) -> list[str]:
    overlap = figures["overlap"]
    return [
        words,
        str(figures["boxed"]),
        percent(figures["pointing"]),
        "–" if overlap is None else f"{overlap:.2f}",
        percent(figures["overlap_at_least_0.1"]),
    ]


def input_check(found: Figures, unusable: Figures | None) -> str:
    """Usable films refused by site, spoiled copies caught, unusable images refused by kind."""
    refused = found["usable_refused"]
    sites = [_caught(site, refused[site]) for site in refused if site != "all"]
    warned = _caught("warned of as mirrored", found["usable_warned_mirrored"])
    parts = [
        table(
            ("usable films refused", "films", "share"),
            [_caught("all", refused["all"]), *sites, warned],
        ),
        table(
            ("changed copies of them caught", "films", "share"),
            [_caught(COPIES[key], value) for key, value in found["copies_caught"].items()],
        ),
    ]
    if found.get("usable_reasons"):
        named = [f"{look} {count}" for look, count in found["usable_reasons"].items()]
        parts.append(paragraphs([f"Refused as: {', '.join(named)}."]))
    if unusable:
        kinds = [_caught(kind, value) for kind, value in unusable["kinds"].items()]
        rows = [
            _caught("all", unusable["refused"]),
            _caught("grey ones alone", unusable["grey_refused"]),
            ["by kind"],
            *kinds,
        ]
        parts.append(table(("unusable images refused", "images", "share"), rows))
        wrong, distance = unusable["auroc_wrong"], unusable["auroc_distance"]
        line = f"AUROC of unusable against usable grey images: by the network {wrong:.3f}, by the distance {distance:.3f}."
        parts.append(paragraphs([line]))
    return "".join(parts)


def _caught(words: str, figure: Figures) -> list[str]:
    return [words, str(figure["films"]), percent(figure)]


def rivals(found: Figures) -> str:
    """What is known without looking at the lungs."""
    note = "Fitted on the train films of the same sites. A network that does not clearly beat them has learned the site."
    rows = [
        [RIVALS[key], Markup(INSUFFICIENT) if figure["insufficient"] else interval(figure)]
        for key, figure in found.items()
    ]
    return paragraphs([note]) + table(("from", "AUROC"), rows)


def latency(found: Figures) -> str:
    """Milliseconds a film."""
    rows = [
        [STAGES[key], f"{f['median_ms']:.0f} ms", f"{f['p95_ms']:.0f} ms"]
        for key, f in found.items()
    ]
    return table(("stage", "median", "95th percentile"), rows)
