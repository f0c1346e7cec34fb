"""Raw elements become an `Instance`: who, when, what, which way up."""

from __future__ import annotations

from datetime import date, datetime, time
from io import BytesIO

from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence

from workstation.adapters.dicom.elements import Elements
from workstation.adapters.dicom.text import TextDecoder
from workstation.core.study import (
    Age,
    Instance,
    PatientIdentity,
    PatientPosition,
    PersonName,
    Sex,
)

LAST_HEADER_TAG = 0x00282110
_DAYS_PER_YEAR = 365.2425
_YEARS_PER_UNIT = {"Y": 1.0, "M": 1 / 12, "W": 7 / _DAYS_PER_YEAR, "D": 1 / _DAYS_PER_YEAR}
# Ages are rounded, and by East Asian reckoning up to two years ahead of the birthday.
_AGREES = 2.0
_LARGEST_CODE_SEQUENCE = 1 << 16

# Transfer syntaxes that lose information (PS3.5 A.4; PS3.6 table A-1).
LOSSY_SYNTAXES = frozenset(
    "1.2.840.10008.1.2.4." + end
    for end in [
        "50",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "81",
        "91",
        "93",
        "203",
        "110",
        "111",
        "112",
    ]
)
# ViewCodeSequence (PS3.16 CID 4010) as ViewPosition; SNOMED CT, SNOMED RT.
_VIEW_CODES = {
    "399348003": "PA", "R-10214": "PA",
    "399061005": "AP", "R-10206": "AP",
    "399198007": "RL", "R-10232": "RL",
    "399173006": "LL", "R-10236": "LL",
    "399067008": "LL", "R-10228": "LL",
    "399352003": "LATERAL", "R-10252": "LATERAL",
    "399012001": "RLD", "399139001": "LLD",
}  # fmt: skip
# Patient Position's last letters (PS3.3 C.7.3.1.1.2), after which end goes first.
_POSITION_ENDS = {"S": "supine", "P": "prone", "DR": "right_decubitus", "DL": "left_decubitus"}
# PatientOrientationCodeSequence and its modifiers (PS3.16 CID 19 and 20); NCIt, SNOMED CT, SNOMED RT.
_POSITION_CODES = {
    "C86043": "erect", "F-10440": "erect", "10904000": "erect", "F-10320": "erect",
    "102538003": "recumbent", "F-10450": "recumbent",
    "102539006": "semi_erect", "F-10460": "semi_erect",
    "40199007": "supine", "F-10340": "supine", "1240000": "prone", "F-10310": "prone",
    "102535000": "right_decubitus", "102536004": "left_decubitus",
    "33586001": "sitting", "F-103A0": "sitting",
}  # fmt: skip
# AnatomicRegionSequence (PS3.16 CID 4031) as Body Part Examined; those that matter beside a chest.
_REGION_CODES = {
    "816094009": "CHEST", "51185008": "CHEST", "T-D3000": "CHEST", "43799004": "CHEST",
    "818981001": "ABDOMEN", "113345001": "ABDOMEN", "T-D4000": "ABDOMEN",
    "77568009": "BACK", "12738006": "BRAIN", "69536005": "HEAD", "T-D1100": "HEAD",
    "45048000": "NECK", "T-D1600": "NECK", "122494005": "CSPINE", "122495006": "TSPINE",
    "122496007": "LSPINE", "12921003": "PELVIS", "816092008": "PELVIS", "T-D6000": "PELVIS",
    "24136001": "HIP", "29836001": "HIP", "T-15710": "HIP", "72696002": "KNEE", "T-D9200": "KNEE",
    "85562004": "HAND", "T-D8700": "HAND", "56459004": "FOOT", "T-D9700": "FOOT",
    "30021000": "LEG", "T-D9400": "LEG", "16982005": "SHOULDER", "T-D2220": "SHOULDER",
    "89546000": "SKULL", "T-11100": "SKULL", "38266002": "WHOLEBODY", "113197003": "RIB",
}  # fmt: skip


def instance_of(elements: Elements, *, assume_gbk: bool = False) -> Instance:
    """The header's view of an image object; what is missing or nonsense is unknown."""
    header = _Header(elements, assume_gbk=assume_gbk)
    study_time = header.moment(0x00080020, 0x00080030)
    birth = header.day(0x00100030)
    return Instance(
        patient=_patient(header, birth),
        study_uid=header.plain(0x0020000D),
        series_uid=header.plain(0x0020000E),
        sop_uid=header.plain(0x00080018),
        sop_class_uid=header.plain(0x00080016),
        transfer_syntax_uid=elements.transfer_syntax,
        study_datetime=study_time,
        acquired=_acquired(header),
        study_description=header.text(0x00081030),
        accession_number=header.text(0x00080050),
        institution=header.text(0x00080080),
        department=header.text(0x00081040),
        referring_physician=str(header.name(0x00080090)),
        series_number=header.integer(0x00200011),
        series_description=header.text(0x0008103E),
        instance_number=header.integer(0x00200013),
        modality=header.plain(0x00080060),
        body_part=header.plain(0x00180015) or header.code(0x00082218, _REGION_CODES),
        view_position=header.plain(0x00185101) or header.code(0x00540220, _VIEW_CODES),
        laterality=header.plain(0x00200062) or header.plain(0x00200060),
        patient_position=_position(header),
        patient_orientation=header.pair(0x00200020),
        presentation_intent=header.plain(0x00080068),
        age=_age(header, birth, study_time or _acquired(header)),
        rows=header.number(0x00280010),
        columns=header.number(0x00280011),
        frames=max(header.integer(0x00280008) or 1, 1),
        lossy=header.plain(0x00282110) == "01" or elements.transfer_syntax in LOSSY_SYNTAXES,
        text_note=header.decoder.note,
    )


def is_directory(elements: Elements) -> bool:
    """Whether this is a DICOMDIR: no image, but a list of files (PS3.3 annex F)."""
    return elements.value(0x00020002).rstrip(b"\0 ") == b"1.2.840.10008.1.3.10"


class _Header:
    """Values of raw elements in Python's types."""

    def __init__(self, elements: Elements, *, assume_gbk: bool) -> None:
        self._elements = elements
        self.decoder = TextDecoder(elements.value(0x00080005), assume_gbk=assume_gbk)

    def plain(self, tag: int) -> str:
        """First value of an element in the default repertoire."""
        value = self._elements.value(tag).split(b"\\", 1)[0]
        return value.decode("ascii", "replace").strip("\0 ")

    def text(self, tag: int) -> str:
        value = self._elements.value(tag)
        return self.decoder.text(value) if value else ""

    def name(self, tag: int) -> PersonName:
        return self.decoder.person_name(self._elements.value(tag))

    def pair(self, tag: int) -> tuple[str, str]:
        parts = self._elements.value(tag).decode("ascii", "replace").split("\\")
        return (parts[0].strip("\0 "), parts[1].strip("\0 ")) if len(parts) == 2 else ("", "")

    def number(self, tag: int) -> int:
        """An unsigned short; 0 when absent."""
        value = self._elements.value(tag)[:2]
        return int.from_bytes(value, "little" if self._elements.little else "big")

    def integer(self, tag: int) -> int | None:
        try:
            number = int(self.plain(tag))
        except ValueError:
            return None
        return number if abs(number) < 1 << 31 else None

    def day(self, tag: int) -> date | None:
        text = self.plain(tag).replace(".", "")  # ACR-NEMA wrote points
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        except ValueError:
            return None

    def moment(self, day_tag: int, time_tag: int) -> datetime | None:
        """Date and time; midnight when the time is unknown."""
        day = self.day(day_tag)
        return None if day is None else datetime.combine(day, _time(self.plain(time_tag)))

    def code(self, tag: int, names: dict[str, str], *, refined_by: str = "") -> str:
        """What the first item of a code sequence is called in `names`; empty when it is not there.

        A code of the sequence `refined_by` inside that item says it more precisely.
        """
        value = self._elements.value(tag)
        if not 8 < len(value) <= _LARGEST_CODE_SEQUENCE:
            return ""
        implicit, little = self._elements.raw[tag][2], self._elements.little
        try:
            items = read_sequence(BytesIO(value), implicit, little, len(value), "iso8859")
            item: Dataset = items[0] if len(items) else Dataset()
            refined = item.get(refined_by, ()) if refined_by else ()
            codes = [str(coded.get("CodeValue", "")) for coded in (*refined, item)]
            return next((names[code] for code in codes if code in names), "")
        except Exception:  # noqa: BLE001 - pydicom raises anything; a damaged code costs no film
            return ""


def _time(text: str) -> time:
    digits = text.replace(":", "").split(".")[0]
    try:
        hour, minute, second = (int(digits[at : at + 2] or 0) for at in (0, 2, 4))
        return time(hour, minute, min(second, 59))  # 60 is a leap second
    except ValueError:
        return time()


def _patient(header: _Header, birth: date | None) -> PatientIdentity:
    sex = header.plain(0x00100040)
    return PatientIdentity(
        name=header.name(0x00100010),
        patient_id=header.text(0x00100020),
        issuer=header.text(0x00100021),
        birth_date=birth,
        sex=Sex(sex) if sex in {"F", "M", "O"} else Sex.UNKNOWN,
    )


def _position(header: _Header) -> PatientPosition:
    plain = _POSITION_ENDS.get(header.plain(0x00185100).upper()[2:], "")
    coded = header.code(
        0x00540410, _POSITION_CODES, refined_by="PatientOrientationModifierCodeSequence"
    )
    return PatientPosition(plain or coded)


def _acquired(header: _Header) -> datetime | None:
    """When the film was taken: Acquisition DateTime, else acquisition, content or series date."""
    stamp = header.plain(0x0008002A)
    if len(stamp) >= 8:
        try:
            day = date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))
        except ValueError:
            pass
        else:
            return datetime.combine(day, _time(stamp[8:14]))
    for day_tag, time_tag in ((0x00080022, 0x00080032), (0x00080023, 0x00080033)):
        moment = header.moment(day_tag, time_tag)
        if moment is not None:
            return moment
    return None


def _age(header: _Header, birth: date | None, taken: datetime | None) -> Age | None:
    """Age by Patient's Age (PS3.5 table 6.2-1, AS; without a unit in years) and by birth and study; the younger where both are known."""
    text = header.plain(0x00101010).upper()
    number, unit = (text[:-1], text[-1:]) if text[-1:] in _YEARS_PER_UNIT else (text, "")
    told = int(number) * _YEARS_PER_UNIT.get(unit, 1.0) if number.strip().isdigit() else None
    counted = None
    if birth is not None and taken is not None:
        counted = (taken.date() - birth).days / _DAYS_PER_YEAR
    possible = [years for years in (told, counted) if years is not None and 0 <= years < 200]
    if not possible:
        return None
    contradictory = told is not None and counted is not None and abs(told - counted) > _AGREES
    return Age(
        years=min(possible),
        assumed_years=told is not None and not unit,
        contradictory=contradictory,
    )
