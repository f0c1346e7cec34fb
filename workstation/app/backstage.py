"""What works behind the window: library, model packages, report writer. Imported after the first paint."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import Settings
from workstation.adapters.export.pdf import PdfRenderer
from workstation.adapters.inference.packages import PackageShelf
from workstation.adapters.store.library import Library, open_library
from workstation.app.models import InstalledModels
from workstation.core.errors import WorkstationError
from workstation.core.findings import ModelInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Backstage:
    """`library` is the store lane's alone, `reading` the window's; `model` is None when no package can be opened."""

    library: Library
    reading: Library
    models: InstalledModels
    model: ModelInfo | None
    renderer: PdfRenderer

    def close(self) -> None:
        """Close both connections."""
        self.reading.close()
        self.library.close()


def open_backstage(folders: Folders, settings: Settings) -> Backstage:
    """Open the library and look at the package in use.

    Raises
    ------
    WorkstationError
        Why the library cannot be opened.
    """
    library = open_library(folders)
    models = InstalledModels(PackageShelf(folders.models, settings.public_keys))
    model: ModelInfo | None = None
    with suppress(
        WorkstationError
    ):  # films are read without a model too; the findings panel says so
        model, _ = models.find(settings.model or None)
    return Backstage(
        library=library,
        reading=library.reader(),
        models=models,
        model=model,
        renderer=PdfRenderer(),
    )
