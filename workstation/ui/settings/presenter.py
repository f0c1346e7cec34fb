"""Model packages off the window: listed, verified, installed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.core.errors import Reason
from workstation.core.findings import ModelInfo
from workstation.core.jobs import Lane
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.settings.model import PackageOffer, Packages


class PackagesPresenter(QObject):
    """Answers a page that lists packages; it outlives the page.

    Signals
    -------
    listed
        Tuple of `PackageEntry`.
    consent_needed
        `PackageOffer` that is installed only after the reader has seen whose it is.
    installed
        `ModelInfo`.
    key_trusted
        Public key in hexadecimal whose packages the reader trusts from now on.
    failed
        `Reason` why a package was not listed or installed.
    """

    listed = Signal(object)
    consent_needed = Signal(object)
    installed = Signal(object)
    key_trusted = Signal(str)
    failed = Signal(object)

    def __init__(
        self, *, lanes: Lanes, packages: Packages, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._packages = packages

    def refresh(self) -> None:
        """List the packages; every hash is checked."""
        self._lanes.submit(
            Lane.EXPORT,
            lambda _: tuple(self._packages.entries()),
            done=self.listed.emit,
            failed=self._on_failed,
        )

    def offer(self, path: Path) -> None:
        """Verify a file, and install it unless the reader must be asked first."""
        self._lanes.submit(
            Lane.EXPORT,
            lambda _: self._packages.offer(path),
            done=self._on_offer,
            failed=self._on_failed,
        )

    def install(self, offer: PackageOffer, *, trust_signer: bool = False) -> None:
        """Install what was offered; with `trust_signer` later packages of that key need no consent."""

        def installed(info: ModelInfo) -> None:
            if trust_signer and offer.signer is not None:
                self.key_trusted.emit(offer.signer)
            self.installed.emit(info)
            self.refresh()

        # The golden answers are computed: where the network computes.
        self._lanes.submit(
            Lane.COMPUTE,
            lambda _: self._packages.install(offer),
            done=installed,
            failed=self._on_failed,
        )

    def _on_offer(self, offer: PackageOffer) -> None:
        if offer.needs_consent:
            self.consent_needed.emit(offer)
        else:
            self.install(offer)

    def _on_failed(self, reason: Reason) -> None:
        self.failed.emit(reason)
