"""Whether listed files can be reached, without asking a dead drive for every file."""

from pathlib import Path

from workstation.core.jobs import CancelToken
from workstation.core.ports import Presence
from workstation.services.presence import look


def test_a_file_its_folder_and_neither(tmp_path):
    film = tmp_path / "a" / "film"
    film.parent.mkdir()
    film.write_bytes(b"1")
    found = look([film, tmp_path / "a" / "gone", tmp_path / "b" / "film"], CancelToken())
    assert list(found.values()) == [
        Presence.HERE,
        Presence.FILE_GONE,
        Presence.FOLDER_GONE,
    ]


def test_a_member_is_there_while_its_archive_is(tmp_path):
    archive = tmp_path / "films.zip"
    member = archive / "series" / "film"
    archive.write_bytes(b"1")
    assert look([member], CancelToken()) == {member: Presence.HERE}
    archive.unlink()
    assert look([member], CancelToken()) == {member: Presence.FOLDER_GONE}


def test_below_a_missing_folder_nothing_is_asked(tmp_path, monkeypatch):
    asked = []
    exists = Path.exists

    def watched(path):
        asked.append(path)
        if "drive" in path.parts:
            raise OSError(112, "host is down")
        return exists(path)

    monkeypatch.setattr(Path, "exists", watched)
    paths = [tmp_path / "drive" / f"study{n}" / "film" for n in range(20)]
    assert set(look(paths, CancelToken()).values()) == {Presence.FOLDER_GONE}
    assert [path for path in asked if "drive" in path.parts] == [tmp_path / "drive"]


def test_once_stopped_nothing_more_is_asked(tmp_path):
    token = CancelToken()
    token.cancel()
    assert look([tmp_path / "film"], token) == {}
