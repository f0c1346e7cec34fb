"""The texts of the program in every language, as gettext catalogues beside this file.

A message's key is its English text; errors, findings and other coded things have keys such as
``error.file_empty`` and stand in both catalogues.
"""

from __future__ import annotations

import gettext
from pathlib import Path

LANGUAGES = ("zh", "en")
DOMAIN = "thoravue"
_FOLDERS = {"zh": "zh_CN", "en": "en"}


class Texts:
    """Translates into one language.

    Raises
    ------
    ValueError
        For a language that has no catalogue.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no catalogue for {language!r}; there are {', '.join(LANGUAGES)}")
        self.language = language
        self._catalogue = gettext.translation(
            DOMAIN, Path(__file__).parent, languages=[_FOLDERS[language]], fallback=True
        )

    def tr(self, message: str, /, **parameters: object) -> str:
        """`message` in this language, its named places filled."""
        text = self._catalogue.gettext(message)
        return text.format(**parameters) if parameters else text

    def has(self, key: str) -> bool:
        """Whether the catalogue has an entry for a coded key."""
        return self._catalogue.gettext(key) != key
