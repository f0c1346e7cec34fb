"""Fit the input check: `python -m model.training.quality --manifest M --out quality.npz`.

A small network learns from the manifest's films, as they are and spoiled in every way of
`model.training.spoiled`; thresholds come from the validation films. Labels are not looked at.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from model.command import file_to_write, positive, run_command
from model.films.manifest import read_manifest
from model.films.table import ManifestError
from model.runtime.files import replacing
from model.runtime.labels import ALL_CODES
from model.training.quality.fitting import CHECK_EPOCHS, fit_check

log = logging.getLogger("model.training.quality")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model.training.quality", description=__doc__
    )
    parser.add_argument("--manifest", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--site",
        action="append",
        type=_site,
        default=[],
        metavar="NAME[=MOST]",
        help="a site to learn from; default: all",
    )
    parser.add_argument("--epochs", type=positive, default=CHECK_EPOCHS)
    parser.add_argument("--quiet", action="store_true")
    return parser


def _site(text: str) -> tuple[str, int | None]:
    """A site, and at most how many of its films."""
    name, _, most = text.partition("=")
    return name, positive(most) if most else None


def _fit(options: argparse.Namespace) -> None:
    out = file_to_write(options.out)
    manifest = read_manifest(options.manifest, ALL_CODES)
    named = {name for name, _ in options.site}
    absent = sorted(named - {row.site for row in manifest.rows})
    if absent:
        raise ManifestError(f"{options.manifest} has no film of {', '.join(absent)}")
    rows = [row for row in manifest.rows if not named or row.site in named]
    most = {name: count for name, count in options.site if count}
    check, found = fit_check(rows, most, epochs=options.epochs, quiet=options.quiet)
    with replacing(out) as partial:
        partial.write_bytes(check.as_npz())
    log.info("%s", found.as_text())


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit the check; 0 on success, 2 when the films do not suffice."""
    return run_command(_parser(), _fit, arguments)


if __name__ == "__main__":
    sys.exit(main())
