"""The dialogs: every file accounted for in full words, settings as described, no name without a reader."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QDoubleSpinBox,
    QLabel,
    QPushButton,
    QSpinBox,
    QTableView,
    QTextBrowser,
)

from resources.i18n import Texts
from tests.factories.panels import cut_words, dress_alone
from workstation.core.errors import ErrorCode, Reason
from workstation.core.ports import ImportSummary
from workstation.core.study import FileOutcome, FileRecord, FileStamp
from workstation.ui.dialogs import pages
from workstation.ui.dialogs.left_out import LeftOutDialog, of_import
from workstation.ui.dialogs.reader_name import ReaderNameDialog
from workstation.ui.settings.dialog import SettingsDialog
from workstation.ui.settings.model import SettingField

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")

LANGUAGES = ("en", "zh")
ROOT = Path("/films")
# Why an import leaves a file out, each with what its text needs.
FILE_REASONS = {
    ErrorCode.FILE_NO_PERMISSION: {},
    ErrorCode.FILE_EMPTY: {},
    ErrorCode.FILE_TRUNCATED: {},
    ErrorCode.FILE_VANISHED: {},
    ErrorCode.FILE_UNREADABLE: {},
    ErrorCode.NOT_AN_IMAGE: {},
    ErrorCode.NO_PIXEL_DATA: {},
    ErrorCode.FOLDER_LOOP: {},
    ErrorCode.MALFORMED: {},
    ErrorCode.SUSPICIOUS: {},
    ErrorCode.TOO_LARGE: {},
    ErrorCode.SHORT_PIXEL_DATA: {},
    ErrorCode.UNSUPPORTED_TRANSFER_SYNTAX: {"syntax": "1.2.840.10008.1.2.4.202"},
    ErrorCode.UNSUPPORTED_PIXELS: {},
    ErrorCode.DECODER_CRASHED: {},
    ErrorCode.DECODER_TIMED_OUT: {},
}


def record(number, code, parameters):
    skipped = code in {ErrorCode.NOT_AN_IMAGE, ErrorCode.NO_PIXEL_DATA}
    return FileRecord(
        stamp=FileStamp(path=ROOT / f"disc/{number}.dcm", size=1, mtime_ns=1),
        outcome=FileOutcome.SKIPPED if skipped else FileOutcome.REFUSED,
        reason=Reason(code=code, parameters=parameters),
    )


PROBLEMS = tuple(record(n, code, p) for n, (code, p) in enumerate(FILE_REASONS.items()))
SUMMARY = ImportSummary(
    root=ROOT, loaded=9, unchanged=0, skipped=2, refused=14, cancelled=False, problems=PROBLEMS
)


@pytest.fixture
def opened(qtbot):
    """Dress a dialog, show it and see to its end."""

    def show(dialog):
        # Shown and closed by the test: most delete themselves when they are closed.
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(dialog)
        dress_alone(dialog)
        dialog.show()
        return dialog

    return show


def button(dialog, text) -> QAbstractButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_file_left_out_is_listed_with_its_whole_reason(opened, language):
    dialog = opened(LeftOutDialog(Texts(language), of_import(Texts(language), SUMMARY), None))
    table = dialog.findChild(QTableView)
    files = table.model()
    assert files.rowCount() == len(PROBLEMS)
    for row in range(files.rowCount()):
        cell = files.index(row, 2)
        text = cell.data()
        assert "{" not in text
        assert cell.data(Qt.ItemDataRole.ToolTipRole) == text
        room = table.visualRect(cell).adjusted(4, 0, -4, 0)
        needed = table.fontMetrics().boundingRect(
            QRect(0, 0, room.width(), 1000), Qt.TextFlag.TextWordWrap, text
        )
        assert needed.height() <= room.height(), text
    assert cut_words(dialog) == []


def test_many_files_left_out_are_put_into_words_when_they_are_looked_at(opened):
    class Counted(Texts):
        said = 0

        def tr(self, message, /, **parameters):
            self.said += 1
            return super().tr(message, **parameters)

    texts, many = Counted("en"), PROBLEMS * 300
    dialog = opened(
        LeftOutDialog(texts, of_import(texts, replace(SUMMARY, problems=many)), None)
    )
    dialog.grab()
    assert texts.said < len(many)
    assert len(dialog.as_csv().splitlines()) == 1 + len(many)


def test_the_summary_is_copied_as_a_table_of_every_file(opened):
    dialog = opened(LeftOutDialog(Texts("en"), of_import(Texts("en"), SUMMARY), None))
    button(dialog, "Copy").click()
    header, *rows = csv.reader(io.StringIO(QGuiApplication.clipboard().text()))
    assert header == ["File", "What became of it", "Reason"]
    assert [row[0] for row in rows] == [f"disc/{n}.dcm" for n in range(len(PROBLEMS))]
    assert "skipped" in rows[5][1]
    assert "refused" in rows[0][1]


def test_an_empty_name_is_no_reader(opened):
    dialog = opened(ReaderNameDialog(Texts("en")))
    accept = dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.StandardButton.Ok)
    assert dialog.name.text() == ""
    assert not accept.isEnabled()
    dialog.name.setText("   ")
    assert not accept.isEnabled()
    dialog.name.setText("李医生")
    assert accept.isEnabled()


FIELDS = (
    SettingField(name="first", doc="", default=True, value=False),
    SettingField(name="second", doc="", default=4, value=6, minimum=1, maximum=8),
    SettingField(name="third", doc="", default=0.5, value=0.25, minimum=0.1, maximum=0.9),
    SettingField(name="fourth", doc="", default="a", value="b", choices=("a", "b", "c")),
    SettingField(name="fifth", doc="", default="", value="ward 3"),
)


def test_settings_untouched_are_saved_as_they_are(opened, qtbot):
    dialog = opened(SettingsDialog(Texts("en"), FIELDS, None))
    with qtbot.waitSignal(dialog.saved) as saved:
        dialog.findChild(QDialogButtonBox).accepted.emit()
    assert saved.args[0] == {field.name: field.value for field in FIELDS}


def test_settings_have_an_editor_of_their_kind_and_keep_to_their_range(opened, qtbot):
    dialog = opened(SettingsDialog(Texts("en"), FIELDS, None))
    dialog.findChild(QCheckBox).setChecked(True)
    dialog.findChild(QSpinBox).setValue(99)
    dialog.findChild(QDoubleSpinBox).setValue(-1.0)
    dialog.findChild(QComboBox).setCurrentIndex(2)
    with qtbot.waitSignal(dialog.saved) as saved:
        dialog.findChild(QDialogButtonBox).accepted.emit()
    assert saved.args[0] == {
        "first": True,
        "second": 8,
        "third": 0.1,
        "fourth": "c",
        "fifth": "ward 3",
    }


def test_cancelled_settings_change_nothing(opened, qtbot):
    dialog = opened(SettingsDialog(Texts("en"), FIELDS, None))
    dialog.findChild(QCheckBox).setChecked(True)
    with qtbot.assertNotEmitted(dialog.saved):
        dialog.findChild(QDialogButtonBox).rejected.emit()
    assert not dialog.isVisible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_about_says_research_use_and_cuts_nothing(opened, language):
    texts = Texts(language)
    dialog = opened(pages.about(texts, "1.2.3", None))
    shown = [label.text() for label in dialog.findChildren(QLabel)]
    assert "Thoravue 1.2.3" in shown
    assert texts.tr("Research use, not a registered medical device") in shown
    assert cut_words(dialog) == []


def test_the_model_card_follows_no_link(opened):
    html = '<p>Known failures</p><a href="https://example.org">paper</a>'
    dialog = opened(pages.model_card(Texts("en"), html, None))
    page = dialog.findChild(QTextBrowser)
    assert "Known failures" in page.toPlainText()
    assert not page.openLinks()
    assert not page.openExternalLinks()


def test_the_figures_of_the_model_card_do_not_touch(opened):
    style = "<style>td{border:1px solid #999;padding:.2rem .6rem}</style>"
    html = f"<html><head>{style}</head><body><table><tr><td>0.9</td><td>12</td></tr></table></body></html>"
    dialog = opened(pages.model_card(Texts("en"), html, None))
    cursor = dialog.findChild(QTextBrowser).textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Down)
    cell = cursor.currentTable().cellAt(0, 0).format().toTableCellFormat()
    assert cell.leftPadding() >= 6
    assert cell.topPadding() > 0
