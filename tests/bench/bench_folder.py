"""From choosing a folder of 5,000 films to the first one on screen, in the real window; and the whole scan's rate."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from pydicom import dcmread
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from tests.factories.dicom_files import make_dx, write
from tests.factories.films import make_pixels
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import LoadedSettings, Settings
from workstation.app.workbench import Workbench
from workstation.ui.theme import apply_theme

_FILES, _RUNS = 5000, 3
_LONGEST_S = 120


def main() -> None:
    """Print the medians beside pydicom reading the same headers."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    apply_theme(app)
    with tempfile.TemporaryDirectory() as place:
        films = Path(place) / "films"
        _make(films)
        began = time.perf_counter()
        for path in films.iterdir():
            dcmread(path, stop_before_pixels=True)
        pydicom = time.perf_counter() - began
        first, whole = [], []
        for run in range(_RUNS):
            seen = _opened(Path(place) / f"home{run}", films)
            first.append(seen[0])
            whole.append(seen[1])
    scan = statistics.median(whole)
    print(
        f"choosing a folder of {_FILES} files to the first film: {statistics.median(first) * 1e3:.0f} ms (goal 300)"
    )
    print(
        f"whole scan with database: {_FILES / scan:.0f} files/s; pydicom headers alone {_FILES / pydicom:.0f} files/s"
    )
    print(f"ratio {pydicom / scan:.2f} (goal 3)")


def _make(folder: Path) -> None:
    """Studies of two films each; other UIDs of the same length make other films."""
    folder.mkdir()
    dataset = make_dx(make_pixels(512, 512))
    dataset.StudyInstanceUID = "1.2.826.0.1.3680043.8.498.7.10000"
    dataset.SeriesInstanceUID = "1.2.826.0.1.3680043.8.498.8.10000"
    dataset.SOPInstanceUID = "1.2.826.0.1.3680043.8.498.9.10000"
    data = write(dataset, folder / "film00000.dcm").read_bytes()
    for number in range(1, _FILES):
        made = data
        for level, count in ((b"7", number // 2), (b"8", number // 2), (b"9", number)):
            root = b"8.498." + level + b"."
            made = made.replace(root + b"10000", root + f"{10000 + count}".encode())
        (folder / f"film{number:05d}.dcm").write_bytes(made)


def _opened(home: Path, films: Path) -> tuple[float, float]:
    """Seconds to the first film and to the end of the scan."""
    bench = Workbench(
        folders=Folders.below(home), loaded=LoadedSettings(settings=Settings()), language="en"
    )
    try:
        bench.show()
        ready = QEventLoop()
        bench.ready.connect(ready.quit)
        bench.start(())
        QTimer.singleShot(_LONGEST_S * 1000, ready.quit)
        ready.exec()
        loop, times = QEventLoop(), {}
        presenters = bench.presenters
        presenters.desk.film_shown.connect(
            lambda _film: times.setdefault("first", time.perf_counter())
        )
        presenters.worklist.summary_ready.connect(lambda _summary: loop.quit())
        QTimer.singleShot(_LONGEST_S * 1000, loop.quit)
        began = time.perf_counter()
        presenters.worklist.scan((films,))
        loop.exec()
        return times["first"] - began, time.perf_counter() - began
    finally:
        bench.close()
        bench.window.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
