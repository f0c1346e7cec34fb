"""Run every benchmark beside this file, or those named on the command line, and print their tables."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path


def main() -> None:
    """Each ``bench_*.py`` has a `main` that prints a table and returns nothing."""
    folder = Path(__file__).parent
    names = sys.argv[1:] or sorted(
        path.stem.removeprefix("bench_") for path in folder.glob("bench_*.py")
    )
    for name in names:
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"tests.bench.bench_{name}").main()


if __name__ == "__main__":
    main()
