"""The reader's own version of an AI finding, typed in place."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from resources.i18n import Texts
from workstation.core.findings import FindingCode
from workstation.core.review import Certainty, Decision, Side, Verdict, Zone
from workstation.ui.findings.wording import finding_name
from workstation.ui.panel import GAP, Words, button, in_line, without_wheel

_COMMENT_LENGTH = 400


class DecisionEditor(QWidget):
    """Finding, side, zone, certainty and comment, with the AI's original named above; only the finding is filled in.

    Signals
    -------
    saved : Decision
        The edit.
    taken_back : ()
        The stored edit is to be forgotten.
    closed : ()
        The reader is done, saved or not.
    """

    saved = Signal(object)
    taken_back = Signal()
    closed = Signal()

    def __init__(self, texts: Texts, code: FindingCode, decision: Decision | None) -> None:
        super().__init__()
        edited = decision is not None and decision.verdict is Verdict.EDITED
        start = decision if decision is not None and edited else None
        name = finding_name(texts, code)
        self.finding = _combo(texts, "finding", FindingCode, empty=False)
        self.side = _combo(texts, "side", Side)
        self.zone = _combo(texts, "zone", Zone)
        self.certainty = _combo(texts, "certainty", Certainty)
        self.comment = QLineEdit(start.comment if start else "")
        self.comment.setMaxLength(_COMMENT_LENGTH)
        self.comment.setCursorPosition(0)
        _choose(self.finding, start.code if start else code)
        _choose(self.side, start.side if start else None)
        _choose(self.zone, start.zone if start else None)
        _choose(self.certainty, start.certainty if start else None)
        form = QFormLayout()
        form.setSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, field in (
            (texts.tr("Finding"), self.finding),
            (texts.tr("Side"), self.side),
            (texts.tr("Zone"), self.zone),
            (texts.tr("Certainty"), self.certainty),
            (texts.tr("Comment"), self.comment),
        ):
            words = Words(label, "muted", wrap=False)
            words.setBuddy(field)
            field.setAccessibleName(label)
            form.addRow(words, field)
        self.save = button(texts.tr("Save"), "primary", name="save")
        self.cancel = button(texts.tr("Cancel"), name="cancel")
        self.take_back = button(texts.tr("Take back"), "flat danger", name="take_back")
        if not edited:
            self.take_back.hide()
        form.insertRow(0, Words(texts.tr("AI: {finding}", finding=name), "heading"))
        form.addRow(in_line(self.save, self.cancel, None, self.take_back))
        form.setContentsMargins(GAP, 0, GAP, GAP)
        self.setLayout(form)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.closed)
        self.take_back.clicked.connect(self._take_back)
        self.comment.returnPressed.connect(self._save)

    def decision(self) -> Decision:
        """What the fields say."""
        side, zone = self.side.currentData(), self.zone.currentData()
        certainty = self.certainty.currentData()
        return Decision(
            verdict=Verdict.EDITED,
            code=FindingCode(self.finding.currentData()),
            side=Side(side) if side else None,
            zone=Zone(zone) if zone else None,
            certainty=Certainty(certainty) if certainty else None,
            comment=self.comment.text().strip(),
        )

    def _save(self) -> None:
        self.saved.emit(self.decision())
        self.closed.emit()

    def _take_back(self) -> None:
        self.taken_back.emit()
        self.closed.emit()


def _combo(
    texts: Texts, prefix: str, values: Iterable[StrEnum], *, empty: bool = True
) -> QComboBox:
    combo = without_wheel(QComboBox())
    combo.setMinimumContentsLength(6)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    if empty:
        combo.addItem(texts.tr("Not stated"), "")
    for value in values:
        combo.addItem(texts.tr(f"{prefix}.{value.value}"), value.value)
    return combo


def _choose(combo: QComboBox, value: StrEnum | None) -> None:
    combo.setCurrentIndex(combo.findData(value.value if value else ""))
