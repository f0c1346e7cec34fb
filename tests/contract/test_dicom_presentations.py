"""Presentation states through the guarded child: everything in them arrives, or is named; nothing hostile gets through."""

from __future__ import annotations

import dataclasses
from datetime import datetime

import pytest
from pydicom.sequence import Sequence as Items

from tests.factories.dicom_files import make_dx, to_bytes, write
from tests.factories.presentation_states import (
    annotation,
    area,
    graphic,
    image,
    item,
    layer,
    make_state,
    spatial,
    text,
    window,
)
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.geometry import Orientation
from workstation.core.graphics import Colour, GraphicKind
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.presentation import Reference, SizeMode, Units, Unsupported
from workstation.core.study import FileOutcome, FileStamp

FILM = make_dx(windows=[(900, 300)])
CONTEXT = JobContext(token=CancelToken(), report=lambda _: None)
SHAPES = {
    "POINT": [(3.5, 4.5)],
    "POLYLINE": [(1, 1), (2, 2), (3, 1)],
    "INTERPOLATED": [(1, 1), (2, 2), (3, 1)],
    "CIRCLE": [(9, 9), (9, 12)],
    "ELLIPSE": [(0, 5), (10, 5), (5, 2), (5, 8)],
}


@pytest.fixture(scope="module")
def reader():
    running = GuardedFilmReader()
    yield running
    running.close()


@pytest.fixture
def read(reader, tmp_path):
    def read_state(**attributes):
        path = write(make_state(FILM, **attributes), tmp_path / "state.dcm")
        return reader.read_presentation(path, CONTEXT)

    return read_state


def test_who_when_and_about_what(read):
    state = read(ContentCreatorName="Li^Wei")
    assert (state.label, state.description, state.creator) == (
        "CHEST",
        "Nodule marked",
        "Li Wei",
    )
    assert state.created == datetime(2024, 5, 7, 10, 15)  # noqa: DTZ001 - files hold local times
    assert state.references == (Reference(sop_uid=FILM.SOPInstanceUID),)
    assert state.is_for(FILM.SOPInstanceUID, 4)
    assert not state.is_for("1.2", 0)


def test_frames_are_told_apart(read):
    series = item(
        SeriesInstanceUID=FILM.SeriesInstanceUID, ReferencedImageSequence=[image(FILM, 2, 3)]
    )
    state = read(ReferencedSeriesSequence=[series])
    assert [state.is_for(FILM.SOPInstanceUID, frame) for frame in range(4)] == [
        False,
        True,
        True,
        False,
    ]


def test_every_kind_of_graphic_in_both_units(read):
    drawn = [
        graphic(kind, *points, units=unit, filled=kind == "CIRCLE")
        for kind, points in SHAPES.items()
        for unit in ("PIXEL", "DISPLAY")
    ]
    state = read(GraphicAnnotationSequence=[annotation("MARKS", drawn)])
    assert [(g.kind, g.units) for g in state.graphics] == [
        (GraphicKind(kind), unit) for kind in SHAPES for unit in (Units.PIXEL, Units.DISPLAY)
    ]
    assert state.graphics[0].points == ((3.5, 4.5),)
    assert [g.kind for g in state.graphics if g.filled] == [GraphicKind.CIRCLE] * 2
    assert state.unsupported == ()


def test_texts_layers_and_their_colours(read):
    words = text("右上肺 nodule\\?\r\n16 mm", box=((1, 2), (30, 9)), anchor=(20, 20))
    state = read(
        GraphicAnnotationSequence=[annotation("B", texts=[words])],
        GraphicLayerSequence=[
            layer("B", 2, GraphicLayerRecommendedDisplayGrayscaleValue=32896),
            layer("A", 1),
        ],
    )
    (written,) = state.texts
    assert written.text == "右上肺 nodule\\?\r\n16 mm"
    assert (written.box, written.anchor) == (((1, 2), (30, 9)), (20, 20))
    assert written.anchor_visible
    assert [(made.name, made.order) for made in state.layers] == [("B", 2), ("A", 1)]
    assert state.layers[0].colour == Colour(red=128, green=128, blue=128)


def test_window_area_turn_and_shutter(read):
    state = read(
        SoftcopyVOILUTSequence=[window(40, 400, ReferencedImageSequence=[image(FILM)])],
        DisplayedAreaSelectionSequence=[
            area((11, 5), (40, 60), "MAGNIFY", PresentationPixelMagnificationRatio=2.0)
        ],
        PresentationLUTShape="INVERSE",
        ShutterShape="CIRCULAR",
        CenterOfCircularShutter=[30, 33],
        RadiusOfCircularShutter=20,
        **spatial(90, flip=True),
    )
    assert [w.width for w in state.vois[0].windows] == [400]
    (shown,) = state.areas
    assert (shown.top_left, shown.mode, shown.magnification) == ((11, 5), SizeMode.MAGNIFY, 2.0)
    assert state.inverse
    assert state.orientation == Orientation(quarter_turns=1).flipped()
    assert state.shutter.circle == (30, 33, 20)


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({"PresentationLUTSequence": [item(LUTExplanation="x")]}, Unsupported.PRESENTATION_TABLE),
        ({"ShutterShape": "BITMAP"}, Unsupported.BITMAP_SHUTTER),
        ({"MaskSubtractionSequence": [item(MaskOperation="AVG_SUB")]}, Unsupported.MASK),
        ({"ImageRotation": 45}, Unsupported.OTHER_ROTATION),
        (
            {"DisplayedAreaSelectionSequence": [area((1, 1), (9, 9), "TRUE SIZE")]},
            Unsupported.TRUE_SIZE,
        ),
        (
            {"GraphicAnnotationSequence": [annotation(graphics=[graphic("ARROW", (1, 1))])]},
            Unsupported.UNKNOWN_GRAPHICS,
        ),
        (
            {
                "GraphicAnnotationSequence": [
                    annotation(graphics=[graphic("POINT", (float("nan"), 1))])
                ]
            },
            Unsupported.UNKNOWN_GRAPHICS,
        ),
        (
            {
                "GraphicAnnotationSequence": [
                    item(GraphicLayer="A", CompoundGraphicSequence=[item(CompoundGraphicType="AXIS")])
                ]
            },
            Unsupported.COMPOUND_GRAPHICS,
        ),
        (
            {
                "GraphicAnnotationSequence": [
                    annotation(graphics=[graphic("POINT", (1, 1))] * 2500)
                ]
            },
            Unsupported.TOO_MANY_GRAPHICS,
        ),
    ],
)  # fmt: skip
def test_what_is_not_applied_is_named(read, attributes, named):
    assert read(**attributes).unsupported == (named,)


def test_an_overlay_that_is_switched_on_is_named(reader, tmp_path):
    made = make_state(FILM)
    made.add_new(0x60001001, "CS", "MARKS")
    path = write(made, tmp_path / "state.dcm")
    assert reader.read_presentation(path, CONTEXT).unsupported == (Unsupported.OVERLAYS,)


def test_every_cut_of_a_state_is_a_state_or_a_reason(reader, tmp_path):
    drawn = annotation(graphics=[graphic(kind, *points) for kind, points in SHAPES.items()])
    whole = to_bytes(make_state(FILM, GraphicAnnotationSequence=[drawn]))
    reasons = set()
    for length in range(300, len(whole), 97):
        path = tmp_path / "cut.dcm"
        path.write_bytes(whole[:length])
        try:
            reader.read_presentation(path, CONTEXT)
        except WorkstationError as refused:
            reasons.add(refused.code)
    assert reasons <= {ErrorCode.FILE_TRUNCATED, ErrorCode.FILE_CHANGED}


def test_a_film_is_no_state(reader, tmp_path):
    path = write(FILM, tmp_path / "film.dcm")
    with pytest.raises(WorkstationError) as refused:
        reader.read_presentation(path, CONTEXT)
    assert refused.value.code is ErrorCode.FILE_CHANGED


def test_a_scan_finds_it_and_other_kinds_stay_skipped(tmp_path):
    state = write(make_state(FILM), tmp_path / "a.dcm")
    colour = make_state(FILM, SOPClassUID="1.2.840.10008.5.1.4.1.1.11.2")
    other = write(colour, tmp_path / "b.dcm")
    scanner = GuardedScanner()
    stamps = [
        FileStamp(path=path, size=path.stat().st_size, mtime_ns=1) for path in (state, other)
    ]
    found, skipped = scanner.scan(stamps, CONTEXT)
    scanner.close()
    assert found.outcome is FileOutcome.LOADED
    assert not found.instance.is_film
    assert found.instance.study_uid == FILM.StudyInstanceUID
    assert skipped.outcome is FileOutcome.SKIPPED
    assert skipped.reason.code is ErrorCode.NO_PIXEL_DATA


def test_a_state_of_many_items_is_bounded(read):
    named = read(ReferencedSeriesSequence=Items([item(SeriesInstanceUID="1.2")] * 1999))
    assert named.references == ()
    assert dataclasses.is_dataclass(named)
