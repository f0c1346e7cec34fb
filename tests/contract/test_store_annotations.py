"""What is drawn on a film is there after a restart, to the last digit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import STUDY_UID, make_annotation, make_event
from workstation.adapters.store.codec import from_text, to_text
from workstation.adapters.store.library import Library
from workstation.core.annotation import AnnotationKind
from workstation.core.review import AnnotationChanged, CalibrationChanged, ReviewEvent

KEY = bytes(range(32))
PLACES = st.floats(-1e5, 1e5)


@given(st.sampled_from(AnnotationKind), st.data())
def test_every_kind_comes_back_exactly(kind, data):
    points = data.draw(
        st.lists(
            st.tuples(PLACES, PLACES), min_size=kind.points_needed, max_size=kind.points_needed
        )
    )
    drawn = make_annotation(kind, *points, text=data.draw(st.text(max_size=8)), frame=2)
    change = AnnotationChanged(annotation_id="a", before=None, after=drawn)
    event = make_event(change)
    assert from_text(to_text(event), ReviewEvent) == event


@pytest.mark.parametrize("kind", AnnotationKind)
def test_annotations_and_calibrations_outlive_the_program(tmp_path: Path, kind: AnnotationKind):
    drawn = make_annotation(kind, text="结节 ?")
    library = Library(tmp_path / "library.db", KEY)
    library.append(
        make_event(AnnotationChanged(annotation_id="mark-1", before=None, after=drawn), 1)
    )
    library.append(make_event(CalibrationChanged(sop_uid="1.2", before=None, after=0.143), 2))
    library.close()
    again = Library(tmp_path / "library.db", KEY)
    state = again.state(STUDY_UID)
    again.close()
    assert state.annotations == {"mark-1": drawn}
    assert state.calibrations == {"1.2": 0.143}
