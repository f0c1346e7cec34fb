"""What every training is told, read from a TOML file that is checked key by key."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar, get_args, get_origin

import torch
from cattrs import BaseValidationError, Converter, ForbiddenExtraKeysError, transform_error

from model.films.table import ManifestError
from model.runtime.architecture import LARGEST_WIDTH

PRECISIONS: Final = ("auto", "float32", "bfloat16")
Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What the recipes of all networks have in common.

    Parameters
    ----------
    width
        Channels of the first stage.
    adults_from_years
        Films of younger patients do not train; unknown age does. 0: everyone.
    learning_rate, weight_decay, gradient_clip
        AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101), linear warm-up and one cosine, clipping by global norm.
    ema_decay
        Of the averaged weights, which are the ones that validate and ship.
    precision
        ``auto`` (bfloat16 on CUDA, else float32), ``float32`` or ``bfloat16``.

    Raises
    ------
    ManifestError
        For a value out of range.
    """

    seed: int = 1
    width: int = 32
    batch_size: int = 32
    adults_from_years: float = 18.0
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    gradient_clip: float = 1.0
    ema_decay: float = 0.998
    precision: str = "auto"

    BOUNDS: ClassVar[Bounds] = {
        "seed": (0, 2**32 - 1),
        "width": (1, LARGEST_WIDTH),
        "batch_size": (2, math.inf),
        "adults_from_years": (0, 150),
        "learning_rate": (1e-9, 10),
        "weight_decay": (0, 10),
        "gradient_clip": (1e-9, math.inf),
        "ema_decay": (0, 1),
    }

    def __post_init__(self) -> None:
        for key, (low, high) in self.BOUNDS.items():
            value = getattr(self, key)
            if not low <= value <= high:
                reach = f"at least {low:g}" if math.isinf(high) else f"{low:g} to {high:.10g}"
                raise ManifestError(f"{key} is {value:g}, but has to be {reach}")
        if self.precision not in PRECISIONS:
            raise ManifestError(f"precision has to be one of {', '.join(PRECISIONS)}")

    def bfloat16_on(self, device: torch.device) -> bool:
        """Whether the network computes in bfloat16 there."""
        return self.precision == "bfloat16" or (
            self.precision == "auto" and device.type == "cuda"
        )

    def as_json(self) -> dict[str, Any]:
        """The record as plain values."""
        return asdict(self)


AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)


def read_recipe(
    kind: type[AnyRecipe], path: Path | None, values: Mapping[str, Any] | None = None
) -> AnyRecipe:
    """A recipe from a TOML file; `values` that are not None win over it.

    Raises
    ------
    ManifestError
        For a file that is not there or no TOML, and for a key or a value that the recipe does not have.
    """
    given = {key: value for key, value in (values or {}).items() if value is not None}
    name = "recipe" if path is None else str(path)
    try:
        written = {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
        return _CONVERTER.structure(written | given, kind)
    except FileNotFoundError:
        raise ManifestError(f"there is no recipe at {path}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ManifestError(f"{name} is no TOML: {error}") from None
    except BaseValidationError as error:
        raise ManifestError(f"{name}: {_sentence(error)}") from None


def _sentence(error: BaseValidationError) -> str:
    parts = (line.rpartition(" @ ") for line in transform_error(error, "", _words))
    return "; ".join(f"{where[1:]}: {what}" if where else what for what, _, where in parts)


def _words(error: BaseException, kind: type | None) -> str:
    del kind
    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown keys {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, AttributeError):
        return "is no table { key = value }"
    return str(error)


def _whole(value: object, _kind: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _number(value: object, _kind: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _text(value: object, _kind: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _list(value: object, kind: Any) -> tuple[Any, ...]:  # noqa: ANN401  (a type)
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r} is no list")
    return tuple(_CONVERTER.structure(item, get_args(kind)[0]) for item in value)


def _table(value: object, kind: Any) -> dict[str, Any]:  # noqa: ANN401  (a type)
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} is no table of names and numbers")
    return {key: _CONVERTER.structure(v, get_args(kind)[1]) for key, v in value.items()}


def _is_a(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _made_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook(int, _whole)
    converter.register_structure_hook(float, _number)
    converter.register_structure_hook(str, _text)
    converter.register_structure_hook_func(_is_a(tuple), _list)
    converter.register_structure_hook_func(_is_a(dict), _table)
    return converter


_CONVERTER = _made_converter()
