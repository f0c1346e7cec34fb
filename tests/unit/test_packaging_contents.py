"""What the bundle's recipe leaves out, against what the program imports, now or late."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Of another system, behind a look at `sys.platform`.
ELSEWHERE = {"msvcrt"}


@pytest.fixture(scope="module")
def contents() -> ModuleType:
    path = ROOT / "packaging" / "bundle" / "contents.py"
    spec = importlib.util.spec_from_file_location("bundle_contents", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def imports(source: str) -> Iterator[str]:
    """Modules that a source imports anywhere in it, by statement or by name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def imports_by_name(source: str) -> Iterator[str]:
    """Modules that no analysis of import statements sees."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            (name,) = node.args
            yield ast.literal_eval(name)


def path_of(module: str) -> Path:
    stem = ROOT.joinpath(*module.split("."))
    return stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")


def test_every_module_of_ours_is_in_and_none_asks_for_one_left_out(contents):
    shipped = list(contents.own_modules())
    assert {"workstation.__main__", "model.runtime.explain_gradcam"} <= set(shipped)
    wrong = {
        (module, name)
        for module in shipped
        for name in imports(path_of(module).read_text("utf-8"))
        if contents.is_excluded(name)
        or (name.split(".")[0] in contents.OURS and not is_shipped(name, shipped))
    }
    assert wrong == set()


def is_shipped(name: str, shipped: list[str]) -> bool:
    """Whether `name`, a module or something in a module, is in the bundle."""
    return name in shipped or name.rpartition(".")[0] in shipped


def test_what_is_imported_by_name_is_listed(contents):
    named = {
        name
        for module in contents.own_modules()
        for name in imports_by_name(path_of(module).read_text("utf-8"))
    }
    assert named
    assert named <= set(contents.HIDDEN)


def test_what_is_found_through_entry_points_is_listed(contents):
    found = {
        point.module.split(".")[0]
        for name in contents.requirements()
        if name.startswith("pylibjpeg")
        for point in importlib.metadata.distribution(name).entry_points
        if point.group.startswith("pylibjpeg")
    }
    assert {"openjpeg", "rle"} <= found
    assert found <= set(contents.HIDDEN)


def test_what_is_imported_at_all_is_asked_for(contents):
    """A library that only the tests' environment has would be missing from the bundle."""
    known = importlib.metadata.packages_distributions()
    brought = with_dependencies(contents.requirements())
    for module in contents.own_modules():
        for name in imports(path_of(module).read_text("utf-8")):
            top = name.split(".")[0]
            if top in {*sys.stdlib_module_names, *contents.OURS, *ELSEWHERE}:
                continue
            assert {canonical(d) for d in known[top]} & brought, f"{module} imports {name}"


def with_dependencies(names: list[str]) -> set[str]:
    seen: set[str] = set()
    waiting = [canonical(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            wanted = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another system
        waiting.extend(canonical(line) for line in wanted if "extra ==" not in line)
    return seen


def canonical(requirement: str) -> str:
    end = next((i for i, c in enumerate(requirement) if c in "<>=!~;[( "), None)
    return requirement[:end].lower().replace("_", "-")


def test_the_reasons_are_given(contents):
    for table in (contents.HIDDEN, contents.EXCLUDED, contents.LEFT_OUT):
        assert all(table.values())
        assert next(iter(table.values())) != "likewise"


@pytest.mark.parametrize(
    ("target", "stays"),
    [
        ("torch/bin/torch_shm_manager", True),
        ("torch/bin/protoc", False),
        ("torch/_dynamo/config.py", True),
        ("torch/nn/functional.py", True),
        ("torch/nn/modules/conv.py", False),
        ("torchvision.libs/libcudart.faf08d9a.so.13", False),
        ("PySide6/Qt/plugins/platforminputcontexts/libibusplatforminputcontextplugin.so", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/translations/qtbase_zh_CN.qm", True),
        ("PySide6/Qt/translations/qtbase_fr.qm", False),
        ("resources/fonts/NotoSansCJK-Regular.ttc", True),
    ],
)
def test_files_that_stay_and_go(contents, target, stays):
    assert contents.wanted(target) is stays


def test_no_catalogue_source_and_no_byte_code_is_shipped(contents):
    files = [Path(source) for source, _ in contents.data_files()]
    assert {".cxrmodel", ".mo", ".svg", ".dcm", ".qss"} <= {path.suffix for path in files}
    assert not {".po", ".py", ".pyc"} & {path.suffix for path in files}
    assert all(path.is_file() for path in files)


WITHOUT = """
import importlib
import sys
from importlib.machinery import PathFinder

sys.path.insert(0, "packaging/bundle")
import contents


class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if contents.is_excluded(name) else super().find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Without
for name in contents.own_modules():
    importlib.import_module(name)
from workstation.app.entry import main

sys.exit(main(["self-test", "--lang", "en"]))
"""


def test_the_self_test_passes_without_what_is_left_out(tmp_path):
    """Libraries import lazily too: nothing on the program's way may ask for an excluded module."""
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT],
        cwd=ROOT,
        env={"THORAVUE_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
