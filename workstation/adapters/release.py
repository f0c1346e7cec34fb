"""Is this installer the one that was released? Its hash stands in SHA256SUMS beside it, which a trusted key has signed."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Collection
from enum import StrEnum
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import resources

SUMS, SIGNATURE = "SHA256SUMS", "SHA256SUMS.sig"
_LARGEST_SUMS = 64 * 1024
_BLOCK = 1 << 20


class Standing(StrEnum):
    """What is known of an installer."""

    SIGNED = "signed"
    UNSIGNED = "unsigned"
    FOREIGN = "foreign"
    DAMAGED = "damaged"
    UNLISTED = "unlisted"


def release_keys() -> tuple[bytes, ...]:
    """The raw Ed25519 key that this program's own release was signed with; none in an unsigned build."""
    path = Path(resources.__file__).parent / "release-key.txt"
    return (bytes.fromhex(path.read_text("ascii")),) if path.is_file() else ()


def take(installer: Path, copy: Path, public_keys: Collection[bytes]) -> Standing:
    """Copy `installer` to `copy` and judge the very bytes that were copied: a stick may change under the reader.

    Raises
    ------
    OSError
        When the stick cannot be read or the copy not written.
    """
    digest = hashlib.sha256()
    with installer.open("rb") as source, copy.open("xb") as target:
        while block := source.read(_BLOCK):
            digest.update(block)
            target.write(block)
    sums_path = installer.with_name(SUMS)
    if not sums_path.is_file():
        return Standing.UNLISTED
    sums = _start_of(sums_path)
    listed: dict[str, str] = {}
    for line in sums.decode("utf-8", "replace").splitlines():
        hexadecimal, _, name = line.partition("  ")
        listed[name] = hexadecimal
    if installer.name not in listed:
        return Standing.UNLISTED
    if listed[installer.name] != digest.hexdigest():
        return Standing.DAMAGED
    return _signed(sums, installer.with_name(SIGNATURE), public_keys)


def _signed(sums: bytes, signature: Path, public_keys: Collection[bytes]) -> Standing:
    if not (public_keys and signature.is_file()):
        return Standing.UNSIGNED
    signed = _start_of(signature)
    for key in public_keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signed, sums)
        except InvalidSignature:
            continue
        return Standing.SIGNED
    return Standing.FOREIGN


def install(installer: Path, program: Path) -> int:
    """Run a self-extracting installer that was checked; its exit code. It goes where `program` came from."""
    environment = dict(os.environ)
    # The bundle's own libraries are not for the tools that the installer uses (PyInstaller's LD_LIBRARY_PATH).
    environment.pop("LD_LIBRARY_PATH", None)
    if "LD_LIBRARY_PATH_ORIG" in environment:
        environment["LD_LIBRARY_PATH"] = environment["LD_LIBRARY_PATH_ORIG"]
    command = ["/bin/sh", str(installer)]
    if len(program.parents) > 2 and (program.parents[2] / "current.txt").is_file():
        command += ["--prefix", str(program.parents[2])]
    return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - checked


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_LARGEST_SUMS)
