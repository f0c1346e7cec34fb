"""Leave files on disk whole or not at all, under names that no tag can bend."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import unicodedata
from pathlib import Path

from workstation.core.errors import ErrorCode, WorkstationError

_FULL = {errno.ENOSPC, errno.EDQUOT}
_LONGEST_STEM = 48


def write_atomically(path: Path, data: bytes) -> None:
    """Write `data` to `path`: after this returns the file is whole, and if it fails the old one is untouched.

    A temporary file in the same folder is written, flushed to the disk and renamed; the folder is flushed too.

    Raises
    ------
    WorkstationError
        ``disk_full`` or ``output_not_writable``, with the path.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise output_error(error, path) from error
    flush_folder(path.parent)


def check_writable(folder: Path) -> None:
    """Make `folder` and try it with a temporary file: before hours of work are to be left there.

    Raises
    ------
    WorkstationError
        ``output_not_writable`` or ``disk_full``, with the path.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0")
    except OSError as error:
        raise output_error(error, folder) from error


def output_error(error: OSError, path: Path) -> WorkstationError:
    """What a failed write of `path` means for the reader."""
    full = error.errno in _FULL
    code = ErrorCode.DISK_FULL if full else ErrorCode.OUTPUT_NOT_WRITABLE
    return WorkstationError(code, type(error).__name__, path=str(path))


def flush_folder(folder: Path) -> None:
    """Make a rename survive power loss; where folders cannot be flushed (Windows) the system does it in time."""
    if os.name != "posix":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        return  # a file system that cannot flush folders; the file itself is on the disk
    finally:
        os.close(descriptor)


def safe_stem(text: str, *, identifier: str) -> str:
    """A file name without its suffix: what is harmless of `text`, then a hash of `identifier`, which keeps it unique.

    Letters, digits, ``-`` and ``_`` stay; everything else, separators and dots above all, becomes ``-``.
    """
    kept = "".join(
        c if c in "-_" or unicodedata.category(c)[0] in "LN" else "-"
        for c in unicodedata.normalize("NFC", text)
    )
    words = "-".join(word for word in kept.split("-") if word)[:_LONGEST_STEM]
    digest = hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{words}-{digest}" if words else digest
