"""What a package says of itself: `metadata.json` parsed into typed records.

The keys are those of a MONAI bundle where it has one (version, changelog, task, description, authors,
copyright, network_data_format); ours stand beside them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from model.runtime.architecture import NetworkConfig
from model.runtime.calibration import Calibration, OperatingPoints

FORMAT_VERSION = 1
# An installed package's file is called by its id and version: nothing that leads to another folder.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRecord:
    """One output of the network.

    Parameters
    ----------
    trained
        False: never shown; its data were too few or its score too weak (design/model.md).
    thresholds
        Operating points on the calibrated probability; None for an uncalibrated package.
    threshold
        The default one: Youden's, raised where the package's marks per 100 normal films ask for it.
    calibration
        Logit to probability.
    validation
        Figures on the validation split: auroc, auroc_low, auroc_high, positives, negatives, prevalence,
        sensitivity and specificity at the default threshold.
    """

    code: str
    name: str
    snomed: str | None = None
    radlex: str | None = None
    trained: bool = True
    thresholds: OperatingPoints | None = None
    threshold: float | None = None
    calibration: Calibration = field(default_factory=Calibration)
    validation: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "code": self.code,
            "name": self.name,
            "snomed": self.snomed,
            "radlex": self.radlex,
            "trained": self.trained,
            "thresholds": asdict(self.thresholds) if self.thresholds else None,
            "threshold": self.threshold,
            "calibration": self.calibration.as_json(),
            "validation": dict(self.validation),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> LabelRecord:
        """The inverse of `as_json`; `ValueError`, `KeyError` or `TypeError` for anything else."""
        points = record["thresholds"]
        threshold = record["threshold"]
        if threshold is not None and not 0.0 < float(threshold) < 1.0:
            raise ValueError("a threshold lies between 0 and 1")
        return cls(
            code=_text(record, "code"),
            name=_text(record, "name"),
            snomed=_optional_text(record, "snomed"),
            radlex=_optional_text(record, "radlex"),
            trained=bool(record["trained"]),
            thresholds=_points(points) if points is not None else None,
            threshold=None if threshold is None else float(threshold),
            calibration=Calibration.from_json(record["calibration"]),
            validation={str(k): float(v) for k, v in record.get("validation", {}).items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenVector:
    """A made input and the logits that the network must answer."""

    seed: int
    logits: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageMetadata:
    """The whole record.

    Parameters
    ----------
    package_id, version
        `cxr-findings` and a dotted number, each as `is_package_name` allows: they name the installed file.
    input_size
        Side of the model input in pixels.
    calibration_id
        Names the calibration that thresholds and probabilities belong to; None when uncalibrated.
    training
        Sites, numbers of films, hash of the manifest, recipe.
    metrics
        Figures with their intervals, by split.
    limits
        What the package was validated for: `age_years_min`, `views`, `modality`, known failures.
    """

    package_id: str
    version: str
    network: NetworkConfig
    input_size: int
    preprocess_version: str
    labels: tuple[LabelRecord, ...]
    calibration_id: str | None = None
    created_utc: str = ""
    task: str = ""
    description: str = ""
    authors: str = ""
    copyright: str = ""
    licence: str = ""
    changelog: Mapping[str, str] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    golden: tuple[GoldenVector, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, MONAI's keys among them."""
        size = self.input_size
        return {
            "format": FORMAT_VERSION,
            "package_id": self.package_id,
            "version": self.version,
            "changelog": dict(self.changelog),
            "created_utc": self.created_utc,
            "task": self.task,
            "description": self.description,
            "authors": self.authors,
            "copyright": self.copyright,
            "licence": self.licence,
            "network": asdict(self.network),
            "network_data_format": {
                "inputs": {
                    "image": {
                        "type": "image",
                        "format": "magnitude",
                        "modality": "DX",
                        "num_channels": 1,
                        "spatial_shape": [size, size],
                        "dtype": "float32",
                        "value_range": [0, 1],
                    }
                },
                "outputs": {
                    "pred": {"type": "probabilities", "num_channels": len(self.labels)}
                },
            },
            "input_size": size,
            "preprocess_version": self.preprocess_version,
            "calibration_id": self.calibration_id,
            "labels": [label.as_json() for label in self.labels],
            "training": dict(self.training),
            "metrics": dict(self.metrics),
            "limits": dict(self.limits),
            "golden": [{"seed": g.seed, "logits": list(g.logits)} for g in self.golden],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> PackageMetadata:
        """Parse and check; `ValueError`, `KeyError` or `TypeError` when it is not our format."""
        if record["format"] != FORMAT_VERSION:
            raise ValueError(f"format {record['format']!r} is not {FORMAT_VERSION}")
        labels = tuple(LabelRecord.from_json(label) for label in record["labels"])
        network = NetworkConfig(**record["network"])
        size = int(record["input_size"])
        if (
            len({label.code for label in labels}) != network.labels
            or len(labels) != network.labels
        ):
            raise ValueError("labels must be distinct and as many as the network's outputs")
        if not 32 <= size <= 2048:
            raise ValueError("input size out of range")
        return cls(
            package_id=_name(record, "package_id"),
            version=_name(record, "version"),
            preprocess_version=_text(record, "preprocess_version"),
            created_utc=_text(record, "created_utc"),
            task=_text(record, "task"),
            description=_text(record, "description"),
            authors=_text(record, "authors"),
            copyright=_text(record, "copyright"),
            licence=_text(record, "licence"),
            network=network,
            input_size=size,
            calibration_id=_optional_text(record, "calibration_id"),
            labels=labels,
            golden=tuple(_golden(vector, network.labels) for vector in record["golden"]),
            changelog=dict(record["changelog"]),
            training=dict(record["training"]),
            metrics=dict(record["metrics"]),
            limits=dict(record["limits"]),
        )


def is_package_name(text: str) -> bool:
    """Whether a text can be a package's id or version."""
    return _NAME.fullmatch(text) is not None


def _name(record: Mapping[str, Any], key: str) -> str:
    value = _text(record, key)
    if not is_package_name(value):
        raise ValueError(f"{key} cannot name a file")
    return value


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} must be text")
    return value


def _optional_text(record: Mapping[str, Any], key: str) -> str | None:
    return None if record.get(key) is None else _text(record, key)


def _points(record: Mapping[str, Any]) -> OperatingPoints:
    return OperatingPoints(**{k: float(record[k]) for k in ("youden", "sens90", "sens95")})


def _golden(record: Mapping[str, Any], labels: int) -> GoldenVector:
    logits = tuple(float(value) for value in record["logits"])
    if len(logits) != labels:
        raise ValueError("a golden vector has one logit a label")
    return GoldenVector(seed=int(record["seed"]), logits=logits)
