"""Open a foreign file: what it is, and why it cannot be read."""

from __future__ import annotations

import errno
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from workstation.adapters.dicom.elements import Buffer
from workstation.core.errors import ErrorCode, WorkstationError

# A program that also reads as DICOM: PS3.10 7.1 leaves the preamble to anybody (CVE-2019-11687). TIFF is common and welcome.
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
)
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*")
BEGINNING = 8192


class FileKind(Enum):
    """What the first bytes say."""

    DICOM = auto()
    PICTURE = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFile:
    """A file's size in bytes, its first bytes, and all of them when they are asked for."""

    size: int
    beginning: bytes
    whole: Callable[[], Buffer]


OpenForeign = Callable[[str], AbstractContextManager[ForeignFile]]


@contextmanager
def open_foreign(path: str) -> Iterator[ForeignFile]:
    """Open `path` without ever waiting for a pipe or a device.

    Raises
    ------
    WorkstationError
        ``file_not_found``, ``file_no_permission``, ``file_empty``, ``file_truncated``, ``file_unreadable`` or
        ``too_large``.
    """
    descriptor, size = open_regular(path)
    try:
        beginning = os.read(descriptor, BEGINNING)
        yield ForeignFile(size=size, beginning=beginning, whole=partial(_mapped, descriptor))
        # The rest of a cut file's last page reads as zeros.
        if os.fstat(descriptor).st_size < size:
            raise WorkstationError(ErrorCode.FILE_TRUNCATED, "while it was read")
    except OSError as error:
        raise why(error) from error
    finally:
        os.close(descriptor)


def open_regular(path: str) -> tuple[int, int]:
    """Descriptor and size in bytes of a regular file that is not empty; raises as `open_foreign` does."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise why(error) from error
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode) and status.st_size:
        return descriptor, status.st_size
    os.close(descriptor)
    if stat.S_ISREG(status.st_mode):
        raise WorkstationError(ErrorCode.FILE_EMPTY)
    raise WorkstationError(ErrorCode.FILE_UNREADABLE, "not a regular file")


def _mapped(descriptor: int) -> mmap.mmap:
    """All bytes, mapped; reading them after somebody cut the file kills the child, and only the child."""
    try:
        return mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except ValueError as error:  # nothing is left of it
        raise WorkstationError(ErrorCode.FILE_TRUNCATED) from error


def why(error: OSError | ValueError) -> WorkstationError:
    """What the system's refusal means."""
    codes = {
        errno.ENOENT: ErrorCode.FILE_NOT_FOUND,
        errno.ENOTDIR: ErrorCode.FILE_NOT_FOUND,
        errno.EACCES: ErrorCode.FILE_NO_PERMISSION,
        errno.EPERM: ErrorCode.FILE_NO_PERMISSION,
        errno.ENOMEM: ErrorCode.TOO_LARGE,  # cannot be mapped within the child's memory
    }
    number = getattr(error, "errno", None) or 0
    return WorkstationError(
        codes.get(number, ErrorCode.FILE_UNREADABLE), errno.errorcode.get(number, "")
    )


def kind_of(beginning: bytes) -> FileKind:
    """What a file is by its first bytes, whatever its name.

    Raises
    ------
    WorkstationError
        ``suspicious`` for a program dressed as DICOM.
    """
    if beginning[128:132] == b"DICM":
        if beginning.startswith(_PROGRAMS):
            raise WorkstationError(ErrorCode.SUSPICIOUS, "a program in the preamble")
        return FileKind.DICOM
    if beginning.startswith(_PICTURES):
        return FileKind.PICTURE
    return FileKind.DICOM if _is_bare(beginning) else FileKind.OTHER


def _is_bare(beginning: bytes) -> bool:
    """Whether a data set starts at once, as files without preamble or file meta do (group 0002 or 0008)."""
    if len(beginning) < 8:
        return False
    group, vr = beginning[:2], beginning[4:6]
    explicit = vr.isalpha() and vr.isupper()
    if group in {b"\x00\x02", b"\x00\x08"}:
        return explicit
    short = int.from_bytes(beginning[4:8], "little") <= 1024
    return group in {b"\x02\0", b"\x08\0"} and beginning[3] < 0x20 and (explicit or short)
