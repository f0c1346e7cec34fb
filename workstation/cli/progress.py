"""A progress bar a stage."""

from __future__ import annotations

from typing import Protocol

from tqdm import tqdm

from workstation.core.jobs import Progress

_STAGES = frozenset({"scan", "analyse", "dataset"})


class Translator(Protocol):
    """Gives texts in one language."""

    def tr(self, message: str, /, **parameters: object) -> str:
        """`message` in this language, its named places filled."""
        ...


class StageBar:
    """A tqdm bar a stage; nothing where the output is no terminal."""

    def __init__(self, texts: Translator) -> None:
        self._texts = texts
        self._stage = ""
        self._bar: tqdm[None] | None = None

    def show(self, progress: Progress) -> None:
        """Show how far the work is."""
        if progress.stage not in _STAGES:
            return
        if progress.stage != self._stage or self._bar is None:
            self.close()
            self._stage = progress.stage
            self._bar = tqdm(
                total=progress.total,
                desc=self._texts.tr(f"stage.{progress.stage}"),
                unit=" " + self._texts.tr("files"),
                disable=None,
            )
        self._bar.update(progress.done - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            self._bar.close()
