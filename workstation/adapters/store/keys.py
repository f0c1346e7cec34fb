"""The library's key: made at the first start, kept by the system's key store or in a file only its owner can read."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from workstation.core.errors import ErrorCode, WorkstationError

T = TypeVar("T")
KEY_BYTES = 32
_SERVICE, _FILE = "thoravue-library", "library.key"
_GROUP = 8
# A store that waits for a password nobody types, or for a bus that is gone, counts as silent.
_PATIENCE_S = 20.0


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
        """Write the file, whole or not at all."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = self.path.with_name(_FILE + ".part")
            part.unlink(missing_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(recovery_key(key) + "\n")
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as error:
            raise WorkstationError(
                ErrorCode.OUTPUT_NOT_WRITABLE, type(error).__name__, path=str(self.path)
            ) from error


class SilentStoreError(Exception):
    """The system's key store refused, failed, or did not answer in time."""


class SystemKeyStore:
    """The operating system's key store (Credential Manager, Keychain, Secret Service).

    Raises
    ------
    SilentStoreError
        From `load` and `store`, when there is no answer.
    """

    place = "system"

    def __init__(self, library: Path) -> None:
        self._user = str(library.absolute())

    @staticmethod
    def answers() -> bool:
        """Whether there is one here at all."""
        # keyring looks for its backends when it is imported, 0.2 s: only where there is no key file.
        import keyring

        try:
            return _patiently(lambda: keyring.get_keyring().priority) >= 1
        except SilentStoreError:
            return False

    @staticmethod
    def name() -> str:
        """What the system calls it."""
        import keyring

        return str(keyring.get_keyring().name)

    def load(self) -> bytes | None:
        """The key, or None when it holds none for this library."""
        import keyring

        text = _patiently(lambda: keyring.get_password(_SERVICE, self._user))
        return None if text is None else from_recovery_key(text)

    def store(self, key: bytes) -> None:
        """Keep `key`, and make sure that it was kept."""
        import keyring

        _patiently(lambda: keyring.set_password(_SERVICE, self._user, recovery_key(key)))
        if self.load() != key:
            raise SilentStoreError


def _patiently(ask: Callable[[], T]) -> T:
    """The answer of a key store, which may wait for ever; its thread does not keep the program alive."""
    answers: list[T] = []

    def run() -> None:
        # Backends raise whatever their bus or library raises: any of it means no answer.
        with contextlib.suppress(Exception):
            answers.append(ask())

    thread = threading.Thread(target=run, name="key store", daemon=True)
    thread.start()
    thread.join(_PATIENCE_S)
    if not answers:
        raise SilentStoreError
    return answers[0]


def library_key(config: Path, library: Path) -> bytes:
    """The key of `library`, made now when neither the key nor the library exists.

    Raises
    ------
    WorkstationError
        ``library_wrong_key`` when there is a library but no key; ``output_not_writable`` when a new key cannot be kept.
    """
    file = KeyFile(config)
    key = file.load()
    if key is not None:
        return key
    system = SystemKeyStore(library) if SystemKeyStore.answers() else None
    try:
        key = system.load() if system else None
    except SilentStoreError:
        system = None
    if key is not None:
        return key
    if library.exists():
        raise WorkstationError(ErrorCode.LIBRARY_WRONG_KEY, "no key")
    return _new_key(file, system)


def _new_key(file: KeyFile, system: SystemKeyStore | None) -> bytes:
    key = secrets.token_bytes(KEY_BYTES)
    if system is not None:
        try:
            system.store(key)
        except SilentStoreError:
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
    return SystemKeyStore.name(), SystemKeyStore.place
