"""Collect messages from the code, update both catalogues and compile them.

``python packaging/catalogues.py``          update and compile
``python packaging/catalogues.py --check``  exit 1 when something is missing, unfinished or stale

A message is the English text itself, as written in ``tr("...")``; in English it needs no entry. Coded keys
(``error.file_empty``) are entries written by hand, and stand in both catalogues.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
CODED_KEY = re.compile(r"[a-z_]+\.[A-Za-z0-9_.]+")
MESSAGES = {"tr", "_command", "_tool", "_numbered", "_pan", "_aim", "_menu"}
"""Functions whose first argument is a message: all but the first make commands and menus."""
FOLDERS = {"zh_CN": ROOT / "resources/i18n/zh_CN", "en": ROOT / "resources/i18n/en"}


def extracted() -> set[str]:
    """Every literal message of the program: first arguments of `MESSAGES`, in f-strings too."""
    found = set()
    for path in sorted((ROOT / "workstation").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and _called(node) in MESSAGES:
                message = node.args[0]
                if isinstance(message, ast.Constant) and isinstance(message.value, str):
                    found.add(message.value)
    return {message for message in found if not CODED_KEY.fullmatch(message)}


def _called(call: ast.Call) -> str:
    function = call.func
    return getattr(function, "attr", getattr(function, "id", ""))


def catalogue_path(language: str) -> Path:
    """The editable catalogue of a language."""
    return FOLDERS[language] / "LC_MESSAGES" / "thoravue.po"


def load(language: str) -> Catalog:
    """The catalogue as it stands, empty when there is none."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project="Thoravue")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, messages: set[str]) -> Catalog:
    """The catalogue with exactly the coded keys it has and the messages of the code."""
    old = load(language)
    new = Catalog(
        locale=language,
        project="Thoravue",
        revision_date=old.revision_date,
        creation_date=old.creation_date,
        last_translator="The Thoravue authors",
        language_team="Thoravue",
        fuzzy=False,
    )
    keys = sorted(str(m.id) for m in old if m.id and CODED_KEY.fullmatch(str(m.id)))
    for key in keys:
        new.add(key, string=old[key].string)
    if language != "en":
        for message in sorted(messages):
            known = old.get(message)
            new.add(message, string=known.string if known and not known.fuzzy else "")
    return new


def compiled(catalogue: Catalog) -> bytes:
    """The catalogue as gettext loads it."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def problems(messages: set[str]) -> list[str]:
    """What is missing, unfinished or stale."""
    found: list[str] = []
    catalogues = {language: load(language) for language in FOLDERS}
    coded = {
        language: {str(m.id) for m in c if m.id and CODED_KEY.fullmatch(str(m.id))}
        for language, c in catalogues.items()
    }
    found += [
        f"{k}: stands in one catalogue only" for k in sorted(coded["zh_CN"] ^ coded["en"])
    ]
    known = {str(m.id) for m in catalogues["zh_CN"]}
    found += [f"zh_CN: missing {message!r}" for message in sorted(messages - known)]
    obsolete = known - messages - coded["zh_CN"] - {""}
    found += [f"zh_CN: no longer used {message!r}" for message in sorted(obsolete)]
    for language, catalogue in catalogues.items():
        found += [
            f"{language}: unfinished {m.id!r}"
            for m in catalogue
            if m.id and (not m.string or m.fuzzy)
        ]
        found += [
            f"{language}: places differ in {m.id!r}"
            for m in catalogue
            if m.id
            and m.string
            and not CODED_KEY.fullmatch(str(m.id))
            and _places(m.id) != _places(m.string)
        ]
        machine = catalogue_path(language).with_suffix(".mo")
        if not machine.exists() or machine.read_bytes() != compiled(catalogue):
            found.append(f"{machine.relative_to(ROOT)}: stale, run `make i18n`")
    return found


def _places(message: object) -> set[str]:
    return set(re.findall(r"{(\w+)", str(message)))


def main() -> int:
    """Update, or check when asked to."""
    messages = extracted()
    if "--check" in sys.argv:
        found = problems(messages)
        print("\n".join(found) or "Both catalogues are complete.")
        return 1 if found else 0
    for language in FOLDERS:
        catalogue = updated(language, messages)
        path = catalogue_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue, width=96, no_location=True, omit_header=False)
        path.with_suffix(".mo").write_bytes(compiled(load(language)))
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} messages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
