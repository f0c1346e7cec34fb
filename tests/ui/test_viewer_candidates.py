"""Nodule candidates: circles where the detector says, in words in the panel, gone with every AI mark."""

from __future__ import annotations

import pytest

from resources.i18n import Texts
from tests.factories.benches import A, Bench
from tests.factories.films import make_film
from workstation.core.errors import ErrorCode, Reason
from workstation.core.findings import NoduleCandidate
from workstation.core.image import SpacingSource
from workstation.ui.findings.model import FindingsPhase, FindingsState
from workstation.ui.findings.wording import nodule_words
from workstation.ui.viewer.view import FilmView

FOUND = (
    NoduleCandidate(
        centre=(20.0, 40.0),
        diameter_px=12.0,
        diameter_mm=2.4,
        score=0.61,
        spacing_source=SpacingSource.AT_DETECTOR,
    ),
    NoduleCandidate(centre=(30.0, 10.0), diameter_px=8.0, diameter_mm=None, score=0.4),
)


@pytest.fixture
def view(qtbot):
    made = FilmView(Texts("en"))
    qtbot.addWidget(made)
    made.resize(500, 640)
    made.show()
    made.show_film(make_film())
    return made


def test_candidates_are_circled_where_they_lie_and_leave_no_trace(view):
    never_on = view.grab().toImage()
    view.set_candidates(FOUND[:1], "cxr 1.1.0")
    image = view.grab().toImage()
    to_canvas = view.film_to_canvas()
    x, y = to_canvas(FOUND[0].centre)
    radius = FOUND[0].diameter_px * to_canvas.scale / 2
    top = view._furniture.banner_height  # the banner takes the top of the canvas
    changed = [
        (column, row)
        for row in range(int(top) + 2, image.height())
        for column in range(image.width())
        if image.pixel(column, row) != never_on.pixel(column, row)
    ]
    distances = [((c - x) ** 2 + (r - y) ** 2) ** 0.5 for c, r in changed]
    assert any(abs(distance - radius) < 2 for distance in distances)
    assert not any(
        distance < radius - 4 for distance in distances
    )  # what it is about stays free
    view.set_candidates(())
    assert view.grab().toImage() == never_on


def test_another_film_has_no_circles(view):
    view.set_candidates(FOUND, "cxr 1.1.0")
    view.show_film(make_film())
    assert view._candidates.caption == ""


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sizes_say_what_they_rest_on_and_none_is_no_promise(language):
    texts = Texts(language)
    said = nodule_words(texts, FindingsState(phase=FindingsPhase.RESULT, nodules=FOUND))
    assert f"2 mm ({texts.tr('spacing.at_detector')})" in said
    assert f"8 px ({texts.tr('spacing.none')})" in said
    none = nodule_words(texts, FindingsState(phase=FindingsPhase.RESULT, nodules=()))
    assert none == texts.tr("No nodule candidate; nodules may still be there.")
    reason = Reason(code=ErrorCode.NODULES_TOO_UNRELIABLE)
    off = nodule_words(texts, FindingsState(phase=FindingsPhase.RESULT, nodules_reason=reason))
    assert off == texts.tr("error.nodules_too_unreliable")


def test_candidates_wait_for_the_reveal_and_go_with_the_marks(qtbot, monkeypatch):
    bench = Bench(qtbot)
    try:
        monkeypatch.setattr(bench.model, "nodules", lambda _prepared: FOUND)
        bench.open(A)
        bench.analysed()
        assert bench.findings.candidates == ()
        bench.findings.reveal()
        bench.until(lambda: bench.phase is FindingsPhase.RESULT)
        assert bench.findings.candidates == FOUND
        bench.findings.toggle_evidence(False)
        assert bench.findings.candidates == ()
    finally:
        bench.close()
