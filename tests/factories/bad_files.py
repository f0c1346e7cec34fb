"""Files no device writes, one of each class of robustness.md, and mutants of good ones."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator

from pydicom.encaps import encapsulate

from tests.factories.dicom_files import add_palette, add_voi_lut, make_dx, to_bytes

_UNDEFINED = b"\xff\xff\xff\xff"
_ITEM, _ITEM_END = b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0" + b"\0" * 4
_SEQUENCE = b"\x08\x00\x15\x11SQ\0\0" + _UNDEFINED
_SEQUENCE_END = b"\xfe\xff\xdd\xe0" + b"\0" * 4


def good_film() -> bytes:
    return to_bytes(make_dx(windows=((2048, 4096),)))


def bombs() -> dict[str, Callable[[], bytes]]:
    """Makers by class name."""
    return {
        "deflate": _deflate_bomb,
        "nested": lambda: _with_front((_SEQUENCE + _ITEM + _UNDEFINED) * 100_000),
        "empty_items": lambda: _with_front(
            _SEQUENCE + (_ITEM + b"\0" * 4) * 2_000_000 + _SEQUENCE_END
        ),
        "rle_65535": lambda: _encapsulated("1.2.840.10008.1.2.5", _rle_header(), huge=True),
        "j2k_65535": lambda: _encapsulated("1.2.840.10008.1.2.4.90", _j2k_header(), huge=True),
        "j2k_65535_hidden": lambda: _encapsulated("1.2.840.10008.1.2.4.90", _j2k_header()),
        "length_fffffff0": lambda: _with_front(
            b"\x08\x00\x15\x11UT\0\0" + b"\xf0\xff\xff\xff" + b"x" * 64
        ),
        "short_pixels": lambda: good_film()[:-3000],
        "short_pixels_declared": lambda: to_bytes(make_dx(Rows=640)),
        "palette_overflow": lambda: to_bytes(
            add_palette(make_dx(), *[range(4096)] * 3, first=0)
        ).replace(struct.pack("<HHH", 4096, 0, 16), struct.pack("<HHH", 0, 0, 16)),
        "undefined_length": lambda: _with_front(b"\x08\x00\x15\x11UT\0\0" + _UNDEFINED),
        "unclosed_sequence": lambda: _with_front(_SEQUENCE + _ITEM + _UNDEFINED),
        "program": lambda: b"MZ" + good_film()[2:],
        "rle_past_its_end": lambda: _encapsulated(
            "1.2.840.10008.1.2.5",
            struct.pack("<16I", 2, 64, 66, *[0] * 13) + b"\x81\x00" * 40,
        ),
        "gigabytes": lambda: to_bytes(make_dx(Rows=65535, Columns=65535)),
        "terabytes_of_frames": lambda: to_bytes(make_dx(NumberOfFrames=2**31 - 1)),
        "frames_without_fragments": lambda: _encapsulated(
            "1.2.840.10008.1.2.5", b"", NumberOfFrames=2**31 - 1
        ),
        "rle_65535_hidden": lambda: _encapsulated("1.2.840.10008.1.2.5", _rle_header()),
        "jpegls_65535": lambda: _encapsulated("1.2.840.10008.1.2.4.80", _jpegls_header()),
        "jpeg_lossless_of_more_bits": lambda: _encapsulated(
            "1.2.840.10008.1.2.4.70",
            _lossless_header(),
            BitsAllocated=8,
            BitsStored=8,
            HighBit=7,
        ),
        "fragments": lambda: _encapsulated(
            "1.2.840.10008.1.2.5", b"", fragments=(_ITEM + b"\0" * 4) * 2_000_000
        ),
        "png_65535": _png_header,
        "jpeg_65535": _jpeg_header,
    }


def lut_overflow() -> bytes:
    """A VOI LUT that declares more entries than it has: dropped, the film shows without it."""
    data = to_bytes(add_voi_lut(make_dx(), range(256)))
    return data.replace(struct.pack("<HHH", 256, 0, 16), struct.pack("<HHH", 0, 0, 16))


def mutants(originals: list[bytes], count: int, *, seed: int) -> Iterator[bytes]:
    """Bit flips, cuts, swollen lengths, moved and repeated pieces."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for _ in range(count):
        data = bytearray(chance.choice(originals))
        for _ in range(chance.choice((1, 1, 2, 4, 16))):
            _mutate(data, chance)
        yield bytes(data)


def _mutate(data: bytearray, chance: random.Random) -> None:
    header = min(len(data) - 8, 3000)
    at = chance.randrange(128, header if chance.random() < 0.6 else len(data) - 8)
    kind = chance.randrange(6)
    if kind == 0:
        data[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        data[at] = chance.randrange(256)
    elif kind == 2:
        del data[chance.randrange(140, len(data)) :]
        data.extend(b"\0" * 16)
    elif kind == 3:
        data[at : at + 4] = chance.choice(
            (_UNDEFINED, b"\xf0\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xff\xff\0\0")
        )
    elif kind == 4:
        piece = data[at : at + chance.randrange(4, 200)]
        data[at:at] = bytes(piece) * chance.randrange(1, 4)
    else:
        del data[at : at + chance.randrange(1, 12)]


def _with_front(extra: bytes) -> bytes:
    """A good film with `extra` between SOP Instance UID and Study Date, where every reader meets it."""
    data = good_film()
    at = data.index(b"\x08\x00\x20\x00DA", 200)
    return data[:at] + extra + data[at:]


def _deflate_bomb() -> bytes:
    data = good_film()
    meta = to_bytes(make_dx(), transfer_syntax="1.2.840.10008.1.2.1.99")
    end = 132 + 12 + struct.unpack_from("<I", meta, 140)[0]
    inner = data[132 + 12 + struct.unpack_from("<I", data, 140)[0] :]
    at = inner.index(b"\x08\x00\x20\x00DA")
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packer.compress(inner[:at] + b"\x08\x00\x15\x11UT\0\0" + b"\xf0\xff\xff\x7f")
    zeros = b"\0" * (1 << 20)
    bomb += b"".join(packer.compress(zeros) for _ in range(120)) + packer.flush()
    return meta[:end] + bomb


def _encapsulated(
    syntax: str, frame: bytes, *, huge: bool = False, fragments: bytes = b"", **attributes: int
) -> bytes:
    if huge:
        attributes |= {"Rows": 65535, "Columns": 65535}
    dataset = make_dx(**attributes)
    dataset.PixelData = encapsulate([frame or b"\0\0"])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = syntax
    data = to_bytes(dataset)
    if fragments:
        at = data.rindex(b"\xfe\xff\xdd\xe0")
        data = data[:at] + fragments + data[at:]
    return data


def _rle_header() -> bytes:
    return struct.pack("<16I", 2, 64, 0xFFFFFFF0, *[0] * 13) + b"\x81\x00" * 64


def _j2k_header() -> bytes:
    size = struct.pack(">HIIIIIIIIH", 0, 65535, 65535, 0, 0, 65535, 65535, 0, 0, 1)
    return b"\xff\x4f\xff\x51" + struct.pack(">H", 41) + size + b"\x0f\x01\x01" + b"\0" * 64


def _jpegls_header() -> bytes:
    frame = struct.pack(">HBHHB", 11, 16, 65535, 65535, 1) + b"\1\x11\0"
    return b"\xff\xd8\xff\xf7" + frame + b"\xff\xda\0\x08\1\1\0\0\0\0" + b"\0" * 64


def _lossless_header() -> bytes:
    frame = struct.pack(">HBHHB", 11, 16, 64, 48, 1) + b"\1\x11\0"
    return b"\xff\xd8\xff\xc3" + frame + b"\xff\xda\0\x08\1\1\0\1\0\0" + b"\0" * 64


def _png_header() -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", 65535, 65535, 16, 2, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body
    idat = zlib.compress(b"\0" * 1000)
    chunk = b"IDAT" + idat
    return (
        head
        + struct.pack(">I", zlib.crc32(body))
        + struct.pack(">I", len(idat))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
    )


def _jpeg_header() -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, 65535, 65535, 3) + b"\1\x11\0\2\x11\1\3\x11\1"
    return (
        b"\xff\xd8\xff\xc0" + frame + b"\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0" + b"\0" * 64
    )
