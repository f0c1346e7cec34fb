"""Settings between the configuration file and the dialog."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields, replace
from typing import Any

from resources.i18n import Texts
from workstation.adapters.config.settings import FILE, KEPT_FILE, Settings
from workstation.core.errors import Reason
from workstation.ui.settings.model import SettingField, Value


def described(settings: Settings) -> list[SettingField]:
    """The settings that a reader changes in the dialog's forms, each with its description; keys and packages have pages."""
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
        if not isinstance(spec.default, tuple) and spec.name != "model"
    ]


def changed(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """`settings` with the dialog's values.

    Raises
    ------
    WorkstationError
        ``settings_invalid`` for a value that does not fit.
    """
    return replace(settings, **values)


def problem_words(texts: Texts, problems: Sequence[Reason]) -> str:
    """What could not be read of the settings, what holds instead, and what became of the file."""
    names = [str(problem.parameters["field"]) for problem in problems]
    kept = texts.tr(
        "The file is as it was; when settings are saved, it is kept as {name}.", name=KEPT_FILE
    )
    if FILE in names:
        said = texts.tr("The settings file could not be read: every setting has its default.")
    else:
        fields = ", ".join(texts.tr(f"setting.{name}") for name in names)
        said = texts.tr(
            "Settings that could not be read have their default: {fields}.", fields=fields
        )
    return f"{said} {kept}"


def _default(spec: Field[Any]) -> Value:
    value: Value = spec.default  # type: ignore[assignment]  # every setting has one
    return value
