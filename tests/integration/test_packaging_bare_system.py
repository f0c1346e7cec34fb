"""A computer without the libraries that a window needs: said, not thrown."""

from __future__ import annotations

import sys

import pytest

from workstation.adapters.config.folders import HOME_VARIABLE
from workstation.app.entry import main


@pytest.fixture(autouse=True)
def bare(tmp_path, monkeypatch):
    """A display, and a Qt that cannot be loaded: a module of None is what Python refuses to import."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    for module in ("workstation.app.gui", "PySide6.QtWidgets"):
        monkeypatch.setitem(sys.modules, module, None)


def test_the_window_says_what_is_missing(capsys):
    assert main(["--sample", "--lang", "en"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("The window cannot start: ")
    assert "workstation.app.gui" in said


def test_doctor_finds_it(capsys):
    assert main(["doctor", "--lang", "en"]) == 1
    display = next(line for line in capsys.readouterr().out.splitlines() if "Display" in line)
    assert display.startswith(" ✗ ")
    assert "PySide6.QtWidgets" in display
