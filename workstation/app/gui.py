"""Start the window: first paint, then the library, the guarded children and the network behind it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QTimer, QTranslator
from PySide6.QtWidgets import QApplication

from workstation import __version__
from workstation.adapters.config.folders import Folders
from workstation.adapters.config.settings import load_settings
from workstation.app.diagnostics import start_diagnostics
from workstation.app.sample import SAMPLE
from workstation.app.single_instance import Reception, hand_over
from workstation.ui.icons import application_icon
from workstation.ui.theme import apply_theme


def run_window(paths: Sequence[Path], *, sample: bool, language: str | None) -> int:
    """Open the window on `paths`; the exit code of the program."""
    # Hardly anything becomes garbage until the first paint, and looking for it takes a tenth of the time to there.
    gc.disable()
    folders = Folders.standard()
    wanted = (*paths, *((SAMPLE,) if sample else ()))
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Thoravue")
    app.setApplicationVersion(__version__)
    if hand_over(folders.library, wanted):
        return 0
    from workstation.app.workbench import (
        Workbench,
    )  # most of the start; handing over needs none of it

    with start_diagnostics(folders.logs) as diagnostics:
        apply_theme(app)
        app.setWindowIcon(application_icon())
        loaded = load_settings(folders.config)
        workbench = Workbench(folders=folders, loaded=loaded, language=language)
        words = QTranslator(app)
        _translate_qt(app, words, workbench.language)
        workbench.language_changed.connect(lambda spoken: _translate_qt(app, words, spoken))
        reception = Reception(folders.library)
        reception.paths_arrived.connect(workbench.receive)
        diagnostics.on_crash = workbench.crashed.emit
        workbench.show()

        def start() -> None:
            gc.freeze()
            workbench.start(wanted)

        QTimer.singleShot(0, start)
        code = app.exec()
        reception.close()
        ended = workbench.close(hurried=True)
    if not ended:
        os._exit(
            code
        )  # everything is stored and closed; Qt would abort over the thread that still runs
    return code


def _translate_qt(app: QApplication, translator: QTranslator, language: str) -> None:
    """Qt's own words (file dialogs, standard buttons) in the language of the window."""
    app.removeTranslator(translator)
    locale = QLocale("zh_CN" if language == "zh" else "en")
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(locale, "qtbase", "_", folder):
        app.installTranslator(translator)
