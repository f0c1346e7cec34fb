"""The page of the settings that lists model packages, installs them and chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from resources.i18n import Texts
from workstation.core.errors import Reason
from workstation.core.findings import ModelInfo
from workstation.ui.dialogs.pages import model_card
from workstation.ui.panel import Words, button, dress, in_line, plain_table, stacked, told
from workstation.ui.settings.consent import ConsentDialog
from workstation.ui.settings.model import PackageEntry, PackageOffer
from workstation.ui.settings.presenter import PackagesPresenter

_SHORT = 12
_USE = 5


class PackagesPage(QWidget):
    """A table of packages; what is installed is kept at once, the choice among them when the settings are saved.

    Parameters
    ----------
    chosen
        Name of the package that the setting names.
    in_use
        SHA-256 of the package that runs now; None when none could be opened.

    Signals
    -------
    offered
        Path of a file to install.
    """

    offered = Signal(object)

    def __init__(self, texts: Texts, *, chosen: str, in_use: str | None) -> None:
        super().__init__()
        self._texts = texts
        self.chosen = chosen
        self._in_use = in_use
        self._entries: tuple[PackageEntry, ...] = ()
        self.table = self._made_table()
        tr = texts.tr
        self.install = button(tr("Install…"))
        self.use = button(tr("Use this package"))
        self.card = button(tr("Model card"))
        self.install.clicked.connect(self._ask_file)
        self.use.clicked.connect(self._choose)
        self.card.clicked.connect(self._show_card)
        self.table.itemSelectionChanged.connect(self._enable)
        self._status = Words(css="muted")
        note = tr(
            "One package scores the films. Another choice takes effect at the next start; results made before stay as they are."
        )
        column = stacked(
            self.table,
            in_line(self.use, self.card, None, self.install),
            self._status,
            Words(note, "muted small"),
        )
        column.setStretch(0, 1)
        self.setLayout(column)
        self._say(tr("Reading the packages…"))
        self._enable()

    def attach(self, presenter: PackagesPresenter) -> None:
        """Show what `presenter` tells, and ask it to begin."""
        self.offered.connect(presenter.offer)
        presenter.listed.connect(self.show_entries)
        presenter.consent_needed.connect(self._ask_consent)
        presenter.installed.connect(self._on_installed)
        presenter.failed.connect(self._complain)
        self._presenter = presenter
        presenter.refresh()

    def show_entries(self, entries: Sequence[PackageEntry]) -> None:
        """List the packages; the row that was selected stays so."""
        self._entries = tuple(entries)
        if self._status.text() == self._texts.tr("Reading the packages…"):
            self._say("")
        row = max(self.table.currentRow(), 0)
        self.table.clearSpans()
        self.table.setRowCount(len(self._entries))
        for number, entry in enumerate(self._entries):
            for column, text in enumerate(self._cells(entry)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(number, column, item)
            if entry.info is None:
                self.table.setSpan(number, 1, 1, _USE)
        self.table.selectRow(min(row, len(self._entries) - 1))
        self._enable()

    # Private

    def _cells(self, entry: PackageEntry) -> tuple[str, ...]:
        tr, info = self._texts.tr, entry.info
        if info is None:
            why = told(self._texts, entry.reason) if entry.reason else ""
            return (entry.file, f"✗ {why}")
        return (
            info.model_id,
            info.version,
            f"{info.package_sha256[:_SHORT]}…",
            tr(f"trust.{info.trust}"),
            tr("✓ yes") if info.calibrated else tr("✗ no: no calls"),
            self._use(entry, info),
        )

    def _use(self, entry: PackageEntry, info: ModelInfo) -> str:
        tr = self._texts.tr
        runs, chosen = info.package_sha256 == self._in_use, entry.name == self.chosen
        if runs:
            return tr("● in use") if chosen else tr("● in use until the next start")
        return tr("○ from the next start") if chosen else ""

    def _made_table(self) -> QTableWidget:
        tr = self._texts.tr
        table = plain_table(QTableWidget(0, _USE + 1))
        table.setAccessibleName(tr("Model packages"))
        table.setHorizontalHeaderLabels(
            [tr("Package"), tr("Version"), "SHA-256", tr("Trust"), tr("Calibrated"), tr("Use")]
        )
        table.setWordWrap(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in (3, _USE):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        return table

    @property
    def _entry(self) -> PackageEntry | None:
        row = self.table.currentRow()
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def _enable(self) -> None:
        entry = self._entry
        can_open = entry is not None and entry.info is not None
        self.card.setEnabled(can_open)
        self.use.setEnabled(
            entry is not None and entry.info is not None and entry.name != self.chosen
        )

    def _choose(self) -> None:
        if self._entry is not None:
            self.chosen = self._entry.name
            self.show_entries(self._entries)
            self._say(
                self._texts.tr("Chosen; takes effect at the next start, once it is saved.")
            )

    def _show_card(self) -> None:
        entry = self._entry
        if entry is not None and entry.info is not None:
            html = entry.info.card_html[self._texts.language]
            model_card(self._texts, html, self.window()).open()

    def _ask_file(self) -> None:
        tr = self._texts.tr
        kinds = f"{tr('Model packages')} (*.cxrmodel)"
        name, _ = QFileDialog.getOpenFileName(self, tr("Install a model package"), filter=kinds)
        if name:
            self._say(tr("Checking {file}…", file=Path(name).name))
            self.install.setEnabled(False)
            self.offered.emit(Path(name))

    def _ask_consent(self, offer: PackageOffer) -> None:
        dialog = ConsentDialog(self._texts, offer, self.window())
        dialog.consented.connect(self._install)
        dialog.rejected.connect(self._decline)
        dialog.open()

    def _install(self, offer: PackageOffer, trust_signer: bool) -> None:  # noqa: FBT001 - a slot
        self._presenter.install(offer, trust_signer=trust_signer)

    def _decline(self) -> None:
        self._say(self._texts.tr("Not installed."))
        self.install.setEnabled(True)

    def _on_installed(self, info: ModelInfo) -> None:
        model = f"{info.model_id} {info.version}"
        self._say(self._texts.tr("{model} is installed.", model=model))
        self.install.setEnabled(True)

    def _complain(self, reason: Reason) -> None:
        self._say(f"✗ {told(self._texts, reason)}", "bad")
        self.install.setEnabled(True)

    def _say(self, text: str, css: str = "muted") -> None:
        dress(self._status, css)
        self._status.say(text)
