"""Foreign weights into a package: `python -m model.convert --weights W.pt --id ID --version 1.0.0 --out FILE`.

It knows torchxrayvision's DenseNet-121 (a pickled module or a state dict) and CheXNet's checkpoints, and reads them in
a child process that runs nothing in them.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from model.command import file_to_write, package_name, run_command
from model.convert.checkpoint import read_checkpoint
from model.convert.package import convert
from model.runtime.package import open_package
from model.runtime.package_writer import key_from_environment

log = logging.getLogger("model.convert")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model.convert", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--weights", type=Path, help="a .pt, .pth or .pth.tar file")
    source.add_argument("--read", type=Path, help=argparse.SUPPRESS)  # what the child is told
    parser.add_argument("--id", type=package_name, default="imported")
    parser.add_argument("--version", type=package_name, default="1.0.0")
    parser.add_argument("--out", type=Path, required=True)
    return parser


def _convert(options: argparse.Namespace) -> None:
    out = file_to_write(options.out)
    if options.read:
        arrays = read_checkpoint(options.read)
        save_file({name: torch.from_numpy(np.array(a)) for name, a in arrays.items()}, out)
        return
    key_from_environment()
    convert(options.weights, out, package_id=options.id, version=options.version)
    log.info("%s\nsha256 %s", out, open_package(out).sha256)


def main(arguments: Sequence[str] | None = None) -> int:
    """Convert; 0 on success, 2 when the weights are of no known layout."""
    return run_command(_parser(), _convert, arguments)


if __name__ == "__main__":
    sys.exit(main())
