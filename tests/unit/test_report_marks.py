"""What the reader measured stands in the reader's own part of the report, with what it rests on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resources.i18n import Texts
from tests.factories.films import STUDY_UID, make_annotation, make_film, make_instance
from tests.factories.reports import make_report, make_shown
from workstation.adapters.export.blocks import Table
from workstation.adapters.export.content import content_of
from workstation.adapters.export.pdf import PdfRenderer
from workstation.core.annotation import AnnotationKind
from workstation.core.image import PixelSpacing, SpacingSource
from workstation.core.review import AnnotationChanged, CalibrationChanged
from workstation.services.pictures import film_picture, marks_picture

K = AnnotationKind
SPACING = PixelSpacing(row_mm=0.2, column_mm=0.2, source=SpacingSource.AT_DETECTOR)
SOP = f"{STUDY_UID}.1.1"
EN, ZH = Texts("en"), Texts("zh")
LINE = make_annotation(K.DISTANCE, (5.0, 5.0), (35.0, 45.0))
RATIO = make_annotation(
    K.CARDIOTHORACIC_RATIO,
    *((20, 0), (20, 50), (10, 20), (34, 30), (5, 40), (45, 40)),
    annotation_id="ratio",
)
NOTE = make_annotation(K.NOTE, annotation_id="note", text="导管尖端")


def drawn(*annotations):
    return [
        AnnotationChanged(annotation_id=a.annotation_id, before=None, after=a)
        for a in annotations
    ]


def shown(**changes):
    instance = make_instance(**changes)
    return replace(
        make_shown(), instance=instance, film=make_film(instance=instance, spacing=SPACING)
    )


def table_of(document, texts=EN):
    content = content_of(document, texts, ZH)
    tables = [e for e in content.reader_part if isinstance(e, Table)]
    return tables[0].rows if tables else ()


def test_measurements_are_listed_before_any_ai_result_and_with_their_source():
    document = make_report(*drawn(LINE, NOTE), films=(shown(),))
    (line, note) = table_of(document)
    assert line[2] == f"10.0 mm ({EN.tr('spacing.at_detector')})"
    assert note[2] == "导管尖端"
    assert document.model is None


def test_the_reader_s_calibration_counts_and_says_so():
    change = CalibrationChanged(sop_uid=SOP, before=None, after=0.5)
    document = make_report(*drawn(LINE), change, films=(shown(),))
    ((_, _, result),) = table_of(document)
    assert result == f"25.0 mm ({EN.tr('spacing.user_calibrated')})"


@pytest.mark.parametrize(("view", "cautious"), [("PA", False), ("AP", True)])
def test_the_ratio_is_said_with_its_usual_mark_and_no_judgement(view, cautious):
    ((_, _, result),) = table_of(make_report(*drawn(RATIO), films=(shown(view_position=view),)))
    assert "0.60" in result
    assert "0.50" in result
    assert ("PA" in result) is cautious
    assert "normal" not in result.lower()


def test_what_was_taken_away_or_drawn_on_another_frame_is_not_listed():
    gone = AnnotationChanged(annotation_id=LINE.annotation_id, before=LINE, after=None)
    elsewhere = replace(NOTE, frame=3)
    document = make_report(*drawn(LINE), gone, *drawn(elsewhere), films=(shown(),))
    assert table_of(document) == ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_block_is_drawn(language):
    document = make_report(*drawn(LINE, RATIO, NOTE), films=(shown(),))
    assert PdfRenderer().render(document, language=language).startswith(b"%PDF")


def test_the_key_image_stays_clean_and_a_second_one_has_the_marks():
    (film,) = make_report(*drawn(LINE), films=(shown(),)).films
    (plain,) = make_report(*drawn(LINE.moved(99, 99)), films=(shown(),)).films
    assert np.array_equal(film.key_image, plain.key_image)
    changed = np.any(film.marked_image != film.key_image[..., None], axis=2)
    rows, columns = np.nonzero(changed)
    assert (rows.min(), rows.max()) == pytest.approx((5, 45), abs=2)
    assert (columns.min(), columns.max()) == pytest.approx((5, 35), abs=2)


def test_without_marks_there_is_no_second_image():
    (film,) = make_report(films=(shown(),)).films
    assert film.marked_image is None


@pytest.mark.parametrize("kind", K)
def test_every_kind_is_drawn_where_its_points_lie(kind):
    annotation = make_annotation(kind)
    picture = film_picture(make_film())
    changed = np.any(marks_picture(picture, [annotation]) != picture.pixels[..., None], axis=2)
    for x, y in annotation.points:
        if kind is not K.ELLIPSE:
            assert changed[round(y) - 2 : round(y) + 3, round(x) - 2 : round(x) + 3].any()
    if kind is K.ELLIPSE:
        (x0, y0), (_, y1) = annotation.points
        assert changed[round((y0 + y1) / 2), round(x0) - 1 : round(x0) + 2].any()
