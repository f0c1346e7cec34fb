"""The self-extracting installer, around a stand-in: install, update, cut off, no room, roll back, remove."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.factories.bundles import make_bundle, make_run

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("xz") is None, reason="an installer for Linux"
)


@pytest.fixture(scope="module")
def installers(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("installers")
    sizes = {"1.0": 4, "2.0": 3000, "3.0": 4}
    return {
        version: make_run(
            make_bundle(folder / version, version, kilobytes=size), version, folder / f"{version}.run"
        )
        for version, size in sizes.items()
    }  # fmt: skip


class Home:
    """A user without anything installed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.prefix = path / ".local" / "opt" / "thoravue"
        self.environment = {"HOME": str(path), "PATH": "/usr/bin:/bin", "LANG": "en"}

    def run(self, *command: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in command],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def install(self, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
        return self.run("sh", file, *options)

    def version(self) -> str:
        ended = self.run(self.path / ".local" / "bin" / "thoravue", "a film.dcm")
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()


@pytest.fixture
def home(tmp_path) -> Home:
    return Home(tmp_path / "a home")


def test_install_update_and_roll_back(home, installers):
    assert home.install(installers["1.0"]).returncode == 0
    assert home.version() == "Thoravue 1.0 a film.dcm"
    for version in ("2.0", "3.0"):
        ended = home.install(installers[version])
        assert ended.returncode == 0, ended.stderr
        assert f"Thoravue {version} is installed" in ended.stdout
        assert home.version() == f"Thoravue {version} a film.dcm"
    kept = {path.name.split("-")[0] for path in (home.prefix / "versions").iterdir()}
    assert kept == {"2.0", "3.0"}, "the version before stays, older ones do not"
    assert home.install(installers["3.0"], "--rollback").returncode == 0
    assert home.version() == "Thoravue 2.0 a film.dcm"
    assert not list(home.prefix.rglob("*.new"))


def test_the_desktop_finds_it(home, installers):
    home.install(installers["1.0"])
    share = home.path / ".local" / "share"
    entry = (share / "applications" / "thoravue.desktop").read_text("utf-8")
    assert f'Exec="{home.prefix}/thoravue" %F' in entry
    assert "MimeType=application/dicom" in entry
    assert (share / "icons/hicolor/scalable/apps/thoravue.svg").stat().st_size > 0
    assert "DICM" in (share / "mime/packages/thoravue.xml").read_text("utf-8")
    if shutil.which("desktop-file-validate"):
        assert (
            home.run(
                "desktop-file-validate", share / "applications/thoravue.desktop"
            ).returncode
            == 0
        )


def test_the_same_version_again_repairs_it(home, installers):
    home.install(installers["1.0"])
    (program,) = (home.prefix / "versions").glob("*/thoravue")
    program.write_text("broken")
    assert home.install(installers["1.0"]).returncode == 0
    assert home.version() == "Thoravue 1.0 a film.dcm"


@pytest.mark.parametrize("milliseconds", [15, 40, 80, 120, 180, 260, 400])
def test_killed_in_an_update_the_old_version_starts(home, installers, milliseconds):
    home.install(installers["1.0"])
    update = subprocess.Popen(
        ["sh", str(installers["2.0"])],
        env=home.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        update.wait(milliseconds / 1000)
    except subprocess.TimeoutExpired:
        os.killpg(update.pid, signal.SIGKILL)
        update.wait()
    assert home.version() in {"Thoravue 1.0 a film.dcm", "Thoravue 2.0 a film.dcm"}
    assert home.install(installers["2.0"]).returncode == 0, "a second try is not in its own way"
    assert home.version() == "Thoravue 2.0 a film.dcm"
    assert not (home.prefix / "versions" / ".incoming").exists()


def test_killed_at_every_step_of_the_switch(home, installers, tmp_path):
    """`mv` is what makes anything true: one that dies at its n-th call stands for a kill there."""
    home.install(installers["1.0"])
    tools = tmp_path / "tools"
    tools.mkdir()
    count = tmp_path / "count"
    (tools / "mv").write_text(
        f'#!/bin/sh\necho >>"{count}"\n[ "$(wc -l <"{count}")" -lt "$DIES_AT" ] || kill -9 "$PPID" $$\n'
        'exec /bin/mv "$@"\n'
    )
    (tools / "mv").chmod(0o755)
    for number in range(1, 30):
        count.write_text("")
        home.environment |= {"PATH": f"{tools}:/usr/bin:/bin", "DIES_AT": str(number)}
        ended = home.install(installers["3.0"])
        assert home.version() in {"Thoravue 1.0 a film.dcm", "Thoravue 3.0 a film.dcm"}
        if ended.returncode == 0:
            break
    assert number > 5, "it was killed at all"
    assert ended.returncode == 0
    assert home.version() == "Thoravue 3.0 a film.dcm"


def test_a_damaged_file_changes_nothing(home, installers, tmp_path):
    home.install(installers["1.0"])
    damaged = tmp_path / "damaged.run"
    data = bytearray(installers["2.0"].read_bytes())
    data[-100_000] ^= 1
    damaged.write_bytes(data)
    for options in ((), ("--check",)):
        ended = home.install(damaged, *options)
        assert ended.returncode == 1
        assert "damaged" in ended.stderr
    assert home.version() == "Thoravue 1.0 a film.dcm"
    assert home.install(installers["2.0"], "--check").returncode == 0


def test_too_old_a_system_is_told_so(home, tmp_path):
    run = make_run(make_bundle(tmp_path / "b", "9.0"), "9.0", tmp_path / "9.run", glibc="99.1")
    ended = home.install(run)
    assert ended.returncode == 1
    assert "needs glibc 99.1" in ended.stderr
    assert not list((home.prefix / "versions").iterdir())


def test_a_program_that_does_not_start_is_never_switched_to(home, installers, tmp_path):
    home.install(installers["1.0"])
    bundle = make_bundle(tmp_path / "b", "9.0")
    (bundle / "thoravue").write_text("#!/bin/sh\nexit 127\n")
    ended = home.install(make_run(bundle, "9.0", tmp_path / "9.run"))
    assert ended.returncode == 1
    assert "does not start" in ended.stderr
    assert home.version() == "Thoravue 1.0 a film.dcm"


@pytest.mark.parametrize("free_kb", [2000, 57_000])
def test_on_a_full_disk_the_old_version_stays(home, installers, tmp_path, free_kb):
    """Too little room from the start, and room that another program takes meanwhile (`df` is made to promise more)."""
    if os.geteuid() != 0 or home.run("unshare", "-m", "true").returncode != 0:
        pytest.skip("mounting a small disk needs root")
    tools = tmp_path / "tools"
    tools.mkdir()
    promise = f"echo; echo tmpfs 9 9 {free_kb} 1% /" if free_kb > 2000 else 'exec /bin/df "$@"'
    (tools / "df").write_text(f"#!/bin/sh\n{promise}\n")
    (tools / "df").chmod(0o755)
    home.path.mkdir()
    script = f"""
        mount -t tmpfs -o size=2500k tmpfs "$HOME"
        PATH=/usr/bin:/bin sh {make_small(tmp_path)} || echo first failed
        PATH={tools}:$PATH sh {installers["2.0"]} && echo wrongly done
        "$HOME/.local/bin/thoravue"
        ls -A "$HOME/.local/opt/thoravue/versions" | wc -l
    """
    ended = home.run("unshare", "-m", "sh", "-c", script)
    assert ("full" if free_kb > 2000 else "Not enough room") in ended.stderr
    assert ended.stdout.splitlines()[-2:] == ["Thoravue 1.0 ", "1"]


def make_small(folder: Path) -> Path:
    """Version 1.0 for a small disk: it asks for no reserve."""
    run = make_run(make_bundle(folder / "small", "1.0"), "1.0", folder / "small.run")
    run.write_bytes(run.read_bytes().replace(b"unpacked_kb + 50000", b"unpacked_kb + 10   ", 1))
    return run


def test_uninstall_keeps_the_data_and_purge_asks(home, installers):
    home.install(installers["1.0"])
    library = home.path / ".local" / "share" / "thoravue" / "library.db"
    key = home.path / ".config" / "thoravue" / "library.key"
    for path in (library, key):
        path.parent.mkdir(parents=True)
        path.write_text("kept")
    assert home.run(home.prefix / "uninstall").returncode == 0
    assert not home.prefix.exists()
    assert not (home.path / ".local/bin/thoravue").exists()
    assert library.read_text() == key.read_text() == "kept"
    home.install(installers["1.0"])
    assert home.run(home.prefix / "uninstall", "--purge").returncode == 1, "nobody typed purge"
    assert library.exists()
    assert home.run(home.prefix / "uninstall", "--purge", "--yes").returncode == 0
    assert not library.parent.exists()
    assert not key.parent.exists()
    assert home.path.exists()
