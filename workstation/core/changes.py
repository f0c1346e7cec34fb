"""What a service changed: returned by every mutating use case, announced by the face."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """UIDs whose data a view may hold and must fetch again."""

    studies: frozenset[str] = field(default_factory=frozenset)
    library: bool = False

    def __or__(self, other: ChangeSet) -> ChangeSet:
        return ChangeSet(
            studies=self.studies | other.studies, library=self.library or other.library
        )
