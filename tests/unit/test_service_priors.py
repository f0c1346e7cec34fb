"""Earlier films of the same patient: the right ones, newest first, and never another's."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.fakes import FakeIndex, instance_of, loaded
from tests.factories.films import make_patient
from workstation.core.study import PatientIdentity, PersonName, Sex, study_of
from workstation.services.priors import (
    earlier_studies,
    is_same_patient,
    other_view,
    prior_films,
)

TODAY = datetime(2024, 5, 6, 9)  # noqa: DTZ001 - as files say it
BORN = date(1960, 2, 3)


def index_of(*instances):
    index = FakeIndex()
    index.add([loaded(Path(f"/{n}.dcm"), i) for n, i in enumerate(instances)])
    return index


def film(study, days_ago, number=1, **changes):
    when = TODAY - timedelta(days=days_ago)
    return instance_of(study, number, acquired=when, study_datetime=when, **changes)


def priors(*instances):
    """Study and film numbers of the priors of the first instance."""
    index = index_of(*instances)
    study = index.study(instances[0].study_uid)
    found = prior_films(index, study, instances[0])
    return [tuple(int(part) for part in i.sop_uid.split(".")[2::2]) for i, _ in found]


def test_newest_first_and_only_older_ones():
    films = (film(1, 0), film(2, 400), film(3, 30), film(4, -9), film(5, 0))
    assert priors(*films) == [(3, 1), (2, 1)]


def test_a_study_without_a_date_is_neither_prior_nor_has_one():
    undated = instance_of(2, acquired=None, study_datetime=None)
    assert priors(film(1, 0), undated) == []
    assert priors(undated, film(1, 9)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"patient_id": "P-0002"},
        {"issuer": "elsewhere"},
        {"birth_date": date(1960, 2, 4)},
        {"sex": Sex.FEMALE},
        {"name": PersonName(alphabetic="Li Na", ideographic="王小东")},
        {"name": PersonName(alphabetic="Wang Xiao Dong", ideographic="王晓东")},
        {"name": PersonName(), "birth_date": None},
    ],
    ids=" ".join,
)
def test_what_speaks_against_it_is_never_matched(changes):
    """The last one says nothing against it, but an ID alone is no identity."""
    assert priors(film(1, 0), film(2, 9, patient=make_patient(**changes))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"birth_date": None},
        {"name": PersonName()},
        {"sex": Sex.UNKNOWN},
        {"name": PersonName(alphabetic="WANG  XIAO DONG")},
        {"name": PersonName(ideographic="王小东"), "birth_date": None},
        {"name": PersonName(ideographic="王 小东"), "birth_date": None},
    ],
    ids=" ".join,
)
def test_what_is_only_unknown_is_matched(changes):
    assert priors(film(1, 0), film(2, 9, patient=make_patient(**changes))) == [(2, 1)]


def test_a_film_of_another_patient_in_the_same_study_is_left_out():
    stray = film(2, 9, 1, patient=make_patient(patient_id="P-9"))
    assert priors(film(1, 0), film(2, 9, 2), stray) == [(2, 2)]


def test_the_best_view_of_each_study():
    ap, pa = film(2, 9, 1, view_position="AP"), film(2, 9, 2, view_position="pa")
    unknown, lateral = film(3, 20, 1, view_position=""), film(3, 20, 2, view_position="LL")
    assert priors(film(1, 0), ap, pa, unknown, lateral) == [(2, 2), (3, 1)]
    assert priors(film(1, 0, view_position="RL"), ap, pa, unknown, lateral) == [(3, 2)]


def test_another_body_part_or_side_is_no_prior():
    assert priors(film(1, 0), film(2, 9, body_part="HAND"), film(3, 9, body_part="")) == [
        (3, 1)
    ]
    assert priors(film(1, 0), film(2, 9, body_part="胸部正位")) == [(2, 1)]
    hand = {"body_part": "HAND", "view_position": "PA"}
    films = (film(1, 0, laterality="L", **hand), film(2, 9, laterality="R", **hand))
    assert priors(*films) == []


def test_the_other_view_of_a_study():
    pa, lateral, hand = (
        (instance_of(1, n, view_position=view), Path(f"/{n}"))
        for n, view in enumerate(("PA", "LATERAL", "OBLIQUE"), 1)
    )
    study = study_of([pa, lateral, hand])
    assert other_view(study, pa[0]) == lateral
    assert other_view(study, lateral[0]) == pa
    assert other_view(study, hand[0]) == pa
    assert other_view(study_of([pa]), pa[0]) is None


names = st.sampled_from(["", "Li Na", "li na", "Wang Wei", "李娜"])
people = st.builds(
    PatientIdentity,
    name=st.builds(PersonName, alphabetic=names, ideographic=names),
    patient_id=st.sampled_from(["", "1", "2"]),
    issuer=st.sampled_from(["", "A"]),
    birth_date=st.sampled_from([None, BORN, date(1999, 1, 1)]),
    sex=st.sampled_from(list(Sex)),
)


@given(people, people)
def test_sameness_has_no_direction_and_needs_an_id(one, other):
    same = is_same_patient(one, other)
    assert same is is_same_patient(other, one)
    if same:
        assert one.patient_id
        assert one.patient_id == other.patient_id
        assert None in {one.birth_date, other.birth_date} or one.birth_date == other.birth_date


def test_studies_alone_for_the_report():
    index = index_of(film(1, 0), film(2, 9, view_position="LL"))
    assert [s.study_uid for s in earlier_studies(index, index.study("1.2.1"))] == ["1.2.2"]
