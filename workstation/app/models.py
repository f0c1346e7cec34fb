"""The model packages of this installation, as the command line and the window ask for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from model.runtime.package import ModelPackage, PackageError
from workstation.adapters.inference.packages import (
    PackageShelf,
    model_info,
    offered_labels,
    package_fault,
)
from workstation.cli.models import OfferedFinding
from workstation.core.findings import FindingCode, ModelInfo
from workstation.core.ports import FindingsModel


class InstalledModels:
    """Packages on the shelf; implements `workstation.cli.models.Models`."""

    def __init__(self, shelf: PackageShelf) -> None:
        self._shelf = shelf

    def paths(self) -> Sequence[Path]:
        """All package files, the built-in one first."""
        return self._shelf.paths()

    def read(self, path: Path) -> ModelInfo:
        """Check all hashes of one file and say what it is."""
        return model_info(self._shelf.open_file(path))

    def find(self, model_id: str | None) -> tuple[ModelInfo, Sequence[OfferedFinding]]:
        """One package by id, the built-in one without."""
        package = self._shelf.open(model_id)
        return model_info(package), _offered(package)

    def verify(self, model_id: str | None) -> ModelInfo:
        """Check hashes and golden vectors."""
        return self._load(self._shelf.open(model_id)).info

    def install(self, path: Path, *, allow_unsigned: bool) -> ModelInfo:
        """Verify a file and keep it."""
        return model_info(self._shelf.install(path, allow_unsigned=allow_unsigned))

    def loader(
        self, model_id: str | None = None, *, threads: int = 1
    ) -> Callable[[], FindingsModel]:
        """A function that loads the model at its first call and keeps it; torch is imported only then."""
        loaded: list[FindingsModel] = []

        def load() -> FindingsModel:
            if not loaded:
                loaded.append(self._load(self._shelf.open(model_id), threads=threads))
            return loaded[0]

        return load

    @staticmethod
    def _load(package: ModelPackage, *, threads: int = 1) -> FindingsModel:
        from workstation.adapters.inference.findings_model import PackageModel  # imports torch

        try:
            return PackageModel(package, threads=threads)
        except PackageError as error:
            raise package_fault(error, package.id) from error


def _offered(package: ModelPackage) -> tuple[OfferedFinding, ...]:
    return tuple(
        OfferedFinding(
            code=FindingCode(label.code),
            threshold=label.threshold,
            auroc=(
                label.validation["auroc"],
                label.validation["auroc_low"],
                label.validation["auroc_high"],
            )
            if "auroc_low" in label.validation
            else None,
        )
        for _, label in offered_labels(package)
    )
