"""Drive the real program through a whole reading with a real mouse and keyboard, in both languages.

``xvfb-run -a -s "-screen 0 1920x1080x24" .venv/bin/python packaging/full_reading.py --out DIR [--decide FOLDER]``

Reads the sample study: open, find, window, measure, compare, analyse, reveal, what if, write, undo, export, quit,
reopen. The sample has no finding above its threshold, so accepting and rejecting are shown on the films of `--decide`.
A picture is taken after each step. Needs xdotool, xkbcomp, ImageMagick and a window manager (openbox).
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = ROOT / "resources" / "sample" / "films"
WORDS = {
    "en": ("Round opacity, right upper zone.", "Nodule that has grown. Suggest CT.", "Dr Li"),
    "zh": ("右上肺野类圆形结节影。", "结节较前增大，建议 CT 检查。", "李医生"),
}
SIZE = (1600, 960)
# The film's canvas inside a window of that size.
FILM = (800, 480)
LONGEST_S = 60.0


def main() -> int:
    """Read once a language."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--decide", type=Path, help="films with findings above threshold")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    manager = subprocess.Popen(["openbox"])
    _give_keys("".join(WORDS["zh"]))
    try:
        for language in WORDS:
            with tempfile.TemporaryDirectory() as home:
                Reading(language, Path(home), options.out).run(options.decide)
    finally:
        manager.terminate()
    return 0


class Reading:
    """One reader at one window."""

    def __init__(self, language: str, home: Path, out: Path) -> None:
        self._language = language
        self._home = home
        self._out = out
        self._step = 0
        self._window = ""

    def run(self, decide: Path | None) -> None:
        """Everything, in the order of a reading."""
        impression, conclusion, name = WORDS[self._language]
        with self._program():
            self._picture("welcome")
            self._open(SAMPLE)
            self._picture("opened")
            self._keys("ctrl+f")
            self._type("SAMPLE")
            self._picture("found", "Return", "Escape")
            self._drag((0, 0), (60, 40))
            self._picture("windowed")
            self._measure(name)
            self._picture("cardiothoracic-ratio")
            self._keys("F2")
            self._type(impression)
            self._record(name)
            self._picture("impression")
            self._keys("F5")
            self._picture("analysed", wait=8)
            self._keys("shift+H")
            self._picture("finding")
            self._keys("shift+W")
            self._drag((-150, -120), (-60, 20))
            self._picture("what-if", wait=3)
            self._keys("h")
            self._picture("marks-off", "h")
            self._keys("F2")
            self._type(conclusion)
            self._picture("written", "Escape")
            self._compare()
            self._export("report")
            self._picture("exported")
            self._keys("ctrl+z")
            self._picture("undone")
            if decide is not None:
                self._decide(decide, name)
            self._keys("ctrl+q")
        with self._program():
            self._picture("reopened", wait=4)
            self._keys("ctrl+q")

    def _measure(self, name: str) -> None:
        """Midline, heart, thorax: three lines of two clicks."""
        self._keys("shift+C")
        for place in ((0, -180), (0, 220), (-60, 120), (110, 120), (-200, 160), (210, 160)):
            self._click(place)
        self._sign(name)

    def _compare(self) -> None:
        self._keys("b")
        self._picture("compared", wait=4)
        self._keys("g")
        self._picture("prior-laid-over", wait=12)
        self._keys("shift+j")
        self._picture("difference")
        self._keys("shift+g", "o")

    def _decide(self, folder: Path, name: str) -> None:
        self._open(folder)
        self._keys("F2")
        self._type(WORDS[self._language][0])
        self._record(name)
        self._keys("F5")
        self._pause(8)
        self._keys("shift+Y", "shift+H", "shift+X")
        self._picture("decided", wait=2)

    def _record(self, name: str) -> None:
        """Store the impression."""
        self._keys("Tab", "space")
        self._sign(name)

    def _sign(self, name: str) -> None:
        """The first change of a session asks for the reader's name."""
        self._pause(1)
        if self._asks():
            self._type(name)
            self._keys("Return")
        self._pause(1.5)

    def _asks(self) -> bool:
        return _run("xdotool", "getactivewindow").strip() != self._window

    def _open(self, folder: Path) -> None:
        self._keys("ctrl+o")
        self._pause(1.5)
        self._type(str(folder))
        self._keys("Return")
        self._pause(4)

    def _export(self, name: str) -> None:
        self._keys("p")
        self._pause(1.5)
        target = self._home / f"{name}-{self._language}.pdf"
        self._keys("ctrl+a")
        self._type(str(target))
        self._keys("Return")
        _until(target.exists)
        self._pause(1)
        (self._out / target.name).write_bytes(target.read_bytes())

    @contextmanager
    def _program(self) -> Iterator[None]:
        environment = os.environ | {"THORAVUE_HOME": str(self._home)}
        command = [sys.executable, "-m", "workstation", "--lang", self._language]
        running = subprocess.Popen(command, cwd=ROOT, env=environment)
        try:
            _until(
                lambda: bool(
                    _run("xdotool", "search", "--onlyvisible", "--pid", str(running.pid))
                )
            )
            found = _run("xdotool", "search", "--onlyvisible", "--pid", str(running.pid))
            self._window = found.split()[0]
            _run("xdotool", "windowsize", self._window, *(str(side) for side in SIZE))
            _run("xdotool", "windowmove", self._window, "0", "0")
            _run("xdotool", "windowactivate", self._window)
            self._pause(4)  # the library opens, the engines load
            yield
            if running.wait(timeout=LONGEST_S) != 0:
                raise RuntimeError(f"the program ended with {running.returncode}")
        finally:
            running.kill()

    # Mouse, keyboard, eyes

    def _picture(self, name: str, *then: str, wait: float = 1.0) -> None:
        self._pause(wait)
        self._step += 1
        target = self._out / f"{self._language}-{self._step:02}-{name}.png"
        _run("import", "-window", "root", "-crop", f"{SIZE[0]}x{SIZE[1]}+0+0", str(target))
        print(target.name, flush=True)
        if then:
            self._keys(*then)

    def _keys(self, *keys: str) -> None:
        for key in keys:
            _run("xdotool", "key", "--clearmodifiers", key)
            self._pause(0.3)

    def _type(self, text: str) -> None:
        _run("xdotool", "type", "--delay", "15", text)
        self._pause(0.4)

    def _at(self, place: tuple[int, int]) -> tuple[str, str]:
        return str(FILM[0] + place[0]), str(FILM[1] + place[1])

    def _click(self, place: tuple[int, int]) -> None:
        _run("xdotool", "mousemove", *self._at(place), "click", "1")
        self._pause(0.25)

    def _drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        _run("xdotool", "mousemove", *self._at(start), "mousedown", "1")
        for part in range(1, 11):
            along = tuple(a + (b - a) * part // 10 for a, b in zip(start, end, strict=True))
            _run("xdotool", "mousemove", *self._at((along[0], along[1])))
            self._pause(0.03)
        _run("xdotool", "mouseup", "1")
        self._pause(0.3)

    def _pause(self, seconds: float) -> None:
        time.sleep(seconds)


def _give_keys(text: str) -> None:
    """Give the X server a key for every Chinese character of `text`: xdotool would remap one key for each, and lose some."""
    display = os.environ["DISPLAY"]
    characters = sorted({character for character in text if not character.isascii()})
    keymap = _run("xkbcomp", display, "-")
    spare = re.findall(r"<(I\d+)> = \d+;", keymap)[-len(characters) :]
    keys = (
        f"key <{name}> {{ [ U{ord(character):04X} ] }};\n"
        for name, character in zip(spare, characters, strict=True)
    )
    end = keymap.index("\n};", keymap.index("xkb_symbols"))
    whole = keymap[:end] + "\n" + "".join(keys) + keymap[end:]
    subprocess.run(["xkbcomp", "-w0", "-", display], input=whole, text=True, check=True)


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST_S
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get there")
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
