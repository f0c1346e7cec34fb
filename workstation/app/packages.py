"""The model packages of this computer, as the settings dialog asks for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from model.runtime.package import Trust
from workstation.adapters.config.settings import Settings
from workstation.adapters.inference.packages import PackageShelf, model_info
from workstation.core.errors import WorkstationError
from workstation.core.findings import ModelInfo
from workstation.ui.settings.model import PackageEntry, PackageOffer


class ReadersPackages:
    """Implements `workstation.ui.settings.model.Packages`; every call knows the keys that are trusted by then."""

    def __init__(self, installed: Path, settings: Callable[[], Settings]) -> None:
        self._installed = installed
        self._settings = settings

    def entries(self) -> tuple[PackageEntry, ...]:
        """All packages, the built-in one first; one that cannot be opened says why."""
        shelf = self._shelf()
        built_in, *others = shelf.paths()
        named = [("", built_in), *((path.stem, path) for path in others)]
        return tuple(_entry(shelf, name, path) for name, path in named)

    def offer(self, path: Path) -> PackageOffer:
        """Verify a file without keeping it."""
        package = self._shelf().open_file(path)
        key = package.signer_key
        return PackageOffer(
            path=path,
            info=model_info(package),
            signer=None if key is None else key.hex(),
            fingerprint=package.signer,
            needs_consent=package.trusted is Trust.UNSIGNED,
        )

    def install(self, offer: PackageOffer) -> ModelInfo:
        """Keep the very file that was offered; the reader has consented where that was needed."""
        package = self._shelf().install(
            offer.path,
            allow_unsigned=offer.needs_consent,
            expected_sha256=offer.info.package_sha256,
        )
        return model_info(package)

    def _shelf(self) -> PackageShelf:
        return PackageShelf(self._installed, self._settings().public_keys)


def _entry(shelf: PackageShelf, name: str, path: Path) -> PackageEntry:
    try:
        info = model_info(shelf.open_file(path))
    except WorkstationError as error:
        return PackageEntry(name=name, file=path.name, reason=error.reason)
    return PackageEntry(name=name, file=path.name, info=info)
