"""How long a report of two pages and two pictures takes, from the document to the bytes."""

from __future__ import annotations

import statistics
import time

from tests.factories.reports import make_report, make_shown
from workstation.adapters.export.pdf import PdfRenderer

RUNS = 7


def main() -> None:
    """Print the medians in ms and the size."""
    shown = make_shown(3000, 2500)
    began = time.perf_counter()
    document = make_report(films=(shown,))
    built = time.perf_counter() - began
    renderer = PdfRenderer()
    renderer.render(document, language="zh")
    times, own = [], []
    for _ in range(RUNS):
        began, cpu = time.perf_counter(), time.process_time()
        data = renderer.render(document, language="zh")
        times.append(time.perf_counter() - began)
        own.append(time.process_time() - cpu)
    print("document of a 3000 x 2500 film (once):", f"{built * 1e3:.0f} ms")
    print(
        f"PDF, zh, median of {RUNS}: {statistics.median(times) * 1e3:.0f} ms "
        f"({statistics.median(own) * 1e3:.0f} ms of processor), {len(data) / 1e3:.0f} kB; goal 500 ms"
    )


if __name__ == "__main__":
    main()
