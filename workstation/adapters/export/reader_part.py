"""The reader's own part of a report: identity, sections, measurements, key images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resources.i18n import Texts
from workstation.adapters.export import wording
from workstation.adapters.export.blocks import Element, Fields, Figure, Table, Text
from workstation.adapters.export.figures import edges_of, key_figure, pairs, shown_text, sides
from workstation.adapters.export.measures import measured_text
from workstation.core.report import ReportDocument, ReportedFilm
from workstation.core.review import Section
from workstation.core.study import Instance

_TECHNIQUES = 4
"""Kinds of films that the identity table describes; a study of many more is listed film by film below."""


def reader_part(document: ReportDocument, texts: Texts) -> Iterator[Element]:
    """Whose films these are and, once a reader has seen them, what the reader wrote, measured and marked."""
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
        yield from pairs(figures)
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
            yield key_figure(film, texts)
        if film.marked_image is not None:
            shown = shown_text(film, texts)
            yield Figure(
                pixels=film.marked_image,
                edges=edges_of(film.instance),
                caption=texts.tr("With the reader's marks: {film}", film=shown),
                notes=sides(film.instance, texts),
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
