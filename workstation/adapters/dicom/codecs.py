"""Which decoder opens which transfer syntax: chosen by measured correctness, then speed (runs in the child).

Measured with ``python -m tests.bench decode``; where two stand in a row, the second opens what the first cannot.
12-bit JPEG Extended fails in every decoder that pydicom knows; SimpleITK opens it, and JPEG lossless in half of
GDCM's time, whose Python binding hands pixels over as text.
HTJ2K was tried with lossless codestreams made by OpenJPH, of 8, 12 and 16 bits, signed and not; no device's file was at hand.
"""

from __future__ import annotations

import struct
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID
from rle import rle

from workstation.adapters.dicom.elements import Elements
from workstation.adapters.dicom.fragments import declared_size
from workstation.adapters.dicom.pixel_module import PixelFormat
from workstation.core.errors import ErrorCode, WorkstationError

_ITEM = b"\xfe\xff\x00\xe0"
_RLE = "1.2.840.10008.1.2.5"
_DECODERS = {  # pydicom's plug-in names, and simpleitk for grey films in place of gdcm, in the order of trial
    _RLE: "pylibjpeg",
    "1.2.840.10008.1.2.4.50": "pillow gdcm",
    "1.2.840.10008.1.2.4.51": "pillow simpleitk gdcm",
    "1.2.840.10008.1.2.4.57": "simpleitk gdcm",
    "1.2.840.10008.1.2.4.70": "simpleitk gdcm",
    "1.2.840.10008.1.2.4.80": "pyjpegls gdcm",
    "1.2.840.10008.1.2.4.81": "pyjpegls gdcm",
    "1.2.840.10008.1.2.4.90": "pylibjpeg",
    "1.2.840.10008.1.2.4.91": "pylibjpeg",
    "1.2.840.10008.1.2.4.201": "pylibjpeg",
    "1.2.840.10008.1.2.4.202": "pylibjpeg",
    "1.2.840.10008.1.2.4.203": "pylibjpeg",
}


def decode_frame(data: bytes, elements: Elements, form: PixelFormat) -> NDArray[Any]:
    """Decode one compressed frame: (rows, columns) stored values, or (rows, columns, 3) RGB.

    Raises
    ------
    WorkstationError
        ``unsupported_transfer_syntax``, or ``malformed`` when the codestream is damaged or contradicts the header.
    """
    syntax = elements.transfer_syntax
    if syntax not in _DECODERS:
        raise WorkstationError(ErrorCode.UNSUPPORTED_TRANSFER_SYNTAX, syntax=syntax)
    declared = declared_size(data)
    if declared is not None and declared[:2] != (form.rows, form.columns):
        raise WorkstationError(ErrorCode.MALFORMED, "codestream of another size")
    if declared is not None and declared[2] > form.allocated:
        raise WorkstationError(ErrorCode.MALFORMED, "codestream of more bits")
    if syntax == _RLE and form.samples == 1:
        return _from_rle(data, form)
    single = _single_frame(data, syntax, form)
    failure: Exception | None = None
    plugins = _DECODERS[syntax].split()
    if "simpleitk" in plugins:  # it holds GDCM, and raises where that aborts
        plugins.remove("gdcm" if form.samples == 1 else "simpleitk")
    for plugin in plugins:
        try:
            if plugin == "simpleitk":
                return _with_simpleitk(single, form)
            return get_decoder(UID(syntax)).as_array(single, decoding_plugin=plugin)[0]
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - plugins raise anything
            failure = error
    raise WorkstationError(ErrorCode.MALFORMED, type(failure).__name__) from failure


def _from_rle(data: bytes, form: PixelFormat) -> NDArray[Any]:
    """What pydicom's plug-in does, without packing the frame into a data set and taking it out again."""
    try:
        values = rle.decode_frame(data, form.rows * form.columns, form.allocated, "<")
    except ValueError as error:
        raise WorkstationError(ErrorCode.MALFORMED, "run lengths") from error
    stored = np.frombuffer(values, form.dtype.newbyteorder("<"))
    return stored.reshape(form.rows, form.columns).astype(form.dtype, copy=False)


def _single_frame(data: bytes, syntax: str, form: PixelFormat) -> Dataset:
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.Rows, dataset.Columns = form.rows, form.columns
    dataset.SamplesPerPixel = form.samples
    if form.samples > 1:
        dataset.PlanarConfiguration = form.planar
    dataset.PhotometricInterpretation = form.photometric
    dataset.BitsAllocated, dataset.BitsStored = form.allocated, form.stored
    dataset.HighBit, dataset.PixelRepresentation = form.high_bit, int(form.signed)
    # An empty offset table, one fragment (PS3.5 A.4); pydicom's `encapsulate` copies it five times.
    padded = data + b"\0" * (len(data) % 2)
    dataset.PixelData = b"".join(
        (_ITEM, bytes(4), _ITEM, struct.pack("<I", len(padded)), padded)
    )
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return dataset


def _with_simpleitk(single: Dataset, form: PixelFormat) -> NDArray[Any]:
    """Decode through a file of our own: only pixels and their module reach the library."""
    import SimpleITK

    single = copy(single)
    if single.PhotometricInterpretation == "MONOCHROME1":
        single.PhotometricInterpretation = "MONOCHROME2"  # SimpleITK would invert the values
    single.SOPClassUID = "1.2.840.10008.5.1.4.1.1.7"  # Secondary Capture
    single.SOPInstanceUID = "2.25.1"
    with TemporaryDirectory() as folder:
        path = Path(folder) / "frame.dcm"
        single.save_as(path, enforce_file_format=True)
        image = SimpleITK.ReadImage(str(path))
    pixels: NDArray[Any] = SimpleITK.GetArrayFromImage(image)[0]
    return pixels.astype(form.dtype, copy=False)
