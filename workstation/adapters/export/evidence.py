"""Evidence as files: a picture per film and finding as on screen, and the numbers behind them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from resources.i18n import Texts
from workstation.adapters.export import wording
from workstation.adapters.export.fonts import face_number, find_fonts
from workstation.core.findings import EvidenceMap, FindingScore, ModelInfo
from workstation.core.geometry import opposite_direction
from workstation.core.overlay import EvidenceStyle, default_style, has_positive_evidence, legend
from workstation.core.report import LegendTick
from workstation.core.study import Instance
from workstation.services.batch import FileResult, StudyResult
from workstation.services.exporting import safe_stem, write_atomically
from workstation.services.pictures import evidence_picture, film_picture

_LINE = 22
_MARGIN = 12
_LEAST_WIDTH = 640


class EvidenceFiles:
    """Writes ``maps/<hash>-<finding>.png`` and ``maps/<hash>.npz`` below `out` as each study comes in."""

    def __init__(self, out: Path, *, model: ModelInfo, texts: Texts) -> None:
        self._folder = out / "maps"
        self._model = model
        self._texts = texts
        font = find_fonts()[0]
        self._font = ImageFont.truetype(font, 15, index=face_number(font) or 0)

    def add(self, result: StudyResult) -> None:
        """Take one study."""
        for file in result.files:
            if file.result is not None and file.result.maps and file.film is not None:
                self._film(file, file.result.maps)

    def close(self) -> None:
        """Nothing is left to do."""

    def _film(self, file: FileResult, maps: tuple[EvidenceMap, ...]) -> None:
        assert file.film is not None  # noqa: S101 - `add` looks
        assert file.result is not None  # noqa: S101 - `add` looks
        prediction = file.result.prediction
        assert prediction is not None  # noqa: S101 - maps come with a prediction
        instance = file.film.instance
        # Two files may carry one SOP Instance UID: the decoded pixels tell them apart.
        stem = safe_stem("", identifier=f"{instance.sop_uid} {file.film.content_sha256}")
        write_atomically(self._folder / f"{stem}.npz", _numbers(maps))
        picture = film_picture(file.film)
        for evidence in maps:
            score = prediction.score(evidence.code)
            if score is None:
                continue
            style = default_style(evidence) if has_positive_evidence(evidence) else None
            pixels = (
                np.repeat(picture.pixels[..., None], 3, axis=2)
                if style is None
                else evidence_picture(picture, evidence, style)
            )
            sheet = self._sheet(pixels, instance, score, style)
            name = f"{stem}-{evidence.code.value}.png"
            write_atomically(self._folder / name, _png(sheet))

    def _sheet(
        self,
        pixels: NDArray[np.uint8],
        instance: Instance,
        score: FindingScore,
        style: EvidenceStyle | None,
    ) -> Image.Image:
        """The picture on black with what a reader must know below it; no identity."""
        tr = self._texts.tr
        call = (
            tr(f"finding.{score.code.value}"),
            f"{tr('Score')} {wording.score_text(score.probability)}",
            f"{tr('Threshold')} {wording.score_text(score.threshold)}",
            wording.call_text(self._texts, score),
        )
        lines = [
            "   ".join(call),
            f"{wording.not_a_lesion(self._texts)} · {self._model.model_id} {self._model.version}",
            wording.research_use(self._texts),
        ]
        if style is None:
            lines[1] = f"{tr('no evidence for this finding')} · {lines[1]}"
        height, width = pixels.shape[:2]
        wide = max(width, _LEAST_WIDTH)
        below = _MARGIN * 2 + _LINE * len(lines) + (3 * _LINE if style else 0)
        sheet = Image.new("RGB", (wide, height + below))
        left = (wide - width) // 2
        sheet.paste(Image.fromarray(pixels), (left, 0))
        draw = ImageDraw.Draw(sheet)
        self._letters(draw, instance, (left, left + width))
        top = height + _MARGIN
        for line in lines:
            draw.text((_MARGIN, top), line, font=self._font, fill=(225, 225, 225))
            top += _LINE
        if style is not None:
            colours, ticks = legend(style)
            self._legend(sheet, draw, colours, ticks, top)
        return sheet

    def _letters(
        self, draw: ImageDraw.ImageDraw, instance: Instance, edges: tuple[int, int]
    ) -> None:
        right = instance.patient_orientation[0]
        for x, letter, anchor in (
            (edges[0] + 6, opposite_direction(right), "la"),
            (edges[1] - 6, right, "ra"),
        ):
            draw.text(
                (x, 6),
                letter,
                font=self._font,
                anchor=anchor,
                fill=(255, 255, 255),
                stroke_width=2,
                stroke_fill=(0, 0, 0),
            )

    def _legend(
        self,
        sheet: Image.Image,
        draw: ImageDraw.ImageDraw,
        colours: NDArray[np.uint8],
        ticks: tuple[LegendTick, ...],
        top: int,
    ) -> None:
        start, length = _MARGIN + 20, 360
        ramp = Image.fromarray(np.ascontiguousarray(colours[None])).resize((length, 14))
        sheet.paste(ramp, (start, top + 6))
        for tick in ticks:
            x = start + tick.position * (length - 1)
            draw.line((x, top + 20, x, top + 25), fill=(225, 225, 225))
            draw.text(
                (x, top + 26),
                f"{tick.value:+.2f}",
                font=self._font,
                anchor="ma",
                fill=(225,) * 3,
            )
        label = self._texts.tr("log-odds")
        draw.text((start + length + 20, top + 3), label, font=self._font, fill=(225, 225, 225))


def _numbers(maps: tuple[EvidenceMap, ...]) -> bytes:
    """All maps of a film: ``log_odds`` (n, h, w) float32, ``to_film`` (n, 3, 3) float64, ``labels`` (n,) text."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        log_odds=np.stack([evidence.values for evidence in maps]),
        to_film=np.stack([evidence.to_film.matrix for evidence in maps]),
        labels=np.array([evidence.code.value for evidence in maps]),
    )
    return buffer.getvalue()


def _png(sheet: Image.Image) -> bytes:
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG", compress_level=3)
    return buffer.getvalue()
