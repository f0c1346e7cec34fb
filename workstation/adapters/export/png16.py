"""Grey pictures of 16 bits, for training."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workstation.services.exporting import write_atomically


def write_png16(path: Path, grey: NDArray[np.uint16]) -> None:
    """Write (rows, columns) uint16 as a PNG file, whole or not at all.

    Raises
    ------
    WorkstationError
        ``disk_full`` or ``output_not_writable``.
    """
    stream = io.BytesIO()
    Image.fromarray(grey).save(stream, "PNG", compress_level=1)
    write_atomically(path, stream.getvalue())
