"""The report of the open study as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, Signal

from workstation.core.display import VoiSelection
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.findings import AnalysisResult, AnalysisStatus, ModelInfo
from workstation.core.image import Radiograph
from workstation.core.jobs import JobContext, Lane, Ticket
from workstation.core.ports import FilmReader, ReportRenderer, ReviewStore
from workstation.core.presentation import PresentationState, present
from workstation.core.review import Actor
from workstation.core.study import Instance, Study
from workstation.services.exporting import write_atomically
from workstation.services.opening import open_film
from workstation.services.reporting import Readership, ShownFilm, build_report
from workstation.services.twins import stands
from workstation.ui.desk import Desk
from workstation.ui.jobs.lanes import Lanes
from workstation.ui.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Window, inversion and presentation state with which the reader last saw a film."""

    voi: VoiSelection | None = None
    inverted: bool = False
    state: PresentationState | None = None


def report_folder() -> Path:
    """Where a report is suggested to go: the reader's documents, or home where there are none."""
    location = QStandardPaths.StandardLocation.DocumentsLocation
    documents = QStandardPaths.writableLocation(location)
    return Path(documents) if documents and Path(documents).is_dir() else Path.home()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTools:
    """What turns a record into a file."""

    reader: FilmReader
    store: ReviewStore
    renderer: ReportRenderer
    model: ModelInfo | None
    prior: Callable[[Study], datetime | None]
    program_version: str


class ReportExport(QObject):
    """Builds and writes a report on the export lane.

    Signals
    -------
    exported
        Path of the file.
    failed
        `Reason` why there is none.
    """

    exported = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        *,
        lanes: Lanes,
        desk: Desk,
        record: Record,
        tools: ReportTools,
        ask_actor: Callable[[], Actor | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._lanes = lanes
        self._desk = desk
        self._record = record
        self._tools = tools
        self._ask_actor = ask_actor
        self._ticket: Ticket | None = None

    def run(self, path: Path, looks: Mapping[str, Look], *, language: str) -> None:
        """Write the report of the open study: the film on screen and every film that was analysed."""
        study, shown = self._desk.study, self._desk.instance
        analyses = dict(self._record.analyses)
        actor = self._ask_actor() if study is not None else None
        if study is None or actor is None:
            return
        wanted = [
            film
            for film in study.instances
            if film[0].sop_uid in analyses or film[0].sop_uid == (shown and shown.sop_uid)
        ]
        by_uid = {film[0].sop_uid: film for film in study.instances}
        marked = [(by_uid[uid], n) for uid, n in self._record.state.key_images if uid in by_uid]
        prior = self._tools.prior(study)

        def write(context: JobContext) -> Path:
            films = [self._shown(film, analyses, looks, context) for film in wanted]
            keys = [self._shown(film, {}, looks, context, frame=n) for film, n in marked]
            _check_files(study, [*wanted, *(film for film, _ in marked)])
            events = self._lanes.call(
                Lane.STORE, lambda _: self._tools.store.events(study.study_uid)
            )
            document = build_report(
                study,
                films,
                readership=Readership(reader=actor, events=events),
                model=self._tools.model,
                created_utc=datetime.now(UTC),
                program_version=self._tools.program_version,
                prior_datetime=prior,
                key_images=keys,
            )
            context.token.raise_if_cancelled()
            write_atomically(path, self._tools.renderer.render(document, language=language))
            return path

        self._ticket = self._lanes.submit(
            Lane.EXPORT, write, done=self.exported.emit, failed=self._on_failed
        )

    def _shown(
        self,
        film: tuple[Instance, Path],
        analyses: Mapping[str, AnalysisResult],
        looks: Mapping[str, Look],
        context: JobContext,
        *,
        frame: int = 0,
    ) -> ShownFilm:
        instance = film[0]
        look = looks.get(instance.sop_uid, Look())
        analysis = analyses.get(instance.sop_uid)
        radiograph = open_film(self._tools.reader, film, context, frame=frame)
        if look.state is not None and look.state.is_for(instance.sop_uid, frame):
            radiograph = present(look.state, radiograph).film
        elif look.state is not None:
            look = Look()  # a window of the state means nothing on a frame that it is not about
        if analysis is not None and analysis.content_sha256 != radiograph.content_sha256:
            analysis = _outdated(radiograph)
        return ShownFilm(
            instance=instance,
            film=radiograph,
            analysis=analysis,
            voi=look.voi,
            inverted=look.inverted,
        )

    def _on_failed(self, reason: Reason) -> None:
        if reason.code is not ErrorCode.CANCELLED:
            self.failed.emit(reason)


def _check_files(study: Study, films: Sequence[tuple[Instance, Path]]) -> None:
    """Refuse files that are others by now than the reader saw: ``file_changed``, which a scan of their folder mends."""
    for _, path in films:
        stamp = study.stamp(path)
        if stamp is not None and not stands(stamp):
            raise WorkstationError(ErrorCode.FILE_CHANGED, path=str(path))


def _outdated(film: Radiograph) -> AnalysisResult:
    """What stands in place of a result that was made from other pixels: no score, and why."""
    return AnalysisResult(
        sop_uid=film.instance.sop_uid,
        content_sha256=film.content_sha256,
        status=AnalysisStatus.REFUSED,
        reason=Reason(code=ErrorCode.ANALYSIS_OUTDATED),
    )
