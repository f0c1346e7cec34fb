"""What no file of the program may do, read from its syntax tree, and what its start may not import."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from resources.i18n import LANGUAGES, Texts
from workstation.core.errors import ErrorCode

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("workstation", "model", "resources", "packaging")
CONVERTER = Path("model/convert/checkpoint.py")
LOG_CALLS = {"debug", "info", "warning", "error", "exception", "critical"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [
        Path(name) for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()
    ]


def modules() -> Iterator[tuple[Path, ast.AST]]:
    for path in tracked():
        if path.suffix == ".py" and path.parts[0] in SHIPPED:
            yield path, ast.parse((ROOT / path).read_text("utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def attributes(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def test_pickle_is_known_to_the_converter_alone():
    banned = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    found = {p for p, tree in modules() if {n.split(".")[0] for n in imported(tree)} & banned}
    assert found <= {CONVERTER}


def test_nothing_loads_objects_from_weights_or_arrays():
    """torch.load unpickles; so does numpy when it is allowed to."""
    found = [
        (path, node.lineno)
        for path, tree in modules()
        if path != CONVERTER
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load")
        or (isinstance(node, ast.keyword) and node.arg == "allow_pickle"
            and not (isinstance(node.value, ast.Constant) and node.value.value is False))
    ]  # fmt: skip
    assert found == []


def test_no_multiprocessing():
    found = [
        (path, name)
        for path, tree in modules()
        for name in imported(tree)
        if "multiprocessing" in name or "ProcessPoolExecutor" in name
    ]
    assert found == []


def test_no_thread_is_terminated_and_no_event_loop_is_nested():
    found = [
        (path, name)
        for path, tree in modules()
        if path.parts[:2] in {("workstation", "ui"), ("workstation", "app")}
        for name in attributes(tree)
        if name.endswith((".processEvents", ".setTerminationEnabled"))
        or re.search(r"(?i)thread\w*(\(\))?\.terminate$", name)
    ]
    assert found == []


def test_log_texts_are_literal():
    """A text put together at run time could hold a patient; diagnostics checks arguments only."""
    found = [
        (path, node.lineno)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LOG_CALLS
        and re.fullmatch(r"(self\.)?_?log(ger|ging)?", ast.unparse(node.func.value))
        and not (node.args and isinstance(node.args[0], ast.Constant))
    ]
    assert found == []


def test_no_path_of_a_machine_and_no_registry():
    home = r"(?<![\w.])/(home|Users|root|work|mnt|media)/[a-z]\w*"
    registry = r"https?://[^\s\"'<>]*(pypi|pythonhosted|artifactory|nexus|mirror)[^\s\"'<>]*"
    wrong = re.compile(f"{home}|{registry}|[A-Z]:\\\\\\\\?Users")
    found = []
    for path in tracked():
        if path.name in {"LICENSE", "NOTICE"}:
            continue
        if path == Path(__file__).relative_to(ROOT):
            continue
        try:
            text = (ROOT / path).read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [(str(path), match.group()) for match in wrong.finditer(text)]
    assert found == []


def test_packaging_never_shadows_the_library_of_that_name():
    assert not (ROOT / "packaging" / "__init__.py").exists()


@pytest.mark.parametrize("module", ["workstation.app.entry", "workstation.cli.parser"])
def test_start_imports_nothing_heavy(module: str):
    heavy = ("torch", "SimpleITK", "PySide6", "torchvision", "pytorch_grad_cam", "pydicom")
    script = f"import sys, {module}; print([n for n in {heavy!r} if n in sys.modules])"
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_a_text(language: str):
    texts = Texts(language)
    assert [code.value for code in ErrorCode if not texts.has(f"error.{code.value}")] == []


def test_catalogues_are_complete():
    ended = subprocess.run(
        [sys.executable, "packaging/catalogues.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
