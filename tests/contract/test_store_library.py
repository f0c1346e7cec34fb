"""What the library promises: index, events, session; encrypted, durable, and untouched by a wrong key."""

from __future__ import annotations

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import apsw
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.films import (
    STUDY_UID,
    make_analysis,
    make_event,
    make_instance,
    make_patient,
    make_refusal,
)
from workstation.adapters.config.folders import Folders
from workstation.adapters.store import connection, keys, schema
from workstation.adapters.store.codec import from_text, to_text
from workstation.adapters.store.keys import (
    KeyFile,
    from_recovery_key,
    library_key,
    recovery_key,
)
from workstation.adapters.store.library import Library, open_library, restore_key
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import AnalysisResult, FindingCode
from workstation.core.ports import SortKey, WorklistQuery
from workstation.core.review import (
    AiRevealed,
    Decision,
    DecisionChanged,
    FirstImpression,
    IdentityEntered,
    ImpressionRecorded,
    PatientNoted,
    ReviewEvent,
    ReviewStatus,
    Section,
    StatusChanged,
    TextChanged,
    Verdict,
)
from workstation.core.study import FileOutcome, FileRecord, FileStamp, Instance, PersonName
from workstation.services.priors import earlier_studies

KEY = bytes(range(32))


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "library.db", KEY)
    yield opened
    opened.close()


def loaded(path: str, instance: Instance | None = None, *, size: int = 10) -> FileRecord:
    stamp = FileStamp(path=Path(path), size=size, mtime_ns=5)
    return FileRecord(
        stamp=stamp, outcome=FileOutcome.LOADED, instance=instance or make_instance()
    )


def refused(path: str) -> FileRecord:
    return FileRecord(
        stamp=FileStamp(path=Path(path), size=0, mtime_ns=1),
        outcome=FileOutcome.REFUSED,
        reason=Reason(code=ErrorCode.FILE_EMPTY, parameters={"path": path}),
    )


def duplicate(path: str, *, of: str) -> FileRecord:
    reason = Reason(code=ErrorCode.DUPLICATE_UID, parameters={"path": of})
    return replace(refused(path), reason=reason)


def film(number: int, **changes: object) -> Instance:
    """Film `number`, alone in a study of its own."""
    uid = f"1.2.{number}"
    return make_instance(study_uid=uid, series_uid=f"{uid}.1", sop_uid=f"{uid}.1.1", **changes)


# --- index ---------------------------------------------------------------------------------------


def test_records_come_back_as_they_went_in(library):
    records = (loaded("/a/film.dcm"), refused("/a/empty"), loaded("/b/x", film(2)))
    library.add(records)
    assert tuple(library.records(Path("/a"))) == (records[1], records[0])
    assert library.record(Path("/b/x")) == records[2]
    assert library.record(Path("/c")) is None
    assert library.known(Path("/a")) == {r.stamp.path: r.stamp for r in records[:2]}


def test_a_folder_is_not_its_neighbour(library):
    library.add(
        (loaded("/data/films/a"), loaded("/data/films2/a", film(2)), refused("/data/films"))
    )
    assert set(library.known(Path("/data/films"))) == {
        Path("/data/films/a"),
        Path("/data/films"),
    }


def test_a_study_has_its_films_in_reading_order(library):
    uid = f"{STUDY_UID}.1"
    films = [
        make_instance(
            sop_uid=f"{uid}.{s}.{n}",
            series_uid=f"{uid}.{s}",
            series_number=s,
            instance_number=n,
        )
        for s, n in ((2, 1), (1, 2), (1, 1))
    ]
    library.add([loaded(f"/f/{n}", instance) for n, instance in enumerate(films)])
    study = library.study(STUDY_UID)
    assert [i.sop_uid for i, _ in study.instances] == [f"{uid}.1.1", f"{uid}.1.2", f"{uid}.2.1"]
    assert [s.number for s in study.series] == [1, 2]
    assert library.study("9.9") is None


def test_one_film_at_two_places_is_one_film(library):
    library.add((loaded("/a/film"), loaded("/copy/film")))
    assert len(library.study(STUDY_UID).instances) == 1
    library.forget((Path("/a/film"),))
    assert library.study(STUDY_UID).instances[0][1] == Path("/copy/film")
    library.forget((Path("/copy/film"),))
    assert library.study(STUDY_UID) is None
    assert library.count(WorklistQuery()) == 0


def test_the_files_of_a_film_are_found_by_its_identifier(library):
    first, copy, other = loaded("/b/film"), loaded("/a/copy"), loaded("/c", film(2))
    library.add((first, other))
    library.add((copy,))
    uid = first.instance.sop_uid
    assert library.twins((uid, "9.9")) == {uid: (copy, first)}
    assert set(library.twins((uid, other.instance.sop_uid))) == {uid, other.instance.sop_uid}


def test_refused_duplicates_are_told_with_the_film_they_were_compared_with(library):
    first = loaded("/a/film")
    library.add((first, duplicate("/b/film", of="/a/film"), refused("/b/empty")))
    assert library.duplicates(Path("/b")) == {Path("/b/film"): first.stamp}
    assert library.duplicates(Path("/a")) == {}
    library.forget((first.stamp.path,))
    assert library.duplicates(Path("/b")) == {Path("/b/film"): None}
    library.add((refused("/a/film"),))
    assert library.duplicates(Path("/b")) == {Path("/b/film"): None}


def test_a_changed_file_replaces_what_it_was(library):
    library.add((loaded("/a/film"),))
    changed = loaded("/a/film", make_instance(study_description="again"), size=12)
    library.add((changed,))
    assert library.record(Path("/a/film")) == changed
    assert [i.study_description for i, _ in library.study(STUDY_UID).instances] == ["again"]


def test_the_worklist_finds_sorts_and_pages(library):
    zhang = make_patient(
        name=PersonName(alphabetic="Zhang Wei", ideographic="张伟"), patient_id="Z-9"
    )
    days = [datetime(2024, 5, day, 8) for day in (1, 2, 3)]  # noqa: DTZ001 - as files say it
    library.add(
        [
            loaded("/1", film(1, acquired=days[0], modality="CR", accession_number="ACC-1")),
            loaded("/2", film(2, acquired=days[1], patient=zhang)),
            loaded("/3", film(3, acquired=days[2])),
        ]
    )

    def found(**query: object) -> list[str]:
        asked = WorklistQuery(**query)
        rows = library.page(asked, offset=0, limit=10)
        assert library.count(asked) == len(rows)
        return [row.study.study_uid[-1] for row in rows]

    assert found() == ["3", "2", "1"]
    assert found(descending=False) == ["1", "2", "3"]
    assert found(sort=SortKey.PATIENT_NAME) == ["2", "3", "1"]
    assert found(text="张") == found(text="wei ZHANG") == found(text="z-9") == ["2"]
    assert found(text="acc-1 wang") == ["1"]
    assert found(text="100%") == found(text="acc_1") == []
    assert found(modality="CR") == ["1"]
    assert found(date_from=date(2024, 5, 2)) == ["3", "2"]
    assert found(date_to=date(2024, 5, 2)) == ["2", "1"]
    assert found(status=ReviewStatus.DRAFT) == []
    for sort in SortKey:
        assert sorted(found(sort=sort)) == ["1", "2", "3"]
        assert found(sort=sort, text="wang", descending=False) in (["1", "3"], ["3", "1"])
    page = library.page(WorklistQuery(), offset=1, limit=1)
    assert [row.study.study_uid for row in page] == ["1.2.2"]
    assert page[0].study.patient == zhang


def test_a_row_knows_its_files_state_and_analysis(library, tmp_path):
    path = tmp_path / "film"
    path.write_bytes(b"1")
    library.add((loaded(str(path)), loaded("/gone", film(2))))
    library.append(make_event(ImpressionRecorded(before=None, after=FirstImpression())))
    library.put_analysis(STUDY_UID, make_analysis())
    rows = {r.study.study_uid: r for r in library.page(WorklistQuery(), offset=0, limit=9)}
    here, gone = rows[STUDY_UID], rows["1.2.2"]
    assert (here.path, here.analysed, here.status) == (path, True, ReviewStatus.DRAFT)
    assert (gone.path, gone.analysed, gone.status) == (Path("/gone"), False, ReviewStatus.NEW)
    drafts = library.page(WorklistQuery(status=ReviewStatus.DRAFT), offset=0, limit=9)
    assert [row.study.study_uid for row in drafts] == [STUDY_UID]
    library.forget((path,))
    library.add((loaded(str(path)),))
    assert library.count(WorklistQuery(status=ReviewStatus.DRAFT)) == 1
    assert (here.image_count, here.modalities) == (1, ("DX",))


def test_a_study_of_two_patients_names_both_and_is_found_by_each(library):
    other = make_patient(name=PersonName(alphabetic="Lee^Än"), patient_id="Q-77")
    mine = make_instance()
    theirs = make_instance(sop_uid="1.2.9", patient=other)
    library.add((loaded("/a", mine),))
    library.add((loaded("/b", theirs),))
    for text in ("wang", "Q-77", "LEE ÄN", "P-0001"):
        (row,) = library.page(WorklistQuery(text=text), offset=0, limit=9)
        assert (row.study.patient, row.others) == (mine.patient, (other,))
    library.forget((Path("/a"),))
    (row,) = library.page(WorklistQuery(), offset=0, limit=9)
    assert (row.study.patient, row.others) == (other, ())
    assert library.count(WorklistQuery(text="wang")) == 0


def test_a_corrected_header_is_found_by_its_new_name_alone(library):
    library.add((loaded("/a"),))
    patient = make_patient(name=PersonName(alphabetic="Corrected"))
    library.add((loaded("/a", make_instance(patient=patient)),))
    found = [library.count(WorklistQuery(text=text)) for text in ("corrected", "wang")]
    assert found == [1, 0]


def test_the_first_film_below_a_folder(library):
    library.add((loaded("/f/b", film(2)), loaded("/f/a", film(1)), loaded("/f-2/a", film(3))))
    library.add((refused("/f/0"),))
    assert library.first_film(Path("/f")) == film(1)
    assert library.first_film(Path("/f/b")) == film(2)
    assert library.first_film(Path("/g")) is None


def test_an_older_library_keeps_its_list_and_its_states(tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "MIGRATIONS", schema.MIGRATIONS[:1])
    path = tmp_path / "old.db"
    old = Library(path, KEY)
    films = [
        make_instance(),
        make_instance(sop_uid="1.9", patient=make_patient(patient_id="Q-7")),
    ]
    for number, instance in enumerate(films):
        values = (number, instance.sop_uid, STUDY_UID, "1", "DX", 5, to_text(instance))
        old._db.execute("INSERT INTO instance VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        row = (f"/{number}", 5, 5, "loaded", None, number)
        old._db.execute("INSERT INTO file VALUES (?, ?, ?, ?, ?, ?)", row)
    row = (STUDY_UID, "Wang", "P-0001", "", "", "wang", "wang", "", "", "DX", "DX", 2, 1)
    old._db.execute("INSERT INTO study VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    old._db.execute("INSERT INTO status VALUES (?, 'draft')", (STUDY_UID,))
    old.close()
    monkeypatch.undo()
    library = Library(path, KEY)
    (row,) = library.page(WorklistQuery(text="q-7"), offset=0, limit=9)
    library.close()
    assert (row.status, row.image_count) == (ReviewStatus.DRAFT, 2)
    assert (row.study.patient, row.others) == (films[0].patient, (films[1].patient,))


def test_priors_are_the_same_patients_earlier_studies(library):
    day = datetime(2024, 5, 6, 9)  # noqa: DTZ001 - as files say it
    other = make_patient(name=PersonName(alphabetic="Other"), birth_date=date(1999, 1, 1))
    library.add(
        [
            loaded("/1", film(1, acquired=day)),
            loaded("/2", film(2, acquired=day - timedelta(days=400))),
            loaded("/3", film(3, acquired=day - timedelta(days=30))),
            loaded("/4", film(4, acquired=day - timedelta(days=9), patient=other)),
            loaded("/5", film(5, acquired=day + timedelta(days=9))),
        ]
    )
    found = library.of_patient("P-0001", issuer="")
    assert {s.study_uid for s in found} == {f"1.2.{n}" for n in range(1, 6)}
    assert library.of_patient("P-0001", issuer="elsewhere") == ()
    priors = earlier_studies(library, library.study("1.2.1"))
    assert [p.study_uid for p in priors] == ["1.2.3", "1.2.2"]


# --- reviews and session -------------------------------------------------------------------------

CHANGES = (
    ImpressionRecorded(before=None, after=FirstImpression(text="结节")),
    AiRevealed(without_impression=True),
    DecisionChanged(
        sop_uid="1.2",
        code=FindingCode.NODULE,
        before=None,
        after=Decision(verdict=Verdict.REJECTED, code=FindingCode.MASS, comment="rib"),
    ),
    TextChanged(section=Section.IMPRESSION, before="", after="㐂 𠮷"),
    IdentityEntered(before=None, after=make_patient()),
    PatientNoted(before=None, after=make_patient()),
    StatusChanged(before=ReviewStatus.DRAFT, after=ReviewStatus.REVIEWED),
)


def test_events_come_back_in_order_and_add_up(library):
    events = [make_event(change, number) for number, change in enumerate(CHANGES)]
    for event in events:
        assert STUDY_UID in library.append(event).studies
    assert library.events(STUDY_UID) == tuple(events)
    assert library.state(STUDY_UID).status is ReviewStatus.REVIEWED
    assert library.events("1.2") == ()


def test_events_are_final(library):
    library.append(make_event(CHANGES[0]))
    for sql in ("DELETE FROM event", "UPDATE event SET event = ''"):
        with pytest.raises(apsw.ConstraintError):
            library._db.execute(sql)


def test_what_the_review_does_not_allow_is_not_stored(library):
    for number, change in enumerate(CHANGES):
        library.append(make_event(change, number))
    with pytest.raises(WorkstationError) as refusal:
        library.append(make_event(CHANGES[3], 99))
    assert refusal.value.code is ErrorCode.REVIEW_NOT_ALLOWED
    assert len(library.events(STUDY_UID)) == len(CHANGES)


@given(st.text(), st.sampled_from(list(Section)), st.datetimes())
def test_any_text_survives_the_codec(text, section, moment):
    event = make_event(TextChanged(section=section, before="", after=text))
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert from_text(to_text(event), ReviewEvent) == event
    instance = make_instance(study_description=text, acquired=moment)
    assert from_text(to_text(instance), Instance) == instance


@pytest.mark.parametrize("result", [make_analysis(), make_refusal()])
def test_an_analysis_comes_back_exactly(library, result):
    library.put_analysis(STUDY_UID, make_refusal(ErrorCode.POOR_QUALITY))
    library.put_analysis(STUDY_UID, result)
    (found,) = library.analyses(STUDY_UID)
    assert replace(found, maps=()) == replace(result, maps=())
    for ours, theirs in zip(found.maps, result.maps, strict=True):
        assert np.array_equal(ours.values, theirs.values)
        assert (ours.to_film, ours.code) == (theirs.to_film, theirs.code)
    assert isinstance(found, AnalysisResult)


def test_session_values_and_thumbnails(library):
    assert library.get("draft") is None
    library.put("draft", "肺")
    library.put("draft", "肺纹理")
    assert library.get("draft") == "肺纹理"
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3)
    stamp = FileStamp(path=Path("/a"), size=1, mtime_ns=1)
    library.put_thumbnail(stamp, picture)
    assert np.array_equal(library.thumbnail(stamp), picture)
    assert library.thumbnail(replace(stamp, path=Path("/b"))) is None


def test_a_picture_does_not_outlive_a_change_of_its_file(library):
    first = loaded("/a")
    library.add((first,))
    library.put_thumbnail(first.stamp, np.zeros((2, 2), np.uint8))
    changed = replace(first, stamp=replace(first.stamp, mtime_ns=first.stamp.mtime_ns + 1))
    assert library.thumbnail(changed.stamp) is None
    library.add((changed,))
    assert library.thumbnail(first.stamp) is None


def test_a_study_tells_what_its_files_were(library):
    first = loaded("/a")
    library.add((first,))
    assert library.study(STUDY_UID).stamps == (first.stamp,)
    changed = replace(first, stamp=replace(first.stamp, size=first.stamp.size + 1))
    library.add((changed,))
    assert library.study(STUDY_UID).stamp(Path("/a")) == changed.stamp


def test_a_reader_sees_what_is_committed_and_cannot_write(library):
    reader = library.reader()
    library.add((loaded("/a"),))
    assert reader.study(STUDY_UID) is not None
    with pytest.raises(WorkstationError):
        reader.put("a", "b")
    reader.close()


# --- the file ------------------------------------------------------------------------------------


def test_a_wrong_key_leaves_the_library_untouched(library, tmp_path):
    library.put("a", "b")
    library.close()
    path = tmp_path / "library.db"
    before = path.read_bytes()
    with pytest.raises(WorkstationError) as refusal:
        Library(path, bytes(32))
    assert refusal.value.code is ErrorCode.LIBRARY_WRONG_KEY
    assert path.read_bytes() == before
    again = Library(path, KEY)
    assert again.get("a") == "b"
    again.close()


def test_a_newer_library_is_refused_untouched(library, tmp_path):
    library._db.pragma("user_version", len(schema.MIGRATIONS) + 1)
    library.close()
    with pytest.raises(WorkstationError) as refusal:
        Library(tmp_path / "library.db", KEY)
    assert refusal.value.code is ErrorCode.LIBRARY_NEWER


def test_a_migration_keeps_a_backup(library, tmp_path, monkeypatch):
    library.put("a", "b")
    library.close()
    more = (*schema.MIGRATIONS, "CREATE TABLE later (x) ;")
    monkeypatch.setattr(connection, "MIGRATIONS", more)
    path = tmp_path / "library.db"
    migrated = Library(path, KEY)
    assert migrated.get("a") == "b"
    migrated.close()
    monkeypatch.undo()
    version = len(schema.MIGRATIONS)
    backup = Library(path.with_name(f"library.db.v{version}.backup"), KEY)
    assert backup.get("a") == "b"
    backup.close()


def test_a_second_program_is_told_that_the_library_is_in_use(library, tmp_path):
    with pytest.raises(WorkstationError) as refusal:
        Library(tmp_path / "library.db", KEY)
    assert refusal.value.code is ErrorCode.LIBRARY_BUSY


def test_nothing_of_a_patient_lies_in_the_files(library, tmp_path):
    names = [f"Planted{n:02d}Name" for n in range(50)]
    for number, name in enumerate(names):
        patient = make_patient(name=PersonName(alphabetic=name))
        library.add((loaded(f"/home/{name}/film", film(number, patient=patient)),))
        library.put(f"draft/{number}", name)
        library.append(
            make_event(TextChanged(section=Section.FINDINGS, before="", after=name), number)
            if number == 0
            else make_event(
                TextChanged(section=Section.FINDINGS, before=names[number - 1], after=name),
                number,
            )
        )
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name.endswith("-wal") for path in files)
    for path in files:
        content = path.read_bytes()
        assert not [name for name in names if name.encode() in content], path.name


def test_a_full_disk_is_said_and_nothing_is_half_written(library):
    library.put("before", "1")
    pages = library._db.pragma("page_count")
    library._db.pragma("max_page_count", pages + 4)
    with pytest.raises(WorkstationError) as refusal:
        library.put("much", "x" * 1_000_000)
    assert refusal.value.code is ErrorCode.DISK_FULL
    assert library.get("much") is None
    assert library.get("before") == "1"


WRITER = """
import sys
from pathlib import Path
from tests.factories.films import make_event
from workstation.adapters.store.library import Library
from workstation.core.review import Section, TextChanged
library = Library(Path(sys.argv[1]), bytes(range(32)))
start = len(library.events(sys.argv[2]))
for number in range(start, start + 100000):
    change = TextChanged(section=Section.FINDINGS, before="", after=str(number))
    library.append(make_event(change, number))
    print(number, flush=True)
"""


def killed_at_random(path: Path, seed: int) -> int:
    """Start a writer, kill it at a random acknowledged event, and say which one was acknowledged last."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), STUDY_UID],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    last = -1
    for _ in range(random.Random(seed).randint(1, 40)):  # noqa: S311 - no secret
        last = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.stdout.close()
    writer.wait()
    return max([last, *(int(number) for number in rest)])


@pytest.mark.parametrize(
    "kills", [4, pytest.param(200, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_kill_9_loses_nothing_acknowledged(tmp_path, kills):
    path = tmp_path / "library.db"
    for seed in range(kills):
        acknowledged = killed_at_random(path, seed)
        library = Library(path, KEY)
        events = library.events(STUDY_UID)
        assert len(events) in {acknowledged + 1, acknowledged + 2}
        assert library._db.pragma("integrity_check") == "ok"
        library.close()


# --- keys ----------------------------------------------------------------------------------------


@pytest.fixture
def no_system_store(monkeypatch):
    monkeypatch.setattr("workstation.adapters.store.keys.SystemKeyStore.answers", lambda: False)


@pytest.mark.usefixtures("no_system_store")
def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    config, path = tmp_path / "config", tmp_path / "data" / "library.db"
    key = library_key(config, path)
    assert library_key(config, path) == key
    mode = KeyFile(config).path.stat().st_mode
    assert mode & 0o077 == 0


@pytest.mark.usefixtures("no_system_store")
def test_a_library_without_its_key_gets_no_new_one(tmp_path):
    path = tmp_path / "library.db"
    path.write_bytes(b"x")
    with pytest.raises(WorkstationError) as refusal:
        library_key(tmp_path / "config", path)
    assert refusal.value.code is ErrorCode.LIBRARY_WRONG_KEY
    assert not KeyFile(tmp_path / "config").path.exists()


@given(st.binary(min_size=32, max_size=32))
def test_the_recovery_key_brings_the_key_back(key):
    assert from_recovery_key(recovery_key(key).lower()) == key


@pytest.mark.parametrize("text", ["", "A", "not a key", "A" * 80, "肺"])
def test_what_is_no_key_is_said_so(text):
    with pytest.raises(WorkstationError) as refusal:
        from_recovery_key(text)
    assert refusal.value.code is ErrorCode.LIBRARY_WRONG_KEY


class FakeStore:
    """A key store of the system that does what a test says."""

    name, priority = "Fake Store", 5

    def __init__(self, answer=None):
        self.kept = {}
        self.answer = answer or (lambda: None)

    def get_password(self, service, user):
        self.answer()
        return self.kept.get((service, user))

    def set_password(self, service, user, text):
        self.answer()
        self.kept[service, user] = text

    def get_keyring(self):
        return self


@pytest.fixture
def system_store(monkeypatch):
    def put(store):
        for name in ("get_password", "set_password", "get_keyring"):
            monkeypatch.setattr(f"keyring.{name}", getattr(store, name))
        return store

    return put


def test_a_key_in_the_systems_store_leaves_no_file(tmp_path, system_store):
    store = system_store(FakeStore())
    config, path = tmp_path / "config", tmp_path / "library.db"
    assert keys.describe_key_store(config) == ("Fake Store", "system")
    key = library_key(config, path)
    assert library_key(config, path) == key
    assert list(store.kept.values()) == [recovery_key(key)]
    assert not config.exists()


def _fails():
    raise RuntimeError("no bus")


def test_a_store_that_fails_or_hangs_is_passed_over(tmp_path, system_store, monkeypatch):
    silence = threading.Event()
    monkeypatch.setattr(keys, "_PATIENCE_S", 0.05)
    for number, answer in enumerate((_fails, silence.wait)):
        system_store(FakeStore(answer))
        config = tmp_path / f"config{number}"
        key = library_key(config, tmp_path / "library.db")
        assert KeyFile(config).load() == key
    silence.set()


def test_a_key_file_torn_by_a_crash_is_never_there(tmp_path):
    file = KeyFile(tmp_path)
    file.path.with_name("library.key.part").write_text("ABC")
    assert file.load() is None
    file.store(KEY)
    assert file.load() == KEY
    assert [path.name for path in tmp_path.iterdir()] == ["library.key"]


@pytest.mark.usefixtures("no_system_store")
def test_the_printed_key_opens_the_library_again(tmp_path):
    folders = Folders.below(tmp_path)
    library = open_library(folders)
    library.put("a", "b")
    library.close()
    printed = KeyFile(folders.config).path.read_text()
    KeyFile(folders.config).path.unlink()
    with pytest.raises(WorkstationError) as refusal:
        restore_key(folders, recovery_key(KEY))
    assert refusal.value.code is ErrorCode.LIBRARY_WRONG_KEY
    assert not KeyFile(folders.config).path.exists()
    restore_key(folders, printed)
    again = open_library(folders)
    assert again.get("a") == "b"
    again.close()


def test_a_damaged_library_is_said_to_be_damaged_and_kept(library, tmp_path):
    for number in range(50):
        library.put(f"{number}", "x" * 5000)
    library.close()
    path = tmp_path / "library.db"
    content = bytearray(path.read_bytes())
    for at in range(4096, len(content), 1000):
        content[at] ^= 255
    path.write_bytes(content)
    again = Library(path, KEY)
    with pytest.raises(WorkstationError) as refusal:
        again.get("7")
    again.close()
    assert refusal.value.code is ErrorCode.LIBRARY_DAMAGED
    assert path.stat().st_size == len(content)


def test_the_same_event_twice_is_a_fault_and_no_damage(library):
    library.append(make_event(CHANGES[0]))
    with pytest.raises(WorkstationError) as refusal:
        library.append(make_event(CHANGES[0]))
    assert refusal.value.code is ErrorCode.UNEXPECTED
    assert len(library.events(STUDY_UID)) == 1


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_on_a_full_disk_the_library_stays_whole(small_disk):
    library = Library(small_disk / "library.db", KEY)
    kept: list[str] = []

    def fill():
        for number in itertools.count():
            library.put(f"{number}", "x" * 20_000)
            kept.append(f"{number}")

    with pytest.raises(WorkstationError) as refusal:
        fill()
    assert refusal.value.code is ErrorCode.DISK_FULL
    assert library.get("0") == "x" * 20_000
    library.close()
    again = Library(small_disk / "library.db", KEY)
    assert {again.get(key) for key in kept} == {"x" * 20_000}
    assert again.get(f"{len(kept)}") is None
    assert again._db.pragma("integrity_check") == "ok"
    again.close()
