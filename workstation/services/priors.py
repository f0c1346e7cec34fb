"""Earlier films of the same patient: found by identity, body part and view, and never where one of these speaks against it."""

from __future__ import annotations

from pathlib import Path

from workstation.core.ports import IdentityConflict, LibraryIndex
from workstation.core.study import Instance, PatientIdentity, PersonName, Sex, Study, joined
from workstation.services.analysis import CHEST_WORDS, FRONTAL_VIEWS

# View Position (0018,5101) as PS3.3 C.8.11.1 names laterals, and as older systems write them.
_LATERAL_VIEWS = frozenset({"LL", "RL", "LAT", "LATERAL"})
_SIDES = frozenset({"L", "R"})

StoredFilm = tuple[Instance, Path]
"""A film of the library and the file that holds it."""


def is_same_patient(one: PatientIdentity, other: PatientIdentity) -> bool:
    """Whether both identities certainly mean one person.

    ID and its issuer are equal, name or birth date confirm them, and nothing that both know disagrees.
    """
    if not one.patient_id or (one.patient_id, one.issuer) != (other.patient_id, other.issuer):
        return False
    confirmed = _same_name(one.name, other.name) or _same_birth(one, other)
    return bool(confirmed) and not contradicts(one, other)


def contradicts(one: PatientIdentity, other: PatientIdentity) -> bool:
    """Whether something that both identities know disagrees."""
    sexes = {one.sex, other.sex} - {Sex.UNKNOWN}
    same_issuer = one.issuer == other.issuer and one.patient_id and other.patient_id
    return (
        bool(same_issuer and one.patient_id != other.patient_id)
        or _same_name(one.name, other.name) is False
        or _same_birth(one, other) is False
        or len(sexes) > 1
    )


def conflicts(one: PatientIdentity, other: PatientIdentity) -> tuple[IdentityConflict, ...]:
    """What of two identities filed under one ID cannot belong to one person, as far as both know it."""
    found = (
        (IdentityConflict.NAME, _same_name(one.name, other.name) is False),
        (IdentityConflict.BIRTH_DATE, _same_birth(one, other) is False),
    )
    return tuple(conflict for conflict, applies in found if applies)


def _same_birth(one: PatientIdentity, other: PatientIdentity) -> bool | None:
    """Whether both were born on one day; None when that is not known of both."""
    if one.birth_date is None or other.birth_date is None:
        return None
    return one.birth_date == other.birth_date


def _same_name(one: PersonName, other: PersonName) -> bool | None:
    """Whether the component groups that both names have are equal; None when they have none in common."""
    groups = (
        (one.alphabetic, other.alphabetic),
        (one.ideographic, other.ideographic),
        (one.phonetic, other.phonetic),
    )
    known = [_folded(mine) == _folded(theirs) for mine, theirs in groups if mine and theirs]
    return all(known) if known else None


def _folded(text: str) -> str:
    return joined(" ".join(text.casefold().split()))


def earlier_studies(index: LibraryIndex, study: Study) -> tuple[Study, ...]:
    """The same patient's studies that are older than `study`, newest first; those without a date are left out."""
    when = study.when
    if when is None or not study.patient.patient_id:
        return ()
    found = [
        (other.when, other)
        for other in index.of_patient(study.patient.patient_id, issuer=study.patient.issuer)
        if other.study_uid != study.study_uid
        and other.when is not None
        and other.when < when
        and is_same_patient(study.patient, other.patient)
    ]
    found.sort(key=lambda dated: dated[0], reverse=True)
    return tuple(other for _, other in found)


def prior_films(
    index: LibraryIndex, study: Study, instance: Instance
) -> tuple[StoredFilm, ...]:
    """Of each earlier study the film that compares best with `instance`, newest first.

    The film shows the same body part from the same side as far as both are known. Of several the one with exactly
    the same view comes first, then another frontal (or lateral), then one that does not say.
    """
    found = []
    for earlier in earlier_studies(index, study):
        ranked = [
            (rank, film)
            for film in earlier.instances
            if (rank := _view_rank(instance, film[0])) is not None
            and is_same_patient(instance.patient, film[0].patient)
            and _same_part(instance, film[0])
        ]
        if ranked:
            found.append(min(ranked, key=lambda one: one[0])[1])
    return tuple(found)


def other_view(study: Study, instance: Instance) -> StoredFilm | None:
    """The film to hang beside `instance` from its own study: a lateral beside a frontal, a frontal beside any other."""
    wanted = "lateral" if view_kind(instance) == "frontal" else "frontal"
    return next((film for film in study.instances if view_kind(film[0]) == wanted), None)


def view_kind(instance: Instance) -> str:
    """``frontal``, ``lateral``, another view as it is written, or nothing when the file does not say."""
    view = instance.view_position.strip().upper()
    if view in FRONTAL_VIEWS:
        return "frontal"
    return "lateral" if view in _LATERAL_VIEWS else view


def _view_rank(instance: Instance, other: Instance) -> int | None:
    """How well two views compare, 0 best; None when they do not."""
    mine, theirs = view_kind(instance), view_kind(other)
    if instance.view_position.upper() == other.view_position.upper():
        return 0
    if mine == theirs:
        return 1
    return None if mine and theirs else 2


def _same_part(instance: Instance, other: Instance) -> bool:
    sides = {instance.laterality, other.laterality} & _SIDES
    parts = {_part(i.body_part) for i in (instance, other)} - {""}
    return len(sides) < 2 and len(parts) < 2


def _part(body_part: str) -> str:
    """Body Part Examined with the words for the chest made one."""
    part = body_part.strip().upper()
    return "CHEST" if any(word in part for word in CHEST_WORDS) else part
