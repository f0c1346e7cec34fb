"""`FilmReader` over a guarded child: one frame of one foreign file, or a reason."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import get_type_hints

from workstation.adapters.dicom.process import GuardedChild, refusal
from workstation.adapters.dicom.values import decoder, field_names
from workstation.adapters.dicom.wire import Array, Json
from workstation.core.errors import CancelledError, ErrorCode, WorkstationError
from workstation.core.image import Radiograph
from workstation.core.jobs import CancelToken, JobContext
from workstation.core.presentation import PresentationState


class GuardedFilmReader:
    """Decodes films in a guarded child that is kept warm; may be used from several threads, one film at a time.

    Parameters
    ----------
    deadline_s
        How long one film may take.
    assume_gbk
        Read Chinese text without a declared Chinese character set as UTF-8 or GB18030.
    """

    def __init__(self, *, deadline_s: float = 10.0, assume_gbk: bool = False) -> None:
        self._child = GuardedChild("film", deadline_s=deadline_s)
        self._assume_gbk = assume_gbk
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start the child and let it load its libraries ahead of the first film."""
        with self._lock, self._child.request({"path": None}, CancelToken()) as answers:
            answers.next()

    def close(self) -> None:
        """End the child; a later film starts a new one."""
        with self._lock:
            self._child.close()

    def read(self, path: Path, context: JobContext, *, frame: int = 0) -> Radiograph:
        """Decode frame `frame`, counted from 0.

        Raises
        ------
        CancelledError
            When the job was cancelled; the child is ended for it.
        WorkstationError
            The reason why there is no film.
        """
        value, arrays = self._ask({"path": str(path.absolute()), "frame": frame}, path, context)
        return _film(value, arrays)

    def read_presentation(self, path: Path, context: JobContext) -> PresentationState:
        """Parse a presentation state; raises as `read`."""
        request = {"presentation": str(path.absolute())}
        value, arrays = self._ask(request, path, context)
        try:
            state: PresentationState = decoder(PresentationState)(value, arrays)
        except (TypeError, ValueError, LookupError) as error:
            raise WorkstationError(ErrorCode.MALFORMED, "answer", path=str(path)) from error
        return state

    def _ask(
        self, request: dict[str, Json], path: Path, context: JobContext
    ) -> tuple[Json, Sequence[Array]]:
        request = request | {"assume_gbk": self._assume_gbk}
        try:
            with self._lock, self._child.request(request, context.token) as answers:
                return answers.next()
        except CancelledError:
            raise
        except WorkstationError as error:
            reason = refusal(error.reason, path)
            raise WorkstationError(reason.code, reason.detail, **reason.parameters) from error


def _film(value: Json, arrays: Sequence[Array]) -> Radiograph:
    """The film a child sent, checked by its own types."""
    hints = get_type_hints(Radiograph)
    known = field_names(Radiograph)
    try:
        parts = {
            name: decoder(hints[name])(value[name], arrays) for name in known if name in value
        }
        return Radiograph(**parts)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise WorkstationError(ErrorCode.MALFORMED, "answer") from error
