"""What `thoravue doctor` looks at."""

from __future__ import annotations

import importlib.metadata
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from resources.i18n import Texts
from workstation.adapters.config.folders import Folders
from workstation.adapters.dicom.guard import describe_guard
from workstation.adapters.export.fonts import find_fonts
from workstation.adapters.inference.packages import PackageShelf, model_info
from workstation.adapters.store.keys import describe_key_store
from workstation.adapters.store.library import inspect_library
from workstation.app.surroundings import has_display
from workstation.cli.doctor import Check, Health
from workstation.core.errors import WorkstationError

_LIBRARIES = (
    "PySide6-Essentials",
    "pyqtgraph",
    "torch",
    "SimpleITK",
    "numpy",
    "pydicom",
    "fpdf2",
)
# PySide6 versions measured to abort on Python 3.10/3.11 after some hundred signals.
_ABORTING_QT = ("6.11.0", "6.11.1", "6.12")
_LEAST_FREE_BYTES = 2_000_000_000


def checks(folders: Folders, shelf: PackageShelf, texts: Texts) -> Iterator[Check]:
    """All checks, one by one; none of them changes anything."""
    yield _libraries(texts)
    yield _display(texts)
    yield _guarded(texts.tr("Fonts for reports"), lambda: _fonts(texts), texts)
    yield _guarded(texts.tr("Model package"), lambda: _model(shelf, texts), texts)
    yield _key_store(folders, texts)
    yield _guarded(texts.tr("Library"), lambda: _library(folders, texts), texts)
    yield _disk(folders, texts)
    yield _child(texts)


def _guarded(name: str, check: Callable[[], Check], texts: Texts) -> Check:
    try:
        return check()
    except WorkstationError as error:
        advice = texts.tr(f"error.{error.code.value}", **error.reason.parameters)
        return Check(name=name, health=Health.BAD, found=error.code.value, advice=advice)


def _libraries(texts: Texts) -> Check:
    name, found, missing = texts.tr("Libraries"), [f"Python {platform.python_version()}"], []
    for library in _LIBRARIES:
        try:
            found.append(f"{library} {importlib.metadata.version(library)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(library)
    if missing:
        return Check(
            name=name,
            health=Health.BAD,
            found=texts.tr("missing: {names}", names=", ".join(missing)),
            advice=texts.tr("Run `make run` in the program's folder, or install again."),
        )
    qt = importlib.metadata.version("PySide6-Essentials")
    if qt.startswith(_ABORTING_QT) and sys.version_info < (3, 12):
        return Check(
            name=name,
            health=Health.BAD,
            found=f"PySide6-Essentials {qt}",
            advice=texts.tr(
                "This Qt version stops without warning here. Install 6.9.3 or 6.11.3."
            ),
        )
    return Check(name=name, health=Health.GOOD, found=", ".join(found))


def _display(texts: Texts) -> Check:
    name = texts.tr("Display")
    if has_display():
        try:
            import PySide6.QtWidgets  # noqa: F401 - whether it can be loaded is the question
        except ImportError as error:  # a minimal system lacks libraries that every desktop has
            advice = texts.tr("An administrator installs what is missing.")
            return Check(name=name, health=Health.BAD, found=str(error), advice=advice)
        return Check(name=name, health=Health.GOOD, found=texts.tr("a window can be shown"))
    return Check(
        name=name,
        health=Health.NOTE,
        found=texts.tr("none"),
        advice=texts.tr("Without a display use `thoravue analyse PATH --out DIR --pdf`."),
    )


def _fonts(texts: Texts) -> Check:
    return Check(
        name=texts.tr("Fonts for reports"),
        health=Health.GOOD,
        found=", ".join(path.name for path in find_fonts()),
    )


def _model(shelf: PackageShelf, texts: Texts) -> Check:
    info = model_info(shelf.open())
    return Check(
        name=texts.tr("Model package"),
        health=Health.GOOD,
        found=f"{info.model_id} {info.version}, SHA-256 {info.package_sha256[:16]}…",
    )


def _key_store(folders: Folders, texts: Texts) -> Check:
    place, kind = describe_key_store(folders.config)
    protects = texts.tr(f"key_store.{kind}")
    return Check(name=texts.tr("Key store"), health=Health.GOOD, found=f"{place}: {protects}")


def _library(folders: Folders, texts: Texts) -> Check:
    name, path = texts.tr("Library"), folders.library
    if not path.exists():
        return Check(name=name, health=Health.GOOD, found=texts.tr("none yet"))
    inspect_library(folders)
    found = texts.tr(
        "{path} ({megabytes} MB): the key opens it, and every page is whole",
        path=path,
        megabytes=f"{path.stat().st_size / 1e6:.1f}",
    )
    return Check(name=name, health=Health.GOOD, found=found)


def _disk(folders: Folders, texts: Texts) -> Check:
    free = shutil.disk_usage(_existing(folders.library)).free
    enough = free >= _LEAST_FREE_BYTES
    return Check(
        name=texts.tr("Free disk space"),
        health=Health.GOOD if enough else Health.NOTE,
        found=f"{free / 1e9:.1f} GB",
        advice="" if enough else texts.tr("Make room before you import: 2 GB at least."),
    )


def _child(texts: Texts) -> Check:
    has, lacks = describe_guard()
    return Check(
        name=texts.tr("Guard of foreign files"),
        health=Health.NOTE if lacks else Health.GOOD,
        found=", ".join(texts.tr(f"guard.{name}") for name in has),
        advice=texts.tr(
            "Not available here: {names}",
            names=", ".join(texts.tr(f"guard.{name}") for name in lacks),
        )
        if lacks
        else "",
    )


def _existing(path: Path) -> Path:
    return next(folder for folder in path.parents if folder.exists())
