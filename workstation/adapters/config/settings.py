"""What a site or reader sets once: one typed object, kept as JSON in the configuration folder.

Nothing of a patient belongs here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.services.exporting import write_atomically

FILE, KEPT_FILE = "settings.json", "settings.json.bad"


def _setting(
    *,
    default: Any,  # noqa: ANN401 - the field's own type
    doc: str,
    group: str,
    unit: str = "",
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    needs_restart: bool = False,
) -> Any:  # noqa: ANN401 - dataclasses.field is typed so too
    return field(
        default=default,
        metadata={
            "doc": doc,
            "group": group,
            "unit": unit,
            "minimum": minimum,
            "maximum": maximum,
            "choices": choices,
            "needs_restart": needs_restart,
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting; each field's metadata has its doc, group, unit, range and choices.

    Raises
    ------
    WorkstationError
        ``settings_invalid`` with the field's name.
    """

    language: str = _setting(
        default="system",
        doc="Language of window and reports.",
        group="general",
        choices=("system", "zh", "en"),
    )
    reveal_policy: str = _setting(
        default="after_impression",
        doc="When AI results may be drawn.",
        group="ai",
        choices=("after_impression", "on_request", "at_once"),
        needs_restart=True,
    )
    overlay_opacity: float = _setting(
        default=0.45, doc="How opaque evidence is drawn.", group="ai", minimum=0.05, maximum=1.0
    )
    overlay_cut_off: float = _setting(
        default=0.35,
        doc="Evidence below this share of a map's maximum is not drawn.",
        group="ai",
        minimum=0.0,
        maximum=0.95,
    )
    triage_bound: int = _setting(
        default=10,
        doc="In the AI's order no study waits behind more than this many that came later.",
        group="ai",
        minimum=0,
        maximum=1000,
        unit="studies",
    )
    compute_threads: int = _setting(
        default=2,
        doc="Processor cores that an analysis uses.",
        group="ai",
        minimum=1,
        maximum=64,
        unit="cores",
        needs_restart=True,
    )
    corner_level: str = _setting(
        default="all",
        doc="Text over the film.",
        group="film",
        choices=("all", "minimal", "none"),
    )
    invert_vertical_drag: bool = _setting(
        default=False,
        doc="Dragging down raises the window's centre instead of lowering it.",
        group="film",
    )
    assume_gbk: bool = _setting(
        default=False,
        doc="Read names without a declared character set as GBK.",
        group="import",
        needs_restart=True,
    )
    keys: tuple[str, ...] = _setting(
        default=(),
        doc="Commands with other keys than their own, as ``command key key…``.",
        group="general",
    )
    model: str = _setting(
        default="",
        doc="Model package in use, as ``id-version``; the built-in one when empty.",
        group="models",
        needs_restart=True,
    )
    trusted_keys: tuple[str, ...] = _setting(
        default=(), doc="Ed25519 public keys whose model packages are trusted.", group="models"
    )

    def __post_init__(self) -> None:
        for spec in fields(self):
            value, default = getattr(self, spec.name), spec.default
            low, high = spec.metadata["minimum"], spec.metadata["maximum"]
            choices = spec.metadata["choices"]
            fits = type(value) is type(default) and (not choices or value in choices)
            if not fits or (low is not None and not low <= value <= high):
                raise WorkstationError(ErrorCode.SETTINGS_INVALID, field=spec.name)
        if any(type(line) is not str or not line.split() for line in self.keys):
            raise WorkstationError(ErrorCode.SETTINGS_INVALID, field="keys")
        if any(not _is_key(key) for key in self.trusted_keys):
            raise WorkstationError(ErrorCode.SETTINGS_INVALID, field="trusted_keys")

    @property
    def key_map(self) -> dict[str, tuple[str, ...]]:
        """The changed keys by command."""
        parts = (line.split() for line in self.keys)
        return {command: tuple(keys) for command, *keys in parts}

    @property
    def public_keys(self) -> tuple[bytes, ...]:
        """The trusted keys as 32 bytes each."""
        return tuple(bytes.fromhex(key) for key in self.trusted_keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings, and the reasons why some of them have their default value."""

    settings: Settings
    problems: tuple[Reason, ...] = ()


def load_settings(config: Path) -> LoadedSettings:
    """Read the settings; what cannot be used falls back to its default, is named, and stays in the file."""
    try:
        stored = json.loads((config / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return LoadedSettings(settings=Settings())
    except (OSError, ValueError):
        stored = None
    if not isinstance(stored, Mapping):
        problem = Reason(code=ErrorCode.SETTINGS_INVALID, parameters={"field": FILE})
        return LoadedSettings(settings=Settings(), problems=(problem,))
    settings, problems = Settings(), []
    for spec in fields(Settings):
        if spec.name in stored:
            value = stored[spec.name]
            try:
                settings = replace(settings, **{spec.name: _parsed(value, spec.default)})
            except WorkstationError as error:
                problems.append(error.reason)
    return LoadedSettings(settings=settings, problems=tuple(problems))


def save_settings(config: Path, settings: Settings) -> None:
    """Write the settings; a file that could not be read is kept beside it as ``settings.json.bad``.

    Raises
    ------
    WorkstationError
        ``output_not_writable`` or ``disk_full``.
    """
    path = config / FILE
    if path.exists() and load_settings(config).problems:
        write_atomically(path.with_name(KEPT_FILE), path.read_bytes())
    values = {spec.name: getattr(settings, spec.name) for spec in fields(settings)}
    write_atomically(path, (json.dumps(values, indent=2) + "\n").encode())


def _parsed(value: Any, default: Any) -> Any:  # noqa: ANN401 - from JSON, checked by Settings
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(default, float) and type(value) is int:
        return float(value)
    return value


def _is_key(key: object) -> bool:
    try:
        return isinstance(key, str) and len(bytes.fromhex(key)) == 32
    except ValueError:
        return False
