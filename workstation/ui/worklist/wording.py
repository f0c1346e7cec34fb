"""What worklist rows say."""

from __future__ import annotations

from dataclasses import dataclass

from resources.i18n import Texts
from workstation.core.ports import IdentityConflict, ImportSummary, Presence, WorklistRow
from workstation.core.study import PatientIdentity
from workstation.ui.status import status_words
from workstation.ui.worklist.model import FilmEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyWords:
    """Three lines, a state and the AI's mark; `warning` stands before the description."""

    name: str
    identity: str
    description: str
    state: str
    marks: str = ""
    warning: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything, for those who listen."""
        return tuple(
            text
            for text in (
                self.name,
                self.identity,
                self.warning,
                self.description,
                self.marks,
                self.state,
            )
            if text
        )


def study_words(row: WorklistRow, texts: Texts) -> StudyWords:
    """The words of one study; an image count and a modality, never a score."""
    study = row.study
    when = f"{study.when:%Y-%m-%d}" if study.when else texts.tr("no date")
    count = row.image_count
    images = texts.tr("1 image") if count == 1 else texts.tr("{count} images", count=count)
    patients = (study.patient, *row.others)
    # The IDs of all have to find room.
    identity = " / ".join(filter(None, (patient.patient_id for patient in patients)))
    marks = texts.tr("AI: no score") if row.unscored else ""
    about = [when, study.description, "/".join(row.modalities), images]
    return StudyWords(
        name=" / ".join(patient_name(patient, texts) for patient in patients),
        identity=identity if row.others else _identity(row, texts),
        description=" · ".join(text for text in about if text),
        state=status_words(row.status, texts),
        marks=texts.tr("AI read it") if row.analysed else marks,
        warning=_warning(row, texts),
    )


def _identity(row: WorklistRow, texts: Texts) -> str:
    """The patient's ID, sex and birth date; where the film says nothing at all, its file is all there is."""
    return identity_line(row.study.patient, texts) or row.path.name


def _warning(row: WorklistRow, texts: Texts) -> str:
    """What speaks against the patient's identity, and that the film cannot be shown."""
    tr = texts.tr
    said = [tr("Several patients in one study")] if row.others else []
    if len(row.conflicts) > 1:
        said.append(tr("Same ID, other name and birth date"))
    elif IdentityConflict.NAME in row.conflicts:
        said.append(tr("Same ID, other name"))
    elif row.conflicts:
        said.append(tr("Same ID, other birth date"))
    if row.presence is Presence.FILE_GONE:
        said.append(tr("files not reachable"))
    elif row.presence is Presence.FOLDER_GONE:
        said.append(tr("folder not reachable"))
    return f"⚠ {' · '.join(said)}" if said else ""


def film_words(entry: FilmEntry, texts: Texts) -> tuple[str, str]:
    """Two lines of a film: what it is, and where it belongs."""
    instance = entry.instance
    view = instance.view_position or instance.series_description or instance.modality
    laterality = instance.laterality if instance.laterality not in {"", "U"} else ""
    first = " ".join(text for text in (view, laterality) if text) or texts.tr("Film")
    if entry.count > 1:
        first = texts.tr("{name} – {count} images", name=first, count=entry.count)
    series = (
        ""
        if entry.series.number is None
        else texts.tr("Series {number}", number=entry.series.number)
    )
    size = f"{instance.columns} × {instance.rows}" if instance.rows else ""
    return first, " · ".join(text for text in (series, size) if text)


def patient_name(patient: PatientIdentity, texts: Texts) -> str:
    """The name, or that there is none."""
    return str(patient.name) or (patient.patient_id or texts.tr("Unidentified"))


def identity_line(patient: PatientIdentity, texts: Texts) -> str:
    """ID, sex and birth date."""
    sex = texts.tr(f"sex.{patient.sex.value}") if patient.sex.value else ""
    birth = f"{patient.birth_date:%Y-%m-%d}" if patient.birth_date else ""
    return " · ".join(text for text in (patient.patient_id, sex, birth) if text)


def summary_line(texts: Texts, summary: ImportSummary) -> str:
    """The counts of an import in one line."""
    line = texts.tr(
        "{loaded} loaded · {skipped} skipped · {refused} refused",
        loaded=summary.loaded,
        skipped=summary.skipped,
        refused=summary.refused,
    )
    return texts.tr("{counts} (stopped)", counts=line) if summary.cancelled else line
