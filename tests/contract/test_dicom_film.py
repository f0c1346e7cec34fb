"""What the reader makes of made objects: every attribute the presentation pipeline reads, against PS3.3 by hand."""

from __future__ import annotations

import warnings
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate

from tests.factories import dicom_files as made
from tests.factories.films import make_pixels
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.image import (
    LookupTable,
    Photometric,
    Radiograph,
    Rescale,
    SpacingSource,
    VoiFunction,
)
from workstation.core.jobs import JobContext
from workstation.core.study import FileStamp, Instance, PatientPosition

Read = Callable[..., Radiograph]


# `_HTJ2K_RAMP` as a codestream of High-Throughput JPEG 2000 (ISO/IEC 15444-15), made with OpenJPH.
_HTJ2K_RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8) * 65
_HTJ2K_STREAM = b64decode(
    "/0//UQApQAAAAAAIAAAACAAAAAAAAAAAAAAACAAAAAgAAAAAAAAAAAABDwEB/1AACAACAAAACv9SAAwAAgAB"
    "AAUEBEAB/1wAEyCIkJCQkJCQkJCQkJCQiIiI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAFwA"
    "Af+TwAAmj/UFB3QAAADAABNAABMAUP4CB3QAiPIDh3QAwAATQAATgCIiAYJ0ACIpkgDDVADAACpgABWAAAAA"
    "8KpxAnUADnTAAQf+wFKB7LYA/9k="
)


@pytest.fixture(scope="module")
def reader() -> Iterator[GuardedFilmReader]:
    adapter = GuardedFilmReader(assume_gbk=True)
    yield adapter
    adapter.close()


@pytest.fixture
def read(reader: GuardedFilmReader, tmp_path: Path) -> Read:
    def write_and_read(dataset: Dataset, *, frame: int = 0, **options: Any) -> Radiograph:
        path = made.write(dataset, tmp_path / "film.dcm", **options)
        return reader.read(path, JobContext(), frame=frame)

    return write_and_read


@pytest.mark.parametrize(
    "syntax",
    [
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
    ],
)
def test_native_syntaxes_give_the_stored_values(syntax: str, read: Read) -> None:
    film = read(made.make_dx(), transfer_syntax=syntax)
    np.testing.assert_array_equal(film.pixels, make_pixels())
    assert film.instance.patient.name.ideographic == "王 小东"
    assert film.instance.patient.name.alphabetic == "Wang XiaoDong"


def test_a_data_set_without_preamble_opens(read: Read) -> None:
    film = read(made.make_cr(), preamble=False)
    np.testing.assert_array_equal(film.pixels, make_pixels())


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90"]
)
@pytest.mark.parametrize("signed", [False, True])
def test_lossless_syntaxes_give_the_stored_values(
    syntax: str, signed: bool, read: Read
) -> None:
    pixels = make_pixels().astype(np.int16) - 2048 if signed else make_pixels()
    film = read(made.compress(made.make_dx(pixels, bits_stored=12), syntax))
    np.testing.assert_array_equal(film.pixels, pixels)
    assert not film.instance.lossy


@pytest.mark.parametrize("syntax", ["201", "202", "203"])
def test_high_throughput_jpeg_2000_gives_the_stored_values(syntax: str, read: Read) -> None:
    dataset = made.make_dx(_HTJ2K_RAMP, bits_stored=12)
    dataset.PixelData = encapsulate([_HTJ2K_STREAM])
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = f"1.2.840.10008.1.2.4.{syntax}"
    np.testing.assert_array_equal(read(dataset).pixels, _HTJ2K_RAMP)


def test_signed_values_of_twelve_bits_are_extended(read: Read) -> None:
    pixels = make_pixels().astype(np.int16) - 2048
    film = read(made.make_cr(pixels, bits_stored=12))
    np.testing.assert_array_equal(film.pixels, pixels)


@pytest.mark.parametrize("bits", [8, 16])
def test_tables_of_the_file(bits: int, read: Read) -> None:
    values = np.arange(256)[::-1]
    film = read(made.add_modality_lut(made.make_dx(), values, first=100, bits=bits))
    assert isinstance(film.modality_transform, LookupTable)
    assert film.modality_transform.first == 100
    np.testing.assert_array_equal(film.modality_transform.values, values)


def test_a_descriptor_of_zero_means_65536_and_its_first_value_may_be_negative(
    read: Read,
) -> None:
    dataset = made.make_dx(slope=1, intercept=-3000)
    film = read(made.add_voi_lut(dataset, np.arange(65536), first=-3000, signed=True))
    (table,) = film.voi_tables
    assert (table.first, table.values.size) == (-3000, 65536)


def test_windows_and_what_is_nonsense_among_them(read: Read) -> None:
    windows = ((2000, 1000, "LUNG"), (100, 0, "ZERO"), (-5.5, 3, "BONE"))
    film = read(made.make_dx(windows=windows, voi_function="SIGMOID", slope=2, intercept=-7))
    assert [(w.centre, w.width, w.explanation) for w in film.windows] == [
        (2000, 1000, "LUNG"),
        (-5.5, 3, "BONE"),
    ]
    assert film.windows[0].function is VoiFunction.SIGMOID
    assert film.modality_transform == Rescale(slope=2, intercept=-7)


def test_photometric_shape_and_padding(read: Read) -> None:
    film = read(made.add_padding(made.make_dx(photometric="MONOCHROME1"), 10, 3))
    assert film.photometric is Photometric.MONOCHROME1
    assert film.presentation_inverse is True
    assert film.padding == (3, 10)
    signed = made.make_cr(make_pixels().astype(np.int16))
    assert read(made.add_padding(signed, -2000)).padding == (-2000, -2000)


def test_a_palette(read: Read) -> None:
    ramp = np.arange(256)
    dataset = made.make_cr(make_pixels(bits=8).astype(np.uint8))
    film = read(made.add_palette(dataset, ramp, ramp[::-1], ramp * 0, bits=8))
    assert film.photometric is Photometric.PALETTE
    assert film.palette is not None
    np.testing.assert_array_equal(film.palette.green.values, ramp[::-1])


def _segmented(segments: list[int], kind: str) -> Dataset:
    ramp = np.arange(256)
    dataset = made.make_cr(make_pixels(bits=8).astype(np.uint8))
    made.add_palette(dataset, ramp, ramp, ramp, bits=8 if kind == "u1" else 16)
    data = np.array(segments, kind).tobytes()
    for name in ("Red", "Green", "Blue"):
        del dataset[f"{name}PaletteColorLookupTableData"]
        setattr(
            dataset,
            f"Segmented{name}PaletteColorLookupTableData",
            data + b"\0" * (len(data) % 2),
        )
    return dataset


@pytest.mark.parametrize("kind", ["u1", "<u2"])
def test_a_segmented_palette(kind: str, read: Read) -> None:
    """Discrete, linear and indirect segments (PS3.3 C.7.9.2)."""
    top = 250 if kind == "u1" else 60000
    second = 2 + 3 if kind == "u1" else 2 * (2 + 3)  # byte offset of the second segment
    offset = [second, 0, 0, 0] if kind == "u1" else [second, 0]
    segments = [0, 3, 50, 0, 90, 1, 97, top, 0, 1, 90, 2, 1, *offset, 1, 58, 7]
    film = read(_segmented(segments, kind))

    ramp = np.linspace(90, top, 98)[1:]
    expected = [50, 0, 90, *ramp, 90, *ramp, *np.linspace(top, 7, 59)[1:]]
    assert film.palette is not None
    for table in (film.palette.red, film.palette.green, film.palette.blue):
        assert (table.first, table.bits) == (0, 8 if kind == "u1" else 16)
        np.testing.assert_allclose(table.values, expected, atol=0.51)


@pytest.mark.parametrize(
    "segments",
    [
        [1, 256, 9],  # nothing to start the line from
        [0, 1, 0, 1, 100, 9],  # 101 of 256 entries
        [0, 1, 0, 2, 65535, 3, 0],  # an indirect segment that means itself
        [0, 0] * 2000,
        [3, 1, 1],
        [],
    ],
)
def test_a_segmented_palette_that_makes_no_sense(segments: list[int], read: Read) -> None:
    with pytest.raises(WorkstationError) as raised:
        read(_segmented(segments, "<u2"))
    assert raised.value.code is ErrorCode.MALFORMED


@pytest.mark.parametrize(
    ("form", "planar"), [("RGB", 0), ("RGB", 1), ("YBR_FULL", 0), ("YBR_FULL_422", 0)]
)
def test_colour_becomes_rgb(form: str, planar: int, read: Read) -> None:
    colours = np.zeros((6, 8, 3), np.uint8)
    colours[:, :4] = (200, 30, 60)
    colours[:, 4:] = (10, 120, 220)
    film = read(made.make_colour(colours, form=form, planar=planar))
    assert film.photometric is Photometric.RGB
    difference = np.abs(film.pixels.astype(int) - colours)
    assert difference.max() <= (0 if form == "RGB" else 2)


def test_frames_by_index(read: Read) -> None:
    stack = np.stack([make_pixels(seed=seed) for seed in range(3)])
    dataset = made.make_dx(stack, frames=True)
    np.testing.assert_array_equal(read(dataset, frame=2).pixels, stack[2])
    rle = made.compress(made.make_dx(stack, frames=True), "1.2.840.10008.1.2.5")
    np.testing.assert_array_equal(read(rle, frame=1).pixels, stack[1])
    with pytest.raises(WorkstationError) as raised:
        read(dataset, frame=3)
    assert raised.value.code is ErrorCode.FRAME_OUT_OF_RANGE


@pytest.mark.parametrize("transfer_syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_functional_groups_of_an_enhanced_object(transfer_syntax: str, read: Read) -> None:
    stack = np.stack([make_pixels(seed=seed) for seed in range(2)])
    dataset = made.make_dx(stack, frames=True, slope=3, Modality="CT", ImagerPixelSpacing=None)
    measures, shared_window, own_window, values = (Dataset() for _ in range(4))
    measures.PixelSpacing = [0.5, 0.25]
    shared_window.WindowCenter, shared_window.WindowWidth = [40, 400], [300, 2000]
    own_window.WindowCenter, own_window.WindowWidth = -600, 1500
    own_window.VOILUTFunction = "LINEAR_EXACT"
    values.RescaleSlope, values.RescaleIntercept = 2, -1024
    shared, first, second = Dataset(), Dataset(), Dataset()
    shared.PixelMeasuresSequence = [measures]
    shared.FrameVOILUTSequence = [shared_window]
    shared.PixelValueTransformationSequence = [values]
    second.FrameVOILUTSequence = [own_window]
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = [first, second]

    one, two = (read(dataset, frame=n, transfer_syntax=transfer_syntax) for n in range(2))
    for film in (one, two):
        assert film.spacing is not None
        assert (film.spacing.row_mm, film.spacing.column_mm) == (0.5, 0.25)
        assert film.modality_transform == Rescale(slope=2, intercept=-1024)
    assert [(w.centre, w.width) for w in one.windows] == [(40, 300), (400, 2000)]
    assert [(w.centre, w.width, w.function) for w in two.windows] == [
        (-600, 1500, VoiFunction.LINEAR_EXACT)
    ]


def test_overlays_apart_and_in_the_pixels(read: Read) -> None:
    mask = np.zeros((64, 48), bool)
    mask[3:9, 5:7] = True
    (apart,) = read(made.add_overlay(made.make_dx(), mask, origin=(-2, 4))).overlays
    np.testing.assert_array_equal(apart.mask, mask)
    assert apart.origin == (-2, 4)
    film = read(made.embed_overlay(made.make_dx(), mask, bit=13))
    np.testing.assert_array_equal(film.overlays[0].mask, mask)
    np.testing.assert_array_equal(film.pixels, make_pixels())


def test_a_shutter(read: Read) -> None:
    film = read(
        made.add_shutter(
            made.make_dx(),
            rectangle=(2, 40, 3, 60),
            circle=(30, 20, 18),
            polygon=((1, 1), (1, 40), (60, 20)),
            presentation_value=500,
        )
    )
    assert film.shutter is not None
    assert film.shutter.rectangle == (2, 40, 3, 60)
    assert film.shutter.circle == (30, 20, 18)
    assert film.shutter.polygon == ((1, 1), (1, 40), (60, 20))
    assert film.shutter.presentation_value == 500


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"imager": (0.2, 0.2)}, (0.2, SpacingSource.AT_DETECTOR)),
        ({"imager": (0.2, 0.2), "ermf": 1.25}, (0.16, SpacingSource.CORRECTED_BY_ERMF)),
        ({"imager": (0.2, 0.2), "pixel": (0.2, 0.2)}, (0.2, SpacingSource.AT_DETECTOR)),
        (
            {"imager": (0.2, 0.2), "pixel": (0.18, 0.18)},
            (0.18, SpacingSource.CORRECTED_AT_MODALITY),
        ),
        (
            {"pixel": (0.18, 0.18), "calibration": "FIDUCIAL"},
            (0.18, SpacingSource.CORRECTED_AT_MODALITY),
        ),
        ({"pixel": (0.18, 0.18)}, (0.18, SpacingSource.UNCERTAIN)),
        ({"pixel": (0.0, 0.0)}, None),
        ({}, None),
    ],
)
def test_what_a_millimetre_rests_on(
    attributes: dict[str, Any], expected: tuple[float, SpacingSource] | None, read: Read
) -> None:
    spacing = read(made.set_spacing(made.make_dx(), **attributes)).spacing
    found = None if spacing is None else (round(spacing.row_mm, 6), spacing.source)
    assert found == expected


@pytest.mark.parametrize(
    ("age", "years", "assumed"),
    [
        ("058Y", 58, False),
        ("006M", 0.5, False),
        ("058", 58, True),
        ("030D", 30 / 365.2425, False),
        ("", 64.25, False),
    ],
)
def test_ages(age: str, years: float, assumed: bool, read: Read) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom objects to ages without a unit
        dataset = made.make_dx(PatientAge=age)
        found = read(dataset).instance.age
    assert found is not None
    assert found.years == pytest.approx(years, abs=0.02)
    assert found.assumed_years is assumed


@pytest.mark.parametrize(
    ("age", "birth", "years", "contradictory"),
    [
        ("058Y", "20200101", 4, True),
        ("005Y", "19600101", 5, True),
        ("019Y", "20061115", 17.2, False),
        ("058", "20200101", 4, True),
        ("058Y", "20300101", 58, True),
        ("058Y", "", 58, False),
        ("", "20200101", 4, False),
        ("999Y", "19600101", 64, True),
        ("", "20300101", None, False),
    ],
)
def test_of_two_ages_the_younger_counts_and_a_contradiction_is_told(
    age: str, birth: str, years: float | None, contradictory: bool, read: Read
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = made.make_dx(PatientAge=age, PatientBirthDate=birth, StudyDate="20240101")
        found = read(dataset).instance.age
    if years is None:
        assert found is None
        return
    assert found is not None
    assert found.years == pytest.approx(years, abs=0.1)
    assert found.contradictory is contradictory


def test_view_and_region_from_their_codes(read: Read) -> None:
    instance = read(made.make_dx(ViewPosition=None, BodyPartExamined=None)).instance
    assert (instance.view_position, instance.body_part) == ("PA", "CHEST")
    assert instance.patient_orientation == ("L", "F")
    assert instance.presentation_intent == "FOR PRESENTATION"


@pytest.mark.parametrize(
    ("plain", "codes", "expected"),
    [
        ("HFS", (), PatientPosition.SUPINE),
        ("FFDL", (), PatientPosition.LEFT_DECUBITUS),
        ("HFQ", (), PatientPosition.UNKNOWN),
        ("", ("C86043",), PatientPosition.ERECT),
        ("", ("F-10450", "F-10340"), PatientPosition.SUPINE),
        ("", ("102538003", "51845000"), PatientPosition.RECUMBENT),
        ("", (), PatientPosition.UNKNOWN),
    ],
)
def test_how_the_patient_lay_or_stood(
    plain: str, codes: tuple[str, ...], expected: PatientPosition, read: Read
) -> None:
    dataset = made.make_dx(PatientPosition=plain)
    within = dataset
    for keyword, code in zip(
        ("PatientOrientationCodeSequence", "PatientOrientationModifierCodeSequence"),
        codes,
        strict=False,
    ):
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, "SCT", "any"
        setattr(within, keyword, [item])
        within = item
    assert read(dataset).instance.patient_position is expected


def test_chinese_without_a_character_set(read: Read) -> None:
    data = made.to_bytes(made.make_dx(PatientName="Wang^X=XXXX", SpecificCharacterSet=None))
    path_data = data.replace(b"Wang^X=XXXX", b"Wang^X=" + "王东".encode("gb18030"))
    assert path_data != data
    from workstation.adapters.dicom.elements import read_elements
    from workstation.adapters.dicom.headers import instance_of

    assumed = instance_of(read_elements(path_data), assume_gbk=True)
    assert (assumed.patient.name.ideographic, assumed.text_note) == ("王东", "gbk_assumed")
    plain = instance_of(read_elements(path_data))
    assert plain.patient.name.ideographic != "王东"
    assert plain.text_note == "chinese_suspected"


@pytest.mark.parametrize("name", ["François Müßig", "Søren Ångström", "José Núñez"])
def test_names_with_accents_are_not_taken_for_chinese(name: str) -> None:
    from workstation.adapters.dicom.text import TextDecoder

    decoder = TextDecoder(b"ISO_IR 100")
    assert decoder.text(name.encode("latin-1")) == name
    assert not decoder.note


@pytest.mark.parametrize(
    ("name", "dtype"), [("a.png", "u1"), ("b.png", "u2"), ("c.tif", "u2"), ("d.tiff", "u1")]
)
def test_grey_pictures_are_unidentified_films(
    name: str, dtype: str, reader: GuardedFilmReader, tmp_path: Path
) -> None:
    pixels = make_pixels(bits=8 if dtype == "u1" else 16).astype(dtype)
    Image.fromarray(pixels).save(tmp_path / name)
    film = reader.read(tmp_path / name, JobContext())
    np.testing.assert_array_equal(film.pixels, pixels)
    assert not film.instance.patient.is_identified
    assert film.instance.study_uid.startswith("2.25.")


def test_colour_pictures_and_grey_ones_in_colours_clothes(
    reader: GuardedFilmReader, tmp_path: Path
) -> None:
    grey = make_pixels(bits=8).astype(np.uint8)
    Image.fromarray(np.dstack([grey] * 3)).save(tmp_path / "grey.png")
    assert reader.read(tmp_path / "grey.png", JobContext()).is_monochrome
    Image.fromarray(np.dstack([grey, grey, 255 - grey])).save(tmp_path / "colour.png")
    film = reader.read(tmp_path / "colour.png", JobContext())
    assert film.photometric is Photometric.RGB


def test_scanner_and_reader_see_the_same_instance(
    reader: GuardedFilmReader, tmp_path: Path
) -> None:
    made.write(made.make_dx(), tmp_path / "a.xyz")
    Image.fromarray(make_pixels(bits=8).astype(np.uint8)).save(tmp_path / "b.jpg")
    scanner = GuardedScanner()
    for path in (tmp_path / "a.xyz", tmp_path / "b.jpg"):
        (record,) = scanner.scan([FileStamp(path=path, size=1, mtime_ns=1)], JobContext())
        instance: Instance = reader.read(path, JobContext()).instance
        assert record.instance == instance
    scanner.close()
