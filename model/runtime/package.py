"""Opening a model package: verified before anything in it is used. No pickle, no code.

A package is a stored zip, `name-version.cxrmodel`, with metadata.json, weights.safetensors, card.html,
SHA256SUMS and, where present, quality.npz, films.txt, nodules.* and SHA256SUMS.sig.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from model.runtime.architecture import PREPROCESS_VERSION
from model.runtime.builtin import BUILT_IN_SHA256
from model.runtime.errors import ModelError
from model.runtime.metadata import GoldenVector, LabelRecord, PackageMetadata

SUFFIX = ".cxrmodel"
METADATA, WEIGHTS, CARD = "metadata.json", "weights.safetensors", "card.html"
SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
QUALITY = "quality.npz"
# Fingerprints of the films that trained the network, a line each.
FILMS = "films.txt"
NODULES, NODULE_WEIGHTS = "nodules.json", "nodules.safetensors"
REQUIRED = frozenset({METADATA, WEIGHTS, CARD, SUMS})
MEBIBYTE = 1 << 20
# A package is 25 MB at most as shipped; imported networks (DenseNet-121 in float32) are larger.
MEMBER_LIMITS: Mapping[str, int] = MappingProxyType(
    {
        METADATA: 4 * MEBIBYTE,
        WEIGHTS: 256 * MEBIBYTE,
        CARD: 8 * MEBIBYTE,
        SUMS: 64 * 1024,
        SIGNATURE: 4096,
        QUALITY: 32 * MEBIBYTE,
        FILMS: 32 * MEBIBYTE,
        NODULES: MEBIBYTE,
        NODULE_WEIGHTS: 64 * MEBIBYTE,
    }
)
LARGEST_PACKAGE = 300 * MEBIBYTE


class Fault(Enum):
    """Why a package is refused."""

    NOT_FOUND = "not_found"
    DAMAGED = "damaged"
    UNTRUSTED = "untrusted"
    INCOMPATIBLE = "incompatible"


class PackageError(ModelError):
    """A package that is not opened.

    Parameters
    ----------
    fault
        The kind; `code` is its name.
    detail
        Technical, English, without patient data.
    """

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail

    @property
    def code(self) -> str:
        """`not_found`, `damaged`, `untrusted` or `incompatible`."""
        return self.fault.value


class Trust(Enum):
    """On whose word a package runs."""

    BUILT_IN = "built_in"
    SIGNED = "signed"
    UNSIGNED = "unsigned"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPackage:
    """A verified package, wholly in memory.

    Parameters
    ----------
    path
        Where it was read from.
    sha256, weights_sha256
        Of the file and of the weights, in hexadecimal.
    trusted
        Whether it is the built-in one, signed by a trusted key, or neither.
    signer_key
        Raw public key of a valid signature, trusted or not.
    members
        The files inside, by name.
    """

    path: Path
    sha256: str
    weights_sha256: str
    metadata: PackageMetadata
    trusted: Trust
    signer_key: bytes | None
    members: Mapping[str, bytes]

    @property
    def signer(self) -> str | None:
        """Fingerprint of `signer_key`."""
        return None if self.signer_key is None else fingerprint(self.signer_key)

    @property
    def id(self) -> str:
        """The package's name, `cxr-findings`."""
        return self.metadata.package_id

    @property
    def version(self) -> str:
        """Its version."""
        return self.metadata.version

    @property
    def labels(self) -> tuple[LabelRecord, ...]:
        """The network's outputs in order, untrained ones included."""
        return self.metadata.labels

    @property
    def golden(self) -> tuple[GoldenVector, ...]:
        """Made inputs and their answers."""
        return self.metadata.golden

    @property
    def card_html(self) -> str:
        """The model card in all its languages."""
        return self.members[CARD].decode("utf-8")

    def card_page(self, language: str) -> str:
        """The model card in one language (`en`, `zh`): its other sections left out, if it has that one."""
        sections = re.findall(r'<section lang="(\w+)">', self.card_html)
        if language not in sections:
            return self.card_html
        other = rf'<section lang="(?!{language}")\w+">.*?</section>'
        return re.sub(other, "", self.card_html, flags=re.DOTALL)


def open_package(
    path: Path,
    *,
    trusted_sha256: Collection[str] = (BUILT_IN_SHA256,),
    public_keys: Collection[bytes] = (),
) -> ModelPackage:
    """Verify and read a package.

    Parameters
    ----------
    path
        The file.
    trusted_sha256
        Files whose SHA-256 is pinned: the built-in package.
    public_keys
        Raw 32-byte Ed25519 keys whose signatures are trusted.

    Raises
    ------
    PackageError
        With `Fault.NOT_FOUND`, `DAMAGED` (not a package, a sum or signature that does not match) or
        `INCOMPATIBLE` (another format or preprocessing version).
    """
    data = _file_bytes(path)
    members = _members(data)
    _check_sums(members)
    metadata = _metadata(members[METADATA])
    digest = hashlib.sha256(data).hexdigest()
    signer_key = _signer(members)
    trust = Trust.UNSIGNED
    if digest in trusted_sha256:
        trust = Trust.BUILT_IN
    elif signer_key is not None and signer_key in public_keys:
        trust = Trust.SIGNED
    return ModelPackage(
        path=path,
        sha256=digest,
        weights_sha256=hashlib.sha256(members[WEIGHTS]).hexdigest(),
        metadata=metadata,
        trusted=trust,
        signer_key=signer_key,
        members=MappingProxyType(members),
    )


def fingerprint(public_key: bytes) -> str:
    """SHA-256 of a raw public key, what a person compares before trusting it."""
    return hashlib.sha256(public_key).hexdigest()


def sums_text(members: Mapping[str, bytes]) -> bytes:
    """SHA256SUMS over all members but itself and its signature, as `sha256sum` writes it."""
    names = sorted(set(members) - {SUMS, SIGNATURE})
    lines = [f"{hashlib.sha256(members[name]).hexdigest()}  {name}\n" for name in names]
    return "".join(lines).encode("ascii")


def _file_bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_PACKAGE:
            raise PackageError(Fault.DAMAGED, "larger than any package")
        return path.read_bytes()
    except OSError as error:
        raise PackageError(Fault.NOT_FOUND, type(error).__name__) from error


def _members(data: bytes) -> dict[str, bytes]:
    """The members, each checked by name, size and storage before a byte of it is read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            for info in infos:
                _check_member(info)
            names = [info.filename for info in infos]
            if len(set(names)) != len(names):
                raise PackageError(Fault.DAMAGED, "a member appears twice")
            missing = sorted(REQUIRED - set(names))
            if missing:
                raise PackageError(Fault.DAMAGED, f"lacks {', '.join(missing)}")
            return {info.filename: archive.read(info) for info in infos}
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise PackageError(Fault.DAMAGED, f"not a readable zip ({error})") from error


def _check_member(info: zipfile.ZipInfo) -> None:
    limit = MEMBER_LIMITS.get(info.filename)
    if limit is None:
        raise PackageError(Fault.DAMAGED, f"unexpected member {info.filename[:80]!r}")
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 0x1:
        raise PackageError(Fault.DAMAGED, f"{info.filename} is not plainly stored")
    if info.file_size > limit or info.file_size != info.compress_size:
        raise PackageError(Fault.DAMAGED, f"{info.filename} has a size out of bounds")


def _check_sums(members: Mapping[str, bytes]) -> None:
    if members[SUMS] != sums_text(members):
        raise PackageError(Fault.DAMAGED, "SHA256SUMS does not match the members")


def _metadata(data: bytes) -> PackageMetadata:
    try:
        metadata = PackageMetadata.from_json(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PackageError(Fault.INCOMPATIBLE, f"metadata.json: {error}") from error
    if metadata.preprocess_version != PREPROCESS_VERSION:
        raise PackageError(
            Fault.INCOMPATIBLE,
            f"preprocessing {metadata.preprocess_version}, this program has {PREPROCESS_VERSION}",
        )
    return metadata


def _signer(members: Mapping[str, bytes]) -> bytes | None:
    """The public key whose signature over the sums is valid; None without a signature."""
    if SIGNATURE not in members:
        return None
    try:
        record = json.loads(members[SIGNATURE])
        key, signature = bytes.fromhex(record["key"]), bytes.fromhex(record["signature"])
        Ed25519PublicKey.from_public_bytes(key).verify(signature, members[SUMS])
    except (ValueError, KeyError, TypeError, InvalidSignature) as error:
        raise PackageError(Fault.DAMAGED, "the signature does not match") from error
    return key
