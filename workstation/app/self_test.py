"""The steps of `thoravue self-test`: every engine of the program does its part on the built-in sample."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from resources.i18n import Texts
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.inference.packages import PackageShelf
from workstation.app.models import InstalledModels
from workstation.app.sample import SAMPLE
from workstation.cli.analyse import Analyse, AnalyseRequest
from workstation.cli.self_test import Outcome, Step
from workstation.core.display import presented
from workstation.core.jobs import JobContext

_EXPECTED = {"analysed": 2, "refused": 1}
_STUDIES = 2
_EXPLAINED_FILM = SAMPLE / "current-pa.dcm"


class SelfTest:
    """Steps that build on each other; their files go to `out`, which is the caller's to remove.

    Parameters
    ----------
    analyse
        What `thoravue analyse` runs.
    """

    def __init__(
        self, shelf: PackageShelf, analyse: Analyse, texts: Texts, *, out: Path
    ) -> None:
        self._shelf = shelf
        self._analyse = analyse
        self._texts = texts
        self._out = out

    def steps(self) -> Iterator[Step]:
        """All steps in their order."""
        tr = self._texts.tr
        yield Step(name=tr("Model package"), work=self._package)
        yield Step(name=tr("Sample study"), work=self._sample)
        yield Step(name=tr("Scores"), work=self._scores)
        yield Step(name=tr("Evidence maps"), work=self._maps)
        yield Step(name="pytorch-grad-cam", work=self._grad_cam)
        yield Step(name=tr("Reports"), work=self._reports)

    def _package(self) -> Outcome:
        """The built-in package has the hash it was released with and gives its golden answers here."""
        info = InstalledModels(self._shelf).verify(None)
        return Outcome(
            found=self._texts.tr(
                "{model}: hashes and golden vectors agree.",
                model=f"{info.model_id} {info.version}",
            ),
            numbers={"package_sha256": info.package_sha256},
        )

    def _sample(self) -> Outcome:
        """The sample is decoded in the guarded children and analysed as any folder would be."""
        request = AnalyseRequest(
            paths=(SAMPLE,), out=self._out, pdf=True, maps=True, model=None, jobs=1
        )
        counts = self._analyse(request, JobContext())
        _expect({name: n for name, n in counts.items() if n} == _EXPECTED, dict(counts))
        return Outcome(
            found=self._texts.tr(
                "Files: {total}. Analysed {analysed}, refused {refused}, skipped {skipped}, failed {failed}.",
                total=counts.total(),
                **{name: counts[name] for name in ("analysed", "refused", "skipped", "failed")},
            )
        )

    def _scores(self) -> Outcome:
        results = json.loads((self._out / "results.json").read_text(encoding="utf-8"))
        numbers = {
            f"{Path(file['path']).stem} {score['code']}": float(score["probability"])
            for file in results["files"]
            for score in file["scores"] or ()
        }
        _expect(bool(numbers) and all(0 < value < 1 for value in numbers.values()), numbers)
        text = self._texts.tr("{count} scores, {lowest} to {highest}", count=len(numbers),
                              lowest=f"{min(numbers.values()):.4f}",
                              highest=f"{max(numbers.values()):.4f}")  # fmt: skip
        return Outcome(found=text, numbers=numbers)

    def _maps(self) -> Outcome:
        maps: dict[str, float] = {}
        for path in sorted((self._out / "maps").glob("*.npz")):
            with np.load(path) as held:
                for label, values in zip(held["labels"], held["log_odds"], strict=True):
                    maps[f"map {path.stem} {label}"] = float(values.sum(dtype=np.float64))
        pictures = len(list((self._out / "maps").glob("*.png")))
        _expect(bool(maps) and bool(np.isfinite(list(maps.values())).all()), maps)
        _expect(pictures == len(maps), pictures)
        return Outcome(
            found=self._texts.tr("{count} maps and pictures", count=len(maps)), numbers=maps
        )

    def _grad_cam(self) -> Outcome:
        """Nothing on the usual way imports this library: here it must."""
        from model.runtime.explain_gradcam import explain
        from model.runtime.predict import Predictor
        from model.runtime.preprocess import preprocess

        reader = GuardedFilmReader()
        try:
            film = reader.read(_EXPLAINED_FILM, JobContext())
        finally:
            reader.close()
        predictor = Predictor(self._shelf.open(), threads=1)
        model_input = preprocess(presented(film), size=predictor.input_size).model_input
        values = explain(predictor, model_input, label=0)
        _expect(values.shape == model_input.shape and float(values.max()) > 0, values.shape)
        row, column = (int(index) for index in np.unravel_index(values.argmax(), values.shape))
        return Outcome(
            found=self._texts.tr(
                "strongest at row {row}, column {column}", row=row, column=column
            ),
            numbers={"grad-cam": float(values.sum(dtype=np.float64))},
        )

    def _reports(self) -> Outcome:
        reports = [path.read_bytes() for path in sorted(self._out.glob("*.pdf"))]
        whole = [data for data in reports if data[:5] == b"%PDF-" and b"%%EOF" in data[-16:]]
        _expect(len(whole) == len(reports) == _STUDIES, len(reports))
        size = sum(map(len, whole)) // 1000
        return Outcome(
            found=self._texts.tr("{count} PDF, {size} kB", count=len(whole), size=size)
        )


def _expect(holds: bool, seen: Any) -> None:  # noqa: ANN401, FBT001 - an assertion that -O keeps
    if not holds:
        raise ValueError(f"unexpected: {seen!r}")
