"""The AI part of a report: model, scores beside thresholds, nodule candidates, evidence, refusals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resources.i18n import Texts
from workstation.adapters.export import wording
from workstation.adapters.export.blocks import Element, Fields, Figure, Figures, Table, Text
from workstation.adapters.export.figures import edges_of, key_figure, pairs, sides
from workstation.core.findings import AnalysisStatus, ModelInfo, NoduleCandidate
from workstation.core.report import EvidenceImage, ReportDocument, ReportedFilm


def ai_part(document: ReportDocument, texts: Texts) -> Iterator[Element]:
    """What the network said of every film; nothing in a report that names no model."""
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
        yield Figures(figures=(key_figure(film, texts),))


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
    figures = [key_figure(film, texts), *(_evidence(e, film, texts) for e in film.evidence)]
    yield from pairs(figures)


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


def _evidence(image: EvidenceImage, film: ReportedFilm, texts: Texts) -> Figure:
    finding = texts.tr(f"finding.{image.code.value}")
    return Figure(
        pixels=image.pixels,
        edges=edges_of(film.instance),
        caption=texts.tr("Evidence for: {finding}", finding=finding),
        notes=(
            wording.not_a_lesion(texts),
            *sides(film.instance, texts),
            texts.tr("log-odds; what lies below the scale is not drawn"),
        ),
        legend_rgb=image.legend_rgb,
        ticks=image.ticks,
    )
