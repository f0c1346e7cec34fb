"""Take the README's pictures: the real window reads the sample study, in both languages.

``python packaging/screenshots.py [--out DIR] [--size 1440x900] [--every-step]`` needs a display; under Xvfb::

    xvfb-run -a -s "-screen 0 1920x1080x24" .venv/bin/python packaging/screenshots.py
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import LoadedSettings, Settings
from workstation.app.sample import SAMPLE
from workstation.app.workbench import Workbench
from workstation.core.findings import FindingCode
from workstation.core.review import Actor, Decision, Section, Verdict
from workstation.ui.findings.model import FindingsPhase
from workstation.ui.theme import apply_theme

WORDS = {
    "en": ("Round opacity, right upper zone, about 16 mm.", "Dr Li"),
    "zh": ("右上肺野类圆形结节影，约 16 mm。", "李医生"),
}
LONGEST_MS = 60_000


def main() -> int:
    """Read the sample once a language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    parser.add_argument("--size", default="1440x900")
    parser.add_argument("--every-step", action="store_true", help="not only the README's")
    options = parser.parse_args()
    width, height = (int(side) for side in options.size.split("x"))
    options.out.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    apply_theme(app)
    for language in WORDS:
        with tempfile.TemporaryDirectory() as home:
            bench = Workbench(
                folders=Folders.below(Path(home)),
                loaded=LoadedSettings(settings=Settings()),
                language=language,
            )
            bench.window.resize(width, height)
            for step in reading(bench, language):
                if step != "window" and not options.every_step:
                    continue
                bench.window.grab().save(str(options.out / f"{step}-{language}.png"))
                print(step, language)
            bench.close()
            bench.window.close()
    return 0


def reading(bench: Workbench, language: str) -> Iterator[str]:
    """Read the sample's frontal film; the name of each step worth a picture."""
    impression, name = WORDS[language]
    bench.actor = Actor(name=name)
    bench.show()
    bench.start(())
    wait(lambda: bench.presenters is not None)
    room = bench.presenters
    settle(300)
    yield "welcome"
    room.worklist.scan((SAMPLE,))
    wait(lambda: room.desk.film is not None and bench.window.film.film is not None)
    settle(1500)
    yield "film"
    room.findings.analyse()
    wait(lambda: room.findings.state.phase is FindingsPhase.HIDDEN)
    settle(200)
    yield "hidden"
    room.review.record_impression(impression)
    wait(lambda: room.findings.state.phase is FindingsPhase.RESULT)
    room.review.write(Section.IMPRESSION, impression)
    wait(lambda: bool(room.record.state.texts))
    if not any(row.score.above for row in room.findings.state.rows):
        bench.window.findings.result.group.setChecked(True)
        room.findings.ask_evidence(FindingCode.MASS)  # what the film's simulated nodule is
    settle(800)
    yield "window"
    for row in room.findings.state.rows:
        if row.score.above:
            decide(bench, row.score.code)
    wait(lambda: not room.review.state.blocks)
    room.review.mark_reviewed()
    settle(800)
    yield "reviewed"
    lateral = next(
        i for i, _ in room.desk.study.instances if i.view_position not in {"PA", "AP"}
    )
    room.desk.show_film(lateral.sop_uid)
    wait(lambda: room.desk.film is not None)
    room.findings.analyse()
    wait(lambda: room.findings.state.phase is FindingsPhase.REFUSED)
    settle(500)
    yield "refused"


def decide(bench: Workbench, code: FindingCode) -> None:
    """Accept one finding, as a reader would after looking."""
    room = bench.presenters
    room.findings.decide(code, Decision(verdict=Verdict.ACCEPTED, code=code))
    wait(lambda: room.findings.state.row(code).decision is not None)


def wait(done: Callable[[], bool]) -> None:
    """Let the window work until `done`."""
    loop = QEventLoop()
    timer = QTimer()
    timer.timeout.connect(lambda: loop.quit() if done() else None)
    timer.start(20)
    QTimer.singleShot(LONGEST_MS, loop.quit)
    loop.exec()
    if not done():
        raise TimeoutError("the window did not get there")


def settle(milliseconds: int) -> None:
    """Let the window paint."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


if __name__ == "__main__":
    sys.exit(main())
