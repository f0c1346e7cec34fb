"""What stands on the report, in words of one language but without any place on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resources.i18n import Texts
from workstation.adapters.export import wording
from workstation.adapters.export.measures import measured_text
from workstation.core.findings import AnalysisStatus, ModelInfo, NoduleCandidate
from workstation.core.geometry import opposite_direction
from workstation.core.report import EvidenceImage, LegendTick, ReportDocument, ReportedFilm
from workstation.core.review import ReviewStatus, Section
from workstation.core.study import Instance

_TECHNIQUES = 4
"""Kinds of films that the identity table describes; a study of many more is listed film by film below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Labelled values side by side, each (label, value, columns of four that it takes)."""

    cells: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A paragraph; a heading or a lead stays with what follows it."""

    text: str
    role: Literal["body", "heading", "subheading", "lead", "note", "alert"] = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows that are never split; `shares` are the columns' parts of the width; `strong` marks rows above threshold."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[bool, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A picture with patient directions at its left and right edge, a caption and perhaps a legend."""

    pixels: NDArray[np.uint8]
    edges: tuple[str, str]
    caption: str
    notes: tuple[str, ...] = ()
    legend_rgb: NDArray[np.uint8] | None = None
    ticks: tuple[LegendTick, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One or two figures side by side."""

    figures: tuple[Figure, ...]


Element = Fields | Text | Table | Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A whole report: `ai` is drawn visibly apart from the reader's own part."""

    institution: str
    title: str
    status: str
    name: str
    patient_id: str
    """Both on every page; the ID with its label."""
    watermark: str
    footer: tuple[str, ...]
    """Disclaimers in both languages, on every page."""
    reader_part: tuple[Element, ...]
    ai: tuple[Element, ...]


def content_of(document: ReportDocument, texts: Texts, other: Texts) -> Content:
    """Everything on the report in the language of `texts`; disclaimers in both."""
    identity = document.identity
    name = str(identity.name) or texts.tr("unidentified")
    return Content(
        institution=document.institution,
        title=wording.title_text(texts, document),
        status=wording.status_text(texts, document.status) if document.has_reader else "",
        name=name,
        patient_id=f"{texts.tr('ID')} {identity.patient_id or wording.EMPTY}",
        watermark=_watermark(document, texts),
        footer=tuple(
            f"{wording.reference_only(language)} · {wording.research_use(language)}"
            for language in (texts, other)
        ),
        reader_part=tuple(_reader_part(document, texts)),
        ai=tuple(_ai_part(document, texts)),
    )


def _watermark(document: ReportDocument, texts: Texts) -> str:
    if not document.has_reader:
        return texts.tr("NOT READ")
    if document.status in {ReviewStatus.SIGNED, ReviewStatus.AMENDED}:
        return ""
    reviewed = document.status is ReviewStatus.REVIEWED
    return texts.tr("NOT SIGNED") if reviewed else texts.tr("DRAFT")


def _reader_part(document: ReportDocument, texts: Texts) -> Iterator[Element]:
    yield _identity(document, texts)
    if not document.has_reader:
        return
    prior = document.prior_datetime
    comparison = texts.tr("Film of {when}", when=wording.local_minute(prior)) if prior else ""
    yield from _section(texts, Section.CLINICAL_INFORMATION, document)
    yield Text(text=texts.tr("Comparison"), role="heading")
    yield Text(text=comparison or texts.tr("none"))
    for section in (Section.FINDINGS, Section.IMPRESSION, Section.RECOMMENDATION):
        yield from _section(texts, section, document)
    yield from _measurements(document, texts)
    yield from _impression(document, texts)
    yield Fields(
        cells=(
            (texts.tr("Reported by"), wording.actor_text(texts, document.reader), 1),
            (texts.tr("Written"), wording.local_minute(document.written_utc), 1),
            (texts.tr("Reviewed by"), wording.actor_text(texts, document.reviewer), 1),
            (texts.tr("Reviewed"), wording.local_minute(document.reviewed_utc), 1),
        )
    )
    figures = list(_reader_figures(document, texts))
    if figures:
        yield Text(text=texts.tr("Key images"), role="heading")
        yield from _pairs(figures)
    if figures and document.model is None:
        yield Text(text=texts.tr("This report contains no AI result."), role="note")


def _impression(document: ReportDocument, texts: Texts) -> Iterator[Text]:
    """What the reader noted apart from the report, and whether AI results were seen before."""
    impression = document.first_impression
    if impression is not None:
        stated = texts.tr("no finding noted") if impression.no_finding else impression.text
        before = texts.tr("First impression, before any AI result:")
        after = texts.tr("Impression, recorded after the AI result was seen:")
        label = after if document.ai_seen_first else before
        yield Text(text=f"{label} {stated}", role="note")
    elif document.ai_seen_first:
        said = texts.tr("The AI result was seen without a first impression being recorded.")
        yield Text(text=said, role="note")


def _section(texts: Texts, section: Section, document: ReportDocument) -> Iterator[Element]:
    yield Text(text=texts.tr(f"section.{section.value}"), role="heading")
    yield Text(text=document.texts.get(section, "").strip() or wording.EMPTY)


def _measurements(document: ReportDocument, texts: Texts) -> Iterator[Element]:
    """What the reader drew on the films; nothing when that is nothing."""
    rows = tuple(
        (
            f"{number}  {wording.film_text(film.instance)}",
            texts.tr(f"annotation.{mark.kind}"),
            measured_text(mark, film, texts) or wording.EMPTY,
        )
        for number, film in enumerate(document.films, start=1)
        for mark in film.marks
    )
    if rows:
        yield Text(text=texts.tr("Measurements and notes of the reader"), role="heading")
        yield Table(
            header=(texts.tr("Film"), texts.tr("Kind"), texts.tr("Result")),
            rows=rows,
            strong=(False,) * len(rows),
            shares=(0.26, 0.16, 0.58),
        )


def _reader_figures(document: ReportDocument, texts: Texts) -> Iterator[Figure]:
    """The key images that the reader marked, else each film with the reader's marks.

    The clean picture comes first; it is left out of a film that was not marked and stands beside its AI results.
    """
    for film in document.key_images or document.films:
        marked = bool(document.key_images)
        if film.key_image is not None and (marked or document.model is None):
            yield _key_figure(film, texts)
        if film.marked_image is not None:
            shown = _shown(film, texts)
            yield Figure(
                pixels=film.marked_image,
                edges=_edges(film.instance),
                caption=texts.tr("With the reader's marks: {film}", film=shown),
                notes=_sides(film.instance, texts),
            )


def _identity(document: ReportDocument, texts: Texts) -> Fields:
    identity = document.identity
    name = str(identity.name) or texts.tr("unidentified")
    if document.identity_entered_by_hand:
        name = f"{name} ({texts.tr('entered by hand')})"
    described = (
        (texts.tr("Name"), name, 1),
        (texts.tr("Sex"), wording.sex_text(texts, identity.sex), 1),
        (texts.tr("Age"), wording.age_text(texts, document.age), 1),
        (texts.tr("Birth date"), wording.day(identity.birth_date), 1),
        (texts.tr("Patient ID"), identity.patient_id, 1),
        (texts.tr("Department"), document.department, 1),
        (texts.tr("Ward / bed"), "", 1),
        (texts.tr("Accession number"), document.accession_number, 1),
        (texts.tr("Examination"), document.study_description, 2),
        (texts.tr("Examination date"), wording.local_minute(document.study_datetime), 1),
        (texts.tr("Report date"), wording.local_minute(document.created_utc), 1),
        (texts.tr("Technique, view, quality"), _techniques(document.films, texts), 4),
    )
    return Fields(
        cells=tuple((label, v.strip() or wording.EMPTY, n) for label, v, n in described)
    )


def _techniques(films: Sequence[ReportedFilm], texts: Texts) -> str:
    """How the films were made; where they differ, the numbers of the films of each kind."""
    kinds: dict[str, list[int]] = {}
    for number, film in enumerate(films, start=1):
        kinds.setdefault(_technique(film.instance, texts), []).append(number)
    if len(kinds) < 2:
        return "".join(kinds)
    listed = list(kinds.items())
    words = [f"{wording.numbers_text(ns)}: {kind}" for kind, ns in listed[:_TECHNIQUES]]
    more = sum(len(numbers) for _, numbers in listed[_TECHNIQUES:])
    return "; ".join([*words, *([texts.tr("and {count} more", count=more)] if more else [])])


def _technique(instance: Instance, texts: Texts) -> str:
    words = [
        instance.modality,
        instance.body_part,
        instance.view_position or texts.tr("view unknown"),
        f"{instance.columns} × {instance.rows}" if instance.columns else "",
        texts.tr("lossy compression") if instance.lossy else "",
    ]
    return " · ".join(word for word in words if word)


def _key_figure(film: ReportedFilm, texts: Texts) -> Figure:
    assert film.key_image is not None  # noqa: S101 - the callers look
    return Figure(
        pixels=film.key_image,
        edges=_edges(film.instance),
        caption=texts.tr("Film without AI: {film}", film=_shown(film, texts)),
        notes=_sides(film.instance, texts),
    )


def _shown(film: ReportedFilm, texts: Texts) -> str:
    """Which film a picture is of, and which of its frames."""
    words, frames = wording.film_text(film.instance), film.instance.frames
    if frames == 1:
        return words
    image = texts.tr("Image {number}/{count}", number=film.frame + 1, count=frames)
    return f"{words}, {image}"


def _sides(instance: Instance, texts: Texts) -> tuple[str, ...]:
    return () if any(_edges(instance)) else (texts.tr("sides not stated in the file"),)


def _edges(instance: Instance) -> tuple[str, str]:
    """Patient directions at the picture's left and right edge (PS3.3 C.7.6.1.1.1); empty when unknown."""
    row = instance.patient_orientation[0]
    return opposite_direction(row), row


def _ai_part(document: ReportDocument, texts: Texts) -> Iterator[Element]:
    model = document.model
    if model is None:
        return
    yield Text(text=texts.tr("AI analysis (not part of the reader's text)"), role="heading")
    analysed = [film.analysed_utc for film in document.films if film.analysed_utc]
    yield Fields(
        cells=(
            (texts.tr("Model"), f"{model.model_id} {model.version}", 2),
            (texts.tr("Analysed"), wording.local_minute(max(analysed, default=None)), 2),
            (texts.tr("Package SHA-256"), model.package_sha256, 4),
        )
    )
    numbered = list(enumerate(document.films, start=1))
    for number, film in numbered:
        if film.key_image is not None:
            yield from _film(str(number), film, document, texts)
    yield from _never_decoded([n for n in numbered if n[1].key_image is None], document, texts)
    if any(film.findings for film in document.films):
        yield from _about_scores(model, texts)


def _about_scores(model: ModelInfo, texts: Texts) -> Iterator[Element]:
    if model.marks_per_100_normal is not None:
        yield Text(
            text=texts.tr(
                "At these thresholds the model marks about {count} findings per 100 films that "
                "have none of them.",
                count=f"{model.marks_per_100_normal:.0f}",
            ),
            role="note",
        )
    yield Text(
        text=texts.tr("Scores are not disease probabilities at this hospital's prevalence."),
        role="note",
    )


def _never_decoded(
    numbered: Sequence[tuple[int, ReportedFilm]], document: ReportDocument, texts: Texts
) -> Iterator[Element]:
    """Films refused by their tags, those of a kind with one reason together."""
    groups: dict[tuple[str, str], list[tuple[int, ReportedFilm]]] = {}
    for number, film in numbered:
        why = wording.reason_text(texts, film.reason) if film.reason else ""
        kind = wording.film_text(film.instance)
        groups.setdefault((kind, why), []).append((number, film))
    for members in groups.values():
        numbers = wording.numbers_text([number for number, _ in members])
        yield from _film(numbers, members[0][1], document, texts)


def _film(
    number: str, film: ReportedFilm, document: ReportDocument, texts: Texts
) -> Iterator[Element]:
    title = texts.tr("Film {number}", number=number)
    yield Text(text=f"{title}  {wording.film_text(film.instance)}", role="subheading")
    if film.status is AnalysisStatus.ANALYSED:
        yield from _analysed(film, document, texts)
        return
    why = wording.reason_text(texts, film.reason) if film.reason else wording.EMPTY
    if film.status is AnalysisStatus.FAILED:
        failed = texts.tr("Analysis failed – this is not a negative result.")
        yield Text(text=f"× {failed} {why}", role="alert")
    elif film.status is AnalysisStatus.REFUSED:
        yield Text(text=f"⊘ {texts.tr('No score.')} {why}", role="body")
    else:
        yield Text(text=texts.tr("Not analysed."), role="body")
    if film.key_image is not None and document.has_reader:
        yield Figures(figures=(_key_figure(film, texts),))


def _analysed(film: ReportedFilm, document: ReportDocument, texts: Texts) -> Iterator[Element]:
    warnings = [wording.reason_text(texts, w) for w in film.quality.warnings]
    checked = " ".join(warnings) or texts.tr("no objection")
    yield Text(text=f"{texts.tr('Input check:')} {checked}", role="lead")
    header = [
        texts.tr("Finding"),
        texts.tr("Score"),
        texts.tr("Threshold"),
        texts.tr("Side of threshold"),
    ]
    rows = []
    for finding in film.findings:
        score = finding.score
        row = [
            texts.tr(f"finding.{score.code.value}"),
            wording.score_text(score.probability),
            wording.score_text(score.threshold),
            wording.call_text(texts, score),
        ]
        if document.has_reader:
            row.append(wording.decision_text(texts, finding.decision, score))
        rows.append(tuple(row))
    yield Table(
        header=(*header, *([texts.tr("Reader's decision")] if document.has_reader else [])),
        rows=tuple(rows),
        strong=tuple(bool(finding.score.above) for finding in film.findings),
        shares=(0.25, 0.1, 0.12, 0.22, 0.31) if document.has_reader else (0.4, 0.15, 0.15, 0.3),
    )
    yield from _nodules(film, texts)
    if film.key_image is None:
        return
    figures = [_key_figure(film, texts), *(_evidence(e, film, texts) for e in film.evidence)]
    yield from _pairs(figures)


def _nodules(film: ReportedFilm, texts: Texts) -> Iterator[Element]:
    if film.nodules is None:
        if film.nodules_reason is not None:
            yield Text(text=wording.reason_text(texts, film.nodules_reason), role="note")
        return
    if not film.nodules:
        yield Text(
            text=texts.tr("No nodule candidate; nodules may still be there."), role="note"
        )
        return
    count = texts.tr("Nodule candidates: {count}", count=len(film.nodules))
    yield Text(text=count, role="lead")
    for number, candidate in enumerate(film.nodules, start=1):
        x, y = candidate.centre
        yield Text(
            text=texts.tr(
                "{number}. diameter {size}, centre at column {column}, row {row}, score {score}",
                number=number,
                size=_size(candidate, texts),
                column=f"{x:.0f}",
                row=f"{y:.0f}",
                score=wording.score_text(candidate.score),
            )
        )


def _size(candidate: NoduleCandidate, texts: Texts) -> str:
    """The diameter in mm with what they rest on, in pixels without known spacing."""
    if candidate.diameter_mm is None or candidate.spacing_source is None:
        return f"{candidate.diameter_px:.0f} px ({texts.tr('spacing.none')})"
    source = texts.tr(f"spacing.{candidate.spacing_source.value}")
    return f"{candidate.diameter_mm:.0f} mm ({source})"


def _pairs(figures: Sequence[Figure]) -> Iterator[Figures]:
    for start in range(0, len(figures), 2):
        yield Figures(figures=tuple(figures[start : start + 2]))


def _evidence(image: EvidenceImage, film: ReportedFilm, texts: Texts) -> Figure:
    finding = texts.tr(f"finding.{image.code.value}")
    return Figure(
        pixels=image.pixels,
        edges=_edges(film.instance),
        caption=texts.tr("Evidence for: {finding}", finding=finding),
        notes=(
            wording.not_a_lesion(texts),
            *_sides(film.instance, texts),
            texts.tr("log-odds; what lies below the scale is not drawn"),
        ),
        legend_rgb=image.legend_rgb,
        ticks=image.ticks,
    )
