"""The reading room: worklist, film, findings and review side by side, and every command in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from PySide6.QtCore import QByteArray, QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QMessageBox,
    QSplitter,
    QToolBar,
    QToolButton,
    QWidget,
)

from resources.i18n import Texts
from workstation.ui.commands import (
    ALL_COMMANDS,
    DRAWING,
    MENUS,
    NEED_STUDY,
    PRESETS,
    SHELL_COMMANDS,
    Menu,
    by_menu,
)
from workstation.ui.compare.commands import COMPARE_COMMANDS, OVERLAY_COMMANDS
from workstation.ui.compare.controls import CompareControls
from workstation.ui.dialogs.keys import KeyMap, KeysDialog
from workstation.ui.dialogs.pages import guide
from workstation.ui.display_check import DisplayCheck
from workstation.ui.findings.view import FindingsView
from workstation.ui.footer import Footer
from workstation.ui.icons import icon
from workstation.ui.notice_bar import NoticeBar
from workstation.ui.panel import stacked
from workstation.ui.review.view import ReviewView
from workstation.ui.stage import Stage
from workstation.ui.viewer.actions import Command, bind_commands
from workstation.ui.viewer.state import Tool, ViewerOptions
from workstation.ui.viewer.view import FilmView
from workstation.ui.worklist.view import WorklistView

_WORKLIST_PX, _PANEL_PX = 300, 360
_MESSAGE_MS = 8000
# The title and the edges that the desktop adds: the window's foot must stay on a small screen.
_SIZE, _FRAME = QSize(1440, 900), QSize(16, 48)


# The brush comes and goes with its trial.
_TOOLS = {f"view.{tool}_tool": tool for tool in Tool if tool is not Tool.PAINT}
_TOOL_BAR = (
    ("room.open_folder",),
    ("view.window_tool", "view.pan_tool", "view.zoom_tool", "view.magnifier_tool"),
    DRAWING,
    ("view.auto_window", "view.invert"),
    ("view.fit", "view.one_to_one", "view.rotate_left", "view.rotate_right", "view.flip"),
    ("view.reset",),
    ("compare.prior_requested",),
    ("room.analyse_requested", "room.marks_requested"),
    ("room.undo_requested", "room.redo_requested"),
    ("room.export",),
)
# Widgets are moved and pressed with these: they are the film's only while no other widget has the focus.
_WIDGET_KEYS = frozenset(
    {
        Qt.Key.Key_Space,
        Qt.Key.Key_Escape,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """How the window starts; `place` is what another window's `place` was."""

    viewer: ViewerOptions
    keys: KeyMap
    place: Mapping[str, bytes] = field(default_factory=dict)


class MainWindow(QMainWindow):
    """Views, menus and tool bar; it knows no service. Without presenters it is an empty, usable room.

    Signals
    -------
    paths_chosen
        Tuple of Path that the reader opens.
    report_path_chosen
        Path for the report.
    folders_requested, next_study_requested, previous_study_requested, cine_requested, presentation_requested, what_if_requested, accept_requested, reject_requested, review_requested,
    analyse_requested, stop_requested, marks_requested, next_finding_requested, card_requested,
    key_image_requested, undo_requested, redo_requested, settings_requested, language_requested,
    about_requested
        Nothing; menu, tool bar or key.
    keys_changed
        `KeyMap` of the commands whose keys are not their default; they are in force already.
    report_requested
        Nothing; the room answers with `ask_report_path` when a report can be made.
    closed
        Nothing; the reader closes the window: what is still typed is handed over next, and nothing may be asked any more.
    """

    paths_chosen = Signal(object)
    report_path_chosen = Signal(object)
    report_requested = Signal()
    next_study_requested = Signal()
    previous_study_requested = Signal()
    analyse_requested = Signal()
    stop_requested = Signal()
    marks_requested = Signal()
    next_finding_requested = Signal()
    cine_requested = Signal()
    presentation_requested = Signal()
    what_if_requested = Signal()
    accept_requested = Signal()
    reject_requested = Signal()
    review_requested = Signal()
    card_requested = Signal()
    key_image_requested = Signal()
    undo_requested = Signal()
    redo_requested = Signal()
    settings_requested = Signal()
    language_requested = Signal()
    keys_changed = Signal(object)
    about_requested = Signal()
    closed = Signal()
    folders_requested = Signal()

    def __init__(self, texts: Texts, options: WindowOptions) -> None:
        super().__init__()
        self._texts = texts
        self.worklist = WorklistView(texts)
        self.stage = Stage(texts, options.viewer)
        self.film = self.stage.film
        self.compare = CompareControls(texts)
        self.findings = FindingsView(texts)
        self.review = ReviewView(texts)
        self.keys: KeyMap = {}
        self.actions_by_id = bind_commands(self.film, texts, active=lambda: self.stage.active)
        owners: tuple[tuple[QWidget, tuple[Command, ...]], ...] = (
            (self, SHELL_COMMANDS),
            (self.compare, COMPARE_COMMANDS),
            (self.compare.overlay, OVERLAY_COMMANDS),
        )
        for owner, commands in owners:
            for command in commands:
                self.actions_by_id[command.id] = self._shell_action(command, owner)
        self.setWindowTitle("Thoravue")
        self.setCentralWidget(self._columns())
        self._make_menus()
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, self._tool_bar())
        # A label of our own: Qt clears its own messages whenever the pointer passes a menu.
        self._message = QLabel()
        self._message.setContentsMargins(8, 0, 8, 0)
        self._message_end = QTimer(self)
        self._message_end.setSingleShot(True)
        self._message_end.setInterval(_MESSAGE_MS)
        self._message_end.timeout.connect(self._message.clear)
        self.statusBar().addWidget(self._message, 1)
        footer = Footer(texts)
        footer.check_requested.connect(self.check_display)
        self.statusBar().addPermanentWidget(footer)
        self.statusBar().setSizeGripEnabled(False)
        self.film.maximise_requested.connect(self._toggle_panels)
        self.film.menu_requested.connect(self._film_menu)
        self.film.file_dropped.connect(self.paths_chosen)
        self.worklist.open_folder_requested.connect(self.open_folder)
        self.worklist.open_files_requested.connect(self.open_files)
        self.worklist.paths_dropped.connect(self.paths_chosen)
        self.worklist.menu_requested.connect(self._list_menu)
        self.review.export_requested.connect(self.report_requested)
        self.set_keys(options.keys)
        self.enable(dict.fromkeys(NEED_STUDY, False))
        self.resize(_SIZE.boundedTo(self.screen().availableSize() - _FRAME))
        self._restore(options.place)

    @property
    def place(self) -> dict[str, bytes]:
        """Where the window stands, and how it is divided."""
        divided = {name: splitter.saveState() for name, splitter in self._splitters.items()}
        if self._divided is not None:  # nothing can be told of hidden panels
            divided["columns"] = self._divided
        parts = {"window": self.saveGeometry(), **divided}
        return {name: bytes(part.data()) for name, part in parts.items()}

    def say(self, message: str) -> None:
        """A few words in the status line, for a while."""
        self._message.setText(message)
        self._message.setToolTip(message)
        self._message_end.start()

    def notify(self, message: str) -> NoticeBar:
        """Something that stays above the room until the reader has acknowledged it."""
        bar = NoticeBar(self._texts, message)
        self.addToolBarBreak()
        self.addToolBar(bar)
        return bar

    def set_recent(self, folders: Sequence[Path]) -> None:
        """Offer the folders opened last, newest first, in the menu."""
        self._recent.clear()
        for folder in folders:
            action = self._recent.addAction(str(folder))
            action.triggered.connect(
                lambda _checked=False, path=folder: self.paths_chosen.emit((path,))
            )
        self._recent.setEnabled(bool(folders))

    def set_keys(self, keys: KeyMap) -> None:
        """Give commands other keys than their own; those that are not named have their own."""
        self.keys = keys
        for command in ALL_COMMANDS:
            action = self.actions_by_id[command.id]
            chosen = keys.get(command.id, command.keys)
            action.setShortcuts([QKeySequence(key) for key in chosen])
            spoken = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            text = self._texts.tr(command.name)
            action.setToolTip(f"{text} ({spoken})" if spoken else text)

    def enable(self, command_ids: Mapping[str, bool]) -> None:
        """Say which commands make sense now."""
        for command_id, enabled in command_ids.items():
            self.actions_by_id[command_id].setEnabled(enabled)

    # Commands that need a dialog of the window

    def open_folder(self) -> None:
        """Let the reader choose a folder of films."""
        folder = QFileDialog.getExistingDirectory(
            self, self._texts.tr("Open a folder of films")
        )
        if folder:
            self.paths_chosen.emit((Path(folder),))

    def open_files(self) -> None:
        """Let the reader choose films, archives of films or the directory of a CD."""
        films = f"{self._texts.tr('All files')} (*)"
        archives = f"{self._texts.tr('ZIP archives and directories of CDs')} (*.zip DICOMDIR)"
        names, _ = QFileDialog.getOpenFileNames(
            self, self._texts.tr("Open films"), filter=f"{films};;{archives}"
        )
        if names:
            self.paths_chosen.emit(tuple(Path(name) for name in names))

    def export(self) -> None:
        """Ask for a report."""
        self.report_requested.emit()

    def ask_report_path(self, suggested: Path) -> None:
        """Let the reader choose where the report goes."""
        name, _ = QFileDialog.getSaveFileName(
            self, self._texts.tr("Export report as PDF"), str(suggested), "PDF (*.pdf)"
        )
        whole = name.lower().endswith(".pdf")
        path = Path(name if whole else f"{name}.pdf")
        # The dialog has asked about the name as it was typed, not about the one with the ending.
        if name and (whole or not path.exists() or self._may_replace(path)):
            self.report_path_chosen.emit(path)

    def _may_replace(self, path: Path) -> bool:
        title = self._texts.tr("Export report as PDF")
        text = self._texts.tr("{name} exists already. Replace it?", name=path.name)
        return QMessageBox.question(self, title, text) is QMessageBox.StandardButton.Yes

    def search(self) -> None:
        """Put the cursor into the worklist's search."""
        self._side(shown=True)
        self.worklist.focus_search()

    def impression(self) -> None:
        """Put the cursor into the first impression."""
        self._side(shown=True)
        self.review.focus_impression()

    def edit_finding(self) -> None:
        """Open the editor of the selected finding."""
        self._side(shown=True)
        self.findings.edit_selected()

    def select_all(self) -> None:
        """Select every study of the worklist."""
        self.worklist.select_all()

    def analyse_selected(self) -> None:
        """Ask for the analysis of the studies that are selected in the worklist."""
        self.worklist.ask_analysis()

    def remove_selected(self) -> None:
        """Ask for the removal of the studies that are selected in the worklist."""
        self.worklist.ask_removal()

    def toggle_full_screen(self) -> None:
        """Full screen and back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def show_keys(self) -> None:
        """The key map, where keys can be changed."""
        dialog = KeysDialog(self._texts, by_menu(), self.keys, self)
        dialog.saved.connect(self.set_keys)
        dialog.saved.connect(self.keys_changed)
        dialog.open()

    def guide(self) -> None:
        """How to read a film here."""
        page = guide(self._texts, self)
        page.accepted.connect(self.card_requested)
        page.open()

    def check_display(self) -> None:
        """The test pattern on the screen that this window is on."""
        DisplayCheck(self._texts, self).show()

    # Layout

    def _columns(self) -> QSplitter:
        self._panels = QSplitter(Qt.Orientation.Vertical)
        self._panels.addWidget(self.findings)
        self._panels.addWidget(self.review)
        self._panels.setChildrenCollapsible(False)
        self._panels.setSizes([460, 400])
        columns = QSplitter(Qt.Orientation.Horizontal)
        films, column = QWidget(), stacked(self.stage, self.compare, gap=0)
        column.setStretch(0, 1)
        films.setLayout(column)
        for view in (self.worklist, films, self._panels):
            columns.addWidget(view)
        columns.setStretchFactor(1, 1)
        columns.setSizes([_WORKLIST_PX, 1440 - _WORKLIST_PX - _PANEL_PX, _PANEL_PX])
        columns.setCollapsible(1, False)
        self._splitters = {"columns": columns, "panels": self._panels}
        self._divided: QByteArray | None = None
        return columns

    def _restore(self, place: Mapping[str, bytes]) -> None:
        """Stand where another window stood; Qt brings a window back that no screen shows."""
        if "window" in place:
            self.restoreGeometry(QByteArray(place["window"]))
        for name, splitter in self._splitters.items():
            if name in place:
                splitter.restoreState(QByteArray(place[name]))

    def _toggle_panels(self) -> None:
        self._side(shown=self.worklist.isHidden())

    def _side(self, *, shown: bool) -> None:
        if shown is not self.worklist.isHidden():
            return
        self._divided = None if shown else self._splitters["columns"].saveState()
        self.worklist.setVisible(shown)
        self._panels.setVisible(shown)

    def _shell_action(self, command: Command, owner: QWidget) -> QAction:
        action = QAction(self._texts.tr(command.name), self)
        action.setObjectName(command.id)
        target = getattr(owner, command.method)
        action.triggered.connect(target)
        self.addAction(action)
        return action

    def _make_menus(self) -> None:
        tr = self._texts.tr
        bar = self.menuBar()
        menus = [self._with_parts(bar.addMenu(tr(menu.title)), menu) for menu in MENUS]
        self._recent = QMenu(tr("Open recent"), self)
        menus[0].insertMenu(menus[0].actions()[2], self._recent)
        self.set_recent(())
        self.presentations = QMenu(tr("Saved presentations"), self)
        following = self.actions_by_id["room.presentation_requested"]
        menus[1].insertMenu(following, self.presentations)

    def _with_parts(self, shown: QMenu, menu: Menu) -> QMenu:
        for number, part in enumerate(menu.parts):
            if number:
                shown.addSeparator()
            for entry in part:
                if isinstance(entry, Menu):
                    self._with_parts(shown.addMenu(self._texts.tr(entry.title)), entry)
                else:
                    shown.addAction(self.actions_by_id[entry])
        return shown

    def _filled(self, menu: QMenu, ids: Sequence[str]) -> QMenu:
        for command_id in ids:
            menu.addAction(self.actions_by_id[command_id])
        return menu

    def _tool_bar(self) -> QToolBar:
        bar = QToolBar(self._texts.tr("Tools"), self)
        bar.setMovable(False)
        for command in ALL_COMMANDS:
            action = self.actions_by_id[command.id]
            if command.icon:
                action.setIcon(icon(command.icon))
        group = QActionGroup(self)
        for command_id in _TOOLS:
            action = self.actions_by_id[command_id]
            action.setCheckable(True)
            group.addAction(action)
        self._drawing = self._drawing_button(bar)
        self.film.tool_changed.connect(self._mark_tool)
        self._mark_tool(self.film.tool)
        for number, ids in enumerate(_TOOL_BAR):
            if number:
                bar.addSeparator()
            if ids is DRAWING:  # seven buttons more than a screen of 1280 has room for
                bar.addWidget(self._drawing)
                continue
            for command_id in ids:
                bar.addAction(self.actions_by_id[command_id])
            if "view.auto_window" in ids:
                bar.addWidget(self._presets(bar))
        return bar

    def _drawing_button(self, parent: QWidget) -> QToolButton:
        """The drawing tool used last; the others are in its menu."""
        button = QToolButton(parent)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        button.setMenu(self._filled(QMenu(self._texts.tr("Drawing tools"), button), DRAWING))
        button.setDefaultAction(self.actions_by_id[DRAWING[0]])
        return button

    def _presets(self, parent: QWidget) -> QWidget:
        button = QToolButton(parent)
        button.setText(self._texts.tr("Presets"))
        button.setAccessibleName(self._texts.tr("Window presets"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self._filled(QMenu(button), PRESETS))
        self.actions_by_id[PRESETS[0]].enabledChanged.connect(button.setEnabled)
        return button

    def _mark_tool(self, tool: object) -> None:
        for command_id, marked in _TOOLS.items():
            self.actions_by_id[command_id].setChecked(marked is tool)
            if marked is tool and command_id in DRAWING:
                self._drawing.setDefaultAction(self.actions_by_id[command_id])

    def _list_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._filled(
            menu, ["room.analyse_selected", "room.select_all", "room.remove_selected"]
        ).popup(place)

    def _film_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for ids in _TOOL_BAR[1:7]:
            self._filled(menu, ids).addSeparator()
        menu.addMenu(self.presentations)
        menu.popup(place)

    # Qt

    def event(self, event: QEvent) -> bool:
        """Leave the keys of `_WIDGET_KEYS` to the widget that has the focus; texts keep every key they take themselves."""
        if event.type() is QEvent.Type.ShortcutOverride:
            pressed = cast("QKeyEvent", event)
            held = pressed.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            theirs = not held or bool(held & Qt.KeyboardModifier.ShiftModifier)
            focus = QApplication.focusWidget()
            elsewhere = focus not in {None, self} and not isinstance(focus, FilmView)
            if theirs and elsewhere and pressed.key() in _WIDGET_KEYS:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape, where nobody else wants it, goes back to the film."""
        if event.key() == Qt.Key.Key_Escape:
            self.film.setFocus()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell, then store what is being typed."""
        self.closed.emit()
        self.review.commit_pending()
        event.accept()
