"""Every file is met once, and what cannot be entered has a reason."""

import os

import pytest

from workstation.core.errors import ErrorCode
from workstation.core.study import FileOutcome, FileRecord, FileStamp
from workstation.services.walking import walk


def test_files_come_before_subfolders_in_the_order_of_their_names(tmp_path):
    for name in ("b/late.dcm", "a/deep/x", "z.dcm", "c.dcm"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"123")
    found = list(walk([tmp_path]))
    assert all(isinstance(item, FileStamp) for item in found)
    names = [item.path.relative_to(tmp_path).as_posix() for item in found]
    assert names == [
        "c.dcm",
        "z.dcm",
        "a/deep/x",
        "b/late.dcm",
    ]
    assert {item.size for item in found} == {3}
    assert found[0].mtime_ns == (tmp_path / "c.dcm").stat().st_mtime_ns


def test_a_file_named_itself_is_met(tmp_path):
    path = tmp_path / "film"
    path.write_bytes(b"")
    assert [item.path for item in walk([path])] == [path]


def test_a_loop_of_links_ends_with_a_reason(tmp_path):
    (tmp_path / "films").mkdir()
    (tmp_path / "films" / "one").write_bytes(b"1")
    (tmp_path / "films" / "again").symlink_to(tmp_path, target_is_directory=True)
    found = list(walk([tmp_path]))
    records = [item for item in found if isinstance(item, FileRecord)]
    assert len(found) == 2
    assert [(r.outcome, r.reason.code) for r in records] == [
        (FileOutcome.SKIPPED, ErrorCode.FOLDER_LOOP)
    ]


def test_a_dangling_link_is_a_refused_file(tmp_path):
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (record,) = walk([tmp_path])
    assert record.outcome is FileOutcome.REFUSED
    assert record.reason.code is ErrorCode.FILE_VANISHED


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (record,) = walk([tmp_path])
    assert record.outcome is FileOutcome.SKIPPED


def test_a_locked_folder_is_refused_and_the_rest_goes_on(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "film").write_bytes(b"1")
    scandir = os.scandir

    def guarded(path):  # root may read everything: the refusal is the system call's
        if str(path).endswith("locked"):
            raise PermissionError(13, "denied")
        return scandir(path)

    monkeypatch.setattr("workstation.services.walking.os.scandir", guarded)
    locked, film = walk([tmp_path])
    assert locked.reason.code is ErrorCode.FILE_NO_PERMISSION
    assert film.path == tmp_path / "open" / "film"
