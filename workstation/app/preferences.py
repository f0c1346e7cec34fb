"""Settings between the configuration file and the dialog."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, replace
from typing import Any

from workstation.adapters.config.settings import Settings
from workstation.ui.settings.model import SettingField, Value


def described(settings: Settings) -> list[SettingField]:
    """The settings that a reader changes in the dialog, each with its description."""
    return [
        SettingField(
            name=spec.name,
            doc=spec.metadata["doc"],
            default=_default(spec),
            value=getattr(settings, spec.name),
            group=spec.metadata["group"],
            unit=spec.metadata["unit"],
            minimum=spec.metadata["minimum"],
            maximum=spec.metadata["maximum"],
            choices=spec.metadata["choices"],
            needs_restart=spec.metadata["needs_restart"],
        )
        for spec in fields(settings)
        if not isinstance(spec.default, tuple)
    ]


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """`settings` with the dialog's values.

    Raises
    ------
    WorkstationError
        ``settings_invalid`` for a value that does not fit.
    """
    return replace(settings, **values)


def _default(spec: Field[Any]) -> Value:
    value: Value = spec.default  # type: ignore[assignment]  # every setting has one
    return value
