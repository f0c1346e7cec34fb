"""What the settings dialog shows: a description of each field, and the model packages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workstation.core.errors import Reason
from workstation.core.findings import ModelInfo

Value = bool | int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting.

    Its editor follows from the type of `default`, or from `choices`. Texts are the coded keys ``setting.<name>`` (label),
    ``setting.<name>.doc`` and ``setting.<name>.<choice>``.
    `group` is a coded key ``settings.<group>``, `unit` one ``unit.<unit>``. `needs_restart` is said beside the field.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageEntry:
    """One installed model package: what it is, or the `reason` why it cannot be opened.

    `name` is what the setting ``model`` holds to choose it; empty for the built-in one.
    """

    name: str
    file: str
    info: ModelInfo | None = None
    reason: Reason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageOffer:
    """A file that may be installed: verified, not yet trusted.

    `signer` is the public key of a valid signature in hexadecimal, `fingerprint` its SHA-256; both None without a signature.
    """

    path: Path
    info: ModelInfo
    signer: str | None
    fingerprint: str | None
    needs_consent: bool


class Packages(Protocol):
    """The model packages of this computer; every method reads large files and raises `WorkstationError`."""

    def entries(self) -> Sequence[PackageEntry]:
        """All packages, the built-in one first; one that cannot be opened says why."""
        ...

    def offer(self, path: Path) -> PackageOffer:
        """Verify a file without keeping it."""
        ...

    def install(self, offer: PackageOffer) -> ModelInfo:
        """Keep the very file that was offered; the reader has consented where that was needed."""
        ...
