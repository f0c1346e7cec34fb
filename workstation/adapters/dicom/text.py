"""Text of a header by the file's own character set (PS3.3 C.12.1.1.2, PS3.5 6.1)."""

from __future__ import annotations

import re
from functools import lru_cache

from pydicom.charset import convert_encodings, decode_bytes
from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

from workstation.core.study import SUSPECTED, PersonName

_SINGLE_BYTE = frozenset({"", "ISO_IR 6", "ISO_IR 100"})
# Characters of GB 2312 stand in pairs of high bytes, which letters with accents rarely do.
_HANZI = re.compile(rb"(?:[\x00-\x7f]|[\xb0-\xf7][\xa1-\xfe])+")


class TextDecoder:
    """Decodes the text of one file.

    Parameters
    ----------
    character_set
        Value of Specific Character Set (0008,0005).
    assume_gbk
        Read text that declares no Chinese character set, and yet holds Chinese, as UTF-8 or GB18030.
    """

    def __init__(self, character_set: bytes, *, assume_gbk: bool = False) -> None:
        declared = character_set.decode("ascii", "replace").strip("\0 ")
        self._encodings = _encodings(declared)
        self._plain = self._encodings[0] if len(self._encodings) == 1 else ""
        self._is_single_byte = declared in _SINGLE_BYTE
        self._assume_gbk = assume_gbk
        self.note = ""
        """Stable name of what was assumed, ``utf8_assumed`` or ``gbk_assumed``, or could have been: `SUSPECTED`."""

    def text(self, value: bytes) -> str:
        """One text value, without padding."""
        return self._decode(value, TEXT_VR_DELIMS).strip("\0 ")

    def person_name(self, value: bytes) -> PersonName:
        """The three component groups; carets become spaces, empty components vanish."""
        groups = [self._decode(group, PN_DELIMS) for group in value.split(b"\\")[0].split(b"=")]
        readable = [" ".join(group.replace("^", " ").split()) for group in groups]
        alphabetic, ideographic, phonetic = (*(r.strip("\0 ") for r in readable), "", "", "")[
            :3
        ]
        return PersonName(alphabetic=alphabetic, ideographic=ideographic, phonetic=phonetic)

    def _decode(self, value: bytes, delimiters: set[int]) -> str:
        if value.isascii() and b"\x1b" not in value and self._plain:
            return value.decode("ascii")
        if self._is_single_byte and self._assume_gbk:
            for encoding, note in (("utf-8", "utf8_assumed"), ("gb18030", "gbk_assumed")):
                decoded = _decoded(value, encoding)
                if decoded is not None:
                    self.note = note
                    return decoded
        elif self._is_single_byte and _may_be_chinese(value):
            self.note = SUSPECTED
        return decode_bytes(value, self._encodings, delimiters)


def _may_be_chinese(value: bytes) -> bool:
    found = _HANZI.fullmatch(value) is not None or _decoded(value, "utf-8") is not None
    return found and not value.isascii()


def _decoded(value: bytes, encoding: str) -> str | None:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError:
        return None


@lru_cache(64)
def _encodings(declared: str) -> list[str]:
    try:
        return list(convert_encodings([term.strip() for term in declared.split("\\")]))
    except (LookupError, ValueError):  # damaged: the text suffers, not the film
        return list(convert_encodings(None))
