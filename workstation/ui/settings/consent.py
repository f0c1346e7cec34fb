"""Asks before a model package is installed that nobody known vouches for."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.panel import Words, dress
from workstation.ui.settings.model import PackageOffer

_GROUP = 8


class ConsentDialog(QDialog):
    """Shows the whole SHA-256, and the signer's fingerprint where there is one; Install waits for a tick.

    Signals
    -------
    consented
        `PackageOffer`, and whether later packages of its signer are trusted too.
    """

    consented = Signal(object, bool)

    def __init__(self, texts: Texts, offer: PackageOffer, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(texts.tr("Install a model package"))
        self._offer = offer
        tr, info = texts.tr, offer.info
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(8)
        layout.addWidget(Words(f"{info.model_id} {info.version}", "title"))
        said = (
            tr("⚠ This package is not signed: nobody vouches for it.")
            if offer.fingerprint is None
            else tr("⚠ This package is signed by a key that is not known here.")
        )
        layout.addWidget(Words(said, "warning"))
        self._add_hash(layout, tr("SHA-256 of the file"), info.package_sha256)
        if offer.fingerprint is not None:
            self._add_hash(layout, tr("Fingerprint of the signer's key"), offer.fingerprint)
        note = tr(
            "Compare with what the publisher told you by another way. A model that was tampered with gives wrong scores."
        )
        layout.addWidget(Words(note, "muted"))
        self.compared = QCheckBox(tr("I have compared them, and want this package"))
        self.trust = QCheckBox(tr("Trust this key: its later packages need no question"))
        self.trust.setVisible(offer.fingerprint is not None)
        layout.addWidget(self.compared)
        layout.addWidget(self.trust)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.accept_button = self.buttons.addButton(
            tr("Install"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        dress(self.accept_button, "primary")
        self.accept_button.setEnabled(False)
        self.compared.toggled.connect(self.accept_button.setEnabled)
        self.buttons.accepted.connect(self._consent)
        self.buttons.rejected.connect(self.reject)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(560)

    def _consent(self) -> None:
        self.consented.emit(self._offer, self.trust.isChecked())
        self.accept()

    @staticmethod
    def _add_hash(layout: QVBoxLayout, name: str, digest: str) -> None:
        layout.addWidget(Words(name, "heading"))
        line = QLabel(grouped(digest))
        line.setProperty("class", "code")
        line.setAccessibleName(name)
        line.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout.addWidget(line)


def grouped(digest: str) -> str:
    """A hash in two lines of groups, as eyes compare it."""
    groups = [digest[at : at + _GROUP] for at in range(0, len(digest), _GROUP)]
    half = (len(groups) + 1) // 2
    return "\n".join((" ".join(groups[:half]), " ".join(groups[half:])))
