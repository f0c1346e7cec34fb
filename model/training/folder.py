"""Where a run lives: one checkpoint and one table of curves, and what may continue them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model.films.leakage import TrainedFilms
from model.films.manifest import Row
from model.runtime.errors import ModelError
from model.training import curves
from model.training.checkpoint import read_checkpoint, write_checkpoint

CHECKPOINT = "last.safetensors"
CURVES = "curves.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSetup:
    """Where a run lives and on what.

    Parameters
    ----------
    out
        The run folder.
    cache
        Folder of preprocessed films, shared between runs.
    quiet
        No progress bars.
    """

    out: Path
    cache: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    quiet: bool = False


def refuse_begun(path: Path) -> None:
    """Raise `ModelError` when a run lives in a folder already."""
    if (path / CHECKPOINT).is_file():
        raise ModelError(
            f"{path} holds a run already: continue it with --resume, or choose another --out"
        )


class RunFolder:
    """The folder of one run.

    Parameters
    ----------
    path
        Made when the first checkpoint is written.
    recipe
        As plain values; only the same one continues the run.
    rows
        The films of train and val; only the same ones, with the same labels, continue the run.
    """

    def __init__(self, path: Path, recipe: Mapping[str, Any], rows: Iterable[Row]) -> None:
        self._path = path
        self._kept = {
            "config": json.loads(json.dumps(recipe)),
            "films_sha256": _films_sha256(rows),
        }

    def stored(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """State and record to continue from; None where no run was begun.

        Raises
        ------
        ModelError
            When the run was made by another recipe or from another table.
        """
        if not (self._path / CHECKPOINT).is_file():
            return None
        state, record = read_checkpoint(self._path / CHECKPOINT)
        for key, name in (
            ("config", "by another recipe"),
            ("films_sha256", "on another table"),
        ):
            if record.get(key) != self._kept[key]:
                raise ModelError(f"{self._path} was trained {name}; choose another --out")
        return state, record

    def keep_rows(self, count: int) -> None:
        """Drop curve rows after the checkpoint."""
        curves.keep_rows(self._path / CURVES, count)

    def save(
        self,
        row: Mapping[str, float],
        state: Mapping[str, Tensor],
        record: Mapping[str, Any],
        trained: TrainedFilms | None,
    ) -> None:
        """Add a row to the curves, then write the checkpoint; `trained` says which films the network has seen."""
        self._path.mkdir(parents=True, exist_ok=True)
        curves.append_row(self._path / CURVES, row)
        films = None if trained is None else trained.as_json()
        whole = {**self._kept, **record, "trained_films": films}
        write_checkpoint(self._path / CHECKPOINT, state, whole)

    def draw_curves(self) -> None:
        """The curves as a picture."""
        curves.draw_curves(self._path / CURVES, self._path / "curves.png")


def trained_by(record: Mapping[str, Any]) -> TrainedFilms | None:
    """The films that a checkpoint's network has seen; None where that is not known."""
    films = record.get("trained_films")
    return None if films is None else TrainedFilms.from_json(films)


def _films_sha256(rows: Iterable[Row]) -> str:
    """Which films train and validate, and with which labels."""
    lines = sorted(f"{row.path.name} {row.patient_id} {row.split} {row.labels}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
