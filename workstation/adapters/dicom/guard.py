"""What a guarded child may do: limits it sets on itself before it reads the first byte of a foreign file."""

from __future__ import annotations

import ctypes
import platform

MEMORY_LIMIT_BYTES = 2 << 30
"""Address space of a child: with the interpreter and its libraries the memory in use stays under 1.5 GiB."""

IMAGE_LIMIT_BYTES = 1 << 30
"""The largest decoded frame; a file that declares more is refused before it is decoded."""

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # linux/prctl.h


def guard_this_process() -> None:
    """Limit this process for good; what the platform lacks is left out (`describe_guard` says what)."""
    if platform.system() == "Windows":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if platform.system() != "Linux":  # macOS accepts RLIMIT_AS and does not heed it
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT_BYTES, MEMORY_LIMIT_BYTES))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def describe_guard() -> tuple[list[str], list[str]]:
    """What guards the child on this machine, and what is missing; stable names (``guard.<name>`` in the catalogue)."""
    has = ["own_process", "deadline", "image_limit"]
    linux, posix = ["memory_limit", "no_new_privs"], ["own_session", "no_core_files"]
    if platform.system() == "Linux":
        return has + posix + linux, []
    if platform.system() == "Windows":
        return has, posix + linux
    return has + posix, linux
