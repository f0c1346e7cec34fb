"""Valid DX and CR objects made from arrays, with every attribute the presentation pipeline reads.

`make_dx` and `make_cr` give a data set of a frontal chest film; the `add_` functions put one module more on it
(they change the data set and return it); `compress` and `compress_jpeg` encode it; `write` and `to_bytes` make a file::

    dataset = add_voi_lut(make_dx(pixels, photometric="MONOCHROME1"), values, first=0)
    write(dataset, tmp_path / "film.dcm")

Any attribute can be given or changed by its keyword: ``make_dx(PatientName="Li^Si", Rows=1)``; None removes it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
    generate_uid,
)

from tests.factories.films import make_pixels

_ROOT = "1.2.826.0.1.3680043.8.498."
_STUDY_UID = _ROOT + "1"


def make_dx(pixels: ArrayLike | None = None, **attributes: Any) -> Dataset:
    """A DX image for presentation (PS3.3 A.26), frontal adult chest; valid once it has a window or VOI LUT.

    `pixels` is (rows, columns) of any integer type, or (frames, rows, columns) with ``frames=True``. Beside DICOM
    keywords: `photometric`, `bits_stored`, `slope` and `intercept`, `windows` as (centre, width[, explanation])
    tuples, `voi_function`, `frames`.
    """
    dataset = _common(DigitalXRayImageStorageForPresentation, "DX")
    _put(
        dataset,
        ImageType=["DERIVED", "PRIMARY"],
        PresentationIntentType="FOR PRESENTATION",
        ImageLaterality="U",
        DetectorType="DIRECT",
        ImagerPixelSpacing=[0.15, 0.15],
        PixelIntensityRelationship="LOG",
        PixelIntensityRelationshipSign=-1,
        RescaleType="US",
        LossyImageCompression="00",
        PresentationLUTShape="IDENTITY",
        BurnedInAnnotation="NO",
        PositionerType="NONE",
        AnatomicRegionSequence=DicomSequence([_code("816094009", "SCT", "Chest")]),
        AcquisitionContextSequence=DicomSequence(),
        ViewCodeSequence=DicomSequence([_code("399348003", "SCT", "postero-anterior")]),
        ViewPosition="PA",
        AcquisitionDeviceProcessingDescription="test",
    )
    return _finish(dataset, pixels, {"slope": 1, "intercept": 0} | attributes)


def make_cr(pixels: ArrayLike | None = None, **attributes: Any) -> Dataset:
    """A CR image (PS3.3 A.2), frontal adult chest; keywords as for `make_dx`."""
    dataset = _common(ComputedRadiographyImageStorage, "CR")
    _put(dataset, ImageType=["ORIGINAL", "PRIMARY"], ViewPosition="PA")
    return _finish(dataset, pixels, attributes)


def make_colour(
    pixels: ArrayLike, *, form: str = "RGB", planar: int = 0, **attributes: Any
) -> Dataset:
    """A secondary capture in colour from (rows, columns, 3) uint8 RGB.

    `form` is ``RGB``, ``YBR_FULL`` or ``YBR_FULL_422`` (then columns are even and `planar` is 0), uncompressed.
    """
    rgb = np.asarray(pixels, dtype=np.uint8)
    dataset = _common(SecondaryCaptureImageStorage, "OT")
    _put(dataset, ImageType=["DERIVED", "SECONDARY"], ConversionType="WSD")
    stored = rgb if form == "RGB" else rgb_to_ybr(rgb)
    if form == "YBR_FULL_422":
        data = _subsampled(stored)
    else:
        data = np.moveaxis(stored, 2, 0).tobytes() if planar else stored.tobytes()
    _put(
        dataset,
        SamplesPerPixel=3,
        PhotometricInterpretation=form,
        PlanarConfiguration=planar,
        Rows=rgb.shape[0],
        Columns=rgb.shape[1],
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        PixelData=_even(data),
    )
    _put(dataset, **attributes)
    return dataset


def rgb_to_ybr(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """YBR_FULL of RGB (PS3.3 C.7.6.3.1.2)."""
    matrix = np.array(
        [[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]]
    )
    ybr = rgb.astype(float) @ matrix.T + [0, 128, 128]
    return np.rint(ybr).clip(0, 255).astype(np.uint8)


# --- one module more -------------------------------------------------------------------------------------------


def add_modality_lut(
    dataset: Dataset, values: ArrayLike, *, first: int = 0, bits: int = 16
) -> Dataset:
    """A Modality LUT Sequence in place of the rescale (PS3.3 C.11.1)."""
    _put(dataset, RescaleSlope=None, RescaleIntercept=None, RescaleType=None)
    item = _lut_item(values, first=first, bits=bits, signed=bool(dataset.PixelRepresentation))
    item.ModalityLUTType = "US"
    dataset.ModalityLUTSequence = DicomSequence([item])
    return dataset


def add_voi_lut(
    dataset: Dataset,
    values: ArrayLike,
    *,
    first: int = 0,
    bits: int = 16,
    explanation: str = "",
    signed: bool = False,
) -> Dataset:
    """One VOI LUT more (PS3.3 C.11.2); `signed` when its input, the modality value, can be negative."""
    item = _lut_item(values, first=first, bits=bits, signed=signed)
    if explanation:
        item.LUTExplanation = explanation
    dataset.VOILUTSequence = DicomSequence([*dataset.get("VOILUTSequence", []), item])
    return dataset


def add_palette(
    dataset: Dataset,
    red: ArrayLike,
    green: ArrayLike,
    blue: ArrayLike,
    *,
    first: int = 0,
    bits: int = 16,
) -> Dataset:
    """Make a monochrome data set a PALETTE COLOR one (PS3.3 C.7.9); entries of 8 or 16 bits."""
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    _put(dataset, RescaleSlope=None, RescaleIntercept=None, RescaleType=None)
    _put(dataset, WindowCenter=None, WindowWidth=None, PresentationLUTShape=None)
    for name, values in (("Red", red), ("Green", green), ("Blue", blue)):
        entries = np.asarray(values)
        kind = "SS" if dataset.PixelRepresentation else "US"
        setattr(
            dataset,
            f"{name}PaletteColorLookupTableDescriptor",
            [entries.size % 65536, first, bits],
        )
        dataset[f"{name}PaletteColorLookupTableDescriptor"].VR = kind
        data = entries.astype("u1" if bits == 8 else "<u2").tobytes()
        setattr(dataset, f"{name}PaletteColorLookupTableData", _even(data))
    return dataset


def add_overlay(
    dataset: Dataset,
    mask: ArrayLike,
    *,
    origin: tuple[int, int] = (1, 1),
    group: int = 0x6000,
    kind: str = "G",
    label: str = "",
) -> Dataset:
    """A 60xx overlay in its own data element (PS3.3 C.9.2); `origin` is (row, column) from 1."""
    drawn = np.asarray(mask, dtype=np.uint8)
    _describe_overlay(dataset, drawn.shape, group, origin=origin, kind=kind, label=label)
    dataset.add_new((group, 0x0100), "US", 1)
    dataset.add_new((group, 0x0102), "US", 0)
    packed = np.packbits(drawn.reshape(-1), bitorder="little").tobytes()
    dataset.add_new((group, 0x3000), "OW", _even(packed))
    return dataset


def embed_overlay(
    dataset: Dataset, mask: ArrayLike, *, bit: int = 12, group: int = 0x6000
) -> Dataset:
    """An overlay in an unused high bit of the pixels (retired in PS3.3-2004, alive in archives)."""
    drawn = np.asarray(mask, dtype=bool)
    if bit < dataset.BitsStored:
        raise ValueError("the overlay's bit belongs to the pixels")
    kind = f"<u{dataset.BitsAllocated // 8}"
    stored = np.frombuffer(dataset.PixelData, dtype=kind)[: drawn.size].copy()
    stored |= drawn.reshape(-1).astype(kind) << bit
    dataset.PixelData = _even(stored.tobytes())
    _describe_overlay(dataset, drawn.shape, group)
    dataset.add_new((group, 0x0100), "US", dataset.BitsAllocated)
    dataset.add_new((group, 0x0102), "US", bit)
    return dataset


def add_shutter(
    dataset: Dataset,
    *,
    rectangle: tuple[int, int, int, int] | None = None,
    circle: tuple[int, int, int] | None = None,
    polygon: Sequence[tuple[int, int]] = (),
    presentation_value: int | None = None,
) -> Dataset:
    """A display shutter (PS3.3 C.7.6.11).

    `rectangle` is (left, right, upper, lower), `circle` (row, column, radius), `polygon` (row, column) vertices.
    """
    shapes = []
    if rectangle is not None:
        shapes.append("RECTANGULAR")
        left, right, upper, lower = rectangle
        _put(
            dataset,
            ShutterLeftVerticalEdge=left,
            ShutterRightVerticalEdge=right,
            ShutterUpperHorizontalEdge=upper,
            ShutterLowerHorizontalEdge=lower,
        )
    if circle is not None:
        shapes.append("CIRCULAR")
        _put(
            dataset, CenterOfCircularShutter=list(circle[:2]), RadiusOfCircularShutter=circle[2]
        )
    if polygon:
        shapes.append("POLYGONAL")
        dataset.VerticesOfThePolygonalShutter = [int(v) for vertex in polygon for v in vertex]
    dataset.ShutterShape = shapes
    if presentation_value is not None:
        dataset.ShutterPresentationValue = presentation_value
    return dataset


def add_padding(dataset: Dataset, value: int, limit: int | None = None) -> Dataset:
    """Pixel Padding Value and, for a range, its limit (PS3.3 C.7.5.1.1.2)."""
    kind = "SS" if dataset.PixelRepresentation else "US"
    dataset.add_new(0x00280120, kind, value)
    if limit is not None:
        dataset.add_new(0x00280121, kind, limit)
    return dataset


def set_spacing(
    dataset: Dataset,
    *,
    imager: tuple[float, float] | None = None,
    pixel: tuple[float, float] | None = None,
    calibration: str = "",
    ermf: float | None = None,
) -> Dataset:
    """What lengths rest on (PS3.3 10.7, C.8.11.3): all other spacing attributes are removed.

    `imager` and `pixel` are (row, column) in mm, `calibration` is ``GEOMETRY`` or ``FIDUCIAL``, `ermf` the Estimated
    Radiographic Magnification Factor.
    """
    _put(
        dataset,
        ImagerPixelSpacing=None if imager is None else list(imager),
        PixelSpacing=None if pixel is None else list(pixel),
        PixelSpacingCalibrationType=calibration or None,
        PixelSpacingCalibrationDescription="made for a test" if calibration else None,
        EstimatedRadiographicMagnificationFactor=ermf,
    )
    return dataset


# --- encoding --------------------------------------------------------------------------------------------------


def compress(dataset: Dataset, transfer_syntax: str, *, photometric: str = "") -> Dataset:
    """Encode with pydicom's encoders: RLE Lossless, JPEG-LS, JPEG 2000.

    `photometric` ``YBR_RCT`` or ``YBR_ICT`` lets the JPEG 2000 encoder transform RGB.
    """
    if photometric:
        dataset.PhotometricInterpretation = photometric
    options: dict[str, Any] = {}
    if transfer_syntax == "1.2.840.10008.1.2.4.91":
        options["j2k_cr"] = [2]
    elif transfer_syntax == "1.2.840.10008.1.2.4.81":
        options["jls_error"] = 2
    dataset.compress(transfer_syntax, generate_instance_uid=False, **options)
    return dataset


def compress_jpeg(dataset: Dataset, *, quality: int = 95) -> Dataset:
    """JPEG Baseline of an 8-bit data set: RGB as YBR_FULL_422, monochrome as it is."""
    colour = dataset.SamplesPerPixel == 3
    shape = (dataset.Rows, dataset.Columns) + ((3,) if colour else ())
    pixels = np.frombuffer(dataset.PixelData, dtype=np.uint8)[: int(np.prod(shape))]
    stream = io.BytesIO()
    Image.fromarray(pixels.reshape(shape)).save(
        stream, "JPEG", quality=quality, **({"subsampling": "4:2:2"} if colour else {})
    )
    dataset.PixelData = encapsulate([stream.getvalue()])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    if colour:
        _put(dataset, PhotometricInterpretation="YBR_FULL_422", PlanarConfiguration=0)
    dataset.LossyImageCompression = "01"
    dataset.LossyImageCompressionMethod = "ISO_10918_1"
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    return dataset


def to_bytes(
    dataset: Dataset,
    *,
    transfer_syntax: str = "",
    preamble: bool = True,
) -> bytes:
    """The whole file; without `preamble` the bare data set in Implicit VR, as old archives hold it."""
    stream = io.BytesIO()
    if not preamble:
        bare = Dataset()
        bare.update({element.tag: element for element in dataset})
        bare.save_as(stream, implicit_vr=True, little_endian=True)
        return stream.getvalue()
    if transfer_syntax:
        _change_byte_order(dataset, transfer_syntax)
        dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def write(dataset: Dataset, path: Path, **options: Any) -> Path:
    """Write `to_bytes` to `path`."""
    path.write_bytes(to_bytes(dataset, **options))
    return path


# --- inside ----------------------------------------------------------------------------------------------------


def _put(dataset: Dataset, **attributes: Any) -> None:
    for keyword, value in attributes.items():
        if value is None:
            if keyword in dataset:
                del dataset[keyword]
        else:
            setattr(dataset, keyword, value)


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    item = Dataset()
    _put(item, CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)
    return item


def _common(sop_class: str, modality: str) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    _put(
        dataset,
        SpecificCharacterSet="ISO_IR 192",
        SOPClassUID=sop_class,
        SOPInstanceUID=generate_uid(_ROOT),
        StudyInstanceUID=_STUDY_UID,
        SeriesInstanceUID=_STUDY_UID + ".1",
        StudyDate="20240506",
        StudyTime="093000",
        SeriesDate="20240506",
        AcquisitionDate="20240506",
        AcquisitionTime="093100",
        ContentDate="20240506",
        ContentTime="093100",
        AccessionNumber="A-17",
        Modality=modality,
        Manufacturer="Test",
        InstitutionName="County Hospital",
        ReferringPhysicianName="",
        StudyDescription="CHEST PA",
        SeriesDescription="PA",
        PatientName="Wang^XiaoDong=王^小东",
        PatientID="P-0001",
        PatientBirthDate="19600203",
        PatientSex="M",
        PatientAge="064Y",
        StudyID="1",
        SeriesNumber=1,
        InstanceNumber=1,
        BodyPartExamined="CHEST",
        PatientOrientation=["L", "F"],
    )
    return dataset


def _finish(dataset: Dataset, pixels: ArrayLike | None, attributes: dict[str, Any]) -> Dataset:
    array = make_pixels() if pixels is None else np.asarray(pixels)
    frames = bool(attributes.pop("frames", False))
    if array.ndim != (3 if frames else 2) or array.dtype.kind not in "iu":
        raise ValueError("a monochrome image is a matrix of integers")
    size = array.dtype.itemsize
    bits = int(attributes.pop("bits_stored", 12 if array.dtype == np.uint16 else 8 * size))
    photometric = attributes.pop("photometric", "MONOCHROME2")
    _put(
        dataset,
        SamplesPerPixel=1,
        PhotometricInterpretation=photometric,
        NumberOfFrames=array.shape[0] if frames else None,
        Rows=array.shape[-2],
        Columns=array.shape[-1],
        BitsAllocated=8 * size,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=int(array.dtype.kind == "i"),
        PixelData=_even(_stored_bytes(array, bits)),
    )
    dataset["PixelData"].VR = "OB" if size == 1 else "OW"
    if photometric == "MONOCHROME1" and "PresentationLUTShape" in dataset:
        dataset.PresentationLUTShape = "INVERSE"  # PS3.3 C.8.11.3.1.2
    _put_grey(dataset, attributes)
    _put(dataset, **attributes)
    return dataset


def _put_grey(dataset: Dataset, attributes: dict[str, Any]) -> None:
    slope, intercept = attributes.pop("slope", None), attributes.pop("intercept", None)
    if slope is not None or intercept is not None:
        dataset.RescaleSlope = 1 if slope is None else slope
        dataset.RescaleIntercept = 0 if intercept is None else intercept
        dataset.RescaleType = "US"
    windows = attributes.pop("windows", ())
    function = attributes.pop("voi_function", "")
    if windows:
        dataset.WindowCenter = [window[0] for window in windows]
        dataset.WindowWidth = [window[1] for window in windows]
        if len(windows[0]) > 2:
            dataset.WindowCenterWidthExplanation = [window[2] for window in windows]
    if function:
        dataset.VOILUTFunction = function


def _stored_bytes(array: NDArray[Any], bits: int) -> bytes:
    """Stored values in little endian; bits above the stored ones are 0 even for negative values."""
    kind = np.dtype(f"<u{array.dtype.itemsize}")
    return (array.astype(kind) & kind.type((1 << bits) - 1)).astype(kind).tobytes()


def _lut_item(values: ArrayLike, *, first: int, bits: int, signed: bool) -> Dataset:
    entries = np.asarray(values)
    item = Dataset()
    kind = "SS" if signed else "US"
    item.add_new(0x00283002, kind, [entries.size % 65536, first, bits])
    item.add_new(0x00283006, "OW", entries.astype("<u2").tobytes())
    return item


def _describe_overlay(
    dataset: Dataset,
    shape: tuple[int, ...],
    group: int,
    *,
    origin: tuple[int, int] = (1, 1),
    kind: str = "G",
    label: str = "",
) -> None:
    dataset.add_new((group, 0x0010), "US", shape[0])
    dataset.add_new((group, 0x0011), "US", shape[1])
    dataset.add_new((group, 0x0040), "CS", kind)
    dataset.add_new((group, 0x0050), "SS", list(origin))
    if label:
        dataset.add_new((group, 0x1500), "LO", label)


def _subsampled(ybr: NDArray[np.uint8]) -> bytes:
    """Y1 Y2 Cb Cr of each pair of columns (PS3.3 C.7.6.3.1.2), chroma averaged."""
    rows, columns, _ = ybr.shape
    pairs = ybr.reshape(rows, columns // 2, 2, 3)
    chroma = np.rint(pairs[..., 1:].astype(float).mean(axis=2)).astype(np.uint8)
    return np.concatenate([pairs[..., 0], chroma], axis=2).tobytes()


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)


def _change_byte_order(dataset: Dataset, transfer_syntax: str) -> None:
    """Swap 16 and 32 bit words on the way to big endian: pydicom writes them as they are."""
    before = dataset.file_meta.TransferSyntaxUID
    if (before == ExplicitVRBigEndian) == (transfer_syntax == ExplicitVRBigEndian):
        return
    size = dataset.BitsAllocated // 8
    if size > 1:
        dataset.PixelData = np.frombuffer(dataset.PixelData, f"<u{size}").byteswap().tobytes()
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x3000) in dataset:
            data = dataset[group, 0x3000].value
            dataset[group, 0x3000].value = np.frombuffer(data, "<u2").byteswap().tobytes()


__all__ = [
    "ExplicitVRBigEndian",
    "ExplicitVRLittleEndian",
    "ImplicitVRLittleEndian",
    "add_modality_lut",
    "add_overlay",
    "add_padding",
    "add_palette",
    "add_shutter",
    "add_voi_lut",
    "compress",
    "compress_jpeg",
    "embed_overlay",
    "make_colour",
    "make_cr",
    "make_dx",
    "rgb_to_ybr",
    "set_spacing",
    "to_bytes",
    "write",
]
