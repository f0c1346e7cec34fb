"""The one entry: a guarded child when asked for by its hidden argument, else the program."""

from __future__ import annotations

import sys


def main() -> int:
    """Run what the arguments ask for and return the exit code."""
    # Looked at before anything else is imported: the child knows neither Qt nor torch.
    if sys.argv[1:2] == ["--guarded-child"]:
        from workstation.adapters.dicom.child import serve

        return serve(sys.argv[2])
    from workstation.app.entry import main as start

    return start()


if __name__ == "__main__":
    sys.exit(main())
