"""Reading a CSV with a header: whatever is wrong with the file is said in one sentence that names it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from model.runtime.errors import ModelError


class ManifestError(ModelError):
    """A table or recipe from which nothing can be made; the message names what is wrong."""


def read_table(path: Path, required: Sequence[str] = ()) -> list[dict[str, str]]:
    """The rows of a table by column, values stripped; cells that a row lacks are blank.

    Raises
    ------
    ManifestError
        When the file is missing, a folder, unreadable, not UTF-8, no CSV, lacks a required column or has one twice.
    """
    if path.is_dir():
        raise ManifestError(f"{path} is a folder; name the CSV file in it")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream, restval="")
            columns = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            records = [{k: v.strip() for k, v in row.items() if k in columns} for row in reader]
    except FileNotFoundError:
        raise ManifestError(f"there is no table at {path}") from None
    except UnicodeDecodeError:
        raise ManifestError(f"{path} is not UTF-8; save it as CSV in UTF-8") from None
    except csv.Error as error:
        raise ManifestError(f"{path} is no CSV table: {error}") from None
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise ManifestError(f"{path} has the column {', '.join(twice)} twice")
    missing = [name for name in required if name not in columns]
    if missing:
        found = ", ".join(columns)[:200] or "none"
        raise ManifestError(
            f"{path} lacks the columns {', '.join(missing)}; its columns, parted by commas, are: {found}"
        )
    return records


def number_in(record: dict[str, str], column: str, where: str) -> float:
    """The number in a cell.

    Raises
    ------
    ManifestError
        When it is blank or no finite number; `where` says which row.
    """
    try:
        value = float(record[column])
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise ManifestError(f"{where}: {column} is {record[column]!r}, not a number")
    return value
