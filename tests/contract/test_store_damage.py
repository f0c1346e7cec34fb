"""A library that does not open: which of key and file is at fault, found out without touching anything."""

import pytest

from workstation.adapters.config.folders import Folders
from workstation.adapters.store import connection
from workstation.adapters.store.keys import KEY_BYTES, KeyFile
from workstation.adapters.store.library import Library, inspect_library
from workstation.app.entry import main
from workstation.core.errors import ErrorCode, WorkstationError

KEY = bytes(range(KEY_BYTES))
PAGE = 4096


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("THORAVUE_HOME", str(tmp_path / "资料 1"))
    monkeypatch.setattr("workstation.adapters.store.keys.SystemKeyStore.answers", lambda: False)
    made = Folders.standard()
    KeyFile(made.config).store(KEY)
    library = Library(made.library, KEY)
    for number in range(100):
        library.put(f"draft {number}", "words " * 50)
    library.close()
    return made


def damage(folders, at, values=None):
    data = bytearray(folders.library.read_bytes())
    values = values or bytes([data[at] ^ 0xFF])
    data[at : at + len(values)] = values
    folders.library.write_bytes(data)
    return bytes(data)


def everything(folders):
    files = [path for path in folders.data.parent.rglob("*") if path.is_file()]
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


@pytest.mark.parametrize("at", [0, 17, 30, 2000, PAGE - 1])
def test_a_damaged_first_page_is_not_taken_for_a_wrong_key(folders, at):
    data = damage(folders, at)
    with pytest.raises(WorkstationError) as refusal:
        Library(folders.library, KEY)
    assert refusal.value.code is ErrorCode.LIBRARY_DAMAGED
    assert folders.library.read_bytes() == data


def test_another_key_opens_no_page(folders):
    with pytest.raises(WorkstationError) as refusal:
        Library(folders.library, bytes(KEY_BYTES))
    assert refusal.value.code is ErrorCode.LIBRARY_WRONG_KEY


def test_where_no_page_is_left_whole_nobody_can_tell(folders):
    damage(folders, 0, bytes(folders.library.stat().st_size))
    with pytest.raises(WorkstationError) as refusal:
        Library(folders.library, KEY)
    assert refusal.value.code is ErrorCode.LIBRARY_WRONG_KEY


def test_an_inspection_of_a_whole_library_leaves_no_trace(folders):
    before = everything(folders)
    inspect_library(folders)
    assert everything(folders) == before


def test_a_library_that_is_open_elsewhere_is_inspected_with_its_newest_pages(folders):
    library = Library(folders.library, KEY)
    library.put("draft", "newest")
    inspect_library(folders)
    assert library.get("draft") == "newest"
    library.close()


def test_doctor_tries_the_key(folders, capsys):
    before = everything(folders)
    main(["doctor", "--lang", "en"])
    assert "the key opens it" in capsys.readouterr().out
    assert everything(folders) == before


def spoilt(folders, monkeypatch, what):
    match what:
        case "library_damaged":
            damage(folders, 20 * PAGE + 500)
        case "library_newer":
            monkeypatch.setattr(connection, "MIGRATIONS", ())
        case "another key":
            KeyFile(folders.config).store(bytes(KEY_BYTES))
        case _:
            KeyFile(folders.config).path.unlink()


@pytest.mark.parametrize("what", ["library_damaged", "library_newer", "another key", "no key"])
def test_doctor_says_why_the_library_would_not_open(folders, capsys, monkeypatch, what):
    spoilt(folders, monkeypatch, what)
    before = everything(folders)
    assert main(["doctor", "--lang", "en"]) == 1
    line = next(s for s in capsys.readouterr().out.splitlines() if " Library: " in s)
    assert line == f" ✗ Library: {what if what.startswith('library') else 'library_wrong_key'}"
    assert everything(folders) == before
