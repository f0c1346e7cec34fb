"""Which film hangs beside: priors, other views, held films, and never a late or wrong one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.factories.fakes import FakeIndex, FakeReader, FakeStore, instance_of, loaded
from tests.factories.films import make_film, make_patient, make_pixels
from workstation.core.errors import ErrorCode
from workstation.core.study import PersonName
from workstation.ui.compare.model import Beside, Hanging, Sameness
from workstation.ui.compare.presenter import ComparePresenter
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import Lanes

TODAY = datetime(2024, 5, 6, 9)  # noqa: DTZ001 - as files say it
OTHER = make_patient(patient_id="P-0002", name=PersonName(alphabetic="Li Na"))


class Bench:
    """Study 1 with a PA and a lateral; 2 and 3 are its patient's older ones, 4 another patient's."""

    def __init__(self, qtbot):
        self.qtbot = qtbot
        self.index, self.reader, self.store = FakeIndex(), FakeReader({}), FakeStore()
        self.put(1, 0)
        self.put(1, 0, 2, view_position="LL")
        self.put(2, 30)
        self.put(3, 900)
        self.put(4, 1, patient=OTHER)
        self.lanes = Lanes()
        self.desk = Desk(lanes=self.lanes, reader=self.reader, find_study=self.index.study)
        self.compare = self.presenter()
        self.missing = []
        self.compare.nothing_found.connect(self.missing.append)

    def presenter(self):
        return ComparePresenter(
            lanes=self.lanes,
            desk=self.desk,
            index=self.index,
            reader=self.reader,
            session=self.store,
            saved_session=self.store,
        )

    def put(self, study, days_ago, number=1, **changes):
        when = TODAY - timedelta(days=days_ago)
        instance = instance_of(study, number, acquired=when, study_datetime=when, **changes)
        path = Path(f"/{study}-{number}.dcm")
        pixels = make_pixels(seed=len(self.reader.films) + 1)
        self.reader.films[path] = make_film(pixels, instance=instance)
        self.index.add([loaded(path, instance)])

    def open(self, study):
        self.desk.open_study(f"1.2.{study}")
        self.until(lambda: self.desk.film is not None)

    def until(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=10_000)

    def hung(self, name):
        """Wait until the film ``study.number`` hangs beside."""
        self.until(lambda: self.beside == name)

    @property
    def beside(self):
        film = self.compare.state.film
        return None if film is None else ".".join(film.instance.sop_uid.split(".")[2::2])


@pytest.fixture
def bench(qtbot):
    made = Bench(qtbot)
    yield made
    made.reader.gate.set()
    made.lanes.shutdown()


def test_priors_hang_newest_first_and_go_round(bench):
    bench.open(1)
    bench.compare.with_prior()
    bench.hung("2.1")
    assert [prior.study_uid for prior in bench.compare.state.priors] == ["1.2.2", "1.2.3"]
    bench.compare.next_prior()
    bench.hung("3.1")
    assert bench.compare.state.number == 1
    bench.compare.next_prior()
    bench.hung("2.1")
    bench.compare.choose_prior(1)
    bench.hung("3.1")
    assert bench.desk.study.study_uid == "1.2.1"
    assert bench.desk.film.instance.sop_uid == "1.2.1.1.1"


def test_two_views_of_the_study(bench):
    bench.open(1)
    bench.compare.two_views()
    bench.hung("1.2")
    bench.desk.step(1)
    bench.hung("1.1")
    assert bench.compare.state.beside is Beside.VIEW


def test_what_does_not_exist_is_said(bench):
    bench.open(4)
    bench.compare.with_prior()
    bench.until(lambda: bench.missing == [Beside.PRIOR])
    bench.compare.two_views()
    bench.until(lambda: bench.missing == [Beside.PRIOR, Beside.VIEW])
    assert not bench.compare.state.is_comparing


def test_a_prior_goes_with_its_film(bench):
    """The lateral has no older lateral: the prior of the frontal film must not stay."""
    bench.open(1)
    bench.compare.with_prior()
    bench.hung("2.1")
    seen = []
    bench.compare.state_changed.connect(seen.append)
    bench.desk.show_film("1.2.1.1.2")
    bench.until(lambda: bench.missing == [Beside.PRIOR])
    assert not any(s.film for s in seen if s.current.view_position == "LL")


def test_another_study_ends_the_comparison_at_once(bench):
    bench.open(1)
    bench.compare.with_prior()
    bench.hung("2.1")
    bench.desk.open_study("1.2.4")
    assert bench.compare.state.film is None
    assert not bench.compare.state.is_comparing


def test_a_late_prior_never_hangs_beside_another_study(bench):
    bench.open(1)
    bench.reader.gate.clear()
    bench.compare.with_prior()
    bench.until(lambda: bench.compare.state.instance is not None)
    bench.desk.open_study("1.2.4")
    bench.reader.gate.set()
    bench.until(lambda: bench.desk.film is not None)
    bench.until(lambda: bench.compare.state.current.study_uid == "1.2.4")
    assert bench.beside is None
    assert bench.compare.state.priors == ()


def test_a_held_film_stays_and_another_patient_is_told_apart(bench):
    bench.open(1)
    bench.compare.hold()
    assert bench.compare.state.sameness is Sameness.SAME
    bench.open(2)
    assert (bench.beside, bench.compare.state.sameness) == ("1.1", Sameness.SAME)
    bench.open(4)
    assert (bench.beside, bench.compare.state.sameness) == ("1.1", Sameness.OTHER)
    bench.put(5, 3, patient=make_patient(patient_id="", birth_date=None))
    bench.open(5)
    assert (bench.beside, bench.compare.state.sameness) == ("1.1", Sameness.UNSURE)
    bench.compare.one_film()
    assert not bench.compare.state.is_comparing


def test_a_film_that_cannot_be_read_says_why(bench):
    del bench.reader.films[Path("/2-1.dcm")]
    bench.open(1)
    bench.compare.with_prior()
    bench.until(lambda: bench.compare.state.reason is not None)
    assert bench.compare.state.reason.code is ErrorCode.FILE_VANISHED
    assert bench.compare.state.beside is Beside.PRIOR


def test_studies_hang_by_rule_which_outlives_the_session(bench):
    bench.open(4)
    bench.compare.hang_each(Hanging.PRIOR)
    bench.until(lambda: bench.store.values)
    bench.open(1)
    bench.hung("2.1")
    bench.open(4)
    bench.until(lambda: bench.compare.state.current.study_uid == "1.2.4")
    assert not bench.compare.state.is_comparing
    assert bench.missing == []
    assert bench.presenter().state.hanging is Hanging.PRIOR


def test_without_a_prior_the_rule_hangs_two_views(bench):
    bench.put(6, 5000)
    bench.put(6, 5000, 2, view_position="RL")
    bench.compare.hang_each(Hanging.PRIOR)
    bench.open(6)
    bench.hung("6.2")
    assert bench.compare.state.beside is Beside.VIEW


def test_the_reader_outranks_the_rule(bench):
    bench.compare.hang_each(Hanging.PRIOR)
    bench.open(1)
    bench.hung("2.1")
    bench.compare.one_film()
    bench.desk.step(1)
    bench.until(lambda: bench.desk.film is not None)
    bench.compare.refresh()
    bench.until(lambda: bench.compare._searched_for == "1.2.1.1.2")
    assert not bench.compare.state.is_comparing


def test_priors_that_a_scan_finds_later_are_found(bench):
    bench.compare.hang_each(Hanging.PRIOR)
    bench.put(7, 10000, patient=OTHER)
    bench.put(8, 20000, patient=OTHER)
    bench.index.forget([Path("/8-1.dcm")])
    bench.open(7)
    bench.until(lambda: bench.compare._searched_for)
    bench.put(8, 20000, patient=OTHER)
    bench.compare.refresh()
    bench.hung("8.1")
