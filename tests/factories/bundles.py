"""A stand-in for the bundle's folder: a shell script that says its version, and the files the installer needs."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path

LINUX = Path(__file__).resolve().parents[2] / "packaging" / "bundle" / "linux"
ICON = LINUX.parents[2] / "resources" / "icons" / "app.svg"


def make_bundle(folder: Path, version: str, *, kilobytes: int = 4) -> Path:
    """A folder that installs like the real one; `kilobytes` of it cannot be compressed."""
    share = folder / "share"
    share.mkdir(parents=True)
    program = folder / "thoravue"
    program.write_text(f'#!/bin/sh\necho "Thoravue {version} $*"\n')
    program.chmod(0o755)
    (folder / "weights").write_bytes(random.Random(version).randbytes(kilobytes * 1024))  # noqa: S311
    for name in ("launcher.sh", "uninstall.sh", "thoravue.desktop", "thoravue-mime.xml"):
        shutil.copy(LINUX / name, share)
    shutil.copy(ICON, share / "thoravue.svg")
    return folder


def make_run(bundle: Path, version: str, out: Path, *, glibc: str = "2.17") -> Path:
    """The self-extracting installer of `bundle`."""
    subprocess.run(
        [str(LINUX / "make_run.sh"), str(bundle), version, glibc, str(out)],
        env=os.environ | {"SOURCE_DATE_EPOCH": "1700000000"},
        check=True,
    )
    return out
