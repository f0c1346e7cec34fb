"""What a fitted input check does with validation films, as they are and spoiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from model.command import aligned
from model.runtime.quality import WRONG, Look, QualityCheck
from model.training.quality.films import SmallFilms, judged, model_inputs
from model.training.spoiled import spoiled


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityReport:
    """Shares of validation films: usable ones refused by site, wrong ones refused or warned of by look."""

    refused_usable: Mapping[str, float]
    caught: Mapping[str, float]

    def as_text(self) -> str:
        """Both as a table for a terminal."""
        refused = [
            (f"usable films refused: {k}", f"{v:.1%}") for k, v in self.refused_usable.items()
        ]
        caught = [(f"spoiled films caught: {k}", f"{v:.1%}") for k, v in self.caught.items()]
        return aligned([*refused, *caught])


def report(check: QualityCheck, small: SmallFilms, seed: int = 3) -> QualityReport:
    """What the check does with films as they are and spoiled in every look."""
    random = np.random.default_rng(seed)
    films = small.films
    verdicts = judged(check, model_inputs(films))
    refused = np.array([v.refusal is not None for v in verdicts])
    warned = np.array([v.looks_mirrored for v in verdicts])
    usable = {
        str(site): float(refused[small.sites == site].mean()) for site in np.unique(small.sites)
    }
    usable |= {"all": float(refused.mean()), "warned": float(warned.mean())}
    caught = {}
    for look in WRONG:
        found = judged(check, model_inputs([spoiled(f, look, random) for f in films]))
        caught[look.value] = float(
            np.mean(
                [
                    v.refusal is not None or (look is Look.MIRRORED and v.looks_mirrored)
                    for v in found
                ]
            )
        )
    return QualityReport(refused_usable=usable, caught=caught)
