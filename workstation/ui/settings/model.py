"""What the settings dialog shows: a description of each field."""

from __future__ import annotations

from dataclasses import dataclass

Value = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting.

    Its editor follows from the type of `default`, or from `choices`. Texts are the coded keys ``setting.<name>`` (label),
    ``setting.<name>.doc`` and ``setting.<name>.<choice>``.
    `group` is a coded key ``settings.<group>``. `needs_restart` is said beside the field.
    """

    name: str
    doc: str
    default: Value
    value: Value
    group: str = "general"
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    needs_restart: bool = False

    def __post_init__(self) -> None:
        if type(self.value) is not type(self.default):
            raise ValueError("a setting's value has the type of its default")
        if self.choices and self.value not in self.choices:
            raise ValueError("a setting's value is one of its choices")
