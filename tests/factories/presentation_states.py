"""Grayscale softcopy presentation states made with pydicom: `make_state` for a film, one function for each thing to draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

STATE_CLASS = "1.2.840.10008.5.1.4.1.1.11.1"
_ROOT = "1.2.826.0.1.3680043.8.498."


def make_state(film: Dataset, **attributes: Any) -> Dataset:
    """A state about `film`: nothing but its displayed area, the whole film; `attributes` by DICOM keyword, None removes."""
    state = Dataset()
    state.file_meta = FileMetaDataset()
    state.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword in (
        "SpecificCharacterSet", "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
        "StudyInstanceUID", "StudyDate", "StudyTime", "AccessionNumber", "StudyID",
        "ReferringPhysicianName", "Manufacturer",
    ):  # fmt: skip
        setattr(state, keyword, film[keyword].value)
    values: dict[str, Any] = {
        "SOPClassUID": STATE_CLASS,
        "SOPInstanceUID": generate_uid(_ROOT),
        "SeriesInstanceUID": f"{film.StudyInstanceUID}.9",
        "SeriesNumber": 9,
        "InstanceNumber": 1,
        "Modality": "PR",
        "ContentLabel": "CHEST",
        "ContentDescription": "Nodule marked",
        "ContentCreatorName": "Li^Wei",
        "PresentationCreationDate": "20240507",
        "PresentationCreationTime": "101500",
        "ReferencedSeriesSequence": [
            item(
                SeriesInstanceUID=film.SeriesInstanceUID, ReferencedImageSequence=[image(film)]
            )
        ],
        "DisplayedAreaSelectionSequence": [area((1, 1), (film.Columns, film.Rows))],
        "PresentationLUTShape": "IDENTITY",
    }
    for keyword, value in (values | attributes).items():
        if value is not None:
            setattr(state, keyword, _sequence(value))
    return state


def item(**attributes: Any) -> Dataset:
    """An item of a sequence."""
    made = Dataset()
    for keyword, value in attributes.items():
        setattr(made, keyword, _sequence(value))
    return made


def image(film: Dataset, *frames: int) -> Dataset:
    """A reference to a film, or to frames of it, counted from 1."""
    made = item(
        ReferencedSOPClassUID=film.SOPClassUID, ReferencedSOPInstanceUID=film.SOPInstanceUID
    )
    if frames:
        made.ReferencedFrameNumber = list(frames)
    return made


def area(
    top_left: tuple[int, int],
    bottom_right: tuple[int, int],
    mode: str = "SCALE TO FIT",
    **attributes: Any,
) -> Dataset:
    """A displayed area, by (column, row) from 1."""
    values: dict[str, Any] = {
        "DisplayedAreaTopLeftHandCorner": list(top_left),
        "DisplayedAreaBottomRightHandCorner": list(bottom_right),
        "PresentationSizeMode": mode,
        "PresentationPixelAspectRatio": [1, 1],
    }
    return item(**values | attributes)


def window(centre: float, width: float, **attributes: Any) -> Dataset:
    """An item of the Softcopy VOI LUT Sequence."""
    return item(WindowCenter=centre, WindowWidth=width, **attributes)


def spatial(degrees: int = 0, *, flip: bool = False) -> dict[str, Any]:
    """Rotation, then flip, as attributes for `make_state`."""
    return {"ImageRotation": degrees, "ImageHorizontalFlip": "Y" if flip else "N"}


def graphic(
    kind: str, *points: tuple[float, float], units: str = "PIXEL", filled: bool = False
) -> Dataset:
    """A graphic object."""
    made = item(
        GraphicAnnotationUnits=units,
        GraphicDimensions=2,
        NumberOfGraphicPoints=len(points),
        GraphicData=[part for point in points for part in point],
        GraphicType=kind,
    )
    if kind != "POINT":
        made.GraphicFilled = "Y" if filled else "N"
    return made


def text(
    words: str,
    *,
    box: tuple[tuple[float, float], tuple[float, float]] | None = None,
    anchor: tuple[float, float] | None = None,
    units: str = "PIXEL",
) -> Dataset:
    """A text object in a box, beside an anchor, or both."""
    made = item(UnformattedTextValue=words)
    if box is not None:
        made.BoundingBoxAnnotationUnits = units
        made.BoundingBoxTopLeftHandCorner = list(box[0])
        made.BoundingBoxBottomRightHandCorner = list(box[1])
        made.BoundingBoxTextHorizontalJustification = "LEFT"
    if anchor is not None:
        made.AnchorPointAnnotationUnits = units
        made.AnchorPoint = list(anchor)
        made.AnchorPointVisibility = "Y"
    return made


def annotation(
    layer: str = "MARKS",
    graphics: Sequence[Dataset] = (),
    texts: Sequence[Dataset] = (),
    images: Sequence[Dataset] = (),
) -> Dataset:
    """An item of the Graphic Annotation Sequence."""
    made = item(GraphicLayer=layer)
    for keyword, members in (
        ("GraphicObjectSequence", graphics),
        ("TextObjectSequence", texts),
        ("ReferencedImageSequence", images),
    ):
        if members:
            setattr(made, keyword, DicomSequence(list(members)))
    return made


def layer(name: str, order: int, **attributes: Any) -> Dataset:
    """An item of the Graphic Layer Sequence."""
    return item(GraphicLayer=name, GraphicLayerOrder=order, **attributes)


def _sequence(value: Any) -> Any:
    is_items = isinstance(value, list) and value and isinstance(value[0], Dataset)
    return DicomSequence(value) if is_items else value
