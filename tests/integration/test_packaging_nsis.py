"""The Windows installer compiles without a warning around a stand-in. It has not been run: there is no Windows here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

WINDOWS = Path(__file__).resolve().parents[2] / "packaging" / "bundle" / "windows"

pytestmark = pytest.mark.skipif(shutil.which("makensis") is None, reason="no makensis")


def makensis(script: str, out: Path, **defines: object) -> str:
    words = [f"-D{name}={value}" for name, value in {**defines, "OUT": out}.items()]
    ended = subprocess.run(
        ["makensis", "-V4", "-WX", *words, str(WINDOWS / script)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:]
    return ended.stdout


def test_launcher_and_installer_compile(tmp_path):
    payload = tmp_path / "payload" / "_internal"
    payload.mkdir(parents=True)
    (payload.parent / "thoravue.exe").write_bytes(b"MZ stand-in")
    (payload / "library.dll").write_bytes(b"MZ library")
    launcher = tmp_path / "Thoravue.exe"
    makensis("launcher.nsi", launcher)
    out = tmp_path / "thoravue-1.2.3-win64.exe"
    said = makensis(
        "thoravue.nsi",
        out,
        PAYLOAD=payload.parent,
        VERSION="1.2.3",
        LAUNCHER=launcher,
        SIGN="true",
    )
    assert out.read_bytes()[:2] == b"MZ"
    assert "library.dll" in said
    assert said.count("!insertmacro: MUI_LANGUAGE") == 2
    assert said.count("true") >= 2, "the signing command is asked for installer and uninstaller"
