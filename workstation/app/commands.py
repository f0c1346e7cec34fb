"""What the commands of the command line do: adapters and services put together, without a window."""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from resources.i18n import Texts
from workstation import __version__
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import Settings, load_settings
from workstation.adapters.dicom.reader import GuardedFilmReader
from workstation.adapters.dicom.scanner import GuardedScanner
from workstation.adapters.export.evidence import EvidenceFiles
from workstation.adapters.export.pdf import PdfRenderer
from workstation.adapters.export.png16 import write_png16
from workstation.adapters.export.results import ResultsJson, SummaryCsv
from workstation.adapters.export.study_pdfs import StudyPdfs
from workstation.adapters.inference.packages import PackageShelf
from workstation.adapters.release import install, release_keys, take
from workstation.adapters.store.keys import library_key, recovery_key
from workstation.adapters.store.library import restore_key
from workstation.adapters.store.rollback import LibraryRollback
from workstation.app.doctor import checks
from workstation.app.models import InstalledModels
from workstation.app.self_test import SelfTest
from workstation.cli import analyse, dataset, doctor, key, library, models, self_test, update
from workstation.cli.analyse import AnalyseRequest
from workstation.cli.dataset import DatasetRequest
from workstation.core.errors import ErrorCode, Reason, WorkstationError
from workstation.core.jobs import JobContext
from workstation.services.analysis import Analysis
from workstation.services.batch import BatchAnalysis
from workstation.services.dataset import DatasetExport, read_labels
from workstation.services.exporting import check_writable
from workstation.services.headless import ResultSink, run_batch
from workstation.services.walking import walk


def run(options: argparse.Namespace, language: str) -> int:
    """Run one command and return the exit code."""
    texts = Texts(language)
    folders = Folders.standard()
    settings = load_settings(folders.config).settings
    shelf = PackageShelf(folders.models, settings.public_keys)
    installed = InstalledModels(shelf)
    batch = Batch(settings, installed, texts)
    match options.command:
        case "analyse":
            code = analyse.run(options, batch, texts)
        case "dataset":
            code = dataset.run(options, TrainingSet(settings), texts)
        case "models":
            code = models.run(options, installed, texts)
        case "key":
            code = key.run(options, UserKey(folders), texts)
        case "library":
            code = library.run(options, LibraryRollback(folders), texts)
        case "update":
            keys = (*release_keys(), *settings.public_keys)
            # Not the system's folder, which is small or in memory; the window empties this one.
            folders.scratch.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix="update-", dir=folders.scratch) as folder:
                copy = Path(folder) / options.file.name
                code = update.run(
                    options,
                    partial(take, public_keys=keys),
                    partial(install, program=Path(sys.executable)),
                    copy,
                    texts,
                )
        case "self-test":
            with tempfile.TemporaryDirectory(prefix="thoravue-") as out:
                steps = SelfTest(shelf, batch, texts, out=Path(out)).steps()
                code = self_test.run(options, steps, texts)
        case _:
            code = doctor.run(checks(folders, shelf, texts), texts)
    return code


class UserKey:
    """The key of this user's library; implements `workstation.cli.key.LibraryKey`."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def show(self) -> str | None:
        """The recovery key; None when there is no library yet."""
        folders = self._folders
        if not folders.library.exists():
            return None
        return recovery_key(library_key(folders.config, folders.library))

    def restore(self, text: str) -> None:
        """Keep a typed recovery key, if it opens the library."""
        restore_key(self._folders, text)


def read_headless(paths: Sequence[Path], out: Path, language: str) -> int:
    """Do the window's job without a display: scores, maps and reports of `paths` below `out`."""
    texts = Texts(language)
    print(texts.tr("No display was found: working without a window."))
    request = argparse.Namespace(
        command="analyse", paths=list(paths), out=out, pdf=True, maps=True, model=None, jobs=1
    )
    code = run(request, language)
    for report in sorted(out.glob("*.pdf")):
        print(texts.tr("Report: {path}", path=report.resolve()))
    return code


def no_display(language: str) -> int:
    """Say what to do without a display."""
    texts = Texts(language)
    print(
        texts.tr(
            "No display was found. Use `thoravue analyse PATH --out DIR --pdf`, or set DISPLAY."
        ),
        file=sys.stderr,
    )
    return analyse.EXIT_FAILED


class Batch:
    """Analyses folders for `thoravue analyse`."""

    def __init__(self, settings: Settings, installed: InstalledModels, texts: Texts) -> None:
        self._settings = settings
        self._installed = installed
        self._texts = texts

    def __call__(self, request: AnalyseRequest, context: JobContext) -> Counter[str]:
        """Do what was asked; how many files came out how."""
        check_writable(request.out)
        load_model = self._installed.loader(
            request.model, threads=self._settings.compute_threads
        )
        info, _ = self._installed.find(request.model)
        sinks: list[ResultSink] = [
            ResultsJson(request.out, model=info, texts=self._texts),
            SummaryCsv(request.out, model=info, texts=self._texts),
        ]
        if request.pdf:
            renderer = PdfRenderer()
            sinks.append(
                StudyPdfs(
                    request.out, renderer, model=info, texts=self._texts, version=__version__
                )
            )
        if request.maps:
            sinks.append(EvidenceFiles(request.out, model=info, texts=self._texts))
        with _guarded(self._settings, request.jobs) as (scanner, readers):
            files = list(walk(request.paths, partial(scanner.contents, context=context)))
            if not files:
                path = ", ".join(str(path) for path in request.paths)
                raise WorkstationError(ErrorCode.FOLDER_EMPTY, path=path)
            batch = BatchAnalysis(
                scanner=scanner, readers=readers, analysis=Analysis(load_model)
            )
            counts = run_batch(batch, files, sinks, context)
        return Counter({status.value: number for status, number in counts.items()})


class TrainingSet:
    """Makes training sets for `thoravue dataset`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(
        self, request: DatasetRequest, context: JobContext
    ) -> tuple[int, Sequence[Reason]]:
        """Do what was asked; how many films the set has, and why the other files are not in it."""
        labels = read_labels(request.labels)
        check_writable(request.out)
        with _guarded(self._settings, 1) as (scanner, readers):
            export = DatasetExport(
                scanner=scanner,
                reader=readers[0],
                write_picture=write_png16,
                salt=secrets.token_bytes(
                    32
                ),  # nobody keeps it: the numbers lead back to no one
                site=request.site,
            )
            return export.run(
                walk(request.paths, partial(scanner.contents, context=context)),
                labels,
                request.out,
                context,
                labels_folder=request.labels.absolute().parent,
            )


@contextmanager
def _guarded(
    settings: Settings, readers: int
) -> Iterator[tuple[GuardedScanner, list[GuardedFilmReader]]]:
    """One scanning child and some reading ones, ended with the block."""
    with ExitStack() as stack:
        scanner = GuardedScanner(assume_gbk=settings.assume_gbk)
        stack.callback(scanner.close)
        children = []
        for _ in range(readers):
            reader = GuardedFilmReader(assume_gbk=settings.assume_gbk)
            stack.callback(reader.close)
            children.append(reader)
        yield scanner, children
