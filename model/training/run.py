"""One training run: films, trainer, checkpoints and curves in a folder."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed
from tqdm import tqdm

from model.evaluation.pointing import hits
from model.films.cache import CachedFilms, cached_films
from model.films.manifest import Manifest, Problems, Row
from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.map_network import MapNetwork
from model.runtime.network import build_network, channels_last
from model.training import curves
from model.training.augment import augmented
from model.training.checkpoint import read_checkpoint, write_checkpoint
from model.training.config import Stage, Task, TrainConfig
from model.training.data import FilmSet, epoch_order, share_of
from model.training.loop import LoopSettings, Trainer
from model.training.losses import label_weights, positive_weights
from model.training.splits import (
    refuse_patient_leakage,
    refuse_pixel_leakage,
    trainable_labels,
)

log = logging.getLogger(__name__)
CHECKPOINT = "last.safetensors"
CURVES = "curves.csv"
Initialise = Callable[[MapNetwork], None]


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
    task: Task = Task.FINDINGS
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    quiet: bool = False


def wanted_rows(manifest: Manifest, config: TrainConfig) -> tuple[Row, ...]:
    """Train and val rows of the sites and ages that the recipe names; the others are counted."""
    rows = []
    for row in manifest.rows:
        if config.sites and config.sites.get(row.site, 0.0) <= 0:
            manifest.problems.add("site that does not train", row.site)
        elif row.split == "test":
            manifest.problems.add("test film, never read", row.split)
        elif config.adults_from_years and (row.age or 1e9) < config.adults_from_years:
            manifest.problems.add("under the age", row.path.name)
        else:
            rows.append(row)
    return tuple(rows)


def _films_sha256(rows: Sequence[Row]) -> str:
    """Which films trained, in which split and with which labels; a resumed run must not mix another table in."""
    lines = sorted(f"{row.path.name} {row.patient_id} {row.split} {row.labels}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class TrainingRun:
    """A run from a manifest to weights.

    Parameters
    ----------
    manifest
        The films; leakage is refused here, over every row of the table.
    config
        The recipe.
    setup
        Folders, task and device.
    initialise
        Called with the fresh network, to start from earlier weights.

    Raises
    ------
    ManifestError
        When the films cannot train: leakage, an empty split, one class only.
    """

    def __init__(
        self,
        manifest: Manifest,
        config: TrainConfig,
        setup: RunSetup,
        initialise: Initialise | None = None,
    ) -> None:
        self.config = config
        self.setup = setup
        self.codes = manifest.codes
        self.problems: Problems = manifest.problems
        refuse_patient_leakage(manifest.rows)
        self._rows = wanted_rows(manifest, config)
        self.films_sha256 = _films_sha256(self._rows)
        self.trainable = trainable_labels(self._rows, self.codes, self.problems)
        self._stage: Stage | None = None
        self._films = self._enter(config.stages[0])
        refuse_pixel_leakage(self._films.rows, self._films.hashes)
        # Unreadable films may have emptied a split that the table had filled.
        trainable_labels(self._films.rows, self.codes, Problems())
        torch.manual_seed(config.seed)
        network = build_network(NetworkConfig(labels=len(self.codes), width=config.width))
        if initialise is not None:
            initialise(network)
        network = channels_last(network.to(setup.device))
        self.trainer = Trainer(network, self._settings())
        self.epoch = 0

    def resume(self) -> bool:
        """Continue from the run folder's checkpoint; False where there is none.

        Raises
        ------
        ValueError
            When the checkpoint was made by another recipe.
        """
        path = self.setup.out / CHECKPOINT
        if not path.is_file():
            return False
        state, record = read_checkpoint(path)
        if record["config"] != json.loads(json.dumps(self.config.as_json())):
            raise ValueError("the checkpoint belongs to another recipe; choose another --out")
        if record.get("films_sha256", self.films_sha256) != self.films_sha256:
            raise ValueError(
                "the checkpoint was trained on another table; choose another --out"
            )
        self.trainer.load(state)
        self.epoch = int(record["epoch"])
        if self._rank == 0:
            curves.keep_epochs(self.setup.out / CURVES, self.epoch)
        return True

    def train(self) -> None:
        """Run all remaining epochs; each ends with a validation, a curve row and a checkpoint."""
        self.setup.out.mkdir(parents=True, exist_ok=True)
        remaining = range(self.epoch, self.config.epochs)
        bar = tqdm(remaining, desc="epochs", disable=self.setup.quiet or self._rank > 0)
        for epoch in bar:
            self._films = self._enter(self.config.stage_at(epoch))
            row = self._train_epoch(epoch)
            self.trainer.share_buffers()
            self.epoch = epoch + 1
            if self._rank == 0:
                row |= self._validate()
                bar.set_postfix(loss=row["loss"], auroc=row["mean_findings"])
                curves.append_row(self.setup.out / CURVES, {"epoch": epoch + 1, **row})
                self.save()
                log.info("saved epoch %d of %d", self.epoch, self.config.epochs)
        if self._rank == 0:
            curves.draw_curves(self.setup.out / CURVES, self.setup.out / "curves.png")

    def save(self) -> None:
        """Write the checkpoint of the finished epochs."""
        record = {
            "epoch": self.epoch,
            "config": self.config.as_json(),
            "task": self.setup.task.value,
            "codes": list(self.codes),
            "trainable": list(self.trainable),
            "preprocess_version": PREPROCESS_VERSION,
            "size": self.config.stage_at(self.epoch - 1).size,
            "problems": self.problems.lines(),
            "films_sha256": self.films_sha256,
        }
        write_checkpoint(self.setup.out / CHECKPOINT, self.trainer.state(), record)

    @property
    def _rank(self) -> int:
        return distributed.get_rank() if distributed.is_initialized() else 0

    @property
    def _processes(self) -> int:
        return distributed.get_world_size() if distributed.is_initialized() else 1

    def _enter(self, stage: Stage) -> CachedFilms:
        if self._stage is not None and stage.size == self._stage.size:
            return self._films
        self._stage = stage
        # The first process makes the cache, the others find it.
        if self._rank > 0:
            distributed.barrier()
        films = cached_films(
            self._rows, stage.size, self.setup.cache, self.problems, quiet=self.setup.quiet
        )
        if distributed.is_initialized() and self._rank == 0:
            distributed.barrier()
        self._train = FilmSet(films, self.codes, "train", self.trainable)
        self._val = FilmSet(films, self.codes, "val")
        return films

    def _positions(self, epoch: int) -> NDArray[np.int64]:
        sites = [row.site for row in self._train.rows]
        order = epoch_order(sites, self.config.sites, seed=self.config.seed, epoch=epoch)
        return share_of(order, rank=self._rank, processes=self._processes)

    def _settings(self) -> LoopSettings:
        c = self.config
        # Batches of one film have no statistics: a last batch that small is left out.
        per_epoch = max(1, len(self._positions(0)) // c.batch_size)
        bfloat16 = c.precision == "bfloat16" or (
            c.precision == "auto" and self.setup.device.type == "cuda"
        )
        return LoopSettings(
            total_steps=per_epoch * c.epochs,
            warmup_steps=max(1, round(per_epoch * c.warmup_epochs)),
            positive=positive_weights(self._train.targets, c.positive_weight_cap),
            weights=label_weights(self.codes, c.any_weight),
            learning_rate=c.learning_rate,
            weight_decay=c.weight_decay,
            gradient_clip=c.gradient_clip,
            ema_decay=c.ema_decay,
            box_weight=c.box_weight,
            label_smoothing=c.label_smoothing,
            dropout=c.dropout,
            bfloat16=bfloat16,
        )

    def _train_epoch(self, epoch: int) -> dict[str, float]:
        positions = self._positions(epoch)
        size = self.config.batch_size
        count = max(1, len(positions) // size)
        started, loss, box = time.monotonic(), 0.0, 0.0
        bar = tqdm(
            range(count),
            desc=f"epoch {epoch + 1} at {self._train.size} px",
            leave=False,
            disable=self.setup.quiet or self._rank > 0,
        )
        for number in bar:
            generator = torch.Generator().manual_seed(
                int(
                    np.random.SeedSequence(
                        [self.config.seed, epoch, number, self._rank]
                    ).generate_state(1)[0]
                )
            )
            batch = self._train.batch(positions[number * size : (number + 1) * size])
            log = self.trainer.step(augmented(batch, generator, self.config.augment), generator)
            loss, box = loss + log.loss / count, box + log.box_loss / count
        rate = count * size * self._processes / max(time.monotonic() - started, 1e-9)
        return {
            "size": self._train.size,
            "loss": loss,
            "box_loss": box,
            "learning_rate": log.learning_rate,
            "films_per_second": rate,
        }

    def _validate(self) -> dict[str, float]:
        logits, pointed, tries = [], 0, 0
        for batch in self._val.in_order(16):
            answer, evidence = self.trainer.predict(batch.inputs)
            logits.append(answer.numpy())
            hit, tried = hits(evidence.numpy(), batch.boxes.numpy(), self._val.size)
            pointed, tries = pointed + hit, tries + tried
        scores = curves.epoch_scores(np.concatenate(logits), self._val.targets, self.codes)
        return {"pointing": pointed / tries if tries else float("nan"), **scores}
