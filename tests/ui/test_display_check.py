"""The display's test pattern: one value a device pixel, closed by any key."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from resources.i18n import Texts
from workstation.core.display_pattern import quality_pattern
from workstation.ui.display_check import DisplayCheck
from workstation.ui.footer import Footer
from workstation.ui.viewer.state import ViewerOptions
from workstation.ui.window import MainWindow, WindowOptions


def test_the_pattern_fills_the_screen_unscaled_and_a_key_closes_it(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    check = DisplayCheck(Texts("en"), parent)
    check.show()
    image = check.grab().toImage()
    seen = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[..., 0]
    wanted = quality_pattern(image.height(), image.width())
    below = image.height() // 4  # the words lie above
    assert np.array_equal(seen[below:], wanted[below:])
    with qtbot.waitSignal(check.destroyed):
        qtbot.keyClick(check, Qt.Key.Key_Escape)


def test_both_languages_say_that_nothing_is_calibrated(qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    for language, word in (("en", "Uncalibrated"), ("zh", "未校准")):
        check = DisplayCheck(Texts(language), parent)
        labels = [child.text() for child in check.children() if hasattr(child, "text")]
        assert any(word in text for text in labels)
        check.close()


def test_the_foot_of_the_window_says_so_and_leads_to_the_check(qtbot):
    window = MainWindow(Texts("en"), WindowOptions(viewer=ViewerOptions(), keys={}))
    qtbot.addWidget(window)
    window.show()
    footer = window.findChild(Footer)
    assert footer.display.text() == "Uncalibrated display"
    assert "luminance" in footer.display.toolTip()
    assert "not a registered medical device" in footer.findChild(QLabel).text()
    footer.display.click()
    (check,) = window.findChildren(DisplayCheck)
    assert check.isVisible()
    with qtbot.waitSignal(check.destroyed):
        check.close()
