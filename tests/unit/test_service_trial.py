"""A trial: the film is prepared once, a refusal is told, nothing is stored."""

from dataclasses import dataclass

import pytest

from tests.factories.fakes import FakeModel
from tests.factories.films import make_film
from workstation.core.errors import CancelledError, ErrorCode, Reason, WorkstationError
from workstation.core.findings import QualityResult
from workstation.core.geometry import Disc
from workstation.core.jobs import JobContext
from workstation.core.ports import PreparedFilm
from workstation.services.trial import Trial

REGION = (Disc(centre=(10.0, 10.0), radius=5.0),)


@dataclass
class CountingModel(FakeModel):
    prepared: int = 0
    refusal: Reason | None = None

    def prepare(self, presented, *, spacing):
        self.prepared += 1
        return PreparedFilm(quality=QualityResult(refusal=self.refusal), state=None)


def context():
    return JobContext()


def test_one_film_is_prepared_once_for_any_number_of_regions():
    model = CountingModel()
    trial, film = Trial(lambda: model), make_film()
    first = trial.scores(film, (), context())
    second = trial.scores(film, REGION, context())
    assert model.prepared == 1
    assert [s.probability / 2 for s in first] == [s.probability for s in second]


def test_a_film_that_is_refused_has_no_trial():
    model = CountingModel(refusal=Reason(code=ErrorCode.POOR_QUALITY))
    with pytest.raises(WorkstationError) as caught:
        Trial(lambda: model).scores(make_film(), REGION, context())
    assert caught.value.code is ErrorCode.POOR_QUALITY


def test_a_stopped_trial_never_reaches_the_network():
    model = CountingModel()
    stopped = context()
    stopped.token.cancel()
    with pytest.raises(CancelledError):
        Trial(lambda: model).scores(make_film(), REGION, stopped)
    assert model.prepared == 0
