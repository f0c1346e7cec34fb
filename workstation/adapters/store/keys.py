"""The library's key: made at the first start, kept by the system's key store or in a file only its owner can read."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Protocol

import keyring
import keyring.backends.fail
import keyring.errors

from workstation.core.errors import ErrorCode, WorkstationError

KEY_BYTES = 32
_SERVICE, _FILE = "thoravue-library", "library.key"
_GROUP = 8


class KeyProvider(Protocol):
    """A place that keeps one key of 32 bytes."""

    place: str
    """Stable name of the place: ``system`` or ``file``."""

    def load(self) -> bytes | None:
        """The key, or None when there is none yet."""
        ...

    def store(self, key: bytes) -> None:
        """Keep `key`."""
        ...


class KeyFile:
    """A file of mode 0600 in the configuration folder, apart from the library."""

    place = "file"

    def __init__(self, config: Path) -> None:
        self.path = config / _FILE

    def load(self) -> bytes | None:
        """The key, or None when there is no file; a file that is no key is ``library_wrong_key``."""
        try:
            text = self.path.read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise WorkstationError(ErrorCode.LIBRARY_WRONG_KEY, "key file") from error
        return from_recovery_key(text)

    def store(self, key: bytes) -> None:
        """Write the file; it never replaces another."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            descriptor = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise WorkstationError(
                ErrorCode.OUTPUT_NOT_WRITABLE, type(error).__name__, path=str(self.path)
            ) from error
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(recovery_key(key) + "\n")
            file.flush()
            os.fsync(file.fileno())


class SystemKeyStore:
    """The operating system's key store (Credential Manager, Keychain, Secret Service)."""

    place = "system"

    def __init__(self, library: Path) -> None:
        self._user = str(library.absolute())

    @staticmethod
    def answers() -> bool:
        """Whether there is one here at all."""
        return keyring.get_keyring().priority >= 1

    def load(self) -> bytes | None:
        """The key, or None when it holds none for this library."""
        try:
            text = keyring.get_password(_SERVICE, self._user)
        except keyring.errors.KeyringError as error:
            raise WorkstationError(ErrorCode.LIBRARY_WRONG_KEY, "key store") from error
        return None if text is None else from_recovery_key(text)

    def store(self, key: bytes) -> None:
        """Keep `key`; raises `keyring.errors.KeyringError` when the store refuses."""
        keyring.set_password(_SERVICE, self._user, recovery_key(key))


def library_key(config: Path, library: Path) -> bytes:
    """The key of `library`, made now when neither the key nor the library exists.

    Raises
    ------
    WorkstationError
        ``library_wrong_key`` when there is a library but no key.
    """
    system = SystemKeyStore(library) if SystemKeyStore.answers() else None
    file = KeyFile(config)
    for provider in (file, system):
        key = provider.load() if provider else None
        if key is not None:
            return key
    if library.exists():
        raise WorkstationError(ErrorCode.LIBRARY_WRONG_KEY, "no key")
    key = secrets.token_bytes(KEY_BYTES)
    if system is not None:
        try:
            system.store(key)
        except keyring.errors.KeyringError:
            pass
        else:
            return key
    file.store(key)
    return key


def recovery_key(key: bytes) -> str:
    """The key in groups of letters and digits, to print and keep in a safe."""
    text = base64.b32encode(key).decode().rstrip("=")
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def from_recovery_key(text: str) -> bytes:
    """The inverse of `recovery_key`; ``library_wrong_key`` for anything else."""
    letters = "".join(text.split()).replace("-", "").upper()
    try:
        key = base64.b32decode(letters + "=" * (-len(letters) % 8))
    except ValueError as error:
        raise WorkstationError(ErrorCode.LIBRARY_WRONG_KEY, "not a key") from error
    if len(key) != KEY_BYTES:
        raise WorkstationError(ErrorCode.LIBRARY_WRONG_KEY, "not a key")
    return key


def describe_key_store(config: Path) -> tuple[str, str]:
    """Where the key lies (or would), and coded what that protects against: ``file`` or ``system``."""
    if KeyFile(config).path.exists() or not SystemKeyStore.answers():
        return str(KeyFile(config).path), KeyFile.place
    return keyring.get_keyring().name, SystemKeyStore.place
