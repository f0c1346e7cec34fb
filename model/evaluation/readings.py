"""How often the test split was read: a line a reading, beside the manifest.

A test split that is looked at often becomes a validation split; the count stands in every report.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

SUFFIX = ".test-readings.jsonl"


def record_reading(manifest: Path, package_sha256: str, sites: Collection[str]) -> int:
    """Note a reading of the test films of these sites; return how many there have been of any of them.

    A line of before sites were noted counts as one of all.
    """
    log = manifest.with_name(manifest.name + SUFFIX)
    line = {
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "package_sha256": package_sha256,
        "sites": sorted(sites),
    }
    with log.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")
    lines = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    return sum(not set(sites).isdisjoint(found.get("sites", sites)) for found in lines)
