"""What all commands here share: progress on stderr, exit codes, and one line for what cannot be done.

Exit codes: 0 done, 2 refused (the line says why and what to do), 130 interrupted.
"""

from __future__ import annotations

import argparse
import errno
import logging
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

from model.runtime.errors import ModelError
from model.runtime.metadata import is_package_name
from model.runtime.package import Fault, ModelPackage, PackageError, open_package

log = logging.getLogger(__name__)
REFUSED, INTERRUPTED = 2, 130
_ADVICE = {
    errno.ENOSPC: "free some space, or choose another folder",
    errno.EACCES: "choose a folder that you may write to, or ask for the right to read it",
    errno.EROFS: "choose a folder that can be written to",
    errno.ENOENT: "check the path",
}

_FAULTS = {
    Fault.NOT_FOUND: "cannot be read; check the path",
    Fault.DAMAGED: "is no sound package",
    Fault.UNTRUSTED: "is not trusted",
    Fault.INCOMPATIBLE: "is a package that this version cannot use",
}


def run_command(
    parser: argparse.ArgumentParser,
    work: Callable[[argparse.Namespace], None],
    arguments: Sequence[str] | None,
) -> int:
    """Parse, work, and return the exit code; what is refused becomes one line without a traceback."""
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        work(options)
    except ModelError as error:
        log.error("%s", error)  # noqa: TRY400  (a plain sentence, not a traceback)
    except OSError as error:
        log.error("%s", os_words(error))  # noqa: TRY400  (likewise)
    except KeyboardInterrupt:
        log.error("interrupted")  # noqa: TRY400  (likewise)
        return INTERRUPTED
    else:
        return 0
    return REFUSED


def os_words(error: OSError) -> str:
    """What the system refused: on which file, why, and what helps."""
    what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
    advice = _ADVICE.get(error.errno or 0)
    return f"{what}; {advice}" if advice else what


def package_at(path: Path) -> ModelPackage:
    """A package that a command was given.

    Raises
    ------
    ModelError
        Naming the file, when it cannot be used.
    """
    try:
        return open_package(path)
    except PackageError as error:
        raise ModelError(f"{path} {_FAULTS[error.fault]} ({error.detail})") from error


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """A table for a terminal: the first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)


def require_training_extra() -> None:
    """Raise `ModelError` where what draws curves and fits rivals is not installed: hours before it is needed."""
    missing = [name for name in ("matplotlib", "sklearn") if find_spec(name) is None]
    if missing:
        raise ModelError(
            f"{' and '.join(missing)} not found: install them with `pip install thoravue[training]`"
        )


def positive(text: str) -> int:
    """A whole number from 1 on, for `argparse`."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def package_name(text: str) -> str:
    """The id or version of a package to make, for `argparse`."""
    if not is_package_name(text):
        raise argparse.ArgumentTypeError(
            f"{text!r}: choose up to 100 letters, digits and . _ + -, a letter or digit first"
        )
    return text


def file_to_write(path: Path) -> Path:
    """`path`, once it is certain that it can be written: better now than after hours of work.

    Raises
    ------
    ModelError
        When it is a folder, or what should be its folder a file.
    OSError
        When its folder cannot be made or written to.
    """
    if path.is_dir():
        raise ModelError(f"{path} is a folder; name a file")
    _make_folder(path.parent)
    _probe(path.parent)
    return path


def folder_to_write(path: Path) -> Path:
    """`path` as a folder that exists and can be written to; raises as `file_to_write` does."""
    _make_folder(path)
    _probe(path)
    return path


def _make_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise ModelError(f"{path} is a file; name a folder")
    path.mkdir(parents=True, exist_ok=True)


def _probe(folder: Path) -> None:
    # A name of its own: several processes may try the folder at once.
    with tempfile.TemporaryFile(dir=folder):
        pass
