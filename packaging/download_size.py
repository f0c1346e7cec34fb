"""Announce a large download: reads pip's installation report on standard input."""

from __future__ import annotations

import json
import sys
import urllib.request
from urllib.parse import urlsplit

GIGABYTE = 1e9


def size(url: str) -> int:
    """Bytes behind `url`; 0 when its server does not say, or when it lies on this disk."""
    if urlsplit(url).scheme == "file":
        return 0
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310 - pip is about to fetch it
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        return int(answer.headers.get("Content-Length") or 0)


def main() -> None:
    """Print a line when the packages together are over 1 GB."""
    items = json.load(sys.stdin)["install"]
    total = sum(size(item["download_info"]["url"]) for item in items)
    if total > GIGABYTE:
        print(
            f"torch and its CUDA libraries are a download of {total / GIGABYTE:.1f} GB. For the CPU"
            " build (about 0.2 GB) stop here and set TORCH_INDEX to PyTorch's CPU index."
        )


if __name__ == "__main__":
    main()
