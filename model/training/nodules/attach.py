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

from model.films.manifest import ManifestError
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.nodule_record import DetectorRecord
from model.runtime.nodules import NoduleDetector, build_detector, nodule_detector
from model.runtime.package import (
    CARD,
    METADATA,
    NODULE_WEIGHTS,
    NODULES,
    ModelPackage,
    PackageError,
    open_package,
)
from model.runtime.package_writer import (
    half_precision,
    key_from_environment,
    metadata_bytes,
    repack,
)
from model.training.card import card_html
from model.training.merge import averaged_weights
from model.training.nodules.run import CHECKPOINT

log = logging.getLogger("model.training.nodules.attach")
GOLDEN_SEEDS = (1, 2)


def attach(package: ModelPackage, run: Path, version: str, out: Path) -> None:
    """Write `package` as another version with the detector of a run folder, and check it by opening it.

    Raises
    ------
    ManifestError
        When the run was made with another preprocessing.
    """
    weights, trained = averaged_weights(run / CHECKPOINT)
    if trained["preprocess_version"] != PREPROCESS_VERSION:
        raise ManifestError("the detector was trained with another preprocessing")
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
    repack(package, out, changes, signing_key=key_from_environment())
    written = nodule_detector(open_package(out))
    if written is not None:
        written.check_golden()


def _training(trained: dict[str, Any]) -> dict[str, Any]:
    kept = ("sites", "films", "boxes", "patients_boxed", "validation")
    return {"recipe": trained["config"]} | {key: trained[key] for key in kept}


def main(arguments: Sequence[str] | None = None) -> int:
    """Attach; 0 on success, 2 when package and run do not fit."""
    parser = argparse.ArgumentParser(prog="python -m model.training.nodules.attach")
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True, help="of model.training.nodules")
    parser.add_argument("--version", required=True, help="of the new package")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        attach(open_package(options.package), options.run, options.version, options.out)
    except (ManifestError, PackageError, ValueError, KeyError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    log.info("sha256 %s", open_package(options.out).sha256)
    return 0


if __name__ == "__main__":
    sys.exit(main())
