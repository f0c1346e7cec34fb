"""`python -m model.training`: a manifest in, a run folder out."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import distributed

from model.films.manifest import ManifestError, read_manifest
from model.training.config import Task, read_config
from model.training.initialise import from_package
from model.training.run import CHECKPOINT, RunSetup, TrainingRun

log = logging.getLogger("model.training")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model.training", description=__doc__)
    parser.add_argument("--manifest", type=Path, required=True, help="CSV: see docs/model.md")
    parser.add_argument("--config", type=Path, help="TOML recipe; defaults where absent")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--boxes", type=Path, help="CSV of lesion boxes")
    parser.add_argument("--task", choices=[t.value for t in Task], default=Task.FINDINGS.value)
    parser.add_argument("--init", type=Path, help="start from this package's weights")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--resume", action="store_true", help="continue from the run folder")
    parser.add_argument("--seed", type=int, help="instead of the recipe's")
    parser.add_argument("--threads", type=int, help="CPU threads of the network")
    parser.add_argument("--cache", type=Path, help="preprocessed films; default: OUT/../cache")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")
    return parser


def _device(name: str) -> torch.device:
    if name != "auto":
        return torch.device(name)
    local = int(os.environ.get("LOCAL_RANK", "0"))
    return torch.device(f"cuda:{local}" if torch.cuda.is_available() else "cpu")


def _join_processes(device: torch.device) -> bool:
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return False
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 on success, 2 when the manifest or recipe cannot train."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    if options.threads:
        torch.set_num_threads(options.threads)
    device = _device(options.device)
    joined = _join_processes(device)
    try:
        _train(options, device)
        if joined:
            distributed.barrier()  # nobody leaves while another one still needs the group
    except (ManifestError, ValueError) as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
        return 2
    finally:
        if joined:
            distributed.destroy_process_group()
    return 0


def _train(options: argparse.Namespace, device: torch.device) -> None:
    config = read_config(options.config, seed=options.seed)
    task = Task(options.task)
    manifest = read_manifest(options.manifest, task.codes, boxes=options.boxes)
    setup = RunSetup(
        out=options.out,
        cache=options.cache or options.out.parent / "cache",
        task=task,
        device=device,
        quiet=options.quiet,
    )
    initialise = from_package(options.init, task.codes) if options.init else None
    if (options.out / CHECKPOINT).is_file() and not options.resume:
        raise ValueError(
            f"{options.out} holds a run already: continue it with --resume, or choose another --out"
        )
    try:
        run = TrainingRun(manifest, config, setup, initialise)
    finally:
        for line in manifest.problems.lines():
            log.warning("%s", line)
    if options.resume and run.resume():
        log.info("resumed after epoch %d", run.epoch)
    run.train()


if __name__ == "__main__":
    sys.exit(main())
