"""What stands in the four corners of a film."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resources.i18n import Texts
from workstation.core.display import VoiSelection, WindowLevel, value_range
from workstation.core.image import Radiograph
from workstation.core.study import Age, Instance, Sex
from workstation.core.voi import voi_span
from workstation.ui.viewer.state import CornerLevel, PointerReading, ViewState


@dataclass(frozen=True, slots=True, kw_only=True)
class Corners:
    """Lines of the four corners, each from top to bottom; `notes` lead the upper right one."""

    top_left: tuple[str, ...]
    top_right: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def film_corners(
    film: Radiograph, *, texts: Texts, level: CornerLevel, hide_identity: bool
) -> Corners:
    """What says whose film it is and which: the same however it is looked at.

    Name and ID stay at every level unless they are hidden, which is said.
    """
    everything = level is CornerLevel.ALL
    identity = _identity(film.instance, texts, everything=everything, hidden=hide_identity)
    if level is CornerLevel.NONE:
        return Corners(top_left=identity)
    return Corners(
        top_left=identity,
        top_right=_study(film.instance) if everything else (),
        bottom_right=_series(film.instance, texts, everything=everything),
    )


def corner_texts(
    film: Radiograph,
    state: ViewState,
    *,
    texts: Texts,
    level: CornerLevel = CornerLevel.ALL,
    hide_identity: bool = False,
    position: tuple[int, int] = (1, 1),
    pointer: PointerReading | None = None,
    fixed: Corners | None = None,
) -> Corners:
    """The four corners at a text level.

    `position` is the image's number in its stack and how many there are; `fixed` spares working `film_corners` out again.
    """
    if fixed is None:
        fixed = film_corners(film, texts=texts, level=level, hide_identity=hide_identity)
    if level is CornerLevel.NONE:
        return fixed
    everything = level is CornerLevel.ALL
    look = _lines(
        pointer_words(pointer, texts) if everything else "",
        f"{film.instance.modality}  {film.columns} × {film.rows}" if everything else "",
        f"⚠ {texts.tr('For processing: not meant to be read')}" if film.instance.is_raw else "",
        texts.tr("Lossy compressed") if film.instance.lossy else "",
        _window(film, state.voi, texts),
        _turned(state, texts),
        _zoom(state, position, texts),
    )
    return replace(fixed, bottom_left=look)


def _lines(*lines: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in lines if line.strip())


def _identity(
    instance: Instance, texts: Texts, *, everything: bool, hidden: bool
) -> tuple[str, ...]:
    if hidden:
        return (f"▣ {texts.tr('Identity hidden')}",)
    patient = instance.patient
    name = str(patient.name) if patient.is_identified else f"⚠ {texts.tr('Unidentified film')}"
    if not everything:
        return _lines(name, patient.patient_id)
    born = patient.birth_date.isoformat() if patient.birth_date else ""
    sex = "" if patient.sex is Sex.UNKNOWN else texts.tr(f"sex.{patient.sex}")
    age = "" if instance.age is None else _age(instance.age, texts)
    note = f"⚠ {texts.tr(f'note.{instance.text_note}')}" if instance.text_note else ""
    return _lines(name, born, patient.patient_id, "  ".join(filter(None, (sex, age))), note)


def _age(age: Age, texts: Texts) -> str:
    if age.years < 2:
        text = texts.tr("{months} months", months=int(age.years * 12))
    else:
        text = texts.tr("{years} y", years=int(age.years))
    if age.contradictory:
        return f"⚠ {text} ({texts.tr('age and birth date disagree')})"
    return f"{text} ({texts.tr('unit assumed')})" if age.assumed_years else text


def _study(instance: Instance) -> tuple[str, ...]:
    when = instance.when.strftime("%Y-%m-%d %H:%M") if instance.when else ""
    return _lines(
        instance.institution, instance.study_description, instance.accession_number, when
    )


def _series(instance: Instance, texts: Texts, *, everything: bool) -> tuple[str, ...]:
    number = (
        ""
        if instance.series_number is None
        else texts.tr("Series {number}", number=instance.series_number)
    )
    # "U", unpaired, says nothing about a chest's side (PS3.3 C.8.11.1.1).
    side = "" if instance.laterality == "U" else instance.laterality
    position = instance.patient_position
    lay = texts.tr(f"position.{position}") if position else ""
    view = "  ".join(filter(None, (side, instance.view_position, lay)))
    if not everything:
        return _lines(view)
    return _lines(number, instance.series_description, view)


def pointer_words(pointer: PointerReading | None, texts: Texts) -> str:
    """Place and value of the pixel under the pointer; empty without one."""
    if pointer is None:
        return ""
    value = pointer.value
    column, row = (round(part) for part in pointer.place)
    return texts.tr(
        "Pixel ({column}, {row}): {value}",
        column=column,
        row=row,
        value=" ".join(map(str, value)) if isinstance(value, tuple) else number(value),
    )


def number(value: float) -> str:
    """A pixel value or window bound without digits that mean nothing."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.4g}"


def misses_data(film: Radiograph, voi: VoiSelection) -> bool:
    """Whether all of the film's values lie on one side of the window."""
    low, high = value_range(film)
    first, last = voi_span(voi)
    return high <= first or low >= last


def _window(film: Radiograph, voi: VoiSelection | None, texts: Texts) -> str:
    if voi is None:
        return ""
    if isinstance(voi, WindowLevel):
        line = f"W {number(voi.width)}  L {number(voi.centre)}"
    else:
        line = texts.tr("VOI table")
    if voi.explanation:
        line = f"{line}  {voi.explanation}"
    if misses_data(film, voi):
        line = f"{line}  ⚠ {texts.tr('window misses the data')}"
    return line


def _turned(state: ViewState, texts: Texts) -> str:
    tr, turns = texts.tr, state.orientation.quarter_turns
    upright = ("", tr("Rotated 90° right"), tr("Rotated 180°"), tr("Rotated 90° left"))
    flipped = (
        tr("Flipped"),
        tr("Flipped, then rotated 90° right"),
        tr("Flipped, then rotated 180°"),
        tr("Flipped, then rotated 90° left"),
    )
    turned = (flipped if state.orientation.mirrored else upright)[turns]
    return "  ".join(_lines(tr("Inverted") if state.inverted else "", turned))


def _zoom(state: ViewState, position: tuple[int, int], texts: Texts) -> str:
    zoom = texts.tr("Zoom {percent}%", percent=f"{100 * state.zoom:.0f}")
    if position[1] <= 1:
        return zoom
    image = texts.tr("Image {number}/{count}", number=position[0], count=position[1])
    return f"{zoom}  {image}"
