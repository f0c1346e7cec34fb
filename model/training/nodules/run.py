"""One training run of the nodule detector: films, trainer, and how it is validated."""

from __future__ import annotations

import copy
import logging
import time

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
from model.films.leakage import refuse_patient_leakage, refuse_pixel_leakage
from model.films.manifest import Manifest, Problems, Row
from model.films.table import ManifestError
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.network import channels_last
from model.runtime.nodule_record import DetectorRecord
from model.runtime.nodules import NoduleDetector, build_detector
from model.runtime.package import ModelPackage
from model.runtime.preprocess import GRID, Preprocessed
from model.training.descent import Schedule
from model.training.folder import RunFolder, RunSetup
from model.training.initialise import seen_before, start_detector_from
from model.training.nodules.config import NoduleConfig
from model.training.nodules.crops import CropSource
from model.training.nodules.loop import DetectorTrainer
from model.training.splits import training_rows

log = logging.getLogger(__name__)
# False marks a film at the threshold that is chosen on validation.
CHOSEN_FALSE_MARKS = 1.0
SIMULATED_FILMS = 60


def wanted_rows(manifest: Manifest, config: NoduleConfig) -> tuple[Row, ...]:
    """Train and val rows with a boxed nodule or mass, or without a finding."""
    usable = training_rows(manifest, config.sites, config.adults_from_years)
    rows = tuple(row for row in usable if lesion_boxes(row) or without_finding(row))
    for split in ("train", "val"):
        here = [row for row in rows if row.split == split]
        if not any(map(lesion_boxes, here)) or not any(map(without_finding, here)):
            raise ManifestError(
                f"the {split} split needs boxed nodules or masses and films without a finding"
            )
    return rows


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
    start
        Start from this package's features.

    Raises
    ------
    ManifestError
        When the films cannot train.
    """

    def __init__(
        self,
        manifest: Manifest,
        config: NoduleConfig,
        setup: RunSetup,
        start: ModelPackage | None = None,
    ) -> None:
        self.config = config
        self.setup = setup
        self.problems: Problems = manifest.problems
        refuse_patient_leakage(manifest.rows)
        rows = wanted_rows(manifest, config)
        self._folder = RunFolder(setup.out, config.as_json(), rows)
        self._films = cached_films(
            rows,
            config.size,
            setup.cache,
            self.problems,
            quiet=setup.quiet,
        )
        refuse_pixel_leakage(self._films.rows, self._films.hashes)
        self._trained = seen_before(start, self._films)
        self._crops = CropSource(self._films, "train", config)
        torch.manual_seed(config.seed)
        network = build_detector(config.width)
        if start is not None:
            start_detector_from(start, network)
        self.trainer = DetectorTrainer(
            channels_last(network.to(setup.device)),
            _schedule(config, setup.device),
            diameter_weight=config.diameter_weight,
        )

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
        self.trainer.load(stored[0])
        self._folder.keep_rows(-(-self.trainer.step_number // self.config.validate_every))
        return True

    def train(self) -> None:
        """Run all remaining steps; now and then validate, add a curve row and write a checkpoint."""
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
            self.save(row)
            log.info(
                "saved step %d of %d: at 1 false mark a film %.2f of the real and %.2f of the simulated lesions",
                step + 1,
                self.config.steps,
                row["real_1"],
                row["simulated_1"],
            )
            losses, started = [], time.monotonic()

    def save(self, validation: dict[str, float]) -> None:
        """Keep the finished steps: their row of the curves, and the checkpoint."""
        rows = [row for row in self._films.rows if row.split == "train"]
        boxed = [row for row in rows if lesion_boxes(row)]
        record = {
            "preprocess_version": PREPROCESS_VERSION,
            "validation": validation,
            "sites": sorted({row.site for row in rows}),
            "films": len(rows),
            "boxes": sum(len(lesion_boxes(row)) for row in boxed),
            "patients_boxed": len({row.patient_id for row in boxed}),
            "problems": self.problems.lines(),
        }
        self._folder.save(validation, self.trainer.state(), record, self._trained)

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
        bfloat16=config.bfloat16_on(device),
    )
