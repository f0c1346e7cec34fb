"""The worklist's rows for Qt: studies fetched by pages, the open study's films beneath it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from resources.i18n import Texts
from workstation.core.ports import WorklistRow
from workstation.core.study import Study
from workstation.ui.worklist.model import Entry, Fetch, FilmEntry, StudyEntry, films_of
from workstation.ui.worklist.wording import film_words, study_words

PAGE = 64
ENTRY = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class WorklistRows(QAbstractListModel):
    """Fetches only the pages that are looked at; `show_rows` forgets them all.

    Signals
    -------
    contents_changed
        Nothing: as many rows as before may show something else. Qt's own signal would lay a list of 100,000 out anew.
    """

    contents_changed = Signal()

    def __init__(self, texts: Texts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        self._count = 0
        self._fetch: Fetch = _nothing
        self._pages: dict[int, Sequence[WorklistRow]] = {}
        self._open: Study | None = None
        self._open_at = -1
        self._films: tuple[FilmEntry, ...] = ()

    @property
    def studies(self) -> int:
        """How many studies match."""
        return self._count

    def show_rows(self, count: int, fetch: Fetch) -> None:
        """List other studies, or the same ones anew."""
        self._fetch, self._pages = fetch, {}
        self._rearrange(count, self._open, self._films)

    def show_open(self, study: Study | None, sop_uid: str | None) -> None:
        """Put the films of the open study beneath it; `sop_uid` is the one on screen."""
        self._rearrange(self._count, study, () if study is None else _films(study, sop_uid))

    def _rearrange(self, count: int, study: Study | None, films: tuple[FilmEntry, ...]) -> None:
        at = self._found(study, count)
        shape = (count, at, len(films) if at >= 0 else 0)
        if shape == (self._count, self._open_at, self.rowCount() - self._count):
            self._open, self._films = study, films
            self.contents_changed.emit()
            return
        self.beginResetModel()
        self._count, self._open, self._open_at, self._films = count, study, at, films
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        """What a row shows."""
        position, film = self._place(row)
        if film is not None:
            return self._films[film]
        study = self._study(position)
        if study is None:
            return None
        above = self._study(position - 1) if position else None
        patient = study.study.patient
        mixed = study.others or (above is not None and above.others)
        return StudyEntry(
            row=study,
            is_open=position == self._open_at,
            same_patient=above is not None
            and above.study.patient == patient
            and bool(patient.patient_id)
            and not mixed,
        )

    def position(self, row: int) -> int:
        """Where among all studies the study of a row stands; a film's row has its study's."""
        return self._place(row)[0]

    def row(self, position: int) -> int:
        """The row of a study."""
        below = 0 <= self._open_at < position
        return position + (len(self._films) if below else 0)

    def study(self, position: int) -> WorklistRow | None:
        """What the list shows of a study."""
        return self._study(position)

    @property
    def open_row(self) -> int:
        """The row of the open study; -1 when it is not in sight."""
        return self._open_at

    # Qt

    def rowCount(self, parent: Index | None = None) -> int:
        """How many rows there are."""
        if parent is not None and parent.isValid():
            return 0
        return self._count + (len(self._films) if self._open_at >= 0 else 0)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The entry for the delegate, its words for everyone else."""
        if not index.isValid():
            return None
        if role == ENTRY:
            return self.entry(index.row())
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self._words(index.row())
        if role == Qt.ItemDataRole.ToolTipRole and self._is_mixed(index.row()):
            return self._words(index.row())
        return None

    def _is_mixed(self, row: int) -> bool:
        """Whether a row may have no room for all names."""
        entry = self.entry(row)
        return isinstance(entry, StudyEntry) and bool(entry.row.others or entry.row.conflicts)

    def _words(self, row: int) -> str:
        entry = self.entry(row)
        if isinstance(entry, StudyEntry):
            return " · ".join(study_words(entry.row, self._texts).lines)
        if isinstance(entry, FilmEntry):
            return " · ".join(film_words(entry, self._texts))
        return ""

    def _place(self, row: int) -> tuple[int, int | None]:
        """(position among the studies, number of the film beneath the open one)."""
        if self._open_at < 0 or row <= self._open_at:
            return row, None
        film = row - self._open_at - 1
        return (
            (self._open_at, film) if film < len(self._films) else (row - len(self._films), None)
        )

    def _study(self, position: int) -> WorklistRow | None:
        number, at = divmod(position, PAGE)
        if number not in self._pages:
            self._pages[number] = self._fetch(number * PAGE, PAGE)
        page = self._pages[number]
        return page[at] if at < len(page) else None

    def _found(self, study: Study | None, count: int) -> int:
        """Where a study stands; looked for on the first pages only, so that it stays quick."""
        for position in range(min(count, 4 * PAGE)) if study else ():
            row = self._study(position)
            if row is not None and study is not None and row.study.study_uid == study.study_uid:
                return position
        return -1


def _films(study: Study, sop_uid: str | None) -> tuple[FilmEntry, ...]:
    entries = []
    for series, instance, count in films_of(study):
        members = {film.sop_uid for film, _ in series.instances} if count > 1 else set()
        current = sop_uid in members or instance.sop_uid == sop_uid
        entries.append(
            FilmEntry(series=series, instance=instance, count=count, is_current=current)
        )
    return tuple(entries)


def _nothing(_offset: int, _limit: int) -> Sequence[WorklistRow]:
    return ()
