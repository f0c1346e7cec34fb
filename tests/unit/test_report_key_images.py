"""What the reader marked as key image is what the report shows; without a mark it shows what it always did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resources.i18n import Texts
from tests.factories.films import (
    STUDY_UID,
    make_annotation,
    make_film,
    make_instance,
    make_patient,
    make_pixels,
)
from tests.factories.reports import make_report, make_shown
from workstation.adapters.export.blocks import Figures
from workstation.adapters.export.content import content_of
from workstation.adapters.export.pdf import PdfRenderer
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.review import AnnotationChanged, KeyImageChanged
from workstation.services.reporting import ShownFilm

SOP = f"{STUDY_UID}.1.1"
EN, ZH = Texts("en"), Texts("zh")
MARKED = KeyImageChanged(sop_uid=SOP, frame=2, before=False, after=True)


def shown_frame(frame, **changes):
    instance = make_instance(frames=3, **changes)
    film = make_film(make_pixels(seed=frame), instance=instance, frame=frame)
    return ShownFilm(instance=instance, film=film)


def figures_of(document):
    content = content_of(document, EN, ZH)
    return [f for e in content.reader_part if isinstance(e, Figures) for f in e.figures]


def test_the_marked_frame_is_shown_and_named_and_nothing_else():
    document = make_report(MARKED, key_images=[shown_frame(2)])
    (figure,) = figures_of(document)
    assert "3/3" in figure.caption
    assert np.array_equal(figure.pixels, document.key_images[0].key_image)
    assert not np.array_equal(figure.pixels, document.films[0].key_image)


def test_without_a_mark_the_report_shows_its_films_as_before():
    (figure,) = figures_of(make_report(MARKED))
    assert "/" not in figure.caption


def test_a_key_image_carries_the_marks_of_its_own_frame_and_no_score():
    line = replace(make_annotation(), frame=2)
    other = replace(make_annotation(annotation_id="other"), frame=1)
    drawn = [
        AnnotationChanged(annotation_id=a.annotation_id, before=None, after=a)
        for a in (line, other)
    ]
    document = make_report(MARKED, *drawn, key_images=[shown_frame(2)])
    (key,) = document.key_images
    assert len(key.marks) == 1
    assert key.findings == ()
    assert [f.pixels.ndim for f in figures_of(document)] == [2, 3]


def test_a_key_image_of_another_patient_is_refused():
    stranger = shown_frame(2, patient=make_patient(patient_id="P-2"))
    with pytest.raises(WorkstationError) as refused:
        make_report(MARKED, key_images=[stranger])
    assert refused.value.code is ErrorCode.IDENTITY_MISMATCH


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_drawn_with_and_without_the_ai(language):
    for films in ((make_shown(),), ()):
        document = make_report(MARKED, films=films, key_images=[shown_frame(2)])
        assert PdfRenderer().render(document, language=language).startswith(b"%PDF")
