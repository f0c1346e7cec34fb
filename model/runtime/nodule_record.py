"""What a package says of its nodule detector: `nodules.json` parsed; without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

FORMAT: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorGolden:
    """A made input (`model.runtime.predict.golden_input`) and eight numbers that the network must answer."""

    seed: int
    answers: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRecord:
    """`nodules.json`.

    Parameters
    ----------
    width, input_size
        Of the network and its input in pixels.
    threshold
        Candidates of a lower score are not shown.
    shown
        False: measured and found too unreliable, or not yet measured; candidates are never shown then.
    training
        Films, boxes, recipe.
    golden
        Checked before the detector is used.
    """

    width: int
    input_size: int
    threshold: float
    shown: bool = False
    training: Mapping[str, Any]
    golden: tuple[DetectorGolden, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.width <= 64 or not 64 <= self.input_size <= 2048:
            raise ValueError("width or input size out of range")
        if self.input_size % 16 or not 0.0 < self.threshold < 1.0:
            raise ValueError("input size or threshold out of range")

    def as_bytes(self) -> bytes:
        """The member as it is written."""
        record = {"format": FORMAT, **asdict(self)}
        return json.dumps(record, indent=1, ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> DetectorRecord:
        """The inverse of `as_bytes`; `ValueError`, `KeyError` or `TypeError` for anything else."""
        record = json.loads(data)
        if record["format"] != FORMAT:
            raise ValueError(f"format {record['format']!r} is not {FORMAT}")
        return cls(
            width=int(record["width"]),
            input_size=int(record["input_size"]),
            threshold=float(record["threshold"]),
            shown=record["shown"] is True,
            training=dict(record["training"]),
            golden=tuple(
                DetectorGolden(
                    seed=int(vector["seed"]),
                    answers=tuple(float(v) for v in vector["answers"]),
                )
                for vector in record["golden"]
            ),
        )
