"""Settings: a broken field falls back alone, is named, and nothing is lost."""

import json
from dataclasses import fields, replace

import pytest

from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import (
    FILE,
    Settings,
    load_settings,
    save_settings,
)
from workstation.core.errors import ErrorCode, WorkstationError


def test_what_was_saved_is_loaded(tmp_path):
    changed = Settings(language="zh", overlay_opacity=1.0, trusted_keys=("ab" * 32,))
    save_settings(tmp_path, changed)
    loaded = load_settings(tmp_path)
    assert loaded.settings == changed
    assert not loaded.problems
    assert loaded.settings.public_keys == (b"\xab" * 32,)


def test_changed_keys_are_kept_by_command():
    settings = Settings(
        keys=("view.invert Ctrl+J X", "view.reset", "room.settings_requested Ctrl+,")
    )
    assert settings.key_map == {
        "view.invert": ("Ctrl+J", "X"),
        "view.reset": (),
        "room.settings_requested": ("Ctrl+,",),
    }


def test_without_a_file_everything_has_its_default(tmp_path):
    assert load_settings(tmp_path).settings == Settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("overlay_opacity", 7),
        ("overlay_opacity", "much"),
        ("language", "fr"),
        ("compute_threads", True),
        ("invert_vertical_drag", 1),
        ("trusted_keys", ["short"]),
        ("keys", [""]),
        ("keys", [7]),
    ],
)
def test_a_broken_field_falls_back_alone(tmp_path, name, value):
    stored = {"corner_level": "minimal", name: value}
    (tmp_path / FILE).write_text(json.dumps(stored))
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings(corner_level="minimal")
    assert [(p.code, p.parameters["field"]) for p in loaded.problems] == [
        (ErrorCode.SETTINGS_INVALID, name)
    ]
    save_settings(tmp_path, replace(loaded.settings, language="en"))
    assert json.loads((tmp_path / (FILE + ".bad")).read_text()) == stored
    assert not load_settings(tmp_path).problems


@pytest.mark.parametrize("text", ["", "[]", "{", "\xff"])
def test_a_broken_file_is_named_and_kept(tmp_path, text):
    (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    loaded = load_settings(tmp_path)
    assert loaded.settings == Settings()
    assert loaded.problems
    save_settings(tmp_path, Settings())
    assert (tmp_path / (FILE + ".bad")).read_bytes() == text.encode("latin-1")


def test_every_field_is_described():
    for spec in fields(Settings):
        assert spec.metadata["doc"]
        assert spec.metadata["group"]


def test_a_value_out_of_range_cannot_exist():
    with pytest.raises(WorkstationError):
        Settings(compute_threads=0)


def test_one_folder_can_hold_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("THORAVUE_HOME", str(tmp_path))
    folders = Folders.standard()
    assert folders == Folders.below(tmp_path)
    assert (
        folders.config not in folders.library.parents
    )  # the key never lies beside the library
    (folders.scratch / "left").mkdir(parents=True)
    folders.empty_scratch()
    assert not folders.scratch.exists()
