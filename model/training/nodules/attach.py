"""Put a trained detector into a package: `python -m model.training.nodules.attach --package P --run RUN --version V --out FILE`.

The findings part stays as it is, byte for byte. The detector is not shown until `model.training.publish` has put its
figures onto the card and they suffice.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from safetensors.torch import save

from model.command import file_to_write, package_at, package_name, run_command
from model.films.leakage import both, trained_films
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.errors import ModelError
from model.runtime.nodule_record import DetectorRecord
from model.runtime.nodules import NoduleDetector, build_detector, nodule_detector
from model.runtime.package import (
    CARD,
    FILMS,
    METADATA,
    NODULE_WEIGHTS,
    NODULES,
    ModelPackage,
    open_package,
)
from model.runtime.package_writer import (
    half_precision,
    key_from_environment,
    metadata_bytes,
    repack,
)
from model.training.card import card_html
from model.training.folder import CHECKPOINT, trained_by
from model.training.merge import averaged_weights

log = logging.getLogger("model.training.nodules.attach")
GOLDEN_SEEDS = (1, 2)


def attach(package: ModelPackage, run: Path, version: str, out: Path) -> None:
    """Write `package` as another version with the detector of a run folder, and check it by opening it.

    Raises
    ------
    ModelError
        When the run is no detector's, or was made with another preprocessing.
    """
    weights, trained = averaged_weights(run / CHECKPOINT)
    if "validation" not in trained:
        raise ModelError(f"{run} is no run of model.training.nodules")
    if trained["preprocess_version"] != PREPROCESS_VERSION:
        raise ModelError("the detector was trained with another preprocessing")
    halved = half_precision(weights)
    record = DetectorRecord(
        width=int(trained["config"]["width"]),
        input_size=int(trained["config"]["size"]),
        threshold=float(trained["validation"]["threshold"]),
        training=_training(trained),
    )
    network = build_detector(record.width)
    network.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in halved.items()}
    )
    detector = NoduleDetector(record, network)
    record = replace(record, golden=tuple(detector.golden(seed) for seed in GOLDEN_SEEDS))
    # Figures of an earlier detector are not this one's.
    metrics = {k: v for k, v in package.metadata.metrics.items() if k != "nodules"}
    metadata = replace(
        package.metadata,
        version=version,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        changelog={**package.metadata.changelog, version: "Nodule candidates added."},
        metrics={**metrics, "nodules": {}},
    )
    changes = {
        METADATA: metadata_bytes(metadata),
        CARD: card_html(metadata).encode(),
        NODULES: record.as_bytes(),
        NODULE_WEIGHTS: save(halved),
    }
    films = both(trained_films(package), trained_by(trained))
    if films is not None:
        changes[FILMS] = films.as_member()
    repack(package, out, changes, signing_key=key_from_environment())
    written = nodule_detector(open_package(out))
    if written is not None:
        written.check_golden()


def _training(trained: dict[str, Any]) -> dict[str, Any]:
    kept = ("sites", "films", "boxes", "patients_boxed", "validation")
    return {"recipe": trained["config"]} | {key: trained[key] for key in kept}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.nodules.attach", description=__doc__
    )
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="of model.training.nodules")
    parser.add_argument(
        "--version", type=package_name, required=True, help="of the new package"
    )
    parser.add_argument("--out", type=Path, required=True)
    return parser


def _attach(options: argparse.Namespace) -> None:
    out = file_to_write(options.out)
    attach(package_at(options.package), options.run, options.version, out)
    log.info("%s\nsha256 %s", out, open_package(out).sha256)


def main(arguments: Sequence[str] | None = None) -> int:
    """Attach; 0 on success, 2 when package and run do not fit."""
    return run_command(_parser(), _attach, arguments)


if __name__ == "__main__":
    sys.exit(main())
