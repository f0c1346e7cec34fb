"""Writing packages: the same bytes for the same contents, signed where a key is given."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from safetensors.torch import save
from torch import Tensor

from model.runtime.errors import ModelError
from model.runtime.files import replacing
from model.runtime.metadata import PackageMetadata
from model.runtime.package import (
    CARD,
    MEMBER_LIMITS,
    METADATA,
    SIGNATURE,
    SUMS,
    WEIGHTS,
    ModelPackage,
    sums_text,
)

SIGNING_KEY_VARIABLE: Final = "THORAVUE_SIGNING_KEY"
# The zip format's earliest date: a package's bytes must not depend on when it was written.
EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def write_package(
    path: Path,
    metadata: PackageMetadata,
    weights: Mapping[str, Tensor],
    card_html: str,
    *,
    extra: Mapping[str, bytes] | None = None,
    signing_key: Ed25519PrivateKey | None = None,
) -> None:
    """Write a package.

    Parameters
    ----------
    path
        Where; replaced in one rename.
    metadata
        The record.
    weights
        State of the network; floating tensors are stored in half precision.
    card_html
        The model card.
    extra
        Optional members such as `quality.npz`.
    signing_key
        Signs the sums.
    """
    members = {
        METADATA: metadata_bytes(metadata),
        WEIGHTS: save(half_precision(weights)),
        CARD: card_html.encode(),
        **(extra or {}),
    }
    write_members(path, members, signing_key=signing_key)


def metadata_bytes(metadata: PackageMetadata) -> bytes:
    """`metadata.json` as it is written."""
    return json.dumps(metadata.as_json(), indent=1, ensure_ascii=False).encode()


def repack(
    package: ModelPackage,
    path: Path,
    changes: Mapping[str, bytes],
    *,
    signing_key: Ed25519PrivateKey | None = None,
) -> None:
    """Write a package's members again with some replaced or added; an old signature is dropped."""
    members = {k: v for k, v in package.members.items() if k not in {SUMS, SIGNATURE}}
    write_members(path, members | dict(changes), signing_key=signing_key)


def write_members(
    path: Path, members: Mapping[str, bytes], *, signing_key: Ed25519PrivateKey | None = None
) -> None:
    """Write a stored zip with sums and, given a key, their signature.

    Raises
    ------
    ModelError
        For a member that no package may hold, or one over its limit.
    """
    for name, data in members.items():
        if name not in MEMBER_LIMITS or len(data) > MEMBER_LIMITS[name]:
            raise ModelError(f"{name} does not belong in a package or is too large")
    contents = dict(members)
    contents[SUMS] = sums_text(contents)
    if signing_key is not None:
        contents[SIGNATURE] = _signature(contents[SUMS], signing_key)
    with (
        replacing(path) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_STORED) as archive,
    ):
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), contents[name])


def half_precision(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Floating tensors as float16, the others as they are.

    Raises
    ------
    ModelError
        When a weight does not fit into half precision.
    """
    halved = {}
    for name, tensor in weights.items():
        value = tensor.detach().cpu().contiguous()
        halved[name] = value.to(torch.float16) if value.is_floating_point() else value.clone()
        if not torch.isfinite(halved[name]).all():
            raise ModelError(f"{name} does not fit into half precision")
    return halved


def key_from_environment() -> Ed25519PrivateKey | None:
    """The signing key named by `THORAVUE_SIGNING_KEY` (64 hexadecimal digits); None without one.

    Raises
    ------
    ModelError
        When the variable holds anything else.
    """
    text = os.environ.get(SIGNING_KEY_VARIABLE)
    if not text:
        return None
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))
    except ValueError:
        # The text is a secret: it is not repeated.
        message = f"{SIGNING_KEY_VARIABLE} is no Ed25519 private key of 64 hexadecimal digits"
        raise ModelError(message) from None


def _signature(sums: bytes, key: Ed25519PrivateKey) -> bytes:
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return json.dumps({"key": public.hex(), "signature": key.sign(sums).hex()}).encode()
