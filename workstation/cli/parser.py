"""The command line's grammar."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from workstation import __version__

COMMANDS = ("analyse", "dataset", "models", "key", "library", "update", "doctor", "self-test")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse `arguments`; wrong usage exits with 2 and a message, as argparse does.

    The result's `command` is one of `COMMANDS`, or ``window``.
    """
    if arguments and arguments[0] in COMMANDS:
        return _command_parser().parse_args(arguments)
    return _window_parser().parse_args(arguments)


def _window_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="thoravue",
        description="Offline chest X-ray reading room. Without a command it opens the window.",
        epilog="Commands: thoravue " + " | ".join(COMMANDS) + "  (each with --help)",
    )
    parser.add_argument("paths", nargs="*", type=Path, metavar="PATH", help="files or folders")
    parser.add_argument("--sample", action="store_true", help="open the built-in sample study")
    parser.add_argument("--lang", choices=("zh", "en"), help="language of this session")
    parser.add_argument("--version", action="version", version=f"Thoravue {__version__}")
    parser.set_defaults(command="window")
    return parser


def _command_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="thoravue")
    commands = parser.add_subparsers(dest="command", required=True)
    language = argparse.ArgumentParser(add_help=False)
    language.add_argument("--lang", choices=("zh", "en"), help="language of texts and reports")

    analyse = commands.add_parser(
        "analyse",
        parents=[language],
        help="score films without a window",
        description="Score every film below PATH and account for every file. Only DIR is written to. "
        "Exit code: 0 when every file is accounted for, refused ones too; 1 when nothing could be done; 2 for wrong usage.",
    )
    analyse.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    analyse.add_argument("--out", required=True, type=Path, metavar="DIR")
    analyse.add_argument("--pdf", action="store_true", help="a PDF per study")
    analyse.add_argument("--maps", action="store_true", help="evidence maps as PNG and NPZ")
    analyse.add_argument(
        "--model", metavar="ID", help="model package; default: the built-in one"
    )
    analyse.add_argument("--jobs", type=_at_least_one, default=1, metavar="N", help="decoders")

    dataset = commands.add_parser(
        "dataset",
        parents=[language],
        help="make a training set from films and a table of labels",
        description="Write every frontal chest film below PATH that has a row in the table as a 16-bit picture, and "
        "DIR/manifest.csv with pseudonymous patient numbers.",
    )
    dataset.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    dataset.add_argument(
        "--labels",
        required=True,
        type=Path,
        metavar="CSV",
        help="columns film (path relative to the table, or SOP Instance UID) and labels (parted by |)",
    )
    dataset.add_argument("--out", required=True, type=Path, metavar="DIR")
    dataset.add_argument("--site", default="", metavar="NAME", help="where the films are from")

    models = commands.add_parser("models", parents=[language], help="model packages")
    actions = models.add_subparsers(dest="action", required=True)
    actions.add_parser("list", parents=[language], help="what is installed")
    for name, text in (
        ("show", "scores, limits and thresholds"),
        ("verify", "check all hashes"),
    ):
        action = actions.add_parser(name, parents=[language], help=text)
        action.add_argument("id", nargs="?", metavar="ID", help="default: the built-in one")
    install = actions.add_parser("install", parents=[language], help="install from a file")
    install.add_argument("file", type=Path, metavar="FILE")
    install.add_argument(
        "--allow-unsigned", action="store_true", help="consent to a package nobody vouches for"
    )

    key = commands.add_parser("key", parents=[language], help="the library's recovery key")
    keys = key.add_subparsers(dest="action", required=True)
    keys.add_parser("show", parents=[language], help="show it, to print and lock away")
    restore = keys.add_parser("restore", parents=[language], help="type a printed key in again")
    restore.add_argument("key", nargs="?", metavar="KEY", help="asked for when left out")

    library = commands.add_parser(
        "library", parents=[language], help="the library after an update"
    )
    back = library.add_subparsers(dest="action", required=True).add_parser(
        "rollback",
        parents=[language],
        help="go back to the library from before the last update",
        description="For going back to an older program. What was reviewed since is listed and written to DIR first.",
    )
    back.add_argument("--export", required=True, type=Path, metavar="DIR")
    back.add_argument("--yes", action="store_true", help="do not ask")

    update = commands.add_parser(
        "update",
        parents=[language],
        help="install a newer version from a stick",
        description="FILE is checked against the signed SHA256SUMS beside it before it is run.",
    )
    update.add_argument("file", type=Path, metavar="FILE")
    update.add_argument(
        "--allow-unsigned", action="store_true", help="consent to a release nobody vouches for"
    )

    commands.add_parser("doctor", parents=[language], help="check this installation")
    trial = commands.add_parser(
        "self-test",
        parents=[language],
        help="read the built-in sample with every engine",
        description="Analyse the built-in sample, make its maps and reports, and say what does not work here.",
    )
    trial.add_argument(
        "--json", type=Path, metavar="FILE", help="write the numbers, to compare installations"
    )
    return parser


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value
