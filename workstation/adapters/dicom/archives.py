"""ZIP archives: what they hold, and one member at a time in memory, never on disk (runs in the child)."""

from __future__ import annotations

import errno
import io
import os
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import pairwise
from pathlib import Path
from struct import error as StructError  # noqa: N812 - the module's own name says nothing

from workstation.adapters.dicom.files import (
    BEGINNING,
    ForeignFile,
    open_foreign,
    open_regular,
    why,
)
from workstation.adapters.dicom.guard import IMAGE_LIMIT_BYTES
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.services.walking import file_of

# As many as the format's first form can count.
_MOST_MEMBERS = 65_534
# The directory is read and parsed at once: half a second for one of this size.
_LARGEST_READ = 8 << 20
_LARGEST_RATIO = 100
_LONGEST_NAME = 1000
_LOCAL_HEADER, _ENTRY, _ENTRY_MARK = 30, 46, b"PK\x01\x02"
_ENCRYPTED, _STRONGLY_ENCRYPTED, _UTF8 = 0x1, 0x40, 0x800
_AES = 99
# From a root or a drive, or up: where an archiver that believes such a name would write over other files.
_OUTSIDE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    StructError,
    EOFError,
    ValueError,
    NotImplementedError,
)


class ForeignFiles:
    """Opens files and members of archives; the archive that was read last stays open."""

    def __init__(self) -> None:
        self._kept: Archive | None = None

    @contextmanager
    def open(self, path: str) -> Iterator[ForeignFile]:
        """Open a file, or the member of an archive that is addressed as ``archive.zip/member``.

        Raises
        ------
        WorkstationError
            As `open_foreign`; the member's own reason.
        """
        holder = None if os.path.isfile(path) else file_of(Path(path))  # noqa: PTH113 - never raises
        if holder is None:
            with open_foreign(path) as file:
                yield file
        else:
            name = Path(path).relative_to(holder).as_posix()
            yield self.archive(str(holder)).member(name)

    def archive(self, path: str) -> Archive:
        """The archive at `path` as it is now.

        Raises
        ------
        WorkstationError
            ``malformed``, ``suspicious``, ``archive_too_many``; as `open_foreign`.
        """
        kept, self._kept = self._kept, None
        if kept is None or not kept.is_current(path):
            if kept is not None:
                kept.close()
            kept = Archive(path)
        self._kept = kept
        return kept


class Archive:
    """An open archive.

    Its directory is read and checked once: no more members than are reasonable, none inside another.
    """

    def __init__(self, path: str) -> None:
        descriptor, _ = open_regular(path)
        self._file = _BoundedFile(descriptor)
        self._identity = (path, *_status(os.fstat(descriptor)))
        try:
            with _damage_told():
                self._zip = zipfile.ZipFile(self._file)
                self._members = _named(self._zip.infolist())
                _check_apart(self._zip)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
        self._file.close()

    def is_current(self, path: str) -> bool:
        """Whether this is the archive at `path` and has not been changed since."""
        with suppress(OSError):
            return (path, *_status(os.stat(path))) == self._identity  # noqa: PTH116 - a plain string
        return False

    @property
    def time_ns(self) -> int:
        """The time of its members' stamps (`FileStamp`)."""
        _, size, mtime_ns, _ = self._identity
        return mtime_ns + size

    def members(self) -> list[tuple[str, int, Reason | None]]:
        """Name, size unpacked and the reason why it is not read, if there is one; in the order of a walk."""
        return [
            (name, info.file_size, _refusal(info))
            for name, info in sorted(self._members.items(), key=_files_first)
        ]

    def member(self, name: str) -> ForeignFile:
        """A member by the name that `members` gave it; nothing but its first bytes is unpacked at once.

        Raises
        ------
        WorkstationError
            ``file_not_found``, ``file_empty``, ``malformed``; what `members` says of it.
        """
        info = self._members.get(name)
        if info is None:
            raise WorkstationError(ErrorCode.FILE_NOT_FOUND)
        if reason := _refusal(info):
            raise WorkstationError(reason.code, reason.detail, **reason.parameters)
        if not info.file_size:
            raise WorkstationError(ErrorCode.FILE_EMPTY)
        with _damage_told(), self._zip.open(info) as stream:
            beginning = stream.read(BEGINNING)
        return ForeignFile(
            size=info.file_size, beginning=beginning, whole=partial(self._unpacked, info)
        )

    def _unpacked(self, info: zipfile.ZipInfo) -> bytes:
        with _damage_told(), self._zip.open(info) as stream:
            data = b"".join(iter(partial(stream.read, 1 << 20), b""))
        if len(data) < info.file_size:
            raise WorkstationError(ErrorCode.FILE_TRUNCATED, "member of an archive")
        return data


class _BoundedFile(io.FileIO):
    """Never reads more at once than the largest directory has, nor one of too many members.

    `zipfile` reads the directory in one piece and parses it whatever its length; counting first spares that.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """The next `size` bytes."""
        if size is not None and size > _LARGEST_READ:
            raise WorkstationError(ErrorCode.ARCHIVE_TOO_MANY)
        data = super().read(_LARGEST_READ if size is None or size < 0 else size) or b""
        if len(data) > _MOST_MEMBERS * _ENTRY and data.count(_ENTRY_MARK) > _MOST_MEMBERS:
            raise WorkstationError(ErrorCode.ARCHIVE_TOO_MANY)
        return data


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except _DAMAGE as error:
        raise WorkstationError(
            ErrorCode.MALFORMED, f"archive: {type(error).__name__}"
        ) from error
    except OSError as error:
        if error.errno == errno.EINVAL:  # a place before the file's beginning
            raise WorkstationError(ErrorCode.MALFORMED, "archive: no such place") from error
        raise why(error) from error


def _status(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _named(infos: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Members by clean names below the archive, no two the same; folders are left out."""
    named: dict[str, zipfile.ZipInfo] = {}
    for number, info in enumerate(infos, start=1):
        name = _readable(info)
        if name.endswith(("/", "\\")):
            continue
        parts = name[:_LONGEST_NAME].replace("\\", "/").split("/")
        clean = "/".join(part for part in parts if part not in {"", ".", ".."}) or "?"
        while clean in named:
            clean = f"{clean} ({number})"
        named[clean] = info
    return named


def _readable(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: Chinese systems write theirs without saying so."""
    if not info.flag_bits & _UTF8 and not info.filename.isascii():
        written = info.filename.encode("cp437")
        for encoding in ("utf-8", "gb2312"):
            with suppress(UnicodeDecodeError):
                return written.decode(encoding)
    return info.filename


def _check_apart(archive: zipfile.ZipFile) -> None:
    """Refuse members that lie inside each other, the trick of archives that unpack to petabytes (Fifield, WOOT 2019)."""
    starts = sorted(
        (
            info.header_offset,
            info.header_offset + _LOCAL_HEADER + len(info.orig_filename) + info.compress_size,
        )
        for info in archive.infolist()
    )
    starts.append((archive.start_dir, archive.start_dir))
    if any(end > after for (_, end), (after, _) in pairwise(starts)):
        raise WorkstationError(ErrorCode.SUSPICIOUS, "members of an archive overlap")


def _refusal(info: zipfile.ZipInfo) -> Reason | None:
    """Why a member is not read, by what the directory says of it."""
    return _named_badly(_readable(info)) or _packed_badly(info)


def _named_badly(name: str) -> Reason | None:
    if len(name) > _LONGEST_NAME:
        return Reason(code=ErrorCode.SUSPICIOUS, detail="name too long")
    if _OUTSIDE.search(name):
        return Reason(code=ErrorCode.OUTSIDE_FOLDER, parameters={"name": name})
    if name.lower().endswith(".zip"):
        return Reason(code=ErrorCode.ARCHIVE_NESTED)
    return None


def _packed_badly(info: zipfile.ZipInfo) -> Reason | None:
    if info.flag_bits & (_ENCRYPTED | _STRONGLY_ENCRYPTED) or info.compress_type == _AES:
        return Reason(code=ErrorCode.ARCHIVE_ENCRYPTED)
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return Reason(code=ErrorCode.ARCHIVE_METHOD, detail=str(info.compress_type))
    if info.file_size > _LARGEST_RATIO * info.compress_size:
        return Reason(code=ErrorCode.SUSPICIOUS, detail="grows more than a hundredfold")
    if info.file_size > IMAGE_LIMIT_BYTES:
        return Reason(code=ErrorCode.TOO_LARGE)
    return None


def _files_first(item: tuple[str, zipfile.ZipInfo]) -> list[tuple[bool, str]]:
    *folders, name = item[0].split("/")
    return [(True, folder) for folder in folders] + [(False, name)]
