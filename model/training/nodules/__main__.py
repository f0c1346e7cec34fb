"""`python -m model.training.nodules`: a manifest with boxes in, a run folder out."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from model.command import package_at, run_command
from model.films.manifest import read_manifest
from model.runtime.labels import ALL_CODES
from model.training.nodules.config import NoduleConfig
from model.training.nodules.run import NoduleRun
from model.training.options import add_run_options, setup_of
from model.training.recipe import read_recipe

log = logging.getLogger("model.training.nodules")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.nodules", description=__doc__
    )
    add_run_options(parser)
    parser.add_argument("--boxes", type=Path, required=True, help="CSV of lesion boxes")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 on success, 2 when the manifest or recipe cannot train."""
    return run_command(_parser(), _train, arguments)


def _train(options: argparse.Namespace) -> None:
    setup = setup_of(options)
    config = read_recipe(NoduleConfig, options.config, {"seed": options.seed})
    start = package_at(options.init) if options.init else None
    manifest = read_manifest(options.manifest, ALL_CODES, boxes=options.boxes)
    try:
        run = NoduleRun(manifest, config, setup, start)
    finally:
        for line in manifest.problems.lines():
            log.warning("%s", line)
    if options.resume and run.resume():
        log.info("resumed after step %d", run.trainer.step_number)
    run.train()


if __name__ == "__main__":
    sys.exit(main())
