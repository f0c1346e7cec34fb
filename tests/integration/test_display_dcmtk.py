"""The presentation beside dcmtk's: within one grey level for everything that dcmtk supports.

dcmtk knows neither LINEAR_EXACT nor shutters nor padding in this tool; those are worked by hand in tests/unit.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset

from tests.factories.dicom_files import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    add_modality_lut,
    add_overlay,
    add_palette,
    add_voi_lut,
    compress,
    make_colour,
    make_cr,
    make_dx,
    rgb_to_ybr,
    write,
)
from tests.factories.films import make_pixels
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.core.display import render, value_range
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext

pytestmark = pytest.mark.skipif(
    shutil.which("dcm2pnm") is None, reason="dcmtk is not installed here"
)

RLE = "1.2.840.10008.1.2.5"
JPEG_LS = "1.2.840.10008.1.2.4.80"
TOOLS = {"RLE": "dcm2pnm", "UNC": "dcm2pnm", "JPLL": "dcmj2pnm", "JPLY": "dcmj2pnm",
         "JLSL": "dcml2pnm", "JLSN": "dcml2pnm"}  # fmt: skip
RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)
SIGNED = (RAMP.astype(np.int32) - 2048).astype(np.int16)
RGB = np.random.default_rng(3).integers(0, 256, (16, 20, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedFilmReader]:
    running = GuardedFilmReader()
    yield running
    running.close()


def dcmtk(path: Path, folder: Path, *options: str, tool: str = "dcm2pnm") -> NDArray[np.uint8]:
    out = folder / "dcmtk.pnm"
    subprocess.run([tool, "-q", *options, str(path), str(out)], check=True, capture_output=True)
    with Image.open(out) as picture:
        return np.asarray(picture)


def window_options(film: Radiograph) -> tuple[str, ...]:
    """The file's first window, else the whole range without padding, which dcmtk's +Wm would count in."""
    if film.windows:
        return ("+Wi", "1")
    low, high = value_range(film)
    return ("+Ww", str((low + high + 1) / 2), str(high - low + 1))


def assert_within_one_level(ours: NDArray[np.uint8], theirs: NDArray[np.uint8]) -> None:
    assert ours.shape == theirs.shape
    difference = np.abs(ours.astype(int) - theirs)
    assert difference.max() <= 1, f"{(difference > 1).mean():.2%} of the pixels differ"
    assert theirs.min() < theirs.max()


def grey_object(**attributes: object) -> Callable[[], Dataset]:
    return lambda: make_dx(RAMP, **attributes)


curve = np.rint(65535 * (np.arange(4096) / 4095) ** 2).astype(np.uint16)
mask = np.zeros((30, 20), np.uint8)
mask[5:25, 3:17] = 1

MADE: dict[str, tuple[Callable[[], Dataset], tuple[str, ...]]] = {
    "no window": (grey_object(), ("+Wm",)),
    "window": (grey_object(windows=[(2000, 900)]), ("+Wi", "1")),
    "width 1": (grey_object(windows=[(2000, 1)]), ("+Wi", "1")),
    "wider than the values": (grey_object(windows=[(100, 20000)]), ("+Wi", "1")),
    "two windows": (grey_object(windows=[(700, 500), (2000, 900)]), ("+Wi", "1")),
    "sigmoid": (
        grey_object(windows=[(2000, 900)], voi_function="SIGMOID"),
        ("+Wi", "1", "+Wfs"),
    ),
    "rescale": (
        grey_object(windows=[(100, 900)], slope=0.5, intercept=-600),
        ("+Wi", "1"),
    ),
    "negative slope": (
        grey_object(windows=[(-1000, 1800)], slope=-1.5, intercept=1000),
        ("+Wi", "1"),
    ),
    "MONOCHROME1": (
        grey_object(windows=[(1500, 1200)], photometric="MONOCHROME1"),
        ("+Wi", "1"),
    ),
    "MONOCHROME1 without shape": (
        lambda: make_cr(RAMP, windows=[(1500, 1200)], photometric="MONOCHROME1"),
        ("+Wi", "1"),
    ),
    "MONOCHROME2 with INVERSE": (
        grey_object(windows=[(1500, 1200)], PresentationLUTShape="INVERSE"),
        ("+Wi", "1"),
    ),
    "MONOCHROME1 with IDENTITY": (
        lambda: make_cr(
            RAMP,
            windows=[(1500, 1200)],
            photometric="MONOCHROME1",
            PresentationLUTShape="IDENTITY",
        ),
        ("+Wi", "1"),
    ),
    "signed": (lambda: make_dx(SIGNED, bits_stored=12, windows=[(-300, 1500)]), ("+Wi", "1")),
    "8 bit": (
        lambda: make_dx((RAMP >> 4).astype(np.uint8), windows=[(100, 120)]),
        ("+Wi", "1"),
    ),
    "16 bit": (
        lambda: make_dx(RAMP * np.uint16(16), bits_stored=16, windows=[(30000, 20000)]),
        ("+Wi", "1"),
    ),
    "VOI LUT": (lambda: add_voi_lut(make_dx(RAMP), curve), ("+Wl", "1")),
    "VOI LUT of 10 bits from 1000 on": (
        lambda: add_voi_lut(make_dx(RAMP), np.arange(1024), first=1000, bits=10),
        ("+Wl", "1"),
    ),
    "VOI LUT MONOCHROME1": (
        lambda: add_voi_lut(make_dx(RAMP, photometric="MONOCHROME1"), curve),
        ("+Wl", "1"),
    ),
    "modality LUT": (
        lambda: add_modality_lut(make_dx(RAMP, windows=[(20000, 30000)]), curve),
        ("+Wi", "1"),
    ),
    "overlay": (
        lambda: add_overlay(make_dx(RAMP, windows=[(2000, 900)]), mask, origin=(10, 20)),
        ("+Wi", "1"),
    ),
    "overlay over the edge": (
        lambda: add_overlay(make_dx(RAMP, windows=[(2000, 900)]), mask, origin=(-9, 50)),
        ("+Wi", "1"),
    ),
    "RGB": (lambda: make_colour(RGB), ()),
    "RGB by planes": (lambda: make_colour(RGB, planar=1), ()),
    "palette of 16 bits": (
        lambda: add_palette(
            make_cr((RAMP >> 4).astype(np.uint8)),
            np.arange(256) * 257,
            np.arange(256)[::-1] * 257,
            (np.arange(256) * 7 % 256) * 257,
        ),
        (),
    ),
}


@pytest.mark.parametrize("name", MADE)
def test_made_film(name: str, reader: GuardedFilmReader, tmp_path: Path):
    make, options = MADE[name]
    path = write(make(), tmp_path / "film.dcm")
    ours = render(reader.read(path, JobContext()))
    assert_within_one_level(ours, dcmtk(path, tmp_path, *options))


def test_ybr_full_is_the_standards_inverse(reader: GuardedFilmReader, tmp_path: Path):
    """PS3.3 C.7.6.3.1.2 solved for RGB; dcmtk truncates its tables and is up to two levels off."""
    path = write(make_colour(RGB, form="YBR_FULL"), tmp_path / "film.dcm")
    y, b, r = np.moveaxis(rgb_to_ybr(RGB).astype(float) - [0, 128, 128], 2, 0)
    exact = np.stack([y + 1.402 * r, y - 0.344136 * b - 0.714136 * r, y + 1.772 * b], axis=2)
    ours = render(reader.read(path, JobContext()))
    assert_within_one_level(ours, np.rint(exact.clip(0, 255)).astype(np.uint8))
    assert np.abs(ours.astype(int) - dcmtk(path, tmp_path)).max() <= 2


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_byte_orders(syntax: str, reader: GuardedFilmReader, tmp_path: Path):
    dataset = make_dx(RAMP, windows=[(2000, 900)])
    path = write(dataset, tmp_path / "film.dcm", transfer_syntax=syntax)
    ours = render(reader.read(path, JobContext()))
    assert_within_one_level(ours, dcmtk(path, tmp_path, "+Wi", "1"))


@pytest.mark.parametrize(("syntax", "tool"), [(RLE, "dcm2pnm"), (JPEG_LS, "dcml2pnm")])
def test_compressed(syntax: str, tool: str, reader: GuardedFilmReader, tmp_path: Path):
    dataset = compress(make_dx(make_pixels(), windows=[(2000, 900)]), syntax)
    path = write(dataset, tmp_path / "film.dcm")
    ours = render(reader.read(path, JobContext()))
    assert_within_one_level(ours, dcmtk(path, tmp_path, "+Wi", "1", tool=tool))


@pytest.mark.parametrize("form", TOOLS)
@pytest.mark.parametrize("subject", ["CT1", "MR1", "NM1", "RG3", "XA1"])
def test_real_film(
    subject: str, form: str, reader: GuardedFilmReader, shared: Path, tmp_path: Path
):
    path = shared / "dicom" / "wg04" / f"{subject}_{form}.dcm"
    if not path.exists():
        pytest.skip("WG-04 has no such form of it")
    film = reader.read(path, JobContext())
    voi = window_options(film)
    assert_within_one_level(render(film), dcmtk(path, tmp_path, *voi, tool=TOOLS[form]))


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        ("gdcm-CR-MONO1-10-chest.dcm", "dcm2pnm"),
        ("nih_google_dx.dcm", "dcm2pnm"),
        ("orthanc_Issue44_Monochrome1-Jpeg.dcm", "dcmj2pnm"),
        ("rsna_cr_jpeg_baseline.dcm", "dcmj2pnm"),
        ("wg04_RG1_JLSN.dcm", "dcml2pnm"),
    ],
)
def test_real_chest(
    name: str, tool: str, reader: GuardedFilmReader, shared: Path, tmp_path: Path
):
    path = shared / "dicom" / "chest" / name
    film = reader.read(path, JobContext())
    voi = window_options(film)
    assert_within_one_level(render(film), dcmtk(path, tmp_path, *voi, tool=tool))
