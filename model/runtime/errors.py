"""The family of everything that is refused here: one sentence that says what is wrong and what to do."""

from __future__ import annotations


class ModelError(Exception):
    """Something that cannot be done with what was given; the message is for a person, not for a log."""
