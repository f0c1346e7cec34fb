"""Where the program keeps things on this computer."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import platformdirs

HOME_VARIABLE = "THORAVUE_HOME"
"""Environment variable: one folder that holds everything, for portable use and tests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """The folders of one installation; none is made before something is written to it.

    `config` holds settings and, without a key store, the library's key; `data` the library; `models` packages that the reader
    installed; `logs` technical logs without patient data; `scratch` is emptied at start and end.
    """

    config: Path
    data: Path
    models: Path
    logs: Path
    scratch: Path

    @classmethod
    def standard(cls) -> Folders:
        """The platform's folders of this user, or those below ``THORAVUE_HOME``."""
        home = os.environ.get(HOME_VARIABLE)
        if home:
            return cls.below(Path(home).absolute())
        dirs = platformdirs.PlatformDirs("thoravue", appauthor=False)
        data = dirs.user_data_path
        return cls(
            config=dirs.user_config_path,
            data=data,
            models=data / "models",
            logs=dirs.user_log_path,
            scratch=dirs.user_cache_path / "scratch",
        )

    @classmethod
    def below(cls, home: Path) -> Folders:
        """Everything below one folder; the key still lies apart from the library."""
        return cls(
            config=home / "config",
            data=home / "data",
            models=home / "data" / "models",
            logs=home / "logs",
            scratch=home / "scratch",
        )

    @property
    def library(self) -> Path:
        """The library's file."""
        return self.data / "library.db"

    def empty_scratch(self) -> None:
        """Remove what an earlier run may have left in `scratch`."""
        shutil.rmtree(self.scratch, ignore_errors=True)
