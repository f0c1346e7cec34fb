"""The options that every training has, and what they mean."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch

from model.command import folder_to_write, positive, require_training_extra
from model.runtime.errors import ModelError
from model.training.folder import RunSetup, refuse_begun


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Table, recipe, folder, start, device, seed and threads."""
    parser.add_argument("--manifest", type=Path, required=True, help="CSV: see docs/model.md")
    parser.add_argument("--config", type=Path, help="TOML recipe; defaults where absent")
    parser.add_argument("--out", type=Path, required=True, help="run folder")
    parser.add_argument("--init", type=Path, help="start from this package's weights")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--resume", action="store_true", help="continue from the run folder")
    parser.add_argument("--seed", type=int, help="instead of the recipe's")
    parser.add_argument("--threads", type=positive, help="CPU threads of the network")
    parser.add_argument("--cache", type=Path, help="preprocessed films; default: OUT/../cache")
    parser.add_argument("--quiet", action="store_true", help="no progress bars")


def setup_of(options: argparse.Namespace) -> RunSetup:
    """Where and on what to train, as the options say; sets the threads.

    Raises
    ------
    ModelError, OSError
        Without the training extra, for a device that is not here, a folder that cannot be written to, or one with a run that is not to be resumed.
    """
    require_training_extra()
    if options.threads:
        torch.set_num_threads(options.threads)
    if not options.resume:
        refuse_begun(options.out)
    folder_to_write(options.out.parent)
    return RunSetup(
        out=options.out,
        cache=folder_to_write(options.cache or options.out.parent / "cache"),
        device=device_of(options.device),
        quiet=options.quiet,
    )


def device_of(name: str) -> torch.device:
    """The device of a name; `auto` is this process's GPU where there is one.

    Raises
    ------
    ModelError
        For a name that torch does not know, or a device that is not here.
    """
    gpus = torch.cuda.device_count()
    if name == "auto":
        local = int(os.environ.get("LOCAL_RANK", "0"))
        name = f"cuda:{local}" if gpus else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = None
    if device is None or device.type not in {"cpu", "cuda"}:
        raise ModelError(f"--device {name}: choose auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= gpus:
        raise ModelError(f"--device {name}: this computer has {gpus} usable CUDA GPUs")
    return device
