"""Search, filters and sorting of the worklist."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from resources.i18n import Texts
from workstation.core.ports import SortKey, WorklistQuery
from workstation.core.review import ReviewStatus
from workstation.ui.panel import Words, button
from workstation.ui.status import status_words

_PAUSE_MS = 200
_MODALITIES = ("DX", "CR", "RG", "CT", "MR", "US", "XA", "NM", "OT")


class SearchBox(QLineEdit):
    """A line that is left downwards with the Down key.

    Signals
    -------
    left_down
        Nothing.
    """

    left_down = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down goes to what was found."""
        if event.key() == Qt.Key.Key_Down:
            self.left_down.emit()
        else:
            super().keyPressEvent(event)


class WorklistFilters(QWidget):
    """The search box, the choices and how many studies they leave.

    Signals
    -------
    query_changed
        `WorklistQuery`; typing is waited for.
    first_requested, list_requested
        Nothing: Enter and Down in the search box; what was typed is asked by then.
    """

    query_changed = Signal(object)
    first_requested = Signal()
    list_requested = Signal()

    def __init__(self, texts: Texts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = texts
        tr = texts.tr
        self.search = SearchBox()
        self.search.setPlaceholderText(tr("Name, ID or accession number"))
        self.search.setAccessibleName(tr("Search the worklist"))
        self.search.setClearButtonEnabled(True)
        self._modality = _choice(
            tr("Modality"), [(tr("Any modality"), ""), *((name, name) for name in _MODALITIES)]
        )
        self._status = _choice(
            tr("State"),
            [
                (tr("Any state"), None),
                *((status_words(status, texts), status) for status in ReviewStatus),
            ],
        )
        self._days = _choice(
            tr("Date"),
            [(tr("Any date"), None), (tr("Today"), 0), (tr("7 days"), 6), (tr("30 days"), 29)],
        )
        self._sort = _choice(
            tr("Order"),
            [
                (tr("Newest first"), (SortKey.STUDY_DATE, True)),
                (tr("Oldest first"), (SortKey.STUDY_DATE, False)),
                (tr("By name"), (SortKey.PATIENT_NAME, False)),
                (tr("By ID"), (SortKey.PATIENT_ID, False)),
                (tr("By accession"), (SortKey.ACCESSION_NUMBER, False)),
                (tr("By modality"), (SortKey.MODALITY, False)),
                (tr("By state"), (SortKey.STATUS, False)),
                (tr("Last added"), (SortKey.ADDED, True)),
                (tr("AI triage"), (SortKey.TRIAGE, False)),
            ],
        )
        self._ai = _choice(
            tr("AI"),
            [(tr("AI: any"), None), (tr("AI read it"), True), (tr("Not read by AI"), False)],
        )
        self._bound = WorklistQuery().triage_bound
        self.order_note = Words(css="warning small")
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._announce)
        self.search.textChanged.connect(self._pause.start)
        self.search.returnPressed.connect(lambda: self._leave(self.first_requested))
        self.search.left_down.connect(lambda: self._leave(self.list_requested))
        self.count = Words(css="muted small", wrap=False)
        self.all = button("✕", "flat", name="clear_filters")
        self.all.setToolTip(tr("Show all studies"))
        self.all.setAccessibleName(tr("Show all studies"))
        self.all.clicked.connect(self.clear)
        self.all.hide()
        rows = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        boxes_of = (self._modality, self._status), (self._days, self._ai), (self._sort,)
        for row, boxes in zip(rows, boxes_of, strict=True):
            row.setSpacing(6)
            for box in boxes:
                row.addWidget(box, 1)
                box.currentIndexChanged.connect(self._announce)
        for widget in (self.count, self.all):
            rows[2].addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 10)
        layout.setSpacing(6)
        layout.addWidget(self.search)
        for row in rows:
            layout.addLayout(row)
        layout.addWidget(self.order_note)

    @property
    def is_filtering(self) -> bool:
        """Whether some studies may be left out."""
        return self.query != self._unfiltered

    @property
    def _unfiltered(self) -> WorklistQuery:
        asked = self.query
        return WorklistQuery(
            sort=asked.sort, descending=asked.descending, triage_bound=asked.triage_bound
        )

    def show_count(self, count: int) -> None:
        """Say how many studies are listed; a filter that leaves some out can be taken away beside it."""
        tr = self._texts.tr
        words = tr("1 study") if count == 1 else tr("{count} studies", count=f"{count:,}")
        self.count.say(words if count or self.is_filtering else "")
        self.all.setVisible(self.is_filtering)

    @property
    def query(self) -> WorklistQuery:
        """What is asked for now."""
        sort, descending = self._sort.currentData()
        days = self._days.currentData()
        today = date.today()  # noqa: DTZ011 - study dates are local
        return WorklistQuery(
            text=self.search.text().strip(),
            modality=self._modality.currentData(),
            status=self._status.currentData(),
            analysed=self._ai.currentData(),
            date_from=None if days is None else today - timedelta(days=days),
            sort=sort,
            descending=descending,
            triage_bound=self._bound,
        )

    def set_triage_bound(self, bound: int) -> None:
        """Behind how many studies that came later one may wait in the AI's order."""
        if bound != self._bound:
            self._bound = bound
            self._note_order()
            if self.query.sort is SortKey.TRIAGE:
                self._announce()

    def show_query(self, query: WorklistQuery) -> None:
        """Show what is asked for without asking it."""
        today = date.today()  # noqa: DTZ011 - study dates are local
        days = None if query.date_from is None else (today - query.date_from).days
        self.search.setText(query.text)
        self._pause.stop()
        for box, value in (
            (self._modality, query.modality),
            (self._status, query.status),
            (self._ai, query.analysed),
            (self._days, days),
            (self._sort, (query.sort, query.descending)),
        ):
            offered = [box.itemData(row) for row in range(box.count())]
            with QSignalBlocker(box):
                box.setCurrentIndex(offered.index(value) if value in offered else 0)
        self._note_order()

    def clear(self) -> None:
        """Ask for everything."""
        self.show_query(self._unfiltered)
        self._announce()

    def _leave(self, towards: SignalInstance) -> None:
        """Ask for what was typed before the list is gone to."""
        if self._pause.isActive():
            self._pause.stop()
            self._announce()
        towards.emit()

    def _note_order(self) -> None:
        """Say that the AI orders the list while it does."""
        bound = self._bound
        note = (
            self._texts.tr(
                "⚠ AI orders this list: studies with a finding above threshold come earlier. None waits behind more than 1 that came later."
            )
            if bound == 1
            else self._texts.tr(
                "⚠ AI orders this list: studies with a finding above threshold come earlier. None waits behind more than {bound} that came later.",
                bound=bound,
            )
        )
        self.order_note.say(note if self.query.sort is SortKey.TRIAGE else "")

    def _announce(self) -> None:
        self._note_order()
        self.query_changed.emit(self.query)


def _choice(name: str, entries: list[tuple[str, object]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(6)
    for text, value in entries:
        box.addItem(text, value)
    return box
