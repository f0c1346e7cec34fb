"""ZIP archives and CDs as people send them, and some that nobody should send."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pydicom.config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage

from tests.factories.bad_files import good_film

_LOCAL, _CENTRAL, _END = "<4s5H3L2H", "<4s6H3L5H2L", "<4s4H2LH"


def zip_of(
    members: Mapping[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    """An archive of `members` by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data, packing)
        archive.comment = comment
    return stream.getvalue()


def raw_zip(
    members: Sequence[tuple[bytes, bytes]],
    *,
    flags: int = 0,
    packing: int = 0,
    size: int | None = None,
    repeat: int = 1,
) -> bytes:
    """An archive written by hand: `members` are (name, data as packed), each listed `repeat` times.

    `size` is what is said of the size unpacked; checksums are those of data that are only stored.
    """
    local, central = b"", b""
    for name, data in members:
        unpacked = len(data) if size is None else size
        sizes = (0, 0, zlib.crc32(data), len(data), unpacked)
        entry = struct.pack(
            _CENTRAL, b"PK\x01\x02", 20, 20, flags, packing, *sizes,
            len(name), 0, 0, 0, 0, 0, len(local),
        )  # fmt: skip
        central += (entry + name) * repeat
        head = (b"PK\x03\x04", 20, flags, packing, *sizes, len(name), 0)
        local += struct.pack(_LOCAL, *head) + name + data
    count = min(len(members) * repeat, 0xFFFF)
    return local + central + _end(count, len(central), len(local))


def _end(count: int, size: int, offset: int) -> bytes:
    return struct.pack(_END, b"PK\x05\x06", 0, 0, count, count, size, offset, 0)


def bombs() -> dict[str, Callable[[], bytes]]:
    """Makers of archives that would fill a disk or a memory, by what they are."""
    return {
        "one_deflate": _one_deflate,
        "lying_size": lambda: _deflated_zeros(megabytes=64, said=1 << 20, front=good_film()),
        "overlapping": lambda: raw_zip([(b"film.dcm", good_film())], repeat=1000),
        "members_65535": lambda: raw_zip([(b"%d" % n, b"") for n in range(3)], repeat=22_000),
        "endless_directory": lambda: raw_zip([(b"a" * 40, b"x")], repeat=400_000),
        "quine": _quine,
    }


def _one_deflate() -> bytes:
    return _deflated_zeros(megabytes=1024)


def _deflated_zeros(*, megabytes: int, said: int | None = None, front: bytes = b"") -> bytes:
    """Zeros packed to a thousandth; `said` is the size that the directory gives them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    first = packer.compress(front + bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    again = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = first + again * (megabytes - 1) + packer.flush()
    return raw_zip([(b"film.dcm", data)], packing=8, size=said or megabytes << 20)


def _quine() -> bytes:
    """An archive whose one member is the archive itself, as its directory says."""
    inner = zip_of({"film.dcm": good_film()})
    whole = bytearray(raw_zip([(b"again.zip", inner)]))
    at = whole.index(b"PK\x01\x02")
    whole[at + 20 : at + 28] = struct.pack("<2L", len(whole), len(whole))
    whole[at + 42 : at + 46] = struct.pack("<L", 0)
    return bytes(whole)


def zip_mutants(count: int, *, seed: int) -> Iterator[bytes]:
    """A good archive with bytes changed, cut or repeated, more often where its structure is."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    good = [
        zip_of({f"a/{n}.dcm": good_film() for n in range(2)} | {"note.txt": b"hello" * 9}),
        zip_of({"b.dcm": good_film(), "inner.zip": zip_of({"c.dcm": b""})}, packing=0),
    ]
    for _ in range(count):
        data = bytearray(chance.choice(good))
        places = [at for at in range(len(data)) if data[at : at + 2] == b"PK"]
        for _ in range(chance.choice((1, 2, 8))):
            at = min(chance.choice(places) + chance.randrange(60), len(data) - 1)
            data[at] = chance.choice((0, 0xFF, data[at] ^ 1 << chance.randrange(8)))
        if chance.random() < 0.2:
            del data[chance.randrange(len(data)) :]
        elif chance.random() < 0.2:
            at = chance.randrange(len(data))
            data[at:at] = data[at : at + chance.randrange(4000)]
        yield bytes(data)


def dicomdir(references: Sequence[Sequence[str] | None], *, undefined: bool = False) -> bytes:
    """The directory of a CD: a patient, and an image record for each of `references` (None: one without a file)."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    dataset.FileSetID = "CD"
    dataset.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    dataset.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    dataset.FileSetConsistencyFlag = 0
    records = [_record("PATIENT", None), *(_record("IMAGE", name) for name in references)]
    for record in records:
        record.is_undefined_length_sequence_item = undefined
    dataset.DirectoryRecordSequence = DicomSequence(records)
    dataset["DirectoryRecordSequence"].is_undefined_length = undefined
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _record(kind: str, file_id: Sequence[str] | None) -> Dataset:
    record = Dataset()
    record.OffsetOfTheNextDirectoryRecord = 0
    record.RecordInUseFlag = 0xFFFF
    record.OffsetOfReferencedLowerLevelDirectoryEntity = 0
    record.DirectoryRecordType = kind
    if file_id is not None:
        text = "\\".join(file_id)
        # Some are not what the standard allows: they are written unchecked.
        record[0x00041500] = DataElement(
            0x00041500, "CS", text, validation_mode=pydicom.config.IGNORE
        )
    return record


def write_cd(folder: Path, files: Mapping[str, bytes], directory: bytes) -> Path:
    """A CD at `folder`; returns its directory."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "DICOMDIR").write_bytes(directory)
    return folder / "DICOMDIR"
