"""What hangs beside the current film: one frozen state, made by its presenter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workstation.core.errors import Reason
from workstation.core.image import Radiograph
from workstation.core.study import Instance
from workstation.services.priors import contradicts, is_same_patient


class Beside(StrEnum):
    """Why a film hangs beside the current one.

    PRIOR: an older film of the patient; VIEW: another view of the same study; HELD: a film that the reader kept there.
    """

    NOTHING = "nothing"
    PRIOR = "prior"
    VIEW = "view"
    HELD = "held"


class Hanging(StrEnum):
    """How a study is hung when it is opened; without a prior PRIOR does what VIEWS does."""

    ONE = "one"
    VIEWS = "views"
    PRIOR = "prior"


class Sameness(StrEnum):
    """Whether two films are one patient's."""

    SAME = "same"
    UNSURE = "unsure"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareState:
    """What hangs beside `current`.

    `instance` is the film that hangs there or is being read, `film` its pixels once they are there, `reason` why they never
    will be. `priors` are the current film's, newest first, and `number` says which of them hangs there.
    """

    beside: Beside = Beside.NOTHING
    current: Instance | None = None
    instance: Instance | None = None
    film: Radiograph | None = None
    reason: Reason | None = None
    priors: tuple[Instance, ...] = ()
    number: int = 0
    hanging: Hanging = Hanging.ONE

    @property
    def is_comparing(self) -> bool:
        """Whether there are two films, or will be."""
        return self.beside is not Beside.NOTHING

    @property
    def sameness(self) -> Sameness:
        """Whether both films are one patient's; what is not known to be is not taken for it."""
        if self.current is None or self.instance is None:
            return Sameness.SAME
        mine, theirs = self.current.patient, self.instance.patient
        one_study = self.current.study_uid == self.instance.study_uid
        if is_same_patient(mine, theirs) or (one_study and mine == theirs):
            return Sameness.SAME
        return Sameness.OTHER if contradicts(mine, theirs) else Sameness.UNSURE
