"""What a batch leaves below its folder."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resources.i18n import Texts
from tests.factories.reports import MODEL, make_batch
from workstation.adapters.export.evidence import EvidenceFiles
from workstation.adapters.export.pdf import PdfRenderer
from workstation.adapters.export.results import ResultsJson, SummaryCsv
from workstation.adapters.export.study_pdfs import StudyPdfs
from workstation.core.findings import FindingCode
from workstation.core.report import ReportDocument
from workstation.services.headless import ResultSink

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "results-schema.md"


def feed(sink: ResultSink) -> None:
    for study in make_batch():
        sink.add(study)
    sink.close()


def paths_in(value: object, prefix: str = "") -> Iterator[str]:
    """Field paths as the schema document writes them."""
    if isinstance(value, dict):
        for name, inner in value.items():
            path = f"{prefix}.{name}" if prefix else name
            yield path
            yield from paths_in(inner, path)
    elif isinstance(value, list):
        for inner in value:
            yield from paths_in(inner, f"{prefix}[]")


def test_results_hold_every_file_and_the_documented_fields_only(tmp_path: Path) -> None:
    feed(ResultsJson(tmp_path, model=MODEL, texts=Texts("en")))
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    documented = set(re.findall(r"^\| `([^`]+)` \|", SCHEMA.read_text("utf-8"), re.MULTILINE))
    free = ("timings_ms.", "quality.measures.", "warnings[].", "nodules_reason.")
    found = {p for p in paths_in(results) if not any(part in p for part in free)}
    assert found <= documented
    assert {p for p in documented - found if "nodules[]" not in p} == set()
    assert results["schema"] == "thoravue.results/1"
    assert results["model"] == {"id": "test-model", "version": "1.0.0", "sha256": "a" * 64}
    skipped, analysed, refused, failed = results["files"]
    assert [f["status"] for f in results["files"]] == [
        "skipped",
        "analysed",
        "refused",
        "failed",
    ]
    assert analysed["reason"] is None
    assert analysed["scores"][0] == {
        "code": "nodule",
        "name": "Nodule",
        "probability": 0.8,
        "threshold": 0.5,
        "above": True,
    }
    assert analysed["nodules"] is None
    assert analysed["nodules_reason"]["code"] == "nodules_not_in_package"
    assert refused["reason"]["code"] == "not_frontal"
    assert "LL" in refused["reason"]["message"]
    for other in (skipped, refused, failed):
        assert other["scores"] == []
        assert other["nodules"] is None
        assert other["nodules_reason"] == other["reason"]


def test_the_example_of_the_schema_document_is_complete() -> None:
    text = SCHEMA.read_text("utf-8")
    example = json.loads(text.split("```json\n")[1].split("```")[0])
    entry = set(re.findall(r"^\| `files\[\]\.(\w+)` \|", text, re.MULTILINE))
    assert all(set(file) == entry for file in example["files"])


def test_an_empty_batch_is_valid(tmp_path: Path) -> None:
    ResultsJson(tmp_path, model=MODEL, texts=Texts("zh")).close()
    assert json.loads((tmp_path / "results.json").read_text("utf-8"))["files"] == []


def test_the_spreadsheet_has_a_row_a_file_and_no_formula(tmp_path: Path) -> None:
    feed(SummaryCsv(tmp_path, model=MODEL, texts=Texts("en")))
    raw = (tmp_path / "summary.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(raw.decode("utf-8-sig").splitlines())
    assert len(rows) == 4
    assert all(len(row) == len(header) for row in rows)
    analysed = dict(zip(header, rows[1], strict=True))
    assert analysed["Nodule: score"] == "0.800000"
    assert analysed["Pleural effusion: side of threshold"] == "not above threshold"
    assert rows[3][header.index("Nodule: score")] == ""


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\r=1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    from workstation.adapters.export.results import _harmless

    assert _harmless(cell) == f"'{cell}"
    assert _harmless("films/a.dcm") == "films/a.dcm"


def test_a_pdf_per_study_under_a_safe_name(tmp_path: Path) -> None:
    feed(StudyPdfs(tmp_path, PdfRenderer(), model=MODEL, texts=Texts("zh"), version="0.1.0"))
    (path,) = tmp_path.iterdir()
    assert re.fullmatch(r"A-17-[0-9a-f]{12}\.pdf", path.name)
    assert path.read_bytes().startswith(b"%PDF")


def test_a_film_at_two_places_is_once_in_its_pdf(tmp_path: Path) -> None:
    drawn = []

    class Renderer:
        def render(self, document: ReportDocument, *, language: str) -> bytes:
            del language
            drawn.extend(film.instance.sop_uid for film in document.films)
            return b""

    study = make_batch()[1]
    copy = replace(study.files[0], path=Path("copy/a.dcm"))
    pdfs = StudyPdfs(tmp_path, Renderer(), model=MODEL, texts=Texts("en"), version="0.1.0")
    pdfs.add(replace(study, files=(*study.files, copy)))
    assert drawn == [file.instance.sop_uid for file in study.files]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_maps_are_numbers_and_pictures(tmp_path: Path, language: str) -> None:
    feed(EvidenceFiles(tmp_path, model=MODEL, texts=Texts(language)))
    folder = tmp_path / "maps"
    (numbers,) = folder.glob("*.npz")
    pictures = sorted(folder.glob("*.png"))
    assert [p.stem.split("-", 1)[1] for p in pictures] == ["effusion", "nodule"]
    with np.load(numbers) as stored:
        assert stored["labels"].tolist() == [FindingCode.NODULE, FindingCode.EFFUSION]
        assert stored["log_odds"].shape == (2, 7, 7)
        assert stored["log_odds"].dtype == np.float32
        assert stored["to_film"].shape == (2, 3, 3)
        centre = stored["to_film"][0] @ [3.0, 3.0, 1.0]
        assert centre[:2] == pytest.approx([23.5, 31.5])
    image = np.asarray(Image.open(pictures[1]))
    film = image[:64]
    assert (film.max(axis=2) != film.min(axis=2)).any()
    assert image[64:].max() > 200
