"""The vocabulary: what a label code means, and its codes in SNOMED CT and RadLex.

A code is None where no exact match could be confirmed; a wrong code in a structured report is worse
than none. SNOMED CT concepts as published in the international edition.
"""

from __future__ import annotations

from dataclasses import dataclass

ANY_ABNORMALITY = "any_abnormality"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelName:
    """A label's code, English name and concept identifiers."""

    code: str
    name: str
    snomed: str | None = None
    radlex: str | None = None


FINDINGS: tuple[LabelName, ...] = (
    LabelName(code="atelectasis", name="Atelectasis", snomed="46621007", radlex="RID28493"),
    LabelName(code="cardiomegaly", name="Cardiomegaly", snomed="8186001", radlex="RID35057"),
    LabelName(code="effusion", name="Pleural effusion", snomed="60046008", radlex="RID34539"),
    LabelName(code="infiltration", name="Infiltration", snomed="409609008"),
    LabelName(code="mass", name="Mass", snomed="309529002", radlex="RID3874"),
    LabelName(code="nodule", name="Nodule", snomed="786838002", radlex="RID3875"),
    LabelName(code="pneumonia", name="Pneumonia", snomed="233604007", radlex="RID5350"),
    LabelName(code="pneumothorax", name="Pneumothorax", snomed="36118008", radlex="RID5352"),
    LabelName(code="consolidation", name="Consolidation", snomed="95436008", radlex="RID43255"),
    LabelName(code="edema", name="Pulmonary edema", snomed="19242006", radlex="RID4866"),
    LabelName(code="emphysema", name="Emphysema", snomed="87433001", radlex="RID4799"),
    LabelName(code="fibrosis", name="Fibrosis", snomed="51615001", radlex="RID3820"),
    LabelName(code="pleural_thickening", name="Pleural thickening"),
    LabelName(code="hernia", name="Hernia", snomed="39839004"),
)
ANY = LabelName(code=ANY_ABNORMALITY, name="Any abnormality")
FINDING_CODES: tuple[str, ...] = tuple(label.code for label in FINDINGS)
ALL_CODES: tuple[str, ...] = (*FINDING_CODES, ANY_ABNORMALITY)


def label_name(code: str) -> LabelName:
    """The vocabulary's entry, or one that carries just the code for a label of one's own."""
    known = {label.code: label for label in (*FINDINGS, ANY)}
    return known.get(code, LabelName(code=code, name=code.replace("_", " ").capitalize()))
