"""Files are whole or not there, and no tag decides where they lie."""

import errno
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.core.errors import ErrorCode, WorkstationError
from workstation.services.exporting import check_writable, safe_stem, write_atomically


def test_a_file_is_written_whole_and_replaces_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "new folder" / "report.pdf"
    write_atomically(target, b"old")
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, ErrorCode.DISK_FULL),
        (errno.EDQUOT, ErrorCode.DISK_FULL),
        (errno.EACCES, ErrorCode.OUTPUT_NOT_WRITABLE),
    ],
)
def test_a_failed_write_keeps_the_old_file_and_leaves_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: ErrorCode
) -> None:
    target = tmp_path / "report.pdf"
    target.write_bytes(b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(number, "made up")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(WorkstationError) as caught:
        write_atomically(target, b"new")
    assert caught.value.code is code
    assert caught.value.reason.parameters == {"path": str(target)}
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_is_a_file_is_not_writable(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(WorkstationError) as caught:
        write_atomically(tmp_path / "taken" / "report.pdf", b"x")
    assert caught.value.code is ErrorCode.OUTPUT_NOT_WRITABLE


@given(st.text(), st.text())
def test_a_name_from_tags_stays_one_plain_name(text: str, identifier: str) -> None:
    stem = safe_stem(text, identifier=identifier)
    assert Path(stem).name == stem
    assert not set(stem) & set('/\\:*?"<>|.\0\n')
    assert len(stem) <= 61


def test_names_tell_studies_with_one_accession_apart() -> None:
    assert safe_stem("A-17", identifier="1.2") != safe_stem("A-17", identifier="1.3")
    assert safe_stem("../../etc", identifier="1").startswith("etc-")
    assert safe_stem("胸片 17", identifier="1").startswith("胸片-17-")


def test_a_folder_is_tried_before_work_is_left_there(tmp_path):
    check_writable(tmp_path / "new" / "deep")
    assert list((tmp_path / "new" / "deep").iterdir()) == []
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkstationError) as refusal:
        check_writable(tmp_path / "file" / "below")
    assert refusal.value.code is ErrorCode.OUTPUT_NOT_WRITABLE
