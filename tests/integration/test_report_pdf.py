"""The PDF as other programs see it: fonts, text, pictures, structure; and any text at all."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from resources.i18n import Texts
from tests.factories.films import make_instance, make_patient
from tests.factories.reports import make_report, make_shown, make_study
from workstation.adapters.export import fonts, wording
from workstation.adapters.export.content import content_of
from workstation.adapters.export.pdf import PdfRenderer
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import AnalysisResult, AnalysisStatus, NoduleCandidate
from workstation.core.image import SpacingSource
from workstation.core.report import ReportDocument
from workstation.core.review import AiRevealed, ReviewStatus, Section, TextChanged
from workstation.core.study import PersonName
from workstation.services.reporting import ShownFilm


def tool(*command: object) -> str:
    done = subprocess.run([str(c) for c in command], check=True, capture_output=True)
    return done.stdout.decode()


def save(document: ReportDocument, folder: Path, language: str = "zh") -> Path:
    path = folder / "report.pdf"
    path.write_bytes(PdfRenderer().render(document, language=language))
    return path


def text_of(path: Path) -> str:
    return tool("pdftotext", "-layout", path, "-")


def flat(text: str) -> str:
    return re.sub(r"\s+", "", text)


def pages_of(path: Path) -> list[str]:
    return text_of(path).rstrip("\f").split("\f")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_fonts_text_pictures_and_structure(tmp_path: Path, language: str) -> None:
    path = save(make_report(films=(make_shown(640, 480),)), tmp_path, language)
    embedded = [line.split()[-5:-2] for line in tool("pdffonts", path).splitlines()[2:]]
    assert embedded
    assert all(flags == ["yes", "yes", "yes"] for flags in embedded)
    tool("qpdf", "--check", path)
    text = text_of(path)
    for expected in (
        "右肺上叶见一结节影。",
        "可能为肿瘤。",
        "见所见",
        "王小东",
        "a" * 64,
        "0.800",
    ):
        assert expected in text
    texts = Texts(language)
    assert flat(wording.not_a_lesion(texts)) in flat(text)
    prevalence = "Scores are not disease probabilities at this hospital's prevalence."
    assert flat(texts.tr(prevalence)) in flat(text)
    assert flat(texts.tr("finding.nodule")) in flat(text)
    tool("pdfimages", "-png", path, tmp_path / "image")
    pictures = [np.asarray(Image.open(p)) for p in sorted(tmp_path.glob("image-*.png"))]
    document = make_report(films=(make_shown(640, 480),))
    assert any(np.array_equal(p, document.films[0].key_image) for p in pictures)
    assert any(np.array_equal(p, document.films[0].evidence[0].pixels) for p in pictures)


def with_nodules(**changes: object) -> ReportDocument:
    document = make_report(films=(make_shown(),))
    return replace(document, films=(replace(document.films[0], **changes),))  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nodule_candidates_are_named_with_their_size_and_what_it_rests_on(
    tmp_path: Path, language: str
) -> None:
    texts = Texts(language)
    found = NoduleCandidate(
        centre=(1203.4, 877.6),
        diameter_px=70.0,
        diameter_mm=14.2,
        score=0.62,
        spacing_source=SpacingSource.AT_DETECTOR,
    )
    unknown = replace(found, diameter_mm=None, spacing_source=None)
    document = with_nodules(nodules=(found, unknown), nodules_reason=None)
    text = flat(text_of(save(document, tmp_path, language)))
    assert flat(texts.tr("Nodule candidates: {count}", count=2)) in text
    for part in ("1203", "878", "0.620", f"14 mm ({texts.tr('spacing.at_detector')})"):
        assert flat(part) in text
    assert flat(f"70 px ({texts.tr('spacing.none')})") in text


def test_a_film_without_candidates_is_not_called_free_of_nodules(tmp_path: Path) -> None:
    document = with_nodules(nodules=(), nodules_reason=None)
    text = flat(text_of(save(document, tmp_path, "en")))
    assert flat("No nodule candidate; nodules may still be there.") in text
    off = with_nodules(nodules_reason=Reason(code=ErrorCode.NODULES_TOO_UNRELIABLE))
    text = flat(text_of(save(off, tmp_path, "en")))
    assert flat(wording.reason_text(Texts("en"), off.films[0].nodules_reason)) in text  # type: ignore[arg-type]


def test_every_page_names_patient_page_and_both_disclaimers(tmp_path: Path) -> None:
    long = TextChanged(section=Section.FINDINGS, before="", after="双肺纹理清晰。Clear. " * 400)
    document = make_report(AiRevealed(without_impression=True), long)
    pages = pages_of(save(document, tmp_path, "en"))
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert "王小东 (Wang Xiao Dong)" in page
        assert "P-0001" in page
        assert f"page {number} of {len(pages)}" in page
        for language in ("zh", "en"):
            for statement in (wording.reference_only, wording.research_use):
                assert flat(statement(Texts(language))) in flat(page)
    assert flat("".join(pages)).count("双肺纹理清晰。Clear.") > 350
    assert "%" not in "".join(pages)


@pytest.mark.parametrize("name", ["Short", "Maximilian-Alexander Wolfgang " * 7])
@pytest.mark.parametrize("patient_id", ["16d7f894-55d7-4d95-8957-d18987f0e981", "W" * 63 + "X"])
def test_every_page_names_the_id_in_full_however_long_name_and_id_are(
    tmp_path: Path, name: str, patient_id: str
) -> None:
    patient = make_patient(name=PersonName(alphabetic=name), patient_id=patient_id)
    long = TextChanged(section=Section.FINDINGS, before="", after="Clear. " * 900)
    study = make_study(patient=patient)
    document = make_report(long, films=(), study=study)
    pages = pages_of(save(document, tmp_path, "en"))
    assert len(pages) > 1
    for number, page in enumerate(pages, start=1):
        top, bottom = "\n".join(page.splitlines()[:4]), "\n".join(page.splitlines()[-6:])
        for place in (bottom,) if number == 1 else (top, bottom):
            assert f"ID {patient_id}" in place
            assert name[:40].strip() in place
            assert ("…" in place) is (len(name) > 99)


@pytest.mark.parametrize("status", list(ReviewStatus))
def test_all_five_states(tmp_path: Path, status: ReviewStatus) -> None:
    document = replace(make_report(), status=status)
    assert Texts("en").tr(f"status.{status.value}") in text_of(save(document, tmp_path, "en"))
    final = status in {ReviewStatus.SIGNED, ReviewStatus.AMENDED}
    assert (content_of(document, Texts("en"), Texts("zh")).watermark == "") is final


def test_a_sheet_without_reader_says_so_and_has_no_findings_text(tmp_path: Path) -> None:
    text = text_of(save(make_report(reader=None), tmp_path, "en"))
    assert "AI analysis sheet – no reader has seen this" in text
    for absent in ("Reported by", "Impression", "Reader's decision", "normal"):
        assert absent not in text


def test_pictures_give_way_before_a_page_is_begun_for_a_few_lines(tmp_path: Path) -> None:
    document = make_report(reader=None, films=(make_shown(244, 201),))
    (film,) = document.films
    unknown_sides = replace(film.instance, patient_orientation=("", ""))
    film = replace(film, instance=unknown_sides, evidence=film.evidence[:1] * 5)
    document = replace(document, films=(film,))
    pages = pages_of(save(document, tmp_path, "en"))
    assert len(pages) == 2
    assert "Scores are not disease probabilities" in pages[-1]


def test_an_unrevealed_report_shows_no_score(tmp_path: Path) -> None:
    written = TextChanged(section=Section.FINDINGS, before="", after="clear")
    text = text_of(save(make_report(written), tmp_path, "en"))
    assert "This report contains no AI result." in text
    assert "0.800" not in text
    assert "threshold" not in text


def test_refusals_and_failures_look_different_from_a_negative(tmp_path: Path) -> None:
    refused, failed = make_instance(view_position="LL"), make_instance(sop_uid="1.2.9")
    films = tuple(
        ShownFilm(
            instance=instance,
            analysis=AnalysisResult(
                sop_uid=instance.sop_uid, content_sha256="", status=status, reason=reason
            ),
        )
        for instance, status, reason in (
            (
                refused,
                AnalysisStatus.REFUSED,
                Reason(code=ErrorCode.NOT_FRONTAL, parameters={"view": "LL"}),
            ),
            (failed, AnalysisStatus.FAILED, Reason(code=ErrorCode.ANALYSIS_FAILED)),
        )
    )
    text = text_of(save(make_report(reader=None, films=films), tmp_path, "en"))
    assert "No score." in text
    assert "its view is LL" in text
    assert "this is not a negative result" in text
    assert "not above threshold" not in text


def test_a_sheet_of_refusals_alone_says_nothing_of_scores_and_counts_its_films(
    tmp_path: Path,
) -> None:
    films = tuple(
        ShownFilm(
            instance=instance,
            analysis=AnalysisResult(
                sop_uid=instance.sop_uid,
                content_sha256="",
                status=AnalysisStatus.REFUSED,
                reason=Reason(code=ErrorCode.NOT_CHEST, parameters={"body_part": "HIP"}),
            ),
        )
        for instance in (
            make_instance(sop_uid=f"1.2.{number}", rows=512 if number < 5 else 256, columns=512)
            for number in range(6)
        )
    )
    text = flat(text_of(save(make_report(reader=None, films=films), tmp_path, "en")))
    for about_scores in ("Atthesethresholds", "Scoresarenot"):
        assert about_scores not in text
    assert "1–5:" in text
    assert "512×512;6:" in text
    assert "more" not in text
    assert "Film1–6" in text


def test_rare_characters_are_drawn_and_missing_ones_named(tmp_path: Path) -> None:
    patient = make_patient(name=PersonName(ideographic="㐂𠮷 人⼈"))
    shown = make_shown()
    instance = replace(shown.instance, patient=patient)
    shown = replace(shown, instance=instance, film=replace(shown.film, instance=instance))
    findings = TextChanged(section=Section.FINDINGS, before="", after="a\U0001f600b\u0007c\td")
    document = make_report(findings, study=make_study(patient=patient), films=(shown,))
    text = text_of(save(document, tmp_path, "en"))
    assert "㐂𠮷 人⼈" in text
    assert "a□U+1F600b□U+0007cd" in flat(text)
    assert "U+1F600, U+0007" in text


def test_the_same_document_gives_the_same_bytes() -> None:
    document = make_report()
    assert PdfRenderer().render(document, language="zh") == PdfRenderer().render(
        document, language="zh"
    )


@settings(max_examples=6)
@given(
    st.text(
        st.characters(codec=None, categories=("L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Cs")),
        max_size=60,
    )
)
def test_no_text_is_too_strange(text: str) -> None:
    patient = make_patient(name=PersonName(ideographic=text), patient_id=text)
    document = make_report(
        TextChanged(section=Section.FINDINGS, before="", after=text),
        films=(),
        study=make_study(patient=patient, description=text, accession_number=text),
    )
    assert PdfRenderer().render(document, language="zh").startswith(b"%PDF")


def test_without_a_font_the_reason_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    latin = tmp_path / "latin.ttf"
    latin.write_bytes(b"no font")
    monkeypatch.setattr(fonts, "_LINUX", (str(latin),))
    monkeypatch.setattr(fonts, "_MAC", ())
    monkeypatch.setenv(fonts.VARIABLE, str(tmp_path / "missing.ttc"))
    with pytest.raises(WorkstationError) as caught:
        PdfRenderer().render(make_report(), language="zh")
    assert caught.value.code is ErrorCode.NO_FONT


def test_a_chosen_font_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = fonts.find_fonts()[-1]
    monkeypatch.setenv(fonts.VARIABLE, str(usual))
    assert fonts.find_fonts()[0] == usual
