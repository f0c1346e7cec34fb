"""What if a part of the film were not there? Scores of a film with a region painted out, never stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from workstation.core.display import presented
from workstation.core.errors import WorkstationError
from workstation.core.findings import FindingScore
from workstation.core.geometry import Disc
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext
from workstation.core.ports import FindingsModel, PreparedFilm


class Trial:
    """The film last tried stays prepared, so that each further region costs one forward pass.

    Parameters
    ----------
    load_model
        Gives the loaded model; expected to cache. All calls come from one thread.
    """

    def __init__(self, load_model: Callable[[], FindingsModel]) -> None:
        self._load_model = load_model
        self._prepared: tuple[str, PreparedFilm] | None = None

    def scores(
        self, film: Radiograph, region: Sequence[Disc], context: JobContext
    ) -> tuple[FindingScore, ...]:
        """Scores of `film` with `region` filled from its surroundings.

        Raises
        ------
        CancelledError
            When another trial took its place.
        WorkstationError
            Why the film cannot be scored, or ``region_too_large``.
        """
        model = self._load_model()
        context.token.raise_if_cancelled()
        prepared = self._film(model, film)
        context.token.raise_if_cancelled()
        return model.without(prepared, region).scores

    def _film(self, model: FindingsModel, film: Radiograph) -> PreparedFilm:
        if self._prepared is None or self._prepared[0] != film.content_sha256:
            prepared = model.prepare(presented(film), spacing=film.spacing)
            refusal = prepared.quality.refusal
            if refusal is not None:
                raise WorkstationError(
                    refusal.code, "the film was refused", **refusal.parameters
                )
            self._prepared = film.content_sha256, prepared
        return self._prepared[1]
