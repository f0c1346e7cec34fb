"""Stepping through a stack: the next image is read before it is asked for, and none that nobody waits for comes up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories.benches import A, B, Bench
from tests.factories.fakes import instance_of
from workstation.ui.cine import Cine


class Reader:
    """As the fake one, but remembers what was read, in order; a frame is itself."""

    def __init__(self, inner):
        self.inner, self.read_images = inner, []

    def read(self, path, context, *, frame=0):
        film = self.inner.read(path, context, frame=frame)
        self.read_images.append((path.name, frame))
        return replace(film, frame=frame)


class Stack(Bench):
    """A study of one object with frames, and one with a series of films."""

    def __init__(self, qtbot):
        super().__init__(qtbot)
        self.put(Path("/films/1.dcm"), replace(instance_of(1), frames=8))
        for film in range(2, 7):
            self.put(Path(f"/films/2-{film}.dcm"), instance_of(2, film=film))
        self.desk._ahead._reader = self.read = Reader(self.reader)
        self.shown = []
        self.desk.film_shown.connect(
            lambda film: self.shown.append((film.instance.sop_uid[-1], film.frame))
        )

    def idle(self):
        self.until(lambda: not self.desk._ahead._reading)


@pytest.fixture
def bench(qtbot):
    made = Stack(qtbot)
    yield made
    made.close()


def test_opening_a_film_reads_nothing_else(bench):
    bench.open(A)
    bench.idle()
    assert bench.read.read_images == [("1.dcm", 0)]


def test_a_step_reads_two_more_of_its_way_and_the_next_step_has_its_image_at_once(bench):
    bench.open(A)
    bench.desk.step(1)
    bench.until(lambda: bench.shown == [("1", 0), ("1", 1)])
    bench.idle()
    assert bench.read.read_images == [("1.dcm", frame) for frame in range(4)]
    bench.desk.step(1)
    assert bench.shown[-1] == ("1", 2)  # without going back to the event loop
    bench.idle()
    bench.desk.step(-1)
    assert bench.shown[-1] == ("1", 1)


def test_a_series_of_films_is_a_stack_as_well(bench):
    bench.open(B)
    bench.desk.step(1)
    bench.until(lambda: len(bench.shown) == 2)
    bench.idle()
    bench.desk.step(1)
    assert bench.shown[-1] == ("3", 0)


def test_of_many_steps_at_once_only_the_last_image_comes_up_and_few_are_read(bench):
    bench.open(A)
    bench.reader.gate.clear()
    for _ in range(6):
        bench.desk.step(1)
    bench.reader.gate.set()
    bench.until(lambda: bench.desk.film is not None)
    bench.idle()
    assert bench.shown == [("1", 0), ("1", 6)]
    # The one that was being read when the others were asked for, the last one and what follows it.
    read = bench.read.read_images
    assert ("1.dcm", 6) in read
    assert len(read) <= 4


def test_what_is_kept_is_bounded_and_goes_with_its_study(bench):
    bench.open(A)
    for _ in range(7):
        bench.desk.step(1)
        bench.until(lambda: bench.desk.film is not None)
    bench.idle()
    assert len(bench.desk._ahead._kept) <= 4
    bench.open(B)
    assert len(bench.desk._ahead._kept) == 1


def test_a_film_that_nobody_waits_for_is_ended_after_a_while(bench):
    bench.open(B)
    bench.reader.gate.clear()
    bench.desk.step(1)
    (stale,) = bench.desk._ahead._reading
    bench.desk.show_film("1.2.2.1.5")
    bench.until(lambda: stale not in bench.desk._ahead._reading)
    bench.reader.gate.set()
    bench.until(lambda: bench.desk.film is not None)
    assert bench.shown[-1] == ("5", 0)


def test_a_failure_is_told_once_and_only_for_the_wanted_one(bench):
    told = []
    bench.desk.film_failed.connect(told.append)
    bench.open(B)
    del bench.reader.films[Path("/films/2-3.dcm")]
    bench.desk.step(1)
    bench.until(lambda: bench.desk.film is not None)
    bench.idle()
    assert told == []
    bench.desk.step(1)
    bench.until(lambda: len(told) == 1)


@pytest.mark.parametrize(
    ("rate", "milliseconds"), [(None, 100), (25.0, 40), (2.0, 500), (400.0, 17)]
)
def test_cine_goes_as_fast_as_the_file_says(bench, rate, milliseconds):
    path = Path("/films/1.dcm")
    bench.reader.films[path] = replace(bench.reader.films[path], frame_rate_hz=rate)
    bench.open(A)
    cine = Cine(bench.desk)
    assert cine.interval_ms == milliseconds
    cine.toggle()
    bench.until(lambda: len(bench.shown) >= 4)
    cine.stop()
    assert [frame for _, frame in bench.shown[:4]] == [0, 1, 2, 3]
