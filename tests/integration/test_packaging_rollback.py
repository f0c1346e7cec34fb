"""An update of the library and the way back: backup, refusal by the older program, what was reviewed since, restore."""

from __future__ import annotations

import json

import pytest

from tests.factories.films import STUDY_UID, make_event
from workstation.adapters.config.folders import HOME_VARIABLE, Folders
from workstation.adapters.store import connection, rollback, schema
from workstation.adapters.store.codec import from_text
from workstation.adapters.store.library import open_library
from workstation.app.entry import main
from workstation.cli.library import EXPORT
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.review import ReviewEvent, Section, TextChanged

BEFORE = make_event(TextChanged(section=Section.FINDINGS, before="", after="old"), 0)
AFTER = make_event(TextChanged(section=Section.FINDINGS, before="old", after="新的"), 1)


@pytest.fixture
def folders(tmp_path, monkeypatch) -> Folders:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setattr("workstation.adapters.store.keys.SystemKeyStore.answers", lambda: False)
    return Folders.standard()


@pytest.fixture
def update(monkeypatch):
    """Make this program the newer or the older one."""

    def become(*, newer: bool) -> None:
        extra = ("CREATE TABLE later (x) ;",) if newer else ()
        for module in (connection, rollback):
            monkeypatch.setattr(module, "MIGRATIONS", (*schema.MIGRATIONS, *extra))

    return become


def append(folders, event):
    library = open_library(folders)
    library.append(event)
    library.close()


@pytest.fixture
def updated(folders, update):
    append(folders, BEFORE)
    update(newer=True)
    append(folders, AFTER)
    return folders


def back(tmp_path, *more):
    export = str(tmp_path / "out")
    return main(["library", "rollback", "--lang", "en", "--export", export, *more])


def test_the_older_program_refuses_until_it_was_rolled_back(updated, update, tmp_path, capsys):
    update(newer=False)
    with pytest.raises(WorkstationError) as refusal:
        open_library(updated)
    assert refusal.value.code is ErrorCode.LIBRARY_NEWER
    update(newer=True)
    assert back(tmp_path, "--yes") == 0
    assert f"study {STUDY_UID}, entries since the update: 1" in capsys.readouterr().out
    update(newer=False)
    library = open_library(updated)
    assert library.events(STUDY_UID) == (BEFORE,)
    library.close()


def test_what_was_reviewed_since_is_written_so_that_it_can_be_read_again(updated, tmp_path):
    assert back(tmp_path, "--yes") == 0
    written = json.loads((tmp_path / "out" / EXPORT).read_text("utf-8"))
    assert written["schema"] == "thoravue.reviews/1"
    (study,) = written["studies"]
    assert study["study_uid"] == STUDY_UID
    assert [from_text(json.dumps(e), ReviewEvent) for e in study["events"]] == [AFTER]


def test_the_newer_library_is_kept_and_comes_back(updated, tmp_path):
    assert back(tmp_path, "--yes") == 0
    (kept,) = updated.data.glob("library.db.v*.newer")
    kept.replace(updated.library)
    library = open_library(updated)
    assert library.events(STUDY_UID) == (BEFORE, AFTER)
    library.close()


def test_without_a_yes_nothing_changes(updated, tmp_path, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    assert back(tmp_path) == 1
    library = open_library(updated)
    assert library.events(STUDY_UID) == (BEFORE, AFTER)
    library.close()


def test_while_the_window_is_open_nothing_changes(updated, tmp_path):
    library = open_library(updated)
    assert back(tmp_path, "--yes") == 1
    assert library.events(STUDY_UID) == (BEFORE, AFTER)
    library.close()


def test_without_an_update_there_is_no_way_back(folders, tmp_path, capsys):
    append(folders, BEFORE)
    assert back(tmp_path, "--yes") == 1
    assert "no library from before an update" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
