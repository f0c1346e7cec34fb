"""`python -m model.training`: a manifest in, a run folder out."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import distributed

from model.command import package_at, run_command
from model.films.manifest import read_manifest
from model.training.config import Task, TrainConfig
from model.training.options import add_run_options, setup_of
from model.training.recipe import read_recipe
from model.training.run import TrainingRun

log = logging.getLogger("model.training")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model.training", description=__doc__)
    add_run_options(parser)
    parser.add_argument("--boxes", type=Path, help="CSV of lesion boxes")
    parser.add_argument("--task", choices=[t.value for t in Task], default=Task.FINDINGS.value)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 on success, 2 when the manifest or recipe cannot train."""
    return run_command(_parser(), _train, arguments)


def _train(options: argparse.Namespace) -> None:
    setup = setup_of(options)
    config = read_recipe(TrainConfig, options.config, {"seed": options.seed})
    codes = Task(options.task).codes
    start = package_at(options.init) if options.init else None
    manifest = read_manifest(options.manifest, codes, boxes=options.boxes)
    with _processes(setup.device):
        try:
            run = TrainingRun(manifest, config, setup, start)
        finally:
            for line in manifest.problems.lines():
                log.warning("%s", line)
        if options.resume and run.resume():
            log.info("resumed after epoch %d", run.epoch)
        run.train()


@contextmanager
def _processes(device: torch.device) -> Iterator[None]:
    """The group of processes that torchrun started; nothing for one alone."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield
        return
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield
        distributed.barrier()  # nobody leaves while another one still needs the group
    finally:
        distributed.destroy_process_group()


if __name__ == "__main__":
    sys.exit(main())
