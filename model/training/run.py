"""One training run of the findings network: films, trainer, and what an epoch is."""

from __future__ import annotations

import logging
import time

import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed
from tqdm import tqdm

from model.evaluation.pointing import hits
from model.films.cache import CachedFilms, cached_films
from model.films.leakage import TrainedFilms, refuse_patient_leakage, refuse_pixel_leakage
from model.films.manifest import Manifest, Problems
from model.runtime.architecture import PREPROCESS_VERSION, NetworkConfig
from model.runtime.network import build_network, channels_last
from model.runtime.package import ModelPackage
from model.training import curves
from model.training.augment import augmented
from model.training.config import Stage, TrainConfig
from model.training.data import FilmSet, epoch_order, share_of
from model.training.folder import RunFolder, RunSetup
from model.training.initialise import seen_before, start_from
from model.training.loop import LoopSettings, Trainer
from model.training.losses import label_weights, positive_weights
from model.training.splits import trainable_labels, training_rows

log = logging.getLogger(__name__)


class TrainingRun:
    """A run from a manifest to weights.

    Parameters
    ----------
    manifest
        The films; leakage is refused here, over every row of the table.
    config
        The recipe.
    setup
        Folders and device.
    start
        Start from this package's weights.

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
        start: ModelPackage | None = None,
    ) -> None:
        self.config = config
        self.setup = setup
        self.codes = manifest.codes
        self.problems: Problems = manifest.problems
        refuse_patient_leakage(manifest.rows)
        self._rows = training_rows(manifest, config.training_sites, config.adults_from_years)
        self._folder = RunFolder(setup.out, config.as_json(), self._rows)
        self.trainable = trainable_labels(self._rows, self.codes, self.problems)
        self._stage: Stage | None = None
        self._films = self._enter(config.stages[0])
        refuse_pixel_leakage(self._films.rows, self._films.hashes)
        # Unreadable films may have emptied a split that the table had filled.
        trainable_labels(self._films.rows, self.codes, Problems())
        self._trained: TrainedFilms | None = seen_before(start, self._films)
        torch.manual_seed(config.seed)
        network = build_network(NetworkConfig(labels=len(self.codes), width=config.width))
        if start is not None:
            start_from(start, network, self.codes)
        network = channels_last(network.to(setup.device))
        self.trainer = Trainer(network, self._settings())
        self.epoch = 0

    def resume(self) -> bool:
        """Continue from the run folder; False where there is nothing to continue.

        Raises
        ------
        ModelError
            When the folder's run was made by another recipe or table.
        """
        stored = self._folder.stored()
        if stored is None:
            return False
        state, record = stored
        self.trainer.load(state)
        self.epoch = int(record["epoch"])
        if self._rank == 0:
            self._folder.keep_rows(self.epoch)
        return True

    def train(self) -> None:
        """Run all remaining epochs; each ends with a validation, a curve row and a checkpoint."""
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
                self.save({"epoch": epoch + 1, **row})
                log.info(
                    "saved epoch %d of %d: loss %.3f, AUROC of any abnormality %.3f",
                    self.epoch,
                    self.config.epochs,
                    row["loss"],
                    row["any_abnormality"],
                )
        if self._rank == 0:
            self._folder.draw_curves()

    def save(self, row: dict[str, float]) -> None:
        """Keep the finished epochs: the last one's row of the curves, and the checkpoint."""
        train = self._train
        record = {
            "epoch": self.epoch,
            "codes": list(self.codes),
            "trainable": list(self.trainable),
            "preprocess_version": PREPROCESS_VERSION,
            "size": self.config.stage_at(self.epoch - 1).size,
            "sites": sorted({film.site for film in train.rows}),
            "films": len(train),
            "patients": len({film.patient_id for film in train.rows}),
            "positives": [int(n) for n in np.nansum(train.targets, axis=0)],
            "problems": self.problems.lines(),
        }
        self._folder.save(row, self.trainer.state(), record, self._trained)

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
            bfloat16=c.bfloat16_on(self.setup.device),
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
            step = self.trainer.step(
                augmented(batch, generator, self.config.augment), generator
            )
            loss, box = loss + step.loss / count, box + step.box_loss / count
        rate = count * size * self._processes / max(time.monotonic() - started, 1e-9)
        return {
            "size": self._train.size,
            "loss": loss,
            "box_loss": box,
            "learning_rate": step.learning_rate,
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
