"""Corner texts, orientation letters and the scale bar."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QImage, QPainter

from resources.i18n import Texts
from tests.factories.films import make_film, make_instance, make_patient, make_pixels
from workstation.core.geometry import Orientation
from workstation.core.image import (
    LookupTable,
    Photometric,
    PixelSpacing,
    SpacingSource,
    WindowLevel,
)
from workstation.core.study import Age, PatientIdentity, PatientPosition, PersonName, Sex
from workstation.ui.theme import FONTS
from workstation.ui.viewer import CornerLevel, PointerReading, ViewState
from workstation.ui.viewer.corners import Corners, corner_texts
from workstation.ui.viewer.furniture import Furniture, Overlay
from workstation.ui.viewer.lettering import Lettering
from workstation.ui.viewer.scale_bar import scale_bar

EN = Texts("en")
WINDOW = WindowLevel(centre=2000, width=1500, explanation="NORMAL")


def corners(film=None, state=None, **options):
    return corner_texts(
        film or make_film(), state or ViewState(voi=WINDOW, zoom=0.5), texts=EN, **options
    )


def test_each_corner_holds_what_readers_expect_there():
    acquired = datetime(2024, 5, 6, 9, 31)  # noqa: DTZ001  # files have local times
    film = make_film(
        instance=make_instance(
            acquired=acquired,
            laterality="L",
            lossy=True,
            series_description="PA erect",
            rows=64,
            columns=48,
        )
    )
    shown = corners(
        film,
        ViewState(
            voi=WINDOW, zoom=0.5, inverted=True, orientation=Orientation(quarter_turns=1)
        ),
        position=(2, 5),
        pointer=PointerReading(place=(11.6, 20.2), value=1234.0),
    )
    sex = EN.tr("sex.M")
    assert shown.top_left == (
        "王小东 (Wang Xiao Dong)", "1960-02-03", "P-0001", f"{sex}  64 y",
    )  # fmt: skip
    assert shown.top_right == ("County Hospital", "CHEST PA", "A-17", "2024-05-06 09:31")
    assert shown.bottom_right == ("Series 1", "PA erect", "L  PA")
    assert shown.bottom_left == (
        "Pixel (12, 20): 1234", "DX  48 × 64", "Lossy compressed", "W 1500  L 2000  NORMAL",
        "Inverted  Rotated 90° right", "Zoom 50%  Image 2/5",
    )  # fmt: skip


@pytest.mark.parametrize("position", [p for p in PatientPosition if p])
def test_how_the_patient_lay_is_said_when_the_file_says_it(position):
    film = make_film(instance=make_instance(view_position="AP", patient_position=position))
    said = EN.tr(f"position.{position}")
    for level in (CornerLevel.ALL, CornerLevel.MINIMAL):
        assert corners(film, level=level).bottom_right[-1].endswith(f"AP  {said}")


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), ""),
        (("rotated_right",), "Rotated 90° right"),
        (("rotated_left",), "Rotated 90° left"),
        (("rotated_right", "rotated_right"), "Rotated 180°"),
        (("flipped",), "Flipped"),
        (("flipped", "rotated_right"), "Flipped, then rotated 90° right"),
        (("rotated_right", "flipped"), "Flipped, then rotated 90° left"),
        (("flipped", "rotated_left", "rotated_left"), "Flipped, then rotated 180°"),
    ],
)
def test_how_the_film_was_turned_is_said_as_it_is_seen(steps, said):
    orientation = Orientation()
    for step in steps:
        orientation = getattr(orientation, step)()
    state = ViewState(voi=WINDOW, orientation=orientation)
    turned = [
        line for line in corners(state=state).bottom_left if "otated" in line or "Flip" in line
    ]
    assert turned == ([said] if said else [])


def test_minimal_keeps_who_and_how():
    shown = corners(level=CornerLevel.MINIMAL)
    assert shown.top_left == ("王小东 (Wang Xiao Dong)", "P-0001")
    assert shown.top_right == ()
    assert shown.bottom_right == ("PA",)
    assert shown.bottom_left == ("W 1500  L 2000  NORMAL", "Zoom 50%")


def test_name_and_id_stay_when_all_else_goes():
    shown = corners(level=CornerLevel.NONE)
    assert shown == Corners(top_left=("王小东 (Wang Xiao Dong)", "P-0001"))


@pytest.mark.parametrize("level", CornerLevel)
def test_hidden_identity_is_said_and_nothing_of_it_shows(level):
    shown = corners(level=level, hide_identity=True)
    assert shown.top_left == ("▣ Identity hidden",)
    everything = " ".join((*shown.top_right, *shown.bottom_left, *shown.bottom_right))
    assert "Wang" not in everything
    assert "P-0001" not in everything


def test_a_film_of_nobody_says_so():
    film = make_film(instance=make_instance(patient=PatientIdentity(), age=None))
    assert corners(film).top_left == ("⚠ Unidentified film",)
    only_id = PatientIdentity(patient_id="P-9")
    assert corners(make_film(instance=make_instance(patient=only_id, age=None))).top_left == (
        "P-9",
    )


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (Age(years=64.7), "64 y"),
        (Age(years=0.5), "6 months"),
        (Age(years=45, assumed_years=True), "45 y (unit assumed)"),
        (Age(years=4, contradictory=True), "⚠ 4 y (age and birth date disagree)"),
    ],
)
def test_ages(age, words):
    patient = make_patient(sex=Sex.UNKNOWN, birth_date=date(1960, 1, 1))
    film = make_film(instance=make_instance(patient=patient, age=age))
    assert corners(film).top_left[-1] == words


@pytest.mark.parametrize(
    ("centre", "marked"), [(2000, False), (20000, True), (-20000, True), (4500, False)]
)
def test_a_window_that_misses_the_data_is_marked(centre, marked):
    shown = corners(state=ViewState(voi=WindowLevel(centre=centre, width=2500)))
    assert any("⚠ window misses the data" in line for line in shown.bottom_left) == marked


def test_tables_and_colours_have_no_window_numbers():
    table = LookupTable(first=0, values=np.arange(4096, dtype=np.uint16), bits=12)
    assert "VOI table" in corners(state=ViewState(voi=table)).bottom_left
    colour = make_film(np.zeros((4, 5, 3), np.uint8), photometric=Photometric.RGB)
    shown = corners(
        colour, ViewState(voi=None), pointer=PointerReading(place=(1, 2), value=(9, 8, 7))
    )
    assert shown.bottom_left[0] == "Pixel (1, 2): 9 8 7"
    assert not any(line.startswith("W ") for line in shown.bottom_left)


@pytest.mark.parametrize(
    ("orientation", "letters"),
    [
        (Orientation(), ("R", "H", "L", "F")),
        (Orientation().rotated_right(), ("F", "R", "H", "L")),
        (Orientation().rotated_left(), ("H", "L", "F", "R")),
        (Orientation().flipped(), ("L", "H", "R", "F")),
    ],
)
def test_letters_follow_the_film(orientation, letters):
    assert orientation.edge_letters("L", "F") == letters
    assert orientation.edge_letters("", "") == ("", "", "", "")


@pytest.mark.parametrize(
    ("zoom", "label", "millimetres"),
    [(1.0, "2 cm", 20), (0.4, "5 cm", 50), (8.0, "2 mm", 2), (0.05, "50 cm", 500)],
)
def test_the_bar_is_round_and_says_what_it_rests_on(zoom, label, millimetres):
    spacing = PixelSpacing(row_mm=0.2, column_mm=0.2, source=SpacingSource.AT_DETECTOR)
    bar = scale_bar(spacing, ViewState(voi=WINDOW, zoom=zoom), longest=150, texts=EN)
    assert (bar.label, bar.source) == (label, EN.tr("spacing.at_detector"))
    assert bar.length == pytest.approx(millimetres / 0.2 * zoom)
    assert 150 / 2.5 <= bar.length <= 150


def test_without_calibration_the_bar_counts_pixels():
    bar = scale_bar(None, ViewState(voi=WINDOW, zoom=0.5), longest=150, texts=EN)
    assert (bar.label, bar.source) == ("200 px", EN.tr("spacing.none"))
    assert bar.length == pytest.approx(100)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_blocks_never_meet_at_700_by_500(qtbot, language, qapp):
    """Every block, letter and bar is drawn alone; no pixel belongs to two of them."""
    texts = Texts(language)
    long = "A very long line that no clinic would write but some do anyway, again and again"
    name = PersonName(alphabetic=long, ideographic="欧阳" * 30)
    film = make_film(
        make_pixels(8, 8),
        instance=make_instance(
            patient=make_patient(name=name, patient_id="9" * 60),
            institution=long, study_description=long, series_description=long, lossy=True,
        ),
        spacing=PixelSpacing(
            row_mm=0.1, column_mm=0.1, source=SpacingSource.CORRECTED_AT_MODALITY
        ),
    )  # fmt: skip
    state = ViewState(
        voi=WindowLevel(centre=90000, width=10, explanation=long),
        orientation=Orientation(quarter_turns=1, mirrored=True),
        inverted=True,
    )
    all_corners = corner_texts(
        film, state, texts=texts, pointer=PointerReading(place=(1, 1), value=5.0)
    )
    bar = scale_bar(film.spacing, state, longest=140, texts=texts)
    parts = [
        Overlay(corners=Corners(top_left=all_corners.top_left)),
        Overlay(corners=Corners(top_left=(), top_right=all_corners.top_right)),
        Overlay(corners=Corners(top_left=(), bottom_right=all_corners.bottom_right)),
        Overlay(corners=Corners(top_left=(), bottom_left=all_corners.bottom_left)),
        Overlay(corners=Corners(top_left=()), bar=bar),
        *(
            Overlay(corners=Corners(top_left=()), letters=letters)
            for letters in (("H", "", "", ""), ("", "L", "", ""), ("", "", "F", ""))
        ),
    ]
    furniture = Furniture(qapp.font(), texts)
    owners = sum(drawn(furniture, part).astype(int) for part in parts)
    assert owners.max() == 1


def drawn(furniture, overlay):
    image = QImage(700, 500, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    furniture.draw(painter, QRectF(0, 0, 700, 500), overlay)
    painter.end()
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(500, 700, 4)
    return raw[..., 3] > 0


def luminance(pixels):
    """Relative luminance of 8-bit sRGB pixels (WCAG 2.2, "relative luminance")."""
    part = pixels / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def written(lettering, text, ground):
    """Luminance of a line of text on a ground of one grey."""
    image = QImage(260, 30, QImage.Format.Format_RGB32)
    image.fill(QColor(ground, ground, ground))
    painter = QPainter(image)
    lettering.draw(painter, 8, 4, text)
    painter.end()
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(30, 260, 4)
    return luminance(raw[..., 2::-1].astype(float))


@pytest.mark.parametrize(
    ("text", "pixels"), [("W 2000  L 1000", 12), ("王晓明 男", 12), ("R", 16)]
)
@pytest.mark.parametrize("ground", [0, 128, 255])
def test_text_stands_out_from_what_lies_beside_it(qapp, text, pixels, ground):
    font = QFont()
    font.setFamilies(list(FONTS))
    lettering = Lettering(font, pixels)
    shown, on_black = written(lettering, text, ground), written(lettering, text, 0)
    letters = on_black > 0.5
    beside = np.zeros_like(letters)
    for axis in (0, 1):
        for step in (-1, 1):
            beside |= np.roll(letters, step, axis)
    outline = shown[beside & (on_black < 0.03)]
    assert len(outline)
    worst = np.percentile(outline, 90)
    assert (np.median(shown[letters]) + 0.05) / (worst + 0.05) >= 4.5


@pytest.mark.parametrize("level", [CornerLevel.ALL, CornerLevel.MINIMAL])
def test_raw_data_is_marked_as_not_meant_to_be_read(level):
    note = "⚠ For processing: not meant to be read"
    raw = make_film(instance=make_instance(presentation_intent="FOR PROCESSING"))
    assert note in corners(raw, level=level).bottom_left
    assert note not in corners(level=level).bottom_left
