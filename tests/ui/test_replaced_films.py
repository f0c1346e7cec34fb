"""A file that is replaced while its study is open: film, names and results follow together, or nothing is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.benches import A, Bench
from tests.factories.fakes import instance_of, loaded
from tests.factories.films import make_film, make_patient, make_pixels
from workstation.core.errors import ErrorCode
from workstation.core.review import ReviewStatus
from workstation.ui.findings.model import FindingsPhase
from workstation.ui.looks import Looks
from workstation.ui.viewer.state import ViewState

PATH = Path("/films/1.dcm")
SOMEBODY_ELSE = make_patient(patient_id="P-2")


@pytest.fixture
def bench(qtbot):
    made = Bench(qtbot)
    yield made
    made.close()


def replace_file(bench, *, size=2, refresh=True, **changes):
    """Other pixels under the same identifiers, and what a scan would note of them."""
    instance = instance_of(1, **changes)
    bench.reader.films[PATH] = make_film(make_pixels(seed=90 + size), instance=instance)
    bench.index.add([loaded(PATH, instance, size=size)])
    if refresh:
        bench.desk.refresh_study()
    return bench.reader.films[PATH]


def shown(bench):
    bench.until(lambda: bench.desk.film is not None)
    return bench.desk.film


def test_another_patients_film_takes_the_place_of_the_one_on_screen(bench):
    bench.open(A)
    told = []
    bench.desk.study_updated.connect(lambda study: told.append((study, bench.desk.film)))
    new = replace_file(bench, patient=SOMEBODY_ELSE)
    ((study, film),) = told
    assert study.patient == SOMEBODY_ELSE
    assert film is None  # nobody hears of the new name while the old film is on the desk
    assert shown(bench) is new
    assert bench.review.state.identity == bench.desk.instance.patient == SOMEBODY_ELSE


def test_other_pixels_under_the_same_header_are_read_anew_and_have_no_result(bench):
    bench.open(A)
    bench.analysed()
    bench.findings.reveal()
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    new = replace_file(bench)
    assert bench.phase is FindingsPhase.NO_FILM
    assert bench.findings.overlay is None
    assert shown(bench) is new
    assert bench.phase is FindingsPhase.NOT_ANALYSED
    assert bench.findings.overlay is None


def test_an_unchanged_film_stays_when_another_one_is_found(bench):
    bench.open(A)
    film, loading = bench.desk.film, []
    bench.desk.film_loading.connect(loading.append)
    bench.put(Path("/films/1b.dcm"), instance_of(1, film=2))
    bench.desk.refresh_study()
    assert len(bench.desk.study.instances) == 2
    assert (bench.desk.film, loading) == (film, [])


def test_a_film_that_is_being_read_still_comes_when_a_neighbour_is_replaced(bench):
    bench.put(Path("/films/1b.dcm"), instance_of(1, film=2))
    bench.reader.gate.clear()
    bench.desk.open_study(A, sop_uid=f"{A}.1.2")
    replace_file(bench)
    bench.reader.gate.set()
    assert shown(bench).instance.sop_uid == f"{A}.1.2"


def test_opening_the_study_again_shows_the_file_as_it_is_now(bench):
    bench.open(A)
    new = replace_file(bench, refresh=False)
    bench.desk.open_study(A)
    assert shown(bench) is new


def test_a_film_of_somebody_else_does_not_stay_when_it_leaves_the_study(bench):
    bench.open(A)
    bench.index.forget([PATH])
    bench.put(Path("/films/1b.dcm"), instance_of(1, film=2, patient=SOMEBODY_ELSE))
    bench.desk.refresh_study()
    assert shown(bench).instance.patient == bench.desk.study.patient == SOMEBODY_ELSE


def test_a_look_is_not_carried_to_other_pixels(bench):
    looks = Looks(
        lanes=bench.lanes, desk=bench.desk, session=bench.store, saved_session=bench.store
    )
    bench.open(A)
    looks.keep(f"{A}.1.1", ViewState(voi=None, inverted=True))
    bench.desk.retry()
    shown(bench)
    assert f"{A}.1.1" in looks.of_film
    replace_file(bench)
    shown(bench)
    assert f"{A}.1.1" not in looks.of_film
    looks.close()


def test_a_review_begun_for_another_patient_says_so_and_cannot_be_closed(bench):
    bench.open(A)
    bench.review.record_impression("")
    bench.until(lambda: bench.review.state.impression is not None)
    assert bench.review.state.blocks == ()
    replace_file(bench, patient=SOMEBODY_ELSE)
    (block,) = bench.review.state.blocks
    assert block.code is ErrorCode.PATIENT_CHANGED
    assert bench.review.state.patient_changed == block
    bench.review.confirm_patient()
    bench.until(lambda: bench.review.state.blocks == ())
    assert bench.review.state.patient_changed is None


def test_findings_of_other_pixels_wait_for_no_decision(bench):
    bench.open(A)
    bench.analysed()
    bench.review.record_impression("")
    bench.until(lambda: bench.phase is FindingsPhase.RESULT)
    bench.until(lambda: bench.review.state.blocks != ())
    assert [r.code for r in bench.review.state.blocks] == [ErrorCode.REVIEW_UNDECIDED]
    replace_file(bench)
    shown(bench)
    assert bench.review.state.blocks == ()
    bench.review.mark_reviewed()
    bench.until(lambda: bench.review.state.status is ReviewStatus.REVIEWED)
