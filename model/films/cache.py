"""Preprocessed films on disk, so that an image is decoded once and not once an epoch.

The cache holds 16-bit integers, which is exactly the grid of `model.runtime.preprocess`: reading it
gives the very array that inference would compute.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from tqdm import tqdm

from model.films.manifest import Problems, Row
from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.files import replacing
from model.runtime.preprocess import GRID, PreprocessError, preprocess


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedFilms:
    """Preprocessed films of the rows that could be read.

    Parameters
    ----------
    rows
        The readable rows, in order.
    inputs
        ``(n, size, size)`` uint16, memory mapped; divided by 65535 they are model inputs.
    to_film
        ``(n, 2, 3)`` maps from model-input pixels to pixels of the image file.
    hashes
        SHA-256 of each film's decoded pixels.
    """

    rows: tuple[Row, ...]
    inputs: NDArray[np.uint16]
    to_film: NDArray[np.float64]
    hashes: tuple[str, ...]

    def of_split(self, split: str) -> tuple[list[Row], list[str]]:
        """The rows of a split and the hashes of their pixels."""
        pairs = zip(self.rows, self.hashes, strict=True)
        chosen = [pair for pair in pairs if pair[0].split == split]
        return [row for row, _ in chosen], [digest for _, digest in chosen]


def read_presented(path: Path) -> NDArray[np.float32]:
    """An 8 or 16-bit image file as a presented film in 0-1.

    Raises
    ------
    OSError
        When the file is damaged or no image.
    """
    try:
        with Image.open(path) as image:
            deep = image.mode.startswith("I")
            pixels = np.asarray(image if deep else image.convert("L"))
    except (
        UnidentifiedImageError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
    ) as error:
        raise OSError(str(error)) from error
    return pixels.astype(np.float32) / np.float32(65535 if deep else 255)


def reason_of(error: OSError | PreprocessError) -> str:
    """Why a film cannot be used, in a word, so that films of one fault are counted together."""
    return error.reason.value if isinstance(error, PreprocessError) else "damaged"


def pixel_sha256(presented: NDArray[np.float32]) -> str:
    """What tells a film from all others, whatever its file is called: SHA-256 of its pixels and shape."""
    shape = repr(presented.shape).encode()
    return hashlib.sha256(presented.tobytes() + shape).hexdigest()


def cached_films(
    rows: Sequence[Row], size: int, folder: Path, problems: Problems, *, quiet: bool = False
) -> CachedFilms:
    """Read the cache for these rows and this size, or make it; unreadable films are named and left out."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"films-{_key(rows, size)}"
    index_path, inputs_path = stem.with_suffix(".json"), stem.with_suffix(".npy")
    if not index_path.is_file():
        _build(rows, size, stem, quiet=quiet)
    index = json.loads(index_path.read_text(encoding="utf-8"))
    for name, reason in index["unreadable"]:
        problems.add(f"unreadable image ({reason})", name)
    inputs = np.load(inputs_path, mmap_mode="r")
    return CachedFilms(
        rows=tuple(rows[i] for i in index["kept"]),
        inputs=inputs[: len(index["kept"])],
        to_film=np.asarray(index["to_film"], dtype=np.float64).reshape(-1, 2, 3),
        hashes=tuple(index["hashes"]),
    )


def _key(rows: Sequence[Row], size: int) -> str:
    digest = hashlib.sha256(f"{PREPROCESS_VERSION} {size}".encode())
    for row in rows:
        status = row.path.stat()
        digest.update(
            f"{row.path} {status.st_size} {status.st_mtime_ns} {row.pixel_aspect}".encode()
        )
    return digest.hexdigest()[:24]


def _build(rows: Sequence[Row], size: int, stem: Path, *, quiet: bool) -> None:
    kept: list[int] = []
    to_film: list[list[list[float]]] = []
    hashes: list[str] = []
    unreadable: list[tuple[str, str]] = []
    # Written, not mapped: on a full disk a mapped file kills the process.
    with replacing(stem.with_suffix(".npy")) as partial, partial.open("wb") as stream:
        shape = (max(len(rows), 1), size, size)
        header = {"descr": "<u2", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        whole = stream.tell() + 2 * shape[0] * size * size
        for index, row in enumerate(tqdm(rows, desc=f"films at {size} px", disable=quiet)):
            try:
                presented = read_presented(row.path)
                made = preprocess(presented, size=size, pixel_aspect=row.pixel_aspect)
            except (OSError, PreprocessError) as error:
                unreadable.append((row.path.name, reason_of(error)))
                continue
            stream.write(np.rint(made.model_input * np.float32(GRID)).astype("<u2").tobytes())
            kept.append(index)
            to_film.append(made.to_film.tolist())
            hashes.append(pixel_sha256(presented))
        stream.truncate(whole)
    record = {"kept": kept, "to_film": to_film, "hashes": hashes, "unreadable": unreadable}
    with replacing(stem.with_suffix(".json")) as part:
        part.write_text(json.dumps(record), encoding="utf-8")
