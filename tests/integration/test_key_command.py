"""The recovery key: printed once, typed in when the key is lost, refused when it is another one."""

import pytest

from workstation.adapters.config.folders import Folders
from workstation.adapters.store.library import open_library
from workstation.app.entry import main


@pytest.fixture
def folders(tmp_path, monkeypatch):
    monkeypatch.setenv("THORAVUE_HOME", str(tmp_path))
    monkeypatch.setattr("workstation.adapters.store.keys.SystemKeyStore.answers", lambda: False)
    return Folders.standard()


def test_without_a_library_there_is_no_key_and_none_is_made(folders, capsys):
    assert main(["key", "show", "--lang", "en"]) == 1
    assert "no library yet" in capsys.readouterr().err
    assert not folders.config.exists()


def test_a_lost_key_is_typed_in_again(folders, capsys, monkeypatch):
    library = open_library(folders)
    library.put("draft", "words")
    library.close()
    assert main(["key", "show"]) == 0
    printed = capsys.readouterr().out.strip()
    (folders.config / "library.key").unlink()
    assert main(["key", "restore", "AAAA-AAAA", "--lang", "en"]) == 1
    assert "does not open this library" in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", lambda _prompt: printed.lower())
    assert main(["key", "restore"]) == 0
    again = open_library(folders)
    assert again.get("draft") == "words"
    again.close()
