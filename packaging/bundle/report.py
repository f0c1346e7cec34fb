"""What `make bundle-report` prints: the C library that the bundle needs, and where its megabytes are."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

BUNDLE = Path(__file__).resolve().parents[2] / "dist" / "thoravue"
MEGABYTE = 1e6


def elf_files(folder: Path) -> Iterator[Path]:
    """Programs and libraries below `folder`, links left out."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield path


def glibc(path: Path) -> tuple[int, ...]:
    """The newest GLIBC symbol version that a file asks for; (0,) for none."""
    said = subprocess.run(
        ["readelf", "--version-info", "--wide", str(path)], capture_output=True, text=True, check=True
    )  # fmt: skip
    needs = said.stdout.partition("Version needs section")[2]
    found = re.findall(r"Name: GLIBC_([\d.]+)", needs)
    return max((tuple(map(int, text.split("."))) for text in found), default=(0,))


def floor(folder: Path) -> tuple[tuple[int, ...], list[Path]]:
    """The newest version that any file asks for, and the files that do."""
    versions = {path: glibc(path) for path in elf_files(folder)}
    newest = max(versions.values())
    return newest, [path for path, version in versions.items() if version == newest]


def owner(path: Path) -> str:
    """The library that a file of the bundle counts for: its folder, ``x.libs`` with ``x``."""
    parts = path.relative_to(BUNDLE).parts
    if parts[0] != "_internal":
        return f"{parts[0]} (the program and all compiled Python modules)"
    top = parts[1].removesuffix(".libs")
    return top if len(parts) > 2 else "single files"


def depends(folder: Path) -> list[str]:
    """Debian packages of the shared libraries that the bundle asks for and does not carry."""
    wanted: set[str] = set()
    for path in elf_files(folder):
        said = subprocess.run(
            ["readelf", "-d", str(path)], capture_output=True, text=True, check=True
        )
        wanted |= set(re.findall(r"\(NEEDED\).*\[(.+)\]", said.stdout))
    missing = wanted - {path.name for path in folder.rglob("*")}
    known = subprocess.run(
        ["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True
    ).stdout
    places = dict(re.findall(r"^\t(\S+) \(libc6,x86-64.*=> (\S+)$", known, re.MULTILINE))
    return sorted({package_of(Path(places[name])) for name in missing if name in places})


def package_of(library: Path) -> str:
    """The Debian package that a file of this system came with."""
    real = str(library.resolve())
    for path in (real, real.removeprefix("/usr"), str(library)):
        said = subprocess.run(["dpkg", "-S", path], capture_output=True, text=True, check=False)
        if said.returncode == 0:
            return said.stdout.partition(":")[0]
    raise LookupError(f"{library} belongs to no package")


def main() -> int:
    """Print the report; ``--floor`` and ``--depends`` print one line for scripts."""
    newest, files = floor(BUNDLE)
    text = ".".join(map(str, newest))
    if "--floor" in sys.argv[1:]:
        print(text)
        return 0
    if "--depends" in sys.argv[1:]:
        others = [name for name in depends(BUNDLE) if name != "libc6"]
        print(", ".join([f"libc6 (>= {text})", *others]))
        return 0
    print(f"Highest symbol: GLIBC_{text}, asked for by {len(files)} files, for instance:")
    for path in files[:5]:
        print(f"  {path.relative_to(BUNDLE)}")
    sizes: Counter[str] = Counter()
    for path in BUNDLE.rglob("*"):
        if path.is_file() and not path.is_symlink():
            sizes[owner(path)] += path.stat().st_size
    print(f"Size: {sizes.total() / MEGABYTE:.0f} MB")
    for name, size in sizes.most_common(25):
        print(f"  {size / MEGABYTE:7.1f} MB  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
