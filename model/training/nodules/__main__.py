"""`python -m model.training.nodules`: a manifest with boxes in, a run folder out."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from model.films.manifest import ManifestError, read_manifest
from model.runtime.labels import ALL_CODES
from model.runtime.package import PackageError
from model.training.initialise import detector_from_package
from model.training.nodules.config import read_nodule_config
from model.training.nodules.run import NoduleRun, NoduleSetup

log = logging.getLogger("model.training.nodules")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.nodules", description=__doc__
    )
    parser.add_argument("--manifest", type=Path, required=True, help="CSV: see docs/model.md")
    parser.add_argument("--boxes", type=Path, required=True, help="CSV of lesion boxes")
    parser.add_argument("--config", type=Path, help="TOML recipe; defaults where absent")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--init", type=Path, help="start from this package's features")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--resume", action="store_true", help="continue from the run folder")
    parser.add_argument("--seed", type=int, help="instead of the recipe's")
    parser.add_argument("--threads", type=int, help="CPU threads of the network")
    parser.add_argument("--cache", type=Path, help="preprocessed films; default: OUT/../cache")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 on success, 2 when the manifest or recipe cannot train."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        _train(options)
    except (ManifestError, PackageError, ValueError, OSError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    return 0


def _train(options: argparse.Namespace) -> None:
    name = options.device
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    setup = NoduleSetup(
        out=options.out,
        cache=options.cache or options.out.parent / "cache",
        device=torch.device(name),
        quiet=options.quiet,
    )
    run = NoduleRun(
        read_manifest(options.manifest, ALL_CODES, boxes=options.boxes),
        read_nodule_config(options.config, seed=options.seed),
        setup,
        detector_from_package(options.init) if options.init else None,
    )
    for line in run.problems.lines():
        log.warning("%s", line)
    if options.resume and run.resume():
        log.info("resumed after step %d", run.trainer.step_number)
    run.train()


if __name__ == "__main__":
    sys.exit(main())
