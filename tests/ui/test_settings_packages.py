"""Model packages in the settings: listed with their trust, installed with consent, chosen for the next start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QTextBrowser

from resources.i18n import Texts
from tests.factories.panels import cut_words, dress_alone
from tests.factories.reports import MODEL
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.settings.consent import ConsentDialog, grouped
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.settings.model import PackageEntry, PackageOffer, SettingField
from workstation.ui.settings.packages import PackagesPage
from workstation.ui.settings.presenter import PackagesPresenter

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

BUILT_IN = replace(MODEL, card_html={"en": "<p>of the house</p>", "zh": "<p>本机</p>"})
OTHER = replace(
    BUILT_IN,
    model_id="other",
    package_sha256="0123456789abcdef" * 4,
    trust="unsigned",
    calibrated=False,
    card_html={"en": "<p>from elsewhere</p>", "zh": "<p>外来</p>"},
)
BROKEN = Reason(code=ErrorCode.MODEL_DAMAGED, parameters={"model": "broken-1.cxrmodel"})
ENTRIES = (
    PackageEntry(name="", file="built-in.cxrmodel", info=BUILT_IN),
    PackageEntry(name="broken-1", file="broken-1.cxrmodel", reason=BROKEN),
    PackageEntry(name="other-1.0.0", file="other-1.0.0.cxrmodel", info=OTHER),
)
FILE = Path("/packages/new.cxrmodel")


def offer(**changes):
    values = {"path": FILE, "info": OTHER, "signer": None, "fingerprint": None}
    return PackageOffer(**values | {"needs_consent": True} | changes)


SIGNED = offer(signer="ab" * 32, fingerprint="cd" * 32)


class FakePackages:
    """Packages in memory; `offered` is what a file turns out to be."""

    def __init__(self):
        self.offered = offer()
        self.installed = []

    def entries(self):
        return ENTRIES

    def offer(self, path):
        if self.offered is None:
            raise WorkstationError(ErrorCode.MODEL_DAMAGED, model=path.name)
        return self.offered

    def install(self, offered):
        self.installed.append(offered)
        return offered.info


@pytest.fixture
def packages():
    return FakePackages()


@pytest.fixture
def presenter(qtbot, packages):
    lanes = Lanes()
    yield PackagesPresenter(lanes=lanes, packages=packages)
    lanes.shutdown()


@pytest.fixture
def page(qtbot, presenter):
    made = PackagesPage(Texts("en"), chosen="", in_use=BUILT_IN.package_sha256)
    qtbot.addWidget(made)
    made.attach(presenter)
    qtbot.waitUntil(lambda: made.table.rowCount() == len(ENTRIES))
    return made


def row(page, number):
    items = (page.table.item(number, column) for column in range(page.table.columnCount()))
    return [item.text() for item in items if item]


def words(page):
    return " ".join(label.text() for label in page.findChildren(QLabel))


def asked(page):
    """The question that is open."""
    return next((d for d in page.findChildren(ConsentDialog) if d.isVisible()), None)


def test_each_package_says_what_it_is_whose_it_is_and_whether_it_runs(page):
    assert row(page, 0) == [
        "test-model", "1.0.0", "aaaaaaaaaaaa…", "shipped with this program", "✓ yes", "● in use",
    ]  # fmt: skip
    assert row(page, 2)[2:] == [
        "0123456789ab…", "unsigned: nobody vouches for it", "✗ no: no calls", "",
    ]  # fmt: skip


def test_a_package_that_cannot_be_opened_says_why_and_can_neither_be_used_nor_read(page):
    name, why = row(page, 1)
    assert name == "broken-1.cxrmodel"
    assert "damaged" in why
    page.table.selectRow(1)
    assert not page.use.isEnabled()
    assert not page.card.isEnabled()


def test_a_choice_says_that_it_waits_for_the_next_start(page):
    page.table.selectRow(2)
    page.use.click()
    assert page.chosen == "other-1.0.0"
    assert row(page, 0)[-1] == "● in use until the next start"
    assert row(page, 2)[-1] == "○ from the next start"
    assert "next start" in words(page)
    assert not page.use.isEnabled()


def test_every_package_has_its_own_card(page):
    page.table.selectRow(2)
    page.card.click()
    (card,) = page.window().findChildren(QTextBrowser)
    assert "from elsewhere" in card.toPlainText()
    card.window().close()


def choose_file(page, monkeypatch, path=FILE):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), ""))
    page.install.click()


def test_a_package_nobody_vouches_for_is_installed_only_after_consent(
    page, packages, qtbot, monkeypatch
):
    choose_file(page, monkeypatch)
    qtbot.waitUntil(lambda: asked(page) is not None)
    question = asked(page)
    assert packages.installed == []
    assert not question.accept_button.isEnabled()
    assert OTHER.package_sha256 in words(question).replace(" ", "").replace("\n", "")
    assert not question.trust.isVisible()
    question.compared.setChecked(True)
    question.accept_button.click()
    qtbot.waitUntil(page.install.isEnabled)
    assert packages.installed == [packages.offered]
    assert "other 1.0.0 is installed." in words(page)


def test_a_declined_package_is_not_installed(page, packages, qtbot, monkeypatch):
    choose_file(page, monkeypatch)
    qtbot.waitUntil(lambda: asked(page) is not None)
    asked(page).buttons.rejected.emit()
    assert packages.installed == []
    assert page.install.isEnabled()
    assert "Not installed." in words(page)


@pytest.mark.parametrize("trust", [True, False])
def test_an_unknown_key_shows_its_fingerprint_and_is_trusted_only_when_asked_to(
    page, packages, presenter, qtbot, trust
):
    packages.offered = SIGNED
    trusted = []
    presenter.key_trusted.connect(trusted.append)
    presenter.offer(FILE)
    qtbot.waitUntil(lambda: asked(page) is not None)
    question = asked(page)
    assert SIGNED.fingerprint in words(question).replace(" ", "").replace("\n", "")
    assert not question.trust.isChecked()
    question.compared.setChecked(True)
    question.trust.setChecked(trust)
    question.accept_button.click()
    qtbot.waitUntil(lambda: "is installed" in words(page))
    assert trusted == ([SIGNED.signer] if trust else [])


def test_a_package_of_a_trusted_key_needs_no_question(page, packages, qtbot, monkeypatch):
    packages.offered = offer(info=replace(OTHER, trust="signed"), needs_consent=False)
    choose_file(page, monkeypatch)
    qtbot.waitUntil(
        lambda: packages.installed == [packages.offered] and page.install.isEnabled()
    )
    assert asked(page) is None


def test_a_bad_file_is_told_and_the_next_one_can_be_tried(page, packages, qtbot, monkeypatch):
    packages.offered = None
    choose_file(page, monkeypatch)
    qtbot.waitUntil(page.install.isEnabled)
    assert "✗ The model package new.cxrmodel is damaged" in words(page)
    assert packages.installed == []


FIELDS = (
    SettingField(name="language", doc="", default="system", value="en", choices=("system", "en")),
    SettingField(
        name="compute_threads", doc="", default=2, value=3, group="ai", unit="cores",
        minimum=1, maximum=64, needs_restart=True,
    ),
)  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_shows_its_settings_with_range_and_default_and_cuts_nothing(qtbot, language):
    texts = Texts(language)
    page = PackagesPage(texts, chosen="", in_use=BUILT_IN.package_sha256)
    page.show_entries(ENTRIES)
    dialog = SettingsDialog(texts, FIELDS, None, packages=page)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(dialog)
    dress_alone(dialog)
    dialog.show()
    titles = [dialog.pages.item(n).text() for n in range(dialog.pages.count())]
    assert titles == [texts.tr(f"settings.{group}") for group in ("general", "ai", "models")]
    for number in range(dialog.pages.count()):
        dialog.pages.setCurrentRow(number)
        assert cut_words(dialog) == []
    if language == "en":
        assert "1 to 64" in words(dialog)
        assert "Default: 2" in words(dialog)
    page.table.selectRow(2)
    page.use.click()
    with qtbot.waitSignal(dialog.saved) as saved:
        dialog._save()
    assert saved.args[0] == {"language": "en", "compute_threads": 3, "model": "other-1.0.0"}


def test_a_hash_is_grouped_without_losing_a_letter():
    digest = "0123456789abcdef" * 4
    assert grouped(digest).replace(" ", "").replace("\n", "") == digest
    assert len(grouped(digest).splitlines()) == 2
