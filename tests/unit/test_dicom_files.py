"""Why a foreign file cannot be opened or read: the system's reason becomes a code."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from workstation.adapters.dicom.files import open_foreign
from workstation.core.errors import ErrorCode, WorkstationError


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EACCES, ErrorCode.FILE_NO_PERMISSION),
        (errno.EPERM, ErrorCode.FILE_NO_PERMISSION),
        (errno.EIO, ErrorCode.FILE_UNREADABLE),
    ],
)
@pytest.mark.parametrize("call", ["open", "read"])
def test_the_systems_refusal_becomes_a_code(
    number: int, code: ErrorCode, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(b"some bytes")

    def refuse(*_: object) -> int:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, refuse)
        with pytest.raises(WorkstationError) as raised, open_foreign(str(path)):
            pytest.fail("opened")
    assert raised.value.code is code


@pytest.mark.parametrize("left", [0, 9000])
def test_a_file_cut_while_it_is_open_is_truncated(left: int, tmp_path: Path) -> None:
    path = tmp_path / "film.dcm"
    path.write_bytes(b"some bytes" * 1000)

    def read() -> int:
        with open_foreign(str(path)) as file:
            os.truncate(path, left)
            return len(file.whole())

    with pytest.raises(WorkstationError) as raised:
        read()
    assert raised.value.code is ErrorCode.FILE_TRUNCATED
