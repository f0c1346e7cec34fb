"""The list: what is filtered, how it is ordered, what leaves it and comes back, and who shares an ID."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tests.factories.fakes import FakeIndex, instance_of, loaded
from tests.factories.films import (
    make_analysis,
    make_event,
    make_patient,
    make_prediction,
    make_refusal,
)
from workstation.adapters.store import connection, schema
from workstation.adapters.store.codec import to_text
from workstation.adapters.store.library import Library
from workstation.core.findings import FindingCode
from workstation.core.ports import (
    IdentityConflict,
    LibraryIndex,
    Place,
    SortKey,
    WorklistQuery,
)
from workstation.core.review import (
    ReviewStatus,
    Section,
    StatusChanged,
    TextChanged,
)
from workstation.core.study import PersonName

KEY = bytes(range(32))
QUIET = {FindingCode.NODULE: 0.2}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "library.db", KEY)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "memory"])
def index(request) -> LibraryIndex:
    return FakeIndex() if request.param == "memory" else request.getfixturevalue("library")


def numbers(index: LibraryIndex, **query: object) -> list[int]:
    """The studies that match, in their order."""
    page = index.page(WorklistQuery(**query), offset=0, limit=100)
    return [int(row.study.study_uid.rpartition(".")[2]) for row in page]


def fill(index: LibraryIndex, count: int = 4) -> None:
    index.add([loaded(Path(f"/films/{n}.dcm"), instance_of(n)) for n in range(count)])


def read_by_ai(library: Library, number: int, probabilities=None) -> None:
    result = make_analysis(probabilities, sop_uid=f"1.2.{number}.1.1")
    library.put_analysis(f"1.2.{number}", result)


# Leaving the list


def test_a_removed_study_is_gone_and_a_new_scan_brings_it_back(index):
    fill(index)
    index.add([loaded(Path("/copy/2.dcm"), instance_of(2))])
    index.remove_studies(["1.2.2", "1.2.0"])
    assert sorted(numbers(index)) == [1, 3]
    assert index.study("1.2.2") is None
    assert set(index.known(Path("/films"))) == {Path("/films/1.dcm"), Path("/films/3.dcm")}
    fill(index)
    assert sorted(numbers(index)) == [0, 1, 2, 3]


def test_a_removed_study_comes_back_with_its_review_and_what_the_ai_read(library):
    fill(library)
    read_by_ai(library, 2)
    change = TextChanged(section=Section.FINDINGS, before="", after="nodule")
    library.append(make_event(change, study_uid="1.2.2"))
    library.remove_studies(["1.2.2"])
    assert library.state("1.2.2").texts == {Section.FINDINGS: "nodule"}
    fill(library)
    row = next(r for r in library.page(WorklistQuery(), offset=0, limit=9) if r.analysed)
    assert (row.study.study_uid, row.status) == ("1.2.2", ReviewStatus.DRAFT)


def test_pictures_of_a_removed_study_go_with_it(library):
    fill(library)
    (first,), (second,) = (library.study(uid).stamps for uid in ("1.2.1", "1.2.2"))
    library.put_thumbnail(first, np.zeros((2, 2), np.uint8))
    library.put_thumbnail(second, np.zeros((2, 2), np.uint8))
    library.remove_studies(["1.2.1"])
    assert library.thumbnail(first) is None
    assert library.thumbnail(second) is not None


# Where films come from


def test_a_place_inside_another_is_not_listed_by_itself(library):
    for root in ("/films/a", "/films/b/x.dcm", "/films", "/films/c", "/filmsroom"):
        library.add_place(Path(root))
    assert [place.path for place in library.places()] == [Path("/films"), Path("/filmsroom")]


def test_removing_a_place_removes_what_lies_below_it_alone(index):
    fill(index)
    index.add(
        [
            loaded(Path("/cd/7.dcm"), instance_of(7)),
            loaded(Path("/cd/3.dcm"), instance_of(3)),
            loaded(Path("/cd/again.dcm"), instance_of(3, 2)),
        ]
    )
    for root in ("/films", "/cd"):
        index.add_place(Path(root))
    assert [place.path for place in index.places()] == [Path("/cd"), Path("/films")]
    index.remove_place(Path("/films"))
    assert sorted(numbers(index)) == [3, 7]
    assert index.study("1.2.3").instances[0][1] == Path("/cd/3.dcm")
    assert [place.path for place in index.places()] == [Path("/cd")]
    assert index.places()[0].films == 3


def test_a_place_stays_listed_when_its_last_study_was_removed(index):
    fill(index, 1)
    index.add_place(Path("/films"))
    index.remove_studies(["1.2.0"])
    assert index.places() == (Place(path=Path("/films"), films=0),)


# Filters and triage


def test_studies_are_told_apart_by_whether_the_ai_read_them(library):
    fill(library)
    read_by_ai(library, 1)
    library.put_analysis("1.2.3", make_refusal(sop_uid="1.2.3.1.1"))
    assert sorted(numbers(library, analysed=True)) == [1]
    assert sorted(numbers(library, analysed=False)) == [0, 2, 3]
    assert library.count(WorklistQuery(analysed=True)) == 1


def test_triage_lets_what_is_above_threshold_pass_and_puts_the_done_last(library):
    fill(library, 7)
    for number in (3, 4, 5):
        read_by_ai(library, number)
    read_by_ai(library, 1, QUIET)
    for before, after in ((ReviewStatus.NEW, ReviewStatus.REVIEWED),):
        change = StatusChanged(before=before, after=after)
        library.append(make_event(change, study_uid="1.2.3"))
    assert numbers(library, sort=SortKey.TRIAGE) == [4, 5, 0, 1, 2, 6, 3]
    assert numbers(library, sort=SortKey.TRIAGE, triage_bound=1) == [4, 0, 1, 2, 5, 6, 3]
    assert numbers(library, sort=SortKey.TRIAGE, triage_bound=0) == [0, 1, 2, 4, 5, 6, 3]
    page = library.page(WorklistQuery(sort=SortKey.TRIAGE), offset=2, limit=3)
    assert [row.study.study_uid for row in page] == ["1.2.0", "1.2.1", "1.2.2"]


def test_triage_goes_by_the_newest_result_of_every_film(library):
    fill(library, 3)
    library.add([loaded(Path("/films/2b.dcm"), instance_of(2, 2))])
    read_by_ai(library, 2)
    read_by_ai(library, 1)
    read_by_ai(library, 1, QUIET)
    library.put_analysis("1.2.2", make_analysis(QUIET, sop_uid="1.2.2.1.2"))
    assert numbers(library, sort=SortKey.TRIAGE) == [2, 0, 1]


def test_a_model_that_was_never_calibrated_moves_nobody(library):
    fill(library, 2)
    result = make_analysis(sop_uid="1.2.1.1.1")
    uncalibrated = make_prediction({FindingCode.NODULE: 0.99}, threshold=None)
    library.put_analysis("1.2.1", replace(result, prediction=uncalibrated))
    assert numbers(library, sort=SortKey.TRIAGE) == [0, 1]


# One ID, two people


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": PersonName(ideographic="李四")}, (IdentityConflict.NAME,)),
        ({"birth_date": date(1999, 9, 9)}, (IdentityConflict.BIRTH_DATE,)),
        (
            {"birth_date": date(1999, 9, 9), "name": PersonName(alphabetic="Li Si")},
            (IdentityConflict.BIRTH_DATE, IdentityConflict.NAME),
        ),
        ({"birth_date": None}, ()),
        ({"name": PersonName(alphabetic="WANG XIAO  DONG")}, ()),
        ({"patient_id": "P-2", "name": PersonName(alphabetic="Li Si")}, ()),
        ({"issuer": "elsewhere", "name": PersonName(alphabetic="Li Si")}, ()),
    ],
)
def test_one_id_with_other_names_or_birth_dates_is_told(library, changes, expected):
    other = make_patient(**changes)
    library.add(
        [
            loaded(Path("/1"), instance_of(1)),
            loaded(Path("/2"), instance_of(2)),
            loaded(Path("/3"), instance_of(3, patient=other)),
        ]
    )
    rows = library.page(WorklistQuery(), offset=0, limit=9)
    assert {row.conflicts for row in rows} == {expected}
    assert library.conflicts(make_patient()) == expected


@pytest.mark.parametrize("typed", ["王小东", "王 小东", "小东 wang", "WANG xiao"])
def test_a_chinese_name_is_found_as_it_is_typed(library, typed):
    """In the file a caret parts family and given name; nobody types a space there."""
    name = PersonName(alphabetic="Wang Xiaodong", ideographic="王 小东")
    library.add([loaded(Path("/1"), instance_of(1, patient=make_patient(name=name)))])
    assert library.count(WorklistQuery(text=typed)) == 1
    assert library.count(WorklistQuery(text="王小西")) == 0
    (row,) = library.page(WorklistQuery(), offset=0, limit=1)
    assert str(row.study.patient.name) == "王小东 (Wang Xiaodong)"


def test_films_without_an_id_are_not_told_to_share_one(library):
    for n, name in enumerate(("A", "B")):
        nobody = make_patient(patient_id="", name=PersonName(alphabetic=name))
        library.add([loaded(Path(f"/{n}"), instance_of(n, patient=nobody))])
    assert {r.conflicts for r in library.page(WorklistQuery(), offset=0, limit=9)} == {()}


def test_a_library_from_before_knows_its_places_patients_and_readings(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "MIGRATIONS", schema.MIGRATIONS[:3])
    old = Library(tmp_path / "library.db", KEY)
    header = "INSERT INTO instance VALUES (?, ?, ?, 's', 'DX', ?)"
    for n, name in ((1, "Wang"), (2, "Li")):
        instance = instance_of(n, patient=make_patient(name=PersonName(alphabetic=name)))
        old._db.execute(header, (n, instance.sop_uid, instance.study_uid, to_text(instance)))
        old._db.execute(
            "INSERT INTO file VALUES (?, 1, 1, 'loaded', NULL, ?)", (f"/films/{n}", n)
        )
        old._db.execute(
            "INSERT INTO study VALUES (?, 'P-0001', '', '', '', '', '', 'DX', 'DX', 1, ?, 'new', '')",
            (instance.study_uid, n),
        )
        result = make_analysis({FindingCode.NODULE: 0.8 if n == 2 else 0.2})
        old._db.execute(
            "INSERT INTO analysis (study_uid, sop_uid, result) VALUES (?, ?, ?)",
            (instance.study_uid, instance.sop_uid, to_text(result)),
        )
    old.put("recent", '["/films"]')
    old.close()
    monkeypatch.undo()
    opened = Library(tmp_path / "library.db", KEY)
    try:
        assert opened.places() == (Place(path=Path("/films"), films=2),)
        assert numbers(opened, sort=SortKey.TRIAGE) == [2, 1]
        rows = opened.page(WorklistQuery(), offset=0, limit=9)
        assert {row.conflicts for row in rows} == {(IdentityConflict.NAME,)}
        assert all(row.analysed for row in rows)
    finally:
        opened.close()


def test_a_refused_study_is_not_read_but_answered_until_a_film_gets_a_score(library):
    fill(library)
    library.add([loaded(Path("/films/2b.dcm"), instance_of(2, 2))])
    library.put_analysis("1.2.2", make_refusal(sop_uid="1.2.2.1.1"))
    answered = [r for r in library.page(WorklistQuery(), offset=0, limit=9) if r.unscored]
    assert [row.study.study_uid for row in answered] == ["1.2.2"]
    assert sorted(numbers(library, analysed=False)) == [0, 1, 2, 3]
    library.put_analysis("1.2.2", make_analysis(QUIET, sop_uid="1.2.2.1.2"))
    assert numbers(library, analysed=True) == [2]
    assert not any(r.unscored for r in library.page(WorklistQuery(), offset=0, limit=9))


def test_every_frame_of_an_object_counts_as_an_image(index):
    index.add([loaded(Path("/1.dcm"), instance_of(1, 1, frames=12))])
    index.add([loaded(Path("/2.dcm"), instance_of(1, 2))])
    (row,) = index.page(WorklistQuery(), offset=0, limit=9)
    assert row.image_count == 13


def test_a_library_that_counted_objects_counts_images(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "MIGRATIONS", schema.MIGRATIONS[:6])
    old = Library(tmp_path / "library.db", KEY)
    old.add([loaded(Path("/1.dcm"), instance_of(1, frames=12))])
    old._db.execute("UPDATE study SET images = 1")
    old.close()
    monkeypatch.undo()
    opened = Library(tmp_path / "library.db", KEY)
    try:
        (row,) = opened.page(WorklistQuery(), offset=0, limit=9)
        assert row.image_count == 12
    finally:
        opened.close()


def test_a_library_that_called_refused_studies_read_corrects_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "MIGRATIONS", schema.MIGRATIONS[:5])
    old = Library(tmp_path / "library.db", KEY)
    fill(old)
    old.put_analysis("1.2.1", make_refusal(sop_uid="1.2.1.1.1"))
    read_by_ai(old, 2, QUIET)
    old._db.execute("UPDATE reading SET ai = 1 WHERE ai = -1")
    old._db.execute("UPDATE study SET ai = 1 WHERE ai = -1")
    old.close()
    monkeypatch.undo()
    opened = Library(tmp_path / "library.db", KEY)
    try:
        rows = {r.study.study_uid: r for r in opened.page(WorklistQuery(), offset=0, limit=9)}
        assert (rows["1.2.1"].analysed, rows["1.2.1"].unscored) == (False, True)
        assert (rows["1.2.2"].analysed, rows["1.2.2"].unscored) == (True, False)
    finally:
        opened.close()


def test_a_batch_takes_the_films_that_this_model_has_not_read(library):
    fill(library)
    library.add([loaded(Path("/films/3b.dcm"), instance_of(3, 2))])
    read_by_ai(library, 1)
    library.put_analysis("1.2.2", make_refusal(sop_uid="1.2.2.1.1"))
    read_by_ai(library, 3)
    uids = ["1.2.3", "1.2.0", "1.2.1", "1.2.2", "1.2.99"]
    found = library.unread(uids, package_sha256="a" * 64)
    assert found == (("1.2.3", "1.2.3.1.2"), ("1.2.0", "1.2.0.1.1"))
    other = library.unread(uids, package_sha256="f" * 64)
    assert [sop for _, sop in other] == ["1.2.3.1.1", "1.2.3.1.2", "1.2.0.1.1", "1.2.1.1.1"]


@pytest.mark.parametrize("sort", SortKey)
def test_every_order_and_filter_goes_along_an_index_without_sorting(library, sort):
    fill(library)
    seen = []
    library._connection.db.trace_v2(1, lambda event: seen.append(event["sql"]))
    queries = [
        WorklistQuery(sort=sort, **filters)
        for filters in (
            {},
            {"analysed": True},
            {"modality": "DX"},
            {"status": ReviewStatus.NEW},
        )
    ]
    for query in queries:
        library.uids(query, offset=0, limit=9)
    library._connection.db.trace_v2(0, None)
    for sql in seen:
        plan = str(
            library._connection.rows(f"EXPLAIN QUERY PLAN {sql}", ("x",) * sql.count("?"))
        )
        assert "COVERING INDEX" in plan
        assert "TEMP B-TREE" not in plan
