"""How long the installed program takes to its first paint: ``first_paint.py [PROGRAM]``, on an Xvfb of its own.

The clock starts before the program's process and stops when the first pixel of the screen changes. The processor
time until then tells a slow program from a busy computer.
"""

from __future__ import annotations

import mmap
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 6
DISPLAY = ":97"
LONGEST_S = 60.0
ROOT = Path(__file__).resolve().parents[2]


def seconds(program: Path, screen: mmap.mmap, home: str) -> tuple[float, float]:
    """One start on the black `screen`: by the clock, and of processor time."""
    before = screen[:]
    environment = os.environ | {"DISPLAY": DISPLAY, "THORAVUE_HOME": home}
    environment.pop("QT_QPA_PLATFORM", None)
    began = time.perf_counter()
    process = subprocess.Popen([str(program)], env=environment, stderr=subprocess.DEVNULL)
    try:
        while screen[:] == before:
            if time.perf_counter() - began > LONGEST_S or process.poll() is not None:
                raise RuntimeError("nothing was painted")
            time.sleep(0.002)
        elapsed = time.perf_counter() - began
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        return elapsed, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    finally:
        process.kill()
        process.wait()


def main() -> None:
    """Print the median of warm starts."""
    default = ROOT / "dist" / "thoravue" / "thoravue"
    program = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    with tempfile.TemporaryDirectory() as folder:
        options = ["-screen", "0", "1920x1080x24", "-fbdir", folder, "-noreset"]
        server = subprocess.Popen(["Xvfb", DISPLAY, *options], stderr=subprocess.DEVNULL)
        try:
            frame = Path(folder) / "Xvfb_screen0"
            while not frame.exists() or not frame.stat().st_size:
                time.sleep(0.05)
            with (
                frame.open("rb") as file,
                mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as screen,
            ):
                time.sleep(0.5)
                times = []
                for _ in range(RUNS):
                    times.append(seconds(program, screen, folder))
                    time.sleep(0.5)  # the server clears the screen behind a window that is gone
        finally:
            server.terminate()
            server.wait()
    first, *warm = times
    clock, processor = (statistics.median(column) for column in zip(*warm, strict=True))
    print(
        f"first paint, warm: median {clock:.2f} s of {len(warm)}, {processor:.2f} s of it on the processor;"
        f" first run {first[0]:.2f} s"
    )


if __name__ == "__main__":
    main()
