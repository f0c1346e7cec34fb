"""Gaps of the event loop from `ready` on, through one study from opening to the report and on to the next."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QGraphicsView

from tests.bench.bench_drag import give_up
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import load_settings
from workstation.app.sample import SAMPLE
from workstation.app.workbench import Workbench
from workstation.core.review import Actor
from workstation.ui.findings.model import FindingsPhase
from workstation.ui.theme import apply_theme

_BEAT_MS = 5
_SHOWN_MS = 30
_PATIENCE_S = 120
_QUIET_S = 0.4


class Heart:
    """Beats in the event loop; a thread beside it looks at the main thread's stack when a beat is late."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self._main = threading.get_ident()
        self._step = "start"
        self._seen: list[str] = []
        self.gaps: list[tuple[float, str, list[str]]] = []
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=_BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Name what happens now, and let it come to rest."""
        self._step = name
        yield
        rest(_QUIET_S)

    def stop(self) -> None:
        """Beat no more."""
        self._over.set()
        self._watch.join()
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        gap = 1000 * (now - self._last) - _BEAT_MS
        seen, self._seen, self._last = self._seen, [], now
        self.gaps.append((gap, self._step, seen if gap > _SHOWN_MS else []))

    def _look(self) -> None:
        while not self._over.wait(0.004):
            if time.perf_counter() - self._last > (_BEAT_MS + 10) / 1000:
                frames = sys._current_frames()
                place = _place(frames.pop(self._main, None))
                # A thread that held the interpreter all the time is seen where it let go.
                others = [_place(f) for t, f in frames.items() if t != self._watch.ident]
                self._seen.append(" | ".join([place, *others]))


def _place(frame: FrameType | None) -> str:
    """Where a thread is, innermost first."""
    lines = [
        f"{Path(entry.filename).stem}.{entry.name}:{entry.lineno}"
        for entry in traceback.extract_stack(frame)
        if "tests/bench" not in entry.filename and "runpy" not in entry.filename
    ]
    return " < ".join(reversed(lines[-4:]))


def rest(seconds: float) -> None:
    """Run the event loop for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * seconds), loop.quit)
    loop.exec()


def until(condition: Callable[[], bool]) -> None:
    """Run the event loop until something holds."""
    loop = QEventLoop()
    timer = QTimer(interval=20)
    timer.timeout.connect(lambda: loop.quit() if condition() else None)
    timer.start()
    QTimer.singleShot(1000 * _PATIENCE_S, loop.quit)
    if not condition():
        loop.exec()
    timer.stop()
    if not condition():
        raise TimeoutError


def _drag(view: QGraphicsView, button: Qt.MouseButton) -> None:
    places = [QPointF(300 + 5 * n, 300 + 3 * (n % 30)) for n in range(60)]
    for number, place in enumerate(places):
        kind = QEvent.Type.MouseMove if number else QEvent.Type.MouseButtonPress
        event = QMouseEvent(
            kind,
            place,
            place,
            Qt.MouseButton.NoButton if number else button,
            button,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.postEvent(view.viewport(), event)
        rest(0.012)
    end = QMouseEvent(
        QEvent.Type.MouseButtonRelease,
        places[-1],
        places[-1],
        button,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.postEvent(view.viewport(), end)
    rest(0.02)


def _work(bench: Workbench, heart: Heart, folder: Path, report: Path) -> None:
    to, window = bench.presenters, bench.window
    assert to is not None
    canvas = window.film.findChild(QGraphicsView)

    def shown() -> bool:
        return window.film.film is not None and window.film.film is to.desk.film

    with heart.step("open folder"):
        before = to.desk.study
        window.paths_chosen.emit((folder,))
        until(lambda: to.desk.study is not None and to.desk.study is not before and shown())
    with heart.step("scan ends"):
        until(lambda: to.worklist.count() > 0)
        rest(1.0)
    with heart.step("analyse"):
        until(lambda: to.record.is_loaded)
        to.findings.analyse()
        busy = {FindingsPhase.RUNNING, FindingsPhase.NOT_ANALYSED}
        until(lambda: to.findings.state.phase not in busy)
    with heart.step("record impression, reveal"):
        to.review.record_impression("A nodule on the right?")
        until(lambda: to.review.state.impression is not None)
        rest(0.5)
        if to.findings.state.phase is FindingsPhase.HIDDEN:
            to.findings.reveal()
            until(lambda: to.findings.state.phase is FindingsPhase.RESULT)
    rows = [row.score.code for row in to.findings.state.rows]
    with heart.step("evidence of a finding"):
        if rows:
            to.findings.ask_evidence(rows[0])
    for tool, button in (
        ("window", Qt.MouseButton.LeftButton),
        ("pan", Qt.MouseButton.MiddleButton),
        ("zoom", Qt.MouseButton.RightButton),
    ):
        with heart.step(f"drag {tool}, evidence {'on' if to.findings.overlay else 'off'}"):
            _drag(canvas, button)
    with heart.step("step findings"):
        for code in rows[:6]:
            to.findings.ask_evidence(code)
            rest(0.1)
    with heart.step("decide"):
        for row in [row for row in to.findings.state.rows if row.score.above]:
            del row
        window.film.auto_window()
        window.film.preset(1)
    with heart.step("export PDF"):
        done: list[object] = []
        to.export.exported.connect(done.append)
        to.export.failed.connect(done.append)
        window.report_path_chosen.emit(report)
        until(lambda: bool(done))
    for number in range(3):
        with heart.step(f"next study {number + 1}"):
            before = to.desk.study
            window.next_study_requested.emit()
            rest(0.3)
            if to.desk.study is not before:
                until(lambda: shown() or to.desk.film is None)


def main() -> None:
    """Print every gap over 30 ms with the step and what the main thread was doing, and the worst of each step."""
    folder = Path(os.environ.get("STALLS_FOLDER", str(SAMPLE)))
    sys.excepthook = give_up
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app)
    with tempfile.TemporaryDirectory() as home:
        folders = Folders.below(Path(home))
        bench = Workbench(folders=folders, loaded=load_settings(folders.config), language="en")
        bench.actor = Actor(name="Dr Li")
        ready: list[bool] = []
        bench.ready.connect(lambda: ready.append(True))
        bench.window.resize(1920, 1080)
        heart = Heart()
        bench.show()
        rest(0.05)
        with heart.step("before ready"):
            bench.start(())
            until(lambda: bool(ready))
        rest(1.0)
        _work(bench, heart, folder, Path(home) / "report.pdf")
        heart.stop()
        bench.close()
    _print(heart)


def _print(heart: Heart) -> None:
    worst: dict[str, float] = {}
    for gap, step, seen in heart.gaps:
        worst[step] = max(worst.get(step, 0.0), gap)
        if gap > _SHOWN_MS:
            print(f"{gap:6.0f} ms  {step}")
            for place in dict.fromkeys(seen):
                print(f"             {seen.count(place)}x {place}")
    for step, gap in worst.items():
        print(f"worst {gap:6.0f} ms  {step}")


if __name__ == "__main__":
    main()
