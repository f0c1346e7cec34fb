"""What a batch leaves for other programs: `results.json` (docs/results-schema.md) and a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from resources.i18n import Texts
from workstation.adapters.export import wording
from workstation.core.errors import Reason
from workstation.core.findings import AnalysisResult, FindingCode, ModelInfo, NoduleCandidate
from workstation.services.batch import FileResult, StudyResult
from workstation.services.exporting import write_atomically

SCHEMA = "thoravue.results/1"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
Json = dict[str, object]


class ResultsJson:
    """Writes ``results.json`` below `out` when the batch is closed; keeps one text a file until then."""

    def __init__(self, out: Path, *, model: ModelInfo, texts: Texts) -> None:
        self._path = out / "results.json"
        self._model = model
        self._texts = texts
        self._entries: list[str] = []

    def add(self, result: StudyResult) -> None:
        """Take one study."""
        for file in result.files:
            entry = _entry(file, self._texts)
            self._entries.append(json.dumps(entry, ensure_ascii=False, allow_nan=False))

    def close(self) -> None:
        """Write the file."""
        head = json.dumps(
            {
                "schema": SCHEMA,
                "notice": wording.research_use(self._texts),
                "model": {
                    "id": self._model.model_id,
                    "version": self._model.version,
                    "sha256": self._model.package_sha256,
                },
            },
            indent=1,
        ).removesuffix("\n}")
        body = ",\n".join(f"  {entry}" for entry in self._entries)
        write_atomically(
            self._path,
            f'{head},\n "files": [\n{body}\n ]\n}}\n'.encode(errors="backslashreplace"),
        )


def _entry(file: FileResult, texts: Texts) -> Json:
    instance, result = file.instance, file.result
    return {
        "path": _printable(str(file.path)),
        "status": file.status.value,
        "reason": _reason(file.reason, texts),
        "study_uid": instance.study_uid if instance else None,
        "sop_uid": instance.sop_uid if instance else None,
        "scores": _scores(result, texts),
        "nodules": _nodules(result),
        "nodules_reason": _reason(_without_nodules(file), texts),
        "quality": _quality(result, texts),
        "timings_ms": dict(result.timings_ms) if result else {},
    }


def _printable(text: str) -> str:
    """A path as text; bytes of it that are no valid UTF-8 are written out as hexadecimal escapes."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _reason(reason: Reason | None, texts: Texts) -> Json | None:
    if reason is None:
        return None
    return {"code": reason.code.value, "message": wording.reason_text(texts, reason)}


def _scores(result: AnalysisResult | None, texts: Texts) -> list[Json]:
    if result is None or result.prediction is None:
        return []
    return [
        {
            "code": score.code.value,
            "name": texts.tr(f"finding.{score.code.value}"),
            "probability": round(score.probability, 6),
            "threshold": score.threshold,
            "above": score.above,
        }
        for score in result.prediction.scores
    ]


def _without_nodules(file: FileResult) -> Reason | None:
    """Why there are no nodule candidates, None when there may be some."""
    if file.result is None or file.result.prediction is None:
        return file.reason
    return file.result.nodules_reason


def _nodules(result: AnalysisResult | None) -> list[Json] | None:
    if result is None or result.nodules is None:
        return None
    return [_nodule(candidate) for candidate in result.nodules]


def _nodule(candidate: NoduleCandidate) -> Json:
    return {
        "centre": list(candidate.centre),
        "diameter_px": candidate.diameter_px,
        "diameter_mm": candidate.diameter_mm,
        "spacing_source": candidate.spacing_source,
        "score": candidate.score,
    }


def _quality(result: AnalysisResult | None, texts: Texts) -> Json | None:
    if result is None:
        return None
    return {
        "measures": {name: float(value) for name, value in result.quality.measures.items()},
        "warnings": [_reason(warning, texts) for warning in result.quality.warnings],
    }


class SummaryCsv:
    """Writes ``summary.csv`` below `out`: one row a file, three columns a finding, for any spreadsheet."""

    def __init__(self, out: Path, *, model: ModelInfo, texts: Texts) -> None:
        self._path = out / "summary.csv"
        self._model = model
        self._texts = texts
        self._text = io.StringIO(newline="")
        self._rows = csv.writer(self._text)
        self._write(self._header())

    def add(self, result: StudyResult) -> None:
        """Take one study."""
        for file in result.files:
            self._write(self._row(file))

    def close(self) -> None:
        """Write the file: UTF-8 with the mark that spreadsheets look for."""
        write_atomically(self._path, self._text.getvalue().encode("utf-8-sig", "replace"))

    def _write(self, row: Iterator[str]) -> None:
        self._rows.writerow([_harmless(cell) for cell in row])

    def _header(self) -> Iterator[str]:
        tr = self._texts.tr
        yield from (tr("File"), tr("Status"), tr("Reason"), tr("Patient ID"))
        yield from (tr("Study UID"), tr("SOP UID"), tr("Model"))
        for code in self._model.codes:
            finding = tr(f"finding.{code.value}")
            yield tr("{finding}: score", finding=finding)
            yield tr("{finding}: threshold", finding=finding)
            yield tr("{finding}: side of threshold", finding=finding)
        yield tr("Notice")

    def _row(self, file: FileResult) -> Iterator[str]:
        instance = file.instance
        yield _printable(str(file.path))
        yield file.status.value
        yield wording.reason_text(self._texts, file.reason) if file.reason else ""
        yield instance.patient.patient_id if instance else ""
        yield instance.study_uid if instance else ""
        yield instance.sop_uid if instance else ""
        yield f"{self._model.model_id} {self._model.version}"
        for code in self._model.codes:
            yield from self._score(file.result, code)
        yield wording.research_use(self._texts)

    def _score(self, result: AnalysisResult | None, code: FindingCode) -> tuple[str, str, str]:
        score = result.prediction.score(code) if result and result.prediction else None
        if score is None:
            return "", "", ""
        threshold = "" if score.threshold is None else f"{score.threshold:.6f}"
        call = wording.call_text(self._texts, score).lstrip(
            f"{wording.ABOVE}{wording.NOT_ABOVE} "
        )
        return f"{score.probability:.6f}", threshold, call


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
