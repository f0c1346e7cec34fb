"""Who the patient is, always in sight; for a film without identity a place to type it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from resources.i18n import Texts
from workstation.core.study import PatientIdentity, Sex
from workstation.ui.panel import Words, button, in_line, stacked, told, without_wheel
from workstation.ui.review.model import ReviewPanelState
from workstation.ui.review.wording import (
    conflict_words,
    identity_words,
    sex_words,
    typed_date,
    typed_name,
)
from workstation.ui.status import status_words


class IdentityForm(QWidget):
    """Name, ID, birth date and sex; needs a name or an ID.

    Signals
    -------
    entered : PatientIdentity
        What was typed.
    closed : ()
        The reader is done, entered or not.
    """

    entered = Signal(object)
    closed = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self.name, self.patient_id, self.birth_date = QLineEdit(), QLineEdit(), QLineEdit()
        self.name.setMaxLength(64)
        self.patient_id.setMaxLength(64)
        self.birth_date.setMaxLength(10)
        self.birth_date.setPlaceholderText(texts.tr("YYYY-MM-DD"))
        self.sex = without_wheel(QComboBox())
        for sex in (Sex.UNKNOWN, Sex.FEMALE, Sex.MALE, Sex.OTHER):
            self.sex.addItem(sex_words(texts, sex), sex.value)
        self.problem = Words(css="warning small")
        self.save = button(texts.tr("Save identity"), "primary", name="save_identity")
        self.cancel = button(texts.tr("Cancel"), name="cancel_identity")
        form = QFormLayout()
        form.setContentsMargins(0, 4, 0, 4)
        form.setSpacing(6)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for label, field in (
            (texts.tr("Name"), self.name),
            (texts.tr("Patient ID"), self.patient_id),
            (texts.tr("Birth date"), self.birth_date),
            (texts.tr("Sex"), self.sex),
        ):
            words = Words(label, "muted", wrap=False)
            words.setBuddy(field)
            field.setAccessibleName(label)
            form.addRow(words, field)
        form.addRow(self.problem)
        form.addRow(in_line(self.save, self.cancel, None))
        self.setLayout(form)
        for line in (self.name, self.patient_id, self.birth_date):
            line.textChanged.connect(self._check)
            line.returnPressed.connect(self._save)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.closed)
        self._check()

    def start(self, identity: PatientIdentity) -> None:
        """Begin with what is known."""
        self.name.setText(str(identity.name))
        self.patient_id.setText(identity.patient_id)
        born = identity.birth_date
        self.birth_date.setText(born.isoformat() if born else "")
        self.sex.setCurrentIndex(self.sex.findData(identity.sex.value))
        self.name.setFocus()

    def _identity(self) -> PatientIdentity | None:
        try:
            born = typed_date(self.birth_date.text())
        except ValueError:
            return None
        return PatientIdentity(
            name=typed_name(self.name.text()),
            patient_id=self.patient_id.text().strip(),
            birth_date=born,
            sex=Sex(self.sex.currentData()),
        )

    def _check(self) -> None:
        identity = self._identity()
        tr = self._texts.tr
        self.problem.say(tr("Write the birth date as 1970-01-31.") if identity is None else "")
        self.save.setEnabled(identity is not None and identity.is_identified)

    def _save(self) -> None:
        identity = self._identity()
        if identity is not None and identity.is_identified:
            self.entered.emit(identity)
            self.closed.emit()


class IdentityBox(QWidget):
    """The head of the panel.

    Signals
    -------
    entered : PatientIdentity
        Typed by the reader.
    confirmed : ()
        The patient whom the films name now is the one of the review.
    """

    entered = Signal(object)
    confirmed = Signal()

    def __init__(self, texts: Texts) -> None:
        super().__init__()
        self._texts = texts
        self._state = ReviewPanelState()
        self.name = Words(css="title")
        self.badge = Words(css="pill", wrap=False)
        self.unidentified = Words(texts.tr("Unidentified"), "pill warning", wrap=False)
        self.facts = Words(css="muted")
        self.by_hand = Words(texts.tr("Identity entered by hand"), "warning small")
        self.conflict = Words(css="warning small")
        self.confirm = button(texts.tr("It is the same person"), name="confirm_patient")
        self.edit = button("", "flat", name="edit_identity")
        self.form = IdentityForm(texts)
        self.form.hide()
        title = in_line(self.unidentified, self.name, None, self.badge)
        title.setAlignment(self.badge, Qt.AlignmentFlag.AlignTop)
        self.setLayout(
            stacked(
                title,
                self.facts,
                gap=3,
            )
        )
        # Apart, for it may be long: the panel lets it scroll.
        self.details = QWidget()
        self.details.setLayout(
            stacked(
                self.conflict,
                in_line(self.confirm, None),
                in_line(self.by_hand, self.edit, None),
                self.form,
                gap=3,
            )
        )
        self.confirm.clicked.connect(self.confirmed)
        self.edit.clicked.connect(self._open)
        self.form.entered.connect(self.entered)
        self.form.closed.connect(self._close)

    def show_state(self, state: ReviewPanelState) -> None:
        """Show `state`; an open form stays as it is while the study does."""
        if state.study_uid != self._state.study_uid or not state.editable:
            self.form.hide()
        self._state = state
        shown, known = state.study_uid is not None, state.identity.is_identified
        tr = self._texts.tr
        name = str(state.identity.name) or (tr("Name unknown") if known else "")
        self.name.say(name if shown else tr("No study open"))
        self.badge.say(status_words(state.status, self._texts) if shown else "")
        self.unidentified.setVisible(shown and not known)
        closed = tr("Open a study to write down what you see.")
        self.facts.say(identity_words(self._texts, state.identity) if shown else closed)
        said = [conflict_words(self._texts, c) for c in state.conflicts] if shown else []
        changed = state.patient_changed
        if changed is not None and shown:
            said.insert(0, told(self._texts, changed))
        self.conflict.say("\n".join(said))
        self.confirm.setVisible(changed is not None and state.editable)
        self.by_hand.setVisible(shown and state.identity_by_hand)
        self.edit.setText(tr("Correct identity") if known else tr("Enter identity"))
        typed = state.identity_by_hand or not known
        self.edit.setVisible(state.editable and typed and self.form.isHidden())
        self._show_details()

    def _show_details(self) -> None:
        parts = (self.conflict, self.confirm, self.by_hand, self.edit, self.form)
        self.details.setVisible(not all(part.isHidden() for part in parts))

    def _open(self) -> None:
        self.edit.hide()
        self.form.show()
        self._show_details()
        self.form.start(self._state.identity)

    def _close(self) -> None:
        self.form.hide()
        self.show_state(self._state)
