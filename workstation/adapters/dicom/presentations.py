"""One foreign presentation state to a `PresentationState` (runs in the child); what it cannot say here is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from workstation.adapters.dicom import geometry, luts
from workstation.adapters.dicom.annotations import Drawings, longs, reals, references
from workstation.adapters.dicom.attributes import Attributes
from workstation.adapters.dicom.elements import OutOfData, read_elements
from workstation.adapters.dicom.files import FileKind, OpenForeign, kind_of, open_foreign
from workstation.adapters.dicom.headers import instance_of
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.geometry import Orientation
from workstation.core.image import LookupTable, Rescale
from workstation.core.presentation import (
    DisplayedArea,
    PresentationState,
    SizeMode,
    StateVoi,
    Unsupported,
)

_LARGEST_BYTES = 64 << 20
_MOST_REFERENCES = 4096
_FARTHEST = 1 << 20


def read_presentation(
    path: str, *, assume_gbk: bool = False, open_file: OpenForeign = open_foreign
) -> PresentationState:
    """What the state in `path` says.

    Raises
    ------
    WorkstationError
        The reason why there is none.
    """
    with open_file(path) as file:
        if file.size > _LARGEST_BYTES:
            raise WorkstationError(ErrorCode.SUSPICIOUS, "presentation state too large")
        if kind_of(file.beginning) is not FileKind.DICOM:
            raise WorkstationError(ErrorCode.NOT_AN_IMAGE)
        try:
            elements = read_elements(file.whole())
        except OutOfData:
            raise WorkstationError(ErrorCode.FILE_TRUNCATED) from None
    instance = instance_of(elements, assume_gbk=assume_gbk)
    if instance.is_film:
        raise WorkstationError(ErrorCode.FILE_CHANGED, path=path)
    return _state(Attributes.of(elements, assume_gbk=assume_gbk), instance.sop_uid)


def _state(attributes: Attributes, sop_uid: str) -> PresentationState:
    drawings = Drawings(attributes)
    transform = _modality(attributes)
    orientation = _orientation(attributes)
    series = attributes.items(0x00081115)
    named = [r for item in series for r in references(item)]
    return PresentationState(
        sop_uid=sop_uid,
        label=attributes.word(0x00700080),
        description=_text(attributes, 0x00700081),
        creator=" ".join(_text(attributes, 0x00700084).replace("=", " ").split("^")).strip(),
        created=_moment(attributes),
        references=tuple(named[:_MOST_REFERENCES]),
        modality_transform=transform,
        vois=tuple(_vois(attributes, transform or Rescale())),
        inverse=attributes.word(0x20500020) == "INVERSE",
        orientation=orientation or Orientation(),
        areas=tuple(_areas(attributes)),
        shutter=geometry.shutter(attributes),
        layers=drawings.layers,
        graphics=drawings.graphics,
        texts=drawings.texts,
        unsupported=tuple(
            dict.fromkeys((*_left_out(attributes, orientation), *drawings.left_out))
        ),
    )


def _modality(attributes: Attributes) -> Rescale | LookupTable | None:
    """The state's own modality transform; None when it has none."""
    if attributes.items(0x00283000) or attributes.raw(0x00281053):
        return luts.modality_transform(attributes, signed=False)
    return None


def _vois(attributes: Attributes, transform: Rescale | LookupTable) -> Iterator[StateVoi]:
    """Softcopy VOI LUT Sequence (PS3.3 C.11.8)."""
    for item in attributes.items(0x00283110):
        voi = StateVoi(
            windows=luts.windows(item),
            tables=luts.voi_tables(item, transform, signed=False),
            references=references(item),
        )
        if voi.windows or voi.tables:
            yield voi


def _areas(attributes: Attributes) -> Iterator[DisplayedArea]:
    """Displayed Area Selection Sequence (PS3.3 C.10.4); one that makes no sense is the whole film."""
    for item in attributes.items(0x0070005A):
        corners = [longs(item, tag) for tag in (0x00700052, 0x00700053)]
        if any(len(c) != 2 or max(map(abs, c)) > _FARTHEST for c in corners):
            continue
        mode = item.word(0x00700100)
        ratio = reals(item, 0x00700103)
        magnified = mode == SizeMode.MAGNIFY and len(ratio) == 1 and 0.01 <= ratio[0] <= 64
        yield DisplayedArea(
            top_left=(corners[0][0], corners[0][1]),
            bottom_right=(corners[1][0], corners[1][1]),
            mode=SizeMode.MAGNIFY if magnified else SizeMode.SCALE_TO_FIT,
            magnification=ratio[0] if magnified else None,
            references=references(item),
        )


def _orientation(attributes: Attributes) -> Orientation | None:
    """Rotation, then flip (PS3.3 C.10.6); None for one that is no quarter turn."""
    degrees = (attributes.shorts(0x00700042) or [0])[0]
    if degrees % 90 or degrees >= 360:
        return None
    turned = Orientation(quarter_turns=degrees // 90)
    return turned.flipped() if attributes.word(0x00700041) == "Y" else turned


def _left_out(attributes: Attributes, orientation: Orientation | None) -> Iterator[Unsupported]:
    if attributes.items(0x20500010):
        yield Unsupported.PRESENTATION_TABLE
    if "BITMAP" in attributes.words(0x00181600):
        yield Unsupported.BITMAP_SHUTTER
    if any(attributes.raw(group << 16 | 0x1001) for group in range(0x6000, 0x6020, 2)):
        yield Unsupported.OVERLAYS
    if attributes.items(0x00286100):
        yield Unsupported.MASK
    if any(i.word(0x00700100) == SizeMode.TRUE_SIZE for i in attributes.items(0x0070005A)):
        yield Unsupported.TRUE_SIZE
    if orientation is None:
        yield Unsupported.OTHER_ROTATION


def _text(attributes: Attributes, tag: int) -> str:
    return (attributes.texts(tag) or [""])[0]


def _moment(attributes: Attributes) -> datetime | None:
    """Presentation Creation Date and Time."""
    day = attributes.word(0x00700082)
    time = attributes.word(0x00700083).split(".")[0].ljust(6, "0")[:6]
    for text, form in ((day + time, "%Y%m%d%H%M%S"), (day, "%Y%m%d")):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 - files hold local times
        except ValueError:
            continue
    return None
