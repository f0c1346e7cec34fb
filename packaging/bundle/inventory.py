"""Who made each file of the bundle: a CycloneDX list of components, and the notices their licences ask for.

``inventory.py write`` runs in the environment that the bundle was built from and looks each file's origin up there.
``inventory.py check`` reads the list back: every file of the bundle belongs to an entry and has its hash.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from report import package_of

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "dist" / "thoravue"
WORK = ROOT / "build" / "bundle"
SBOM, NOTICES = "sbom.cdx.json", "THIRD-PARTY-NOTICES.txt"
_OURS, _CPYTHON, _BOOTLOADER = "Thoravue", "CPython", "PyInstaller bootloader"
_LICENCE_FILE = re.compile(r"(?i)(^|/)(licen[cs]e|notice|copying|authors)[^/]*$|/licenses/")
_COMMON = Path("/usr/share/common-licenses")
# PySide6's wheels carry no text of their licence.
_TEXTS = {"PySide6_Essentials": ("LGPL-3", "GPL-3"), "shiboken6": ("LGPL-3", "GPL-3")}
_INTRODUCTION = """Thoravue {version}: software by others in this program

Thoravue itself is licensed under the Apache License 2.0. It carries the components below, each under its own licence.
Qt, PySide6 and Shiboken are used under the GNU Lesser General Public License, version 3. They are separate shared
libraries (_internal/PySide6, _internal/shiboken6): you may replace them with versions of your own that have the same
interface, and debug such changes. The same holds for every other library under the LGPL, FFmpeg and glib among them.
Which file belongs to which component stands in {sbom}.
"""


@dataclass(slots=True)
class Component:
    """One piece of software with its files in the bundle."""

    name: str
    version: str
    purl: str
    licence: str
    texts: list[Path] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    grafted: list[dict[str, str]] = field(default_factory=list)


class Origins:
    """Finds the component that a file on the building computer came with."""

    def __init__(self) -> None:
        self.found: dict[str, Component] = {}
        self._site = next(Path(p) for p in sys.path if p.endswith("site-packages"))
        self._owners = {
            str(file): distribution
            for distribution in importlib.metadata.distributions(path=[str(self._site)])
            for file in distribution.files or ()
        }

    def of(self, source: Path) -> Component:
        """The component of `source`; `LookupError` when nobody owns it."""
        if source.is_relative_to(self._site):
            return self._distribution(self._owners[str(source.relative_to(self._site))])
        if source.is_relative_to(WORK / "font"):
            return self._package(
                "fonts-noto-cjk", texts=[WORK / "font" / "NotoSansCJK-copyright.txt"]
            )
        if (
            source.is_relative_to(Path(sys.base_prefix) / "lib")
            and "python" in str(source).lower()
        ):
            return self.cpython()
        if source.is_relative_to(WORK):
            made = {"thoravue": self.bootloader, "base_library.zip": self.cpython}
            return made.get(source.name, self.ours)()
        if source.is_relative_to(ROOT):
            return self.ours()
        return self._package(package_of(source))

    def ours(self) -> Component:
        """The program itself."""
        version = re.search(
            r'"(.+)"', (ROOT / "workstation" / "__init__.py").read_text().split("=")[1]
        )
        assert version is not None  # noqa: S101 - our own file
        return self._once(
            Component(_OURS, version[1], f"pkg:generic/thoravue@{version[1]}", "Apache-2.0")
        )

    def cpython(self) -> Component:
        """The interpreter and its standard library."""
        version = platform.python_version()
        text = (
            Path(sys.base_prefix)
            / "lib"
            / f"python{version.rpartition('.')[0]}"
            / "LICENSE.txt"
        )
        return self._once(
            Component(_CPYTHON, version, f"pkg:generic/cpython@{version}", "PSF-2.0", [text])
        )

    def bootloader(self) -> Component:
        """The small program that starts the interpreter."""
        version = importlib.metadata.version("pyinstaller")
        texts = _texts(importlib.metadata.distribution("pyinstaller"))
        licence = "GPL-2.0-or-later WITH Bootloader-exception"
        return self._once(
            Component(_BOOTLOADER, version, f"pkg:pypi/pyinstaller@{version}", licence, texts)
        )

    def _once(self, component: Component) -> Component:
        return self.found.setdefault(component.name, component)

    def _distribution(self, found: importlib.metadata.Distribution) -> Component:
        name = found.metadata["Name"]
        if name in self.found:
            return self.found[name]
        texts = _texts(found) + [_COMMON / text for text in _TEXTS.get(name, ())]
        purl = f"pkg:pypi/{name.lower().replace('_', '-')}@{found.version}"
        made = Component(name, found.version, purl, _licence(found), texts)
        made.grafted = list(_grafted(found))
        return self._once(made)

    def _package(self, name: str, texts: list[Path] | None = None) -> Component:
        if name in self.found:
            return self.found[name]
        version = _package_version(name)
        texts = texts or [Path("/usr/share/doc") / name / "copyright"]
        purl = f"pkg:deb/debian/{name}@{version}"
        return self._once(Component(name, version, purl, "see its copyright file", texts))


def _package_version(name: str) -> str:
    downloaded = next((WORK / "font-package").glob(f"{name}_*.deb"), None)
    command = (
        ["dpkg-deb", "-f", str(downloaded), "Version"]
        if downloaded
        else ["dpkg-query", "-W", "-f=${Version}", name]
    )
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _texts(found: importlib.metadata.Distribution) -> list[Path]:
    files = [f for f in found.files or () if _LICENCE_FILE.search(str(f)) and f.suffix != ".py"]
    paths = (Path(str(found.locate_file(file))) for file in files)
    return sorted(path for path in paths if path.is_file() and path.suffix != ".pyc")


def _licence(found: importlib.metadata.Distribution) -> str:
    expression = found.metadata.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in found.metadata.get_all("Classifier") or ()
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    text = str(found.metadata.get("License") or "").partition("\n")[0]
    return ", ".join(classifiers) or text or "see its licence files"


def _grafted(found: importlib.metadata.Distribution) -> Iterator[dict[str, str]]:
    """Native libraries that a wheel says it was given, with their versions."""
    for file in found.files or ():
        if file.name == "auditwheel.cdx.json":
            for component in json.loads(file.read_text()).get("components", ()):
                if component.get("purl", "").startswith("pkg:pypi/"):
                    continue
                yield {
                    key: component[key]
                    for key in ("name", "version", "purl")
                    if key in component
                }


def toc(name: str) -> list[tuple[str, str, str]]:
    """What PyInstaller noted: (place in the bundle, source, kind)."""
    noted = ast.literal_eval((WORK / "pyinstaller" / "thoravue" / name).read_text("utf-8"))
    return next(part for part in noted if isinstance(part, list))


def collect() -> dict[str, Component]:
    """All components, with the files they have in the bundle."""
    origins = Origins()
    sources = {
        place: Path(source)
        for place, source, kind in toc("COLLECT-00.toc")
        if kind != "SYMLINK"
    }
    for _, source, _ in toc("PYZ-00.toc"):
        if Path(source).is_absolute():
            origins.of(Path(source))
    for path in files(BUNDLE):
        place = str(path.relative_to(BUNDLE))
        inside = (
            str(path.resolve().relative_to(BUNDLE / "_internal"))
            if "_internal" in place
            else place
        )
        source = sources.get(inside)
        component = origins.of(source) if source else origins.ours()
        component.files.append(place)
    return dict(sorted(origins.found.items(), key=lambda item: item[0].lower()))


def files(folder: Path) -> list[Path]:
    """All files and links below `folder` but the list itself."""
    return sorted(
        path
        for path in folder.rglob("*")
        if (path.is_file() or path.is_symlink()) and path.name != SBOM
    )


def sha256(path: Path) -> str:
    """Hash of what a file or link leads to."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _entry(component: Component) -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": component.purl,
        "name": component.name,
        "version": component.version,
        "purl": component.purl,
        "licenses": [{"license": {"name": component.licence}}],
        "components": [
            *({"type": "library", **library} for library in component.grafted),
            *(
                {
                    "type": "file",
                    "name": place,
                    "hashes": [{"alg": "SHA-256", "content": sha256(BUNDLE / place)}],
                }
                for place in sorted(component.files)
            ),
        ],
    }


def bom(components: dict[str, Component]) -> dict[str, Any]:
    """The list as CycloneDX 1.6 (ECMA-424)."""
    entries = [_entry(component) for component in components.values()]
    ours = components[_OURS]
    digest = hashlib.sha256(json.dumps(entries).encode()).hexdigest()
    made = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.UUID(digest[:32])}",
        "version": 1,
        "metadata": {
            "timestamp": made.isoformat(),
            "component": {
                "type": "application",
                "bom-ref": "thoravue-bundle",
                "name": "thoravue",
                "version": ours.version,
            },
        },
        "components": entries,
        "dependencies": [
            {"ref": "thoravue-bundle", "dependsOn": [entry["bom-ref"] for entry in entries]}
        ],
    }


def notices(components: dict[str, Component]) -> str:
    """Names, versions and licences of all components, then each text once."""
    others = [component for component in components.values() if component.name != _OURS]
    parts = [_INTRODUCTION.format(version=components[_OURS].version, sbom=SBOM)]
    parts += [f"- {c.name} {c.version}: {c.licence}" for c in others]
    texts: dict[str, list[str]] = {}
    for component in others:
        for path in component.texts:
            text = path.read_text("utf-8", "replace").strip()
            texts.setdefault(text, []).append(component.name)
    for text, names in texts.items():
        title = ", ".join(dict.fromkeys(names))
        parts.append(f"\n{'=' * 100}\n{title}\n{'=' * 100}\n\n{text}")
    return "\n".join(parts) + "\n"


def faults(bundle: Path) -> list[str]:
    """What the list says wrongly of `bundle`: files without an entry, entries without a file, other bytes."""
    listed = {
        inner["name"]: inner["hashes"][0]["content"]
        for entry in json.loads((bundle / SBOM).read_text("utf-8"))["components"]
        for inner in entry["components"]
        if inner["type"] == "file"
    }
    there = {str(path.relative_to(bundle)) for path in files(bundle)}
    return [
        *(f"no entry: {place}" for place in sorted(there - listed.keys())),
        *(f"no file: {place}" for place in sorted(listed.keys() - there)),
        *(
            f"other bytes: {p}"
            for p in sorted(there & listed.keys())
            if sha256(bundle / p) != listed[p]
        ),
    ]


def main() -> int:
    """Write or check the list."""
    if sys.argv[1:2] == ["check"]:
        bundle = Path(sys.argv[2]) if len(sys.argv) > 2 else BUNDLE
        wrong = faults(bundle)
        print("\n".join(wrong) or f"{len(files(bundle))} files, each of them listed in {SBOM}")
        return 1 if wrong else 0
    target = BUNDLE / "_internal" / "resources" / NOTICES
    target.unlink(missing_ok=True)
    components = collect()
    target.write_text(notices(components), encoding="utf-8")
    components[_OURS].files.append(str(target.relative_to(BUNDLE)))
    text = json.dumps(bom(components), indent=1, ensure_ascii=False)
    (BUNDLE / SBOM).write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
