"""Logs and crash files hold what went wrong, and no planted patient."""

from __future__ import annotations

import faulthandler
import gc
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from workstation.app.diagnostics import (
    Diagnostics,
    Origin,
    PatientFreeFormatter,
    start_diagnostics,
)
from workstation.core.errors import ErrorCode, WorkstationError

NAME = "Zhang^Weimin"
FILE = Path("/scans/Zhang^Weimin/张伟民_19700101.dcm")
PLANTED = ("Zhang", "Weimin", "张伟民", "19700101", "/scans")

own = logging.getLogger("workstation.adapters.dicom.reader")
foreign = logging.getLogger("pydicom")


@pytest.fixture
def diagnostics(tmp_path: Path) -> Iterator[Diagnostics]:
    with start_diagnostics(tmp_path / "logs") as running:
        yield running


def everything(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.*")))


def assert_no_patient(text: str) -> None:
    assert [word for word in PLANTED if word in text] == []


def raise_with_name(name: str = NAME) -> None:
    try:
        {}[name]
    except KeyError as error:
        raise OSError(2, f"no such file for {name}", str(FILE)) from error


def failure() -> Exception:
    try:
        raise_with_name()
    except OSError as error:
        return error
    raise AssertionError


def test_own_log_keeps_codes_numbers_and_hashes(diagnostics: Diagnostics, tmp_path: Path):
    own.info("refused %s after %.1f ms, content %s", ErrorCode.TOO_LARGE, 3.25, "ab" * 32)
    line = (tmp_path / "logs" / "thoravue.log").read_text("utf-8")
    assert line.endswith("refused too_large after 3.2 ms, content abababababababab\n")
    assert " INFO workstation.adapters.dicom.reader: " in line


def test_own_log_replaces_every_other_argument(diagnostics: Diagnostics, tmp_path: Path):
    own.warning("could not read %s of %r", FILE, NAME)
    own.warning("named %(who)s", {"who": NAME})
    own.warning(FILE)
    text = everything(tmp_path)
    assert f"could not read <{type(FILE).__name__}> of '<str>'" in text
    assert "named <str>" in text
    assert_no_patient(text)


def test_foreign_log_keeps_place_and_level_only(diagnostics: Diagnostics, tmp_path: Path):
    foreign.warning("Invalid value for PatientName: '%s' in " + str(FILE), NAME)
    text = everything(tmp_path)
    assert "WARNING pydicom: test_app_diagnostics:" in text
    assert_no_patient(text)


def test_logged_exception_is_type_and_place(diagnostics: Diagnostics, tmp_path: Path):
    try:
        raise_with_name()
    except OSError:
        own.exception("opening failed")
    text = everything(tmp_path)
    assert "builtins.FileNotFoundError" in text
    assert "builtins.KeyError" in text
    assert ":raise_with_name" in text
    assert_no_patient(text)


def test_text_cached_by_another_handler_is_not_used(diagnostics: Diagnostics, tmp_path: Path):
    other = logging.StreamHandler(open_null := Path(os.devnull).open("w"))  # noqa: SIM115
    own.addHandler(other)
    try:
        own.error("opening failed", exc_info=failure())
    finally:
        own.removeHandler(other)
        open_null.close()
    assert_no_patient(everything(tmp_path))


def test_crash_file_has_type_stack_and_versions(diagnostics: Diagnostics, tmp_path: Path):
    path = diagnostics.record(failure(), Origin.MAIN)
    assert path is not None
    text = path.read_text("utf-8")
    assert "Thoravue " in text
    assert "numpy " in text
    assert text.index("builtins.FileNotFoundError") < text.index("builtins.KeyError")
    assert (
        f"test_app_diagnostics:{raise_with_name.__code__.co_firstlineno + 4}:raise_with_name"
        in text
    )
    assert_no_patient(everything(tmp_path))


def test_crash_of_ours_names_its_code_without_its_detail(diagnostics: Diagnostics):
    error = WorkstationError(ErrorCode.DISK_FULL, f"while writing {FILE}", name=NAME)
    path = diagnostics.record(error, Origin.MAIN)
    assert path is not None
    assert "WorkstationError disk_full" in path.read_text("utf-8")
    assert_no_patient(path.read_text("utf-8"))


def test_causes_that_point_at_each_other_end(diagnostics: Diagnostics):
    first, second = ValueError(), TypeError()
    first.__cause__, second.__cause__ = second, first
    path = diagnostics.record(first, Origin.MAIN)
    assert path is not None
    assert path.read_text("utf-8").count("builtins.") == 2


def test_same_crash_is_written_once_and_logged_each_time(
    diagnostics: Diagnostics, tmp_path: Path
):
    paths = {diagnostics.record(failure(), Origin.MAIN) for _ in range(3)}
    assert len(paths) == 1
    assert len(list((tmp_path / "logs").glob("crash-*.txt"))) == 1
    assert (tmp_path / "logs" / "thoravue.log").read_text("utf-8").count("crash ") == 3


def test_old_crash_files_make_room(diagnostics: Diagnostics, tmp_path: Path):
    for number in range(25):
        diagnostics.record(type(f"Made{number}", (Exception,), {})(), Origin.MAIN)
    left = sorted((tmp_path / "logs").glob("crash-*.txt"))
    assert len(left) == 20
    assert "Made24" in left[-1].read_text("utf-8")


def test_full_disk_does_not_raise(
    diagnostics: Diagnostics,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert diagnostics.record(failure(), Origin.MAIN) is None
    assert "builtins.FileNotFoundError" in capsys.readouterr().err


def test_argument_of_the_wrong_kind_leaves_the_bare_text():
    record = logging.LogRecord("model", logging.INFO, "f.py", 1, "count %d", (NAME,), None)
    assert PatientFreeFormatter().format(record).endswith("INFO model: count %d")


def test_record_that_cannot_be_written_stays_silent(
    diagnostics: Diagnostics,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    def fail(_record: logging.LogRecord) -> str:
        raise ValueError(NAME)

    file = next(h for h in logging.getLogger().handlers if isinstance(h, RotatingFileHandler))
    monkeypatch.setattr(file, "format", fail)
    own.error("opening of %s failed", NAME)
    assert capsys.readouterr().err == ""


def test_exception_in_a_thread_writes_a_crash_file_and_tells(
    diagnostics: Diagnostics, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    told: list[Path] = []
    diagnostics.on_crash = told.append
    thread = threading.Thread(target=raise_with_name)
    thread.start()
    thread.join()
    assert [path.parent for path in told] == [tmp_path / "logs"]
    assert "another thread" in told[0].read_text("utf-8")
    assert_no_patient(everything(tmp_path) + capsys.readouterr().err)


def test_exception_in_a_destructor_writes_a_crash_file(
    diagnostics: Diagnostics, tmp_path: Path
):
    class Careless:
        def __del__(self) -> None:
            raise_with_name()

    Careless()
    gc.collect()
    assert ":__del__" in everything(tmp_path)
    assert_no_patient(everything(tmp_path))


def test_main_hook_writes_and_leaves_ctrl_c_alone(diagnostics: Diagnostics, tmp_path: Path):
    error = failure()
    sys.excepthook(type(error), error, error.__traceback__)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(list((tmp_path / "logs").glob("crash-*.txt"))) == 1


def test_close_puts_everything_back(tmp_path: Path):
    before = (
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        list(logging.getLogger().handlers),
        logging.getLogger("workstation").level,
        faulthandler.is_enabled(),
    )
    running = start_diagnostics(tmp_path)
    assert sys.excepthook is not before[0]
    assert faulthandler.is_enabled()
    running.close()
    running.close()
    after = (
        sys.excepthook,
        threading.excepthook,
        sys.unraisablehook,
        list(logging.getLogger().handlers),
        logging.getLogger("workstation").level,
        faulthandler.is_enabled(),
    )
    assert after == before


def test_log_rotates(diagnostics: Diagnostics, tmp_path: Path):
    for _ in range(20):
        own.info("x" * 120_000)
    sizes = {
        path.name: path.stat().st_size for path in (tmp_path / "logs").glob("thoravue.log*")
    }
    assert set(sizes) >= {"thoravue.log", "thoravue.log.1"}
    assert max(sizes.values()) <= 1_000_000


def test_fault_of_the_interpreter_is_written_without_values(tmp_path: Path):
    script = (
        "import ctypes, sys; from pathlib import Path\n"
        "from workstation.app.diagnostics import start_diagnostics\n"
        "start_diagnostics(Path(sys.argv[1]))\n"
        f"def read(name={NAME!r}): ctypes.string_at(0)\n"
        "read()\n"
    )
    repository = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=repository,
        capture_output=True,
        check=False,
    )
    assert ended.returncode < 0
    text = (tmp_path / "faults.log").read_text("utf-8")
    assert "Segmentation fault" in text
    assert "in read" in text
    assert_no_patient(text)


def test_slot_that_raises_leaves_the_qt_loop_running(tmp_path: Path):
    """A slot's exception is a crash file, and the next slot runs."""
    script = (
        "import sys; from pathlib import Path\n"
        "from PySide6.QtCore import QCoreApplication, QTimer\n"
        "from workstation.app.diagnostics import start_diagnostics\n"
        "running = start_diagnostics(Path(sys.argv[1]))\n"
        "app = QCoreApplication([])\n"
        f"def fail(): raise ValueError({NAME!r})\n"
        "QTimer.singleShot(0, fail)\n"
        "QTimer.singleShot(1, lambda: app.exit(7))\n"
        "code = app.exec()\n"
        "running.close()\n"
        "sys.exit(code)\n"
    )
    repository = Path(__file__).resolve().parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=repository,
        capture_output=True,
        check=False,
        text=True,
    )
    assert ended.returncode == 7
    assert len(list(tmp_path.glob("crash-*.txt"))) == 1
    assert_no_patient(everything(tmp_path) + ended.stderr)
