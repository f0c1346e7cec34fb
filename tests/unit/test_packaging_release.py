"""An installer on a stick: whole, signed, damaged, swapped; and what `thoravue update` does about it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from resources.i18n import Texts
from workstation.adapters.release import Standing, install, take
from workstation.cli import update
from workstation.cli.parser import parse

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = (bytes(32), KEY.public_key().public_bytes_raw())
EN = Texts("en")


@pytest.fixture
def sign():
    path = Path(__file__).resolve().parents[2] / "packaging" / "bundle" / "sign.py"
    spec = importlib.util.spec_from_file_location("bundle_sign", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.write_sums


@pytest.fixture
def stick(tmp_path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    (folder / "thoravue.run").write_bytes(b"#!/bin/sh\n" * 100_000)
    (folder / "thoravue.deb").write_bytes(b"a package")
    return folder


def standing(stick, tmp_path, keys=TRUSTED):
    return take(stick / "thoravue.run", tmp_path / "copy.run", keys)


def test_a_signed_release_is_copied_whole(stick, tmp_path, sign):
    sign(sorted(stick.iterdir()), stick, KEY)
    assert standing(stick, tmp_path) is Standing.SIGNED
    assert (tmp_path / "copy.run").read_bytes() == (stick / "thoravue.run").read_bytes()


def test_without_a_trusted_signature_it_is_unsigned(stick, tmp_path, sign):
    sign(sorted(stick.iterdir()), stick, KEY)
    assert standing(stick, tmp_path, keys=()) is Standing.UNSIGNED
    (tmp_path / "copy.run").unlink()
    sign([stick / "thoravue.run"], stick, None)
    assert not (stick / "SHA256SUMS.sig").exists()
    assert standing(stick, tmp_path) is Standing.UNSIGNED


def test_another_signature_than_that_of_these_sums_counts_for_nothing(stick, tmp_path, sign):
    sign([stick / "thoravue.deb"], stick, KEY)
    old = (stick / "SHA256SUMS.sig").read_bytes()
    sign([stick / "thoravue.run"], stick, KEY)
    (stick / "SHA256SUMS.sig").write_bytes(old)
    assert standing(stick, tmp_path) is Standing.FOREIGN


def test_a_signature_by_an_unknown_key_is_foreign(stick, tmp_path, sign):
    sign([stick / "thoravue.run"], stick, KEY)
    assert standing(stick, tmp_path, keys=(bytes(32),)) is Standing.FOREIGN


def test_one_changed_byte_is_damage(stick, tmp_path, sign):
    sign([stick / "thoravue.run"], stick, KEY)
    with (stick / "thoravue.run").open("rb+") as file:
        file.seek(500_000)
        file.write(b"?")
    assert standing(stick, tmp_path) is Standing.DAMAGED


def test_a_file_that_no_release_lists(stick, tmp_path, sign):
    assert standing(stick, tmp_path) is Standing.UNLISTED
    (tmp_path / "copy.run").unlink()
    sign([stick / "thoravue.deb"], stick, KEY)
    assert standing(stick, tmp_path) is Standing.UNLISTED


def test_sums_that_are_no_text_list_nothing(stick, tmp_path):
    (stick / "SHA256SUMS").write_bytes(bytes(range(128, 256)))
    assert standing(stick, tmp_path) is Standing.UNLISTED


def test_an_update_goes_where_the_program_came_from(tmp_path):
    prefix = tmp_path / "some where"
    program = prefix / "versions" / "1.0-abc" / "thoravue"
    told = tmp_path / "told"
    installer = tmp_path / "thoravue.run"
    installer.write_text(f'echo "$@" >"{told}"; exit 7')
    assert install(installer, program) == 7
    assert told.read_text() == "\n", "it did not come from a .run"
    prefix.mkdir()
    (prefix / "current.txt").write_text("1.0-abc")
    install(installer, program)
    assert told.read_text() == f"--prefix {prefix}\n"


def test_the_installer_does_not_inherit_the_bundle_s_libraries(tmp_path, monkeypatch):
    told = tmp_path / "told"
    installer = tmp_path / "thoravue.run"
    installer.write_text(f'echo "[$LD_LIBRARY_PATH]" >"{told}"')
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle/_internal")
    install(installer, Path(sys.executable))
    assert told.read_text() == "[]\n"
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/own")
    install(installer, Path(sys.executable))
    assert told.read_text() == "[/own]\n"


@pytest.mark.parametrize(
    ("command", "standing", "code", "installed"),
    [
        ("thoravue.run", "signed", 0, True),
        ("thoravue.deb", "signed", 0, False),
        ("thoravue.run", "unsigned", 1, False),
        ("thoravue.run --allow-unsigned", "unsigned", 0, True),
        ("thoravue.run --allow-unsigned", "foreign", 1, False),
        ("thoravue.run --allow-unsigned", "damaged", 1, False),
        ("thoravue.run --allow-unsigned", "unlisted", 1, False),
    ],
)
def test_what_update_does(tmp_path, command, standing, code, installed):
    ran = []

    def note(path):
        ran.append(path)
        return 0

    options = parse(["update", *command.split()])
    copy = tmp_path / "copy"
    assert update.run(options, lambda _file, _copy: standing, note, copy, EN) == code
    assert ran == ([copy] if installed else [])


def test_an_installer_that_fails_fails(tmp_path):
    options = parse(["update", str(tmp_path / "thoravue.run")])
    assert update.run(options, lambda _f, _c: "signed", lambda _path: 1, tmp_path, EN) == 1


def test_a_stick_that_is_gone_is_told(tmp_path, capsys):
    options = parse(["update", str(tmp_path / "none.run")])
    code = update.run(
        options, lambda f, c: take(f, c, ()), pytest.fail, tmp_path / "copy", EN
    )  # fmt: skip
    assert code == 2
    assert "none.run cannot be copied" in capsys.readouterr().err
