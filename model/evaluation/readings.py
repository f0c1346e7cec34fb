"""How often the test split was read: a line a reading, beside the manifest.

A test split that is looked at often becomes a validation split; the count stands in every report.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

SUFFIX = ".test-readings.jsonl"


def record_reading(manifest: Path, package_sha256: str) -> int:
    """Note a reading of the test split and return how many there have been."""
    log = manifest.with_name(manifest.name + SUFFIX)
    line = {
        "utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "package_sha256": package_sha256,
    }
    with log.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line) + "\n")
    return len(log.read_text(encoding="utf-8").splitlines())
