"""Which model packages there are, and opening one: the program's own and those installed by the reader."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from model.runtime.builtin import built_in_package
from model.runtime.metadata import LabelRecord
from model.runtime.package import SUFFIX, Fault, ModelPackage, PackageError, Trust, open_package
from workstation.core.errors import ErrorCode, WorkstationError
from workstation.core.findings import FindingCode, ModelInfo

_CODES = frozenset(code.value for code in FindingCode)
_ADULT = 18.0
_FAULTS = {
    Fault.NOT_FOUND: ErrorCode.MODEL_NOT_FOUND,
    Fault.DAMAGED: ErrorCode.MODEL_DAMAGED,
    Fault.UNTRUSTED: ErrorCode.MODEL_UNTRUSTED,
    Fault.INCOMPATIBLE: ErrorCode.MODEL_INCOMPATIBLE,
}


def package_fault(error: PackageError, name: str) -> WorkstationError:
    """What a fault of the package `name` means for the reader."""
    return WorkstationError(_FAULTS[error.fault], error.detail, model=name)


def offered_labels(package: ModelPackage) -> tuple[tuple[int, LabelRecord], ...]:
    """The outputs that are shown, with their index: trained ones that the program has a word for."""
    return tuple(
        (index, label)
        for index, label in enumerate(package.labels)
        if label.trained and label.code in _CODES
    )


def model_info(package: ModelPackage) -> ModelInfo:
    """What the face needs to know of a package."""
    metadata = package.metadata
    marks = metadata.metrics.get("marks_per_100_normals")
    return ModelInfo(
        model_id=package.id,
        version=package.version,
        package_sha256=package.sha256,
        weights_sha256=package.weights_sha256,
        trust=package.trusted.value,
        codes=tuple(FindingCode(label.code) for _, label in offered_labels(package)),
        calibrated=metadata.calibration_id is not None,
        minimum_age=float(metadata.limits.get("age_years_min", _ADULT)),
        marks_per_100_normal=None if marks is None else float(marks),
        card_html={language: package.card_page(language) for language in ("en", "zh")},
    )


class PackageShelf:
    """The built-in package and those in the `installed` folder, newest version of each id.

    Parameters
    ----------
    installed
        Folder of packages that the reader installed; need not exist.
    public_keys
        Raw Ed25519 keys whose signatures the reader trusts.
    """

    def __init__(self, installed: Path | None, public_keys: Collection[bytes] = ()) -> None:
        self._installed = installed
        self._keys = tuple(public_keys)

    def paths(self) -> tuple[Path, ...]:
        """All package files, the built-in one first."""
        folder = self._installed
        others = sorted(folder.glob(f"*{SUFFIX}")) if folder and folder.is_dir() else []
        return (built_in_package(), *others)

    def open(self, model_id: str | None = None) -> ModelPackage:
        """Verify and open a package, the built-in one unless an id (or ``id-version``) is given.

        Raises
        ------
        WorkstationError
            ``model_not_found``, ``model_damaged``, ``model_incompatible``.
        """
        if model_id is None:
            package = self.open_file(built_in_package())
            if package.trusted is not Trust.BUILT_IN:
                raise WorkstationError(
                    ErrorCode.MODEL_DAMAGED, "built-in hash", model=package.id
                )
            return package
        names = [
            path
            for path in self.paths()
            if model_id in {path.stem, path.stem.rpartition("-")[0]}
        ]
        if not names:
            raise WorkstationError(ErrorCode.MODEL_NOT_FOUND, model=model_id)
        return self.open_file(names[-1])

    def open_file(self, path: Path) -> ModelPackage:
        """Verify and open one file."""
        try:
            return open_package(path, public_keys=self._keys)
        except PackageError as error:
            raise package_fault(error, path.name) from error

    def install(
        self, path: Path, *, allow_unsigned: bool, expected_sha256: str | None = None
    ) -> ModelPackage:
        """Verify a file, golden vectors included, and copy it to the shelf unless the program brought it.

        Raises
        ------
        WorkstationError
            ``model_untrusted`` for one nobody vouches for without the reader's consent; ``model_damaged`` also for a file
            that is not the one with `expected_sha256`, which the reader has seen.
        """
        from model.runtime.nodules import nodule_detector  # torch: only when installing
        from model.runtime.predict import Predictor
        from model.runtime.quality import quality_check
        from workstation.services.exporting import write_atomically

        package = self.open_file(path)
        if package.trusted is Trust.BUILT_IN:  # it is on the shelf already
            return package
        if package.trusted is Trust.UNSIGNED and not allow_unsigned:
            raise WorkstationError(ErrorCode.MODEL_UNTRUSTED, model=path.name)
        if expected_sha256 not in {None, package.sha256}:
            raise WorkstationError(
                ErrorCode.MODEL_DAMAGED, "changed since it was shown", model=path.name
            )
        if self._installed is None:
            raise WorkstationError(ErrorCode.OUTPUT_NOT_WRITABLE, path="")
        try:
            Predictor(package).check_golden()
            quality_check(package)
            detector = nodule_detector(package)
            if detector is not None:
                detector.check_golden()
        except PackageError as error:
            raise package_fault(error, path.name) from error
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != package.sha256:
            raise WorkstationError(
                ErrorCode.MODEL_DAMAGED, "changed while read", model=path.name
            )
        self._installed.mkdir(parents=True, exist_ok=True)
        write_atomically(self._installed / f"{package.id}-{package.version}{SUFFIX}", data)
        return package
