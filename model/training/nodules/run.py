"""One training run of the nodule detector: films, trainer, checkpoints and curves in a folder."""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from model.evaluation.froc import (
    FALSE_MARKS,
    MarkedFilm,
    curve_of,
    diameter_figures,
    threshold_at,
)
from model.evaluation.metrics import sensitivity_at
from model.evaluation.nodules import lesion_boxes, marked, simulated, without_finding
from model.films.cache import CachedFilms, cached_films
from model.films.manifest import Manifest, ManifestError, Problems, Row
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.network import channels_last
from model.runtime.nodule_record import DetectorRecord
from model.runtime.nodules import DetectorNetwork, NoduleDetector, build_detector
from model.runtime.preprocess import GRID, Preprocessed
from model.training import curves
from model.training.checkpoint import read_checkpoint, write_checkpoint
from model.training.descent import Schedule
from model.training.nodules.config import NoduleConfig
from model.training.nodules.crops import CropSource
from model.training.nodules.loop import DetectorTrainer
from model.training.splits import refuse_patient_leakage, refuse_pixel_leakage

log = logging.getLogger(__name__)
CHECKPOINT = "last.safetensors"
CURVES = "curves.csv"
# False marks a film at the threshold that is chosen on validation.
CHOSEN_FALSE_MARKS = 1.0
SIMULATED_FILMS = 60
Initialise = Callable[[DetectorNetwork], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoduleSetup:
    """Where a run lives and on what; `cache` is shared between runs."""

    out: Path
    cache: Path
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    quiet: bool = False


def wanted_rows(manifest: Manifest, config: NoduleConfig) -> tuple[Row, ...]:
    """Train and val rows with a boxed nodule or mass, or without a finding."""
    problems, rows = manifest.problems, []
    for row in manifest.rows:
        if config.sites and row.site not in config.sites:
            problems.add("site that does not train", row.site)
        elif row.split == "test":
            problems.add("test film, never read", row.split)
        elif config.adults_from_years and (row.age or 1e9) < config.adults_from_years:
            problems.add("under the age", row.path.name)
        elif lesion_boxes(row) or without_finding(row):
            rows.append(row)
    for split in ("train", "val"):
        here = [row for row in rows if row.split == split]
        if not any(map(lesion_boxes, here)) or not any(map(without_finding, here)):
            raise ManifestError(
                f"the {split} split needs boxed nodules or masses and films without a finding"
            )
    return tuple(rows)


class NoduleRun:
    """A run from a manifest with boxes to weights.

    Parameters
    ----------
    manifest
        The films; leakage is refused here, over every row of the table.
    config
        The recipe.
    setup
        Folders and device.
    initialise
        Called with the fresh network, to start from earlier weights.

    Raises
    ------
    ManifestError
        When the films cannot train.
    """

    def __init__(
        self,
        manifest: Manifest,
        config: NoduleConfig,
        setup: NoduleSetup,
        initialise: Initialise | None = None,
    ) -> None:
        self.config = config
        self.setup = setup
        self.problems: Problems = manifest.problems
        refuse_patient_leakage(manifest.rows)
        self._films = cached_films(
            wanted_rows(manifest, config),
            config.size,
            setup.cache,
            self.problems,
            quiet=setup.quiet,
        )
        refuse_pixel_leakage(self._films.rows, self._films.hashes)
        self._crops = CropSource(self._films, "train", config)
        torch.manual_seed(config.seed)
        network = build_detector(config.width)
        if initialise is not None:
            initialise(network)
        self.trainer = DetectorTrainer(
            channels_last(network.to(setup.device)),
            _schedule(config, setup.device),
            diameter_weight=config.diameter_weight,
        )

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
        self.trainer.load(state)
        rounds = -(-self.trainer.step_number // self.config.validate_every)
        curves.keep_epochs(self.setup.out / CURVES, rounds)
        return True

    def train(self) -> None:
        """Run all remaining steps; now and then validate, add a curve row and write a checkpoint."""
        self.setup.out.mkdir(parents=True, exist_ok=True)
        steps = range(self.trainer.step_number, self.config.steps)
        bar = tqdm(steps, desc="steps", disable=self.setup.quiet)
        losses: list[tuple[float, float]] = []
        started = time.monotonic()
        for step in bar:
            crops = self._crops.batch(np.random.default_rng([self.config.seed, step]))
            losses.append(self.trainer.step(crops))
            if (step + 1) % self.config.validate_every and step + 1 < self.config.steps:
                continue
            place, size = np.mean(losses, axis=0).tolist()
            rate = len(losses) / max(time.monotonic() - started, 1e-9)
            row = {"step": step + 1, "place_loss": place, "diameter_loss": size}
            row |= {"steps_per_second": rate} | self._validate()
            bar.set_postfix(loss=place, sensitivity_at_1=row["real_1"])
            curves.append_row(self.setup.out / CURVES, row)
            self.save(row)
            log.info("saved step %d of %d: %s", step + 1, self.config.steps, row)
            losses, started = [], time.monotonic()

    def save(self, validation: dict[str, float]) -> None:
        """Write the checkpoint of the finished steps."""
        rows = [row for row in self._films.rows if row.split == "train"]
        boxed = [row for row in rows if lesion_boxes(row)]
        record = {
            "config": self.config.as_json(),
            "preprocess_version": PREPROCESS_VERSION,
            "validation": validation,
            "sites": sorted({row.site for row in rows}),
            "films": len(rows),
            "boxes": sum(len(lesion_boxes(row)) for row in boxed),
            "patients_boxed": len({row.patient_id for row in boxed}),
            "problems": self.problems.lines(),
        }
        write_checkpoint(self.setup.out / CHECKPOINT, self.trainer.state(), record)

    def _validate(self) -> dict[str, float]:
        """Sensitivity on real boxes and on simulated nodules by false marks a film; the threshold for one."""
        record = DetectorRecord(
            width=self.config.width,
            input_size=self.config.size,
            threshold=0.5,
            training={},
        )
        detector = NoduleDetector(record, copy.deepcopy(self.trainer.ema).cpu())
        real, drawn = marked_validation(detector, self._films, SIMULATED_FILMS)
        threshold = threshold_at(real, CHOSEN_FALSE_MARKS)
        row = {f"real_{f:g}": sensitivity_at(curve_of(real), f) for f in FALSE_MARKS}
        row |= {f"simulated_{f:g}": sensitivity_at(curve_of(drawn), f) for f in FALSE_MARKS}
        for name, films in (("real", real), ("simulated", drawn)):
            found = diameter_figures(films, threshold)
            quartiles = found.get("ratio_quartiles", [float("nan")] * 3)
            row[f"{name}_diameter"] = quartiles[1]
        return row | {"threshold": threshold}


def marked_validation(
    detector: NoduleDetector, films: CachedFilms, most_simulated: int
) -> tuple[list[MarkedFilm], list[MarkedFilm]]:
    """The marks on the validation films, and on some of them with a drawn nodule."""
    real, drawn = list[MarkedFilm](), list[MarkedFilm]()
    for number, row in enumerate(films.rows):
        if row.split != "val":
            continue
        pixels = np.asarray(films.inputs[number], dtype=np.float32) / np.float32(GRID)
        made = Preprocessed(model_input=pixels, to_film=films.to_film[number], denoise="none")
        real.append(marked(detector, made, row))
        if without_finding(row) and len(drawn) < most_simulated:
            drawn.append(simulated(detector, made, row, number))
    return real, drawn


def _schedule(config: NoduleConfig, device: torch.device) -> Schedule:
    return Schedule(
        total_steps=config.steps,
        warmup_steps=config.warmup_steps,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        gradient_clip=config.gradient_clip,
        ema_decay=config.ema_decay,
        bfloat16=config.precision == "bfloat16"
        or (config.precision == "auto" and device.type == "cuda"),
    )
