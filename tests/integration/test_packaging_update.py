"""`thoravue update` as a whole, with a stand-in for the installer."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from workstation.adapters.config.folders import HOME_VARIABLE
from workstation.app.entry import main


@pytest.fixture
def stick(tmp_path, monkeypatch) -> Path:
    """An installer that notes where it was started from, and its sums."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    folder = tmp_path / "stick"
    folder.mkdir()
    script = f'echo "$0" >"{tmp_path / "ran"}"'.encode()
    (folder / "new.run").write_bytes(script)
    sums = f"{hashlib.sha256(script).hexdigest()}  new.run\n"
    (folder / "SHA256SUMS").write_text(sums, "ascii")
    return folder


def test_what_was_checked_is_run_from_the_program_s_own_folder_and_removed(stick, tmp_path):
    assert main(["update", "--allow-unsigned", str(stick / "new.run")]) == 0
    ran = Path((tmp_path / "ran").read_text().strip())
    assert ran.is_relative_to(tmp_path / "home" / "scratch")
    assert ran.name == "new.run"
    assert not ran.parent.exists()


def test_without_consent_nothing_runs(stick, tmp_path):
    assert main(["update", str(stick / "new.run")]) == 1
    assert not (tmp_path / "ran").exists()
