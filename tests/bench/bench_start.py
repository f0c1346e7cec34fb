"""From the start of the process to the window's first paint, beside Qt and pyqtgraph alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

_RUNS = 5
_ROOT = Path(__file__).parents[2]

# The clock starts before the first import; the interpreter's own start is the same for both.
_OURS = """
import time
began = time.perf_counter()
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
from workstation.app import entry
import workstation.app.gui as gui

class FirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint:
            print(time.perf_counter() - began, flush=True)
            QApplication.instance().removeEventFilter(self)
            QApplication.instance().exit(0)
        return False

class Watched(QApplication):
    def exec(self):
        self.watch = FirstPaint()
        self.installEventFilter(self.watch)
        return super().exec()

gui.QApplication = Watched
gui.run_window((), sample=False, language="en")
"""

_PEER = """
import time
began = time.perf_counter()
import pyqtgraph
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication
app = QApplication([])
class FirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() is QEvent.Type.Paint:
            print(time.perf_counter() - began, flush=True)
            app.exit(0)
        return False
view = pyqtgraph.GraphicsView()
view.show()
watch = FirstPaint()
app.installEventFilter(watch)
app.exec()
"""


def main() -> None:
    """Print medians of both and their ratio."""
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"THORAVUE_HOME": home, "QT_QPA_PLATFORM": "offscreen"}
        # An installed program has its bytecode; the first run writes it, for both.
        environment |= {
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": f"{home}/bytecode",
        }
        ours, peer = [], []
        for _ in range(_RUNS + 1):  # the first run warms the file cache
            ours.append(_seconds(_OURS, environment))
            peer.append(_seconds(_PEER, environment))
    mine, theirs = statistics.median(ours[1:]), statistics.median(peer[1:])
    print(
        f"first paint: Thoravue {mine * 1e3:.0f} ms, Qt + pyqtgraph alone {theirs * 1e3:.0f} ms"
    )
    print(f"ratio {mine / theirs:.2f}   (goal: 400 ms on an idle 2-core machine)")


def _seconds(script: str, environment: dict[str, str]) -> float:
    run = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return float(run.stdout.split()[0])


if __name__ == "__main__":
    main()
