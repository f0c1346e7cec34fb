"""Cine: frames in order, round again, stopped by anything that ends the stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.benches import A, Bench
from tests.factories.fakes import instance_of
from workstation.ui.cine import Cine

B = "1.2.2"


@pytest.fixture
def bench(qtbot):
    made = Bench(qtbot)
    made.put(Path("/films/1b.dcm"), instance_of(1, film=2))
    made.put(Path("/films/1c.dcm"), instance_of(1, film=3))
    made.cine = Cine(made.desk)
    made.turned = []
    made.desk.film_shown.connect(lambda film: made.turned.append(film.instance.sop_uid[-1]))
    yield made
    made.cine.stop()
    made.close()


def test_the_films_of_a_series_turn_over_in_order_and_round_again(bench):
    bench.open(A)
    bench.cine.toggle()
    bench.until(lambda: len(bench.turned) >= 6)
    first = bench.turned[:6]
    order = "123" * 4
    assert "".join(first) in order
    bench.cine.toggle()
    assert not bench.cine.is_running


def test_a_single_film_has_no_cine(bench):
    bench.open(B)
    bench.cine.toggle()
    assert not bench.cine.is_running


def test_another_study_stops_it(bench, qtbot):
    bench.open(A)
    bench.cine.toggle()
    assert bench.cine.is_running
    with qtbot.waitSignal(bench.cine.running_changed) as told:
        bench.desk.open_study(B)
    assert told.args == [False]
