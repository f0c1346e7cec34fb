"""The font of reports and pictures: one with Chinese characters, from the system or from the program's own folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from fontTools.ttLib import TTCollection, TTFont, TTLibError

import resources
from workstation.core.errors import ErrorCode, WorkstationError

VARIABLE = "THORAVUE_FONT"
_LINUX = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/source-han-sans/SourceHanSansSC-Regular.otf",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
)
_MAC = ("/System/Library/Fonts/Hiragino Sans GB.ttc", "/System/Library/Fonts/STHeiti Light.ttc")
_WINDOWS = ("msyh.ttc", "Deng.ttf", "simhei.ttf", "simsun.ttc")
_SUFFIXES = {".ttc", ".otf", ".ttf"}
# Traditional and simplified, a rare surname and a punctuation mark.
_NEEDED = frozenset(map(ord, "检查所见刘東。"))


def find_fonts() -> tuple[Path, ...]:
    """Font files that reports can be drawn with, the one in use first.

    ``THORAVUE_FONT`` comes first, then ``resources/fonts``, then the places where systems keep Noto Sans CJK and others.

    Raises
    ------
    WorkstationError
        ``no_font`` when there is none with Chinese characters.
    """
    found = tuple(path for path in _candidates() if face_number(path) is not None)
    if not found:
        raise WorkstationError(ErrorCode.NO_FONT)
    return found


def _candidates() -> Iterator[Path]:
    chosen = os.environ.get(VARIABLE)
    if chosen:
        yield Path(chosen)
    own = Path(resources.__file__).parent / "fonts"
    if own.is_dir():
        yield from sorted(p for p in own.iterdir() if p.suffix.lower() in _SUFFIXES)
    if sys.platform == "win32":
        fonts = Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts"
        yield from (fonts / name for name in _WINDOWS)
    else:
        yield from map(Path, _LINUX + _MAC)


@lru_cache(maxsize=8)
def face_number(path: Path) -> int | None:
    """Which face of a font file to draw Chinese with: 0, or the simplified one of a collection; None for no use."""
    try:
        with path.open("rb") as file:
            return _chinese_face(file, collection=path.suffix.lower() == ".ttc")
    except (OSError, TTLibError, KeyError, AttributeError):
        return None


def _chinese_face(file: BinaryIO, *, collection: bool) -> int | None:
    if not collection:
        return 0 if TTFont(file, lazy=True).getBestCmap().keys() >= _NEEDED else None
    faces = TTCollection(file, lazy=True).fonts
    names = [str(face["name"].getDebugName(1) or "") for face in faces]
    simplified = next((i for i, name in enumerate(names) if name.endswith(" SC")), 0)
    return simplified if faces[simplified].getBestCmap().keys() >= _NEEDED else None
