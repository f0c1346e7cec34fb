"""`thoravue models list | show | verify | install FILE`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from workstation.cli.analyse import EXIT_FAILED, EXIT_OK, error_text
from workstation.cli.progress import Translator
from workstation.core.errors import WorkstationError
from workstation.core.findings import FindingCode, ModelInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFinding:
    """One finding that a package scores: its threshold, and AUROC with its 95 % interval on validation."""

    code: FindingCode
    threshold: float | None
    auroc: tuple[float, float, float] | None


class Models(Protocol):
    """The packages of this installation; every method raises `WorkstationError` for a package it cannot open."""

    def paths(self) -> Sequence[Path]:
        """All package files, the built-in one first."""
        ...

    def read(self, path: Path) -> ModelInfo:
        """Check all hashes of one file and say what it is."""
        ...

    def find(self, model_id: str | None) -> tuple[ModelInfo, Sequence[OfferedFinding]]:
        """One package by id, the built-in one without; all hashes are checked."""
        ...

    def verify(self, model_id: str | None) -> ModelInfo:
        """Check hashes, and that this computer gives the package's golden answers."""
        ...

    def install(self, path: Path, *, allow_unsigned: bool) -> ModelInfo:
        """Verify a file and keep it."""
        ...


def run(arguments: argparse.Namespace, models: Models, texts: Translator) -> int:
    """Do what the command line asks and return the exit code."""
    try:
        match arguments.action:
            case "list":
                return _list(models, texts)
            case "show":
                _show(*models.find(arguments.id), texts)
            case "verify":
                info = models.verify(arguments.id)
                print(texts.tr("{model}: hashes and golden vectors agree.", model=_name(info)))
            case _:
                info = models.install(arguments.file, allow_unsigned=arguments.allow_unsigned)
                print(texts.tr("{model} is installed.", model=_name(info)))
    except WorkstationError as error:
        print(error_text(error, texts), file=sys.stderr)
        return EXIT_FAILED
    return EXIT_OK


def _list(models: Models, texts: Translator) -> int:
    worst = EXIT_OK
    for path in models.paths():
        try:
            info = models.read(path)
        except WorkstationError as error:
            print(f" ✗ {path.name}: {error_text(error, texts)}")
            worst = EXIT_FAILED
        else:
            print(f" ✓ {_name(info)}  {texts.tr(f'trust.{info.trust}')}")
    return worst


def _show(info: ModelInfo, findings: Sequence[OfferedFinding], texts: Translator) -> None:
    print(f"{_name(info)}  {texts.tr(f'trust.{info.trust}')}")
    print(f"SHA-256 {info.package_sha256}")
    print(texts.tr("Validated from {years} years of age.", years=f"{info.minimum_age:g}"))
    if info.marks_per_100_normal is not None:
        print(
            texts.tr(
                "Expect about {marks} marks on 100 films without a finding.",
                marks=f"{info.marks_per_100_normal:.0f}",
            )
        )
    for finding in findings:
        threshold = texts.tr("no threshold: no call")
        if finding.threshold is not None:
            threshold = texts.tr("threshold {value}", value=f"{finding.threshold:.2f}")
        measured = ""
        if finding.auroc is not None:
            value, low, high = finding.auroc
            measured = f"  AUROC {value:.2f} [{low:.2f}-{high:.2f}]"
        print(f"  {texts.tr(f'finding.{finding.code.value}')}: {threshold}{measured}")
    print(
        texts.tr(
            "AUROC on the validation films, on which thresholds were chosen; films never seen before: see the model card."
        )
    )


def _name(info: ModelInfo) -> str:
    return f"{info.model_id} {info.version}"
