"""Who passes whom in the order of triage, and that nobody waits without end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.core.triage import triaged

arrivals = st.lists(st.booleans(), max_size=60)
bounds = st.integers(min_value=0, max_value=12)


def ordered(urgent, bound):
    """Numbers of studies, given who of them, in the order they came, is flagged."""
    queue = [(number, str(number)) for number in range(len(urgent))]
    flagged = [study for study, flag in zip(queue, urgent, strict=True) if flag]
    others = [study for study, flag in zip(queue, urgent, strict=True) if not flag]
    return [int(uid) for uid in triaged(flagged, others, bound=bound)]


@given(arrivals, bounds)
def test_no_study_waits_behind_more_than_the_bound_of_later_ones(urgent, bound):
    order = ordered(urgent, bound)
    for place, number in enumerate(order):
        assert sum(earlier > number for earlier in order[:place]) <= bound


@given(arrivals, bounds)
def test_everybody_is_there_once_and_nobody_passes_their_own_kind(urgent, bound):
    order = ordered(urgent, bound)
    assert sorted(order) == list(range(len(urgent)))
    for flag in (True, False):
        kind = [number for number in order if urgent[number] is flag]
        assert kind == sorted(kind)


@given(arrivals, bounds)
def test_a_flagged_study_waits_only_where_the_bound_holds_it_back(urgent, bound):
    order = ordered(urgent, bound)
    for place in range(1, len(order)):
        before, here = order[place - 1 : place + 1]
        if urgent[here] and not urgent[before] and before < here:
            assert sum(earlier > before for earlier in order[:place]) == bound


@given(arrivals)
def test_a_bound_as_large_as_the_list_puts_all_flagged_ones_first(urgent):
    order = ordered(urgent, len(urgent))
    assert [urgent[number] for number in order] == sorted(urgent, reverse=True)


@pytest.mark.parametrize(
    ("bound", "order"), [(0, [0, 1, 2, 3]), (1, [2, 0, 1, 3]), (2, [2, 3, 0, 1])]
)
def test_the_bound_is_how_many_may_pass(bound, order):
    assert ordered([False, False, True, True], bound) == order
