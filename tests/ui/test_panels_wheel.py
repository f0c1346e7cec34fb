"""The wheel scrolls a panel and never changes a value that happens to lie under the mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QScrollArea, QSlider

from resources.i18n import Texts
from workstation.core.findings import FindingCode, FindingScore
from workstation.core.review import Verdict
from workstation.ui.findings.model import FindingRow, FindingsPhase, FindingsState
from workstation.ui.findings.view import FindingsView
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.review.view import ReviewView
from workstation.ui.settings.form import SettingsForm
from workstation.ui.settings.model import SettingField

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")
TEXTS = Texts("en")
CODE = FindingCode.NODULE
SCORE = FindingScore(code=CODE, probability=0.8, threshold=0.5, calibration_id="c")
FIELDS = (
    SettingField(name="second", doc="", default=4, value=6, minimum=1, maximum=8),
    SettingField(name="third", doc="", default=0.5, value=0.25, minimum=0.1, maximum=0.9),
    SettingField(name="fourth", doc="", default="a", value="b", choices=("a", "b", "c")),
)


def findings():
    view = FindingsView(TEXTS)
    row = FindingRow(score=SCORE, peak_log_odds=1.0)
    view.set_state(FindingsState(phase=FindingsPhase.RESULT, rows=(row,), selected=CODE))
    view.result.rows[CODE].buttons[Verdict.EDITED].click()
    return view


def review():
    view = ReviewView(TEXTS)
    view.set_state(ReviewPanelState(study_uid="1.2.3"))
    view.identity.edit.click()
    return view


def turned(view, widget):
    """Turn the wheel down over the middle of `widget`, as the window system does."""
    for area in view.findChildren(QScrollArea):
        area.ensureWidgetVisible(widget)
    window = view.windowHandle()
    QTest.wheelEvent(window, widget.mapTo(view, widget.rect().center()), QPoint(0, -240))


def value(widget):
    return widget.currentIndex() if isinstance(widget, QComboBox) else widget.value()


PANELS = {
    "findings": (findings, 6),
    "review": (review, 1),
    "settings": (lambda: SettingsForm(TEXTS, FIELDS), 3),
}


@pytest.mark.parametrize("panel", PANELS)
def test_no_value_follows_the_wheel(qtbot, panel):
    make, count = PANELS[panel]
    view = make()
    qtbot.addWidget(view)
    view.show()
    kinds = (QSlider, QComboBox, QAbstractSpinBox)
    controls = [control for kind in kinds for control in view.findChildren(kind)]
    assert len(controls) == count
    before = [value(control) for control in controls]
    for control in controls:
        turned(view, control)
    assert [value(control) for control in controls] == before


def test_over_a_slider_the_panel_scrolls(qtbot):
    view = findings()
    qtbot.addWidget(view)
    view.resize(340, 300)
    view.show()
    bar = view.area.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    view.area.ensureWidgetVisible(view.result.evidence.opacity)
    start = bar.value()
    turned(view, view.result.evidence.opacity)
    assert bar.value() > start
    assert not view.result.evidence.opacity.hasFocus()
